"""Place: a quote becomes orders. Stock is held, the first money moves or is asked for, and every order goes as far as it can."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from highstreet import orders, parties
from highstreet.catalog import OfferClosed
from highstreet.inventory import Hold, OutOfStock
from highstreet.kit.errors import Malformed, Refusal, SignInFirst
from highstreet.kit.ids import new_id, spoken
from highstreet.ledger import NotAgreed, NotLent, NotPayableSo, WalletShort
from highstreet.market import cards, dispensing, instalments, proofs, redeeming, settle
from highstreet.market.choices import PERSONAL, NothingOpen, Take
from highstreet.market.commit import advance
from highstreet.market.contacts import Contact, seal_contact
from highstreet.market.desk import Decision, Found, Market
from highstreet.market.format import Format
from highstreet.market.purse import METHOD, Purse
from highstreet.market.quote import Quote, QuotedLine, QuotedOrder
from highstreet.market.shelf import ForSale
from highstreet.market.units import Key, Unit
from highstreet.market.work import Work
from highstreet.orders import Adjustment, Cohort, Cut, Line, Order, is_public

# Ways that are paid by the very call that places the order: the clerk has the cash in hand, the wallet is ours.
PAID_AT_ONCE = ("cash", "wallet")


class OnlyInPerson(Refusal):
    """Bought from afar, the goods would be nobody's."""

    code = "only_in_person"
    en = "This is sold at the counter only; please choose another way to get it."
    zh = "此商品仅限到店购买，请选择其他取货方式。"


class SelfDealing(Refusal):
    """Nobody earns a commission on what they sell or buy themselves."""

    code = "self_dealing"
    status = 403
    en = "Nobody can earn a share of what they buy or sell themselves."
    zh = "不能从自己买卖的商品中获得分成。"


class DropOver(Refusal):
    """A quote made in one live room buys nothing in another, nor after its drop."""

    code = "drop_over"
    en = "This drop is over. Please look at what is on sale now."
    zh = "本轮直播抢购已结束，请看看正在销售的商品。"


class Placing(msgspec.Struct, frozen=True):
    """Who buys a quote, and how. `method`: a provider's name, wallet, cash or card:<id>. `counter`: a clerk sells at the till.

    `loan`: the buyer's yes to a lender's terms, without which a lender pays nothing.
    `cuts`: third parties' shares of every line, beside those its offer names.
    """

    quote: Quote
    contact: Contact
    method: str
    by: str
    buyer_id: str | None = None
    lang: str = "en"
    counter: bool = False
    loan: instalments.Agreed | None = None
    cuts: tuple[Cut, ...] = ()


async def place(
    market: Market,
    placing: Placing,
    now: datetime,
    key: Key | None,
    also: Callable[[Unit], None] | None = None,
    tries: int = 5,
) -> dict[str, Any]:
    """Place all orders of a quote as one purchase, paid at once. `also` writes more into the same unit.

    Answers {purchase, orders: [{id, number, link, stage, total}], collection: {key, amount} | None}. Refuses out_of_stock, wallet_short,
    card_short, card_elsewhere, offer_closed, not_payable_so, and what a prescription does not cover; nothing is half placed.
    """
    quote = placing.quote
    goods = await market.shelf.offers(line.offer for order in quote.orders for line in order.lines)
    _check(market, placing, goods)
    await _no_gift_to_oneself(market, placing)
    cohorts = await _cohorts(market, quote)
    redeeming.check(quote, placing.buyer_id)
    await redeeming.check_own(market, quote, placing.contact.name)
    uses = await dispensing.uses(market, quote, goods, placing.buyer_id, now)
    numbers = await market.numbers.take(len(quote.orders))
    purchase_id, collection_key = new_id("pur", now), new_id("col", now)
    purse, pays_now = await _purse(market, placing), paid_at_once(placing.method)

    def decide(_found: Found, unit: Unit) -> dict[str, Any]:
        works: list[Work] = []
        spent = msgspec.structs.replace(purse) if purse is not None else None
        for quoted, number in zip(quote.orders, numbers, strict=True):
            work = _work(market, placing, quoted, goods, purchase_id, number, now)
            work.cohort = cohorts.get(quoted.cohort_id)
            work.purse = spent
            if pays_now and placing.method not in market.format(quoted.format).money.at_handover:
                settle.take_payment(work, placing.by, now)
            advance(work, market.format(quoted.format), now)
            works.append(work)
        unit.add("purchase", **_purchase(market, placing, purchase_id, now))
        collection = _ask(market, placing, unit, collection_key, purchase_id, works, now)
        for work, quoted in zip(works, quote.orders, strict=True):
            unit.take_in(work, now)
            proofs.leaving(work, "seller", now, unit)
            _take_part(market, placing, work, unit)
            _use_up(placing, work, quoted, uses, unit, now)
        if also is not None:
            also(unit)
        return {
            "purchase": purchase_id,
            "total": quote.total,
            "currency": quote.currency,
            "orders": [_answer(market, work) for work in works],
            "collection": collection,
        }

    try:
        return await market.act(Decision(decide, now, key=key))
    except WalletShort:
        if purse is None or tries <= 1:
            raise
        return await place(market, placing, now, key, also, tries - 1)  # others spent from it meanwhile


def _ask(
    market: Market,
    placing: Placing,
    unit: Unit,
    key: str,
    purchase_id: str,
    works: list[Work],
    now: datetime,
) -> dict[str, Any] | None:
    """Ask the provider for what the orders wait for; of a lender only together with the buyer's yes to a loan of just that sum."""
    asked = sum(w.order.agreed.asked(later=False) for w in works if w.order.waits == "payment")
    if asked == 0:
        return None
    unit.ask(key, purchase_id, placing.method, placing.quote.currency, asked, now)
    if placing.loan is not None:
        if placing.loan.sheet.amount != asked:
            raise NotLent
        instalments.write_down(market, unit, placing.loan, key, purchase_id, placing.by, now)
    return {"key": key, "amount": asked, "provider": placing.method}


def _use_up(
    placing: Placing,
    work: Work,
    quoted: QuotedOrder,
    uses: Mapping[str, parties.prescriptions.Use],
    unit: Unit,
    now: datetime,
) -> None:
    """What an order needs that can be had only so often: prescriptions, claims on public money."""
    dispensing.dispense(work, uses, placing.by, unit, now)
    redeeming.take(work, quoted.spends, placing.quote.holder, unit, now)
    # The code that named the holder at a till is used up once, by whichever order spends first.
    if placing.quote.shown and quoted is next((one for one in placing.quote.orders if one.spends), None):
        unit.add("code_used", id=placing.quote.shown, order_id=work.order.id, at=now)


def paid_at_once(method: str) -> bool:
    """Whether the very call that places an order pays it."""
    return method in PAID_AT_ONCE or method.startswith(METHOD)


async def _purse(market: Market, placing: Placing) -> Purse | None:
    """What the prepaid card holds that pays for all of it. Errors: CardElsewhere."""
    sellers = {order.seller_id for order in placing.quote.orders}
    return await cards.purse(market, placing.method, placing.buyer_id, sellers)


async def _no_gift_to_oneself(market: Market, placing: Placing) -> None:
    """What others pay of a price is for customers, not for whoever owns the business that sells. Errors: SelfDealing.

    Public money was never promised to them (`redeeming`).
    """
    aided = {
        order.seller_id
        for order in placing.quote.orders
        if any(not is_public(share.funder) for share in order.agreed.shares)
    }
    if placing.buyer_id is None or not aided:
        return
    async with market.db.read() as tx:
        roles = await parties.roles.roles_of(tx, placing.buyer_id)
    if any(role.role == "owner" and role.party_id in aided for role in roles):
        raise SelfDealing


async def _cohorts(market: Market, quote: Quote) -> dict[str | None, Cohort]:
    """The cohorts the orders join, by id. Errors: NothingOpen when one was decided since it was quoted."""
    ids = [order.cohort_id for order in quote.orders if order.cohort_id]
    if not ids:
        return {}
    async with market.db.read() as tx:
        found = [await orders.cohorts.read(tx, one) for one in ids]
    if any(one is None or one.decided_at is not None for one in found):
        raise NothingOpen
    return {one.id: one for one in found if one is not None}


def _take_part(market: Market, placing: Placing, work: Work, unit: Unit) -> None:
    """Where everybody takes part once, the account and the telephone number are written down. Errors: Malformed without a number."""
    if work.cohort is None or not work.cohort.terms.get("once"):
        return
    digits = "".join(c for c in placing.contact.phone if c.isdigit())
    if len(digits) < 6:
        raise Malformed("phone", "is needed: everybody takes part once", "请填写手机号：每人限参与一次")
    for person in {market.person_signer.short(digits), placing.buyer_id} - {None}:
        unit.add("member", cohort_id=work.cohort.id, person=person, order_id=work.order.id)


def _check(market: Market, placing: Placing, goods: dict[str, ForSale]) -> None:
    for line in (line for order in placing.quote.orders for line in order.lines):
        if line.drop != (shown.id if (shown := goods[line.offer].drop) else None):
            raise DropOver
    for one in goods.values():
        if not one.sellable:
            raise OfferClosed(title=one.title.get("en") or one.title.get("zh", ""))
        if one.sells == "goods" and one.supply_id is None and market.format(one.format).promise == "stock":
            # Never received, so there is none.
            raise OutOfStock(short=[])
    if placing.method == "wallet" and placing.buyer_id is None:
        raise SignInFirst
    if not paid_at_once(placing.method) and placing.method not in market.providers:
        raise NotPayableSo(way=placing.method)
    loan = placing.loan
    if placing.method in market.lenders and (loan is None or loan.lender != placing.method):
        raise NotAgreed
    for order in placing.quote.orders:
        way = placing.method if placing.method in PAID_AT_ONCE else "provider"
        one = market.format(order.format)
        if one.in_person and not placing.counter:
            raise OnlyInPerson
        if way not in one.money.ways or (
            way == "cash" and way not in one.money.at_handover and not placing.counter
        ):
            raise NotPayableSo(way=placing.method)


def _work(
    market: Market,
    placing: Placing,
    quoted: QuotedOrder,
    goods: dict[str, ForSale],
    purchase_id: str,
    number: int,
    now: datetime,
) -> Work:
    one = market.format(quoted.format)
    order = Order(
        id=new_id("ord", now),
        number=number,
        purchase_id=purchase_id,
        seller_id=quoted.seller_id,
        buyer_id=placing.buyer_id,
        place_id=quoted.place_id,
        format=one.code,
        stage="placed",
        currency=placing.quote.currency,
        total=quoted.total,
        agreed=quoted.agreed,
        cohort_id=quoted.cohort_id,
        placed_at=now,
    )
    work = Work(order, placing.method, [], told=[])
    for position, line in enumerate(quoted.lines, start=1):
        of = goods[line.offer]
        work.lines.append(_line(position, line, of, placing))
        if one.hold == "placing":
            work.holds += holds_of(one, position, line.quantity, of, line.takes)
        if of.drop is not None:
            work.holds.append(
                Hold(line=0, kind="supply", target_id=of.drop.supply_id, quantity=line.quantity)
            )
    work.tell("placed", placing.by, now, total=order.total, format=order.format)
    return work


def _line(position: int, line: QuotedLine, of: ForSale, placing: Placing) -> Line:
    return Line(
        position=position,
        offer_id=of.id,
        variant_id=of.variant_id,
        title=of.title,
        picture=of.picture,
        unit=of.unit,
        quantity=line.quantity,
        price=line.price,
        adjustments=msgspec.convert(line.adjustments, list[Adjustment]),
        amount=line.amount,
        paid=line.paid,
        tax_bps=line.tax_bps,
        no_return=of.no_return,
        choice={kind: value for kind, value in line.choice.items() if kind not in PERSONAL},
        cuts=cuts_of(of, placing.buyer_id, placing.cuts),
    )


def holds_of(one: Format, position: int, quantity: int, of: ForSale, takes: list[Take]) -> list[Hold]:
    """What a line sets aside: stock of its offer, and what was chosen for it."""
    holds: list[Hold] = []
    # Goods that were never received are refused before; of content only what comes in a number is counted.
    if one.promise == "stock" and of.sells != "service" and of.supply_id is not None:
        holds.append(Hold(line=position, kind="supply", target_id=of.supply_id, quantity=quantity))
    for take in takes:
        # A delivery window belongs to the whole order, a seat or a room to the line that sells it.
        line = 0 if one.promise == "stock" else position
        holds.append(Hold(line, take.kind, take.target_id, take.quantity, period=take.period))
    return holds


def cuts_of(of: ForSale, buyer_id: str | None, more: Sequence[Cut] = ()) -> list[Cut]:
    """The third parties' shares: those an offer names, but in a live room that room's host's. Errors: SelfDealing when one of them is
    the seller or the buyer."""
    cuts = [*msgspec.convert(of.terms.get("cuts", []), list[Cut]), *more]
    if of.drop is not None:
        cuts = [cut for cut in cuts if cut.role != "host"]
        if of.drop.host_id is not None and of.drop.host_bps:
            cuts.append(Cut("host", of.drop.host_id, of.drop.host_bps))
    if any(cut.party in (of.seller_id, buyer_id) for cut in cuts):
        raise SelfDealing
    return cuts


def _purchase(market: Market, placing: Placing, purchase_id: str, now: datetime) -> dict[str, Any]:
    wishes = {
        line.offer: personal
        for order in placing.quote.orders
        for line in order.lines
        if (personal := {kind: line.choice[kind] for kind in PERSONAL if kind in line.choice})
    }
    contact = msgspec.structs.replace(placing.contact, wishes=wishes) if wishes else placing.contact
    sealed = seal_contact(market.seal, purchase_id, contact)
    return {
        "id": purchase_id,
        "buyer_id": placing.buyer_id,
        "currency": placing.quote.currency,
        "total": placing.quote.total,
        "method": placing.method,
        "lang": placing.lang,
        "contact_key": base64.b64encode(sealed[0]).decode() if sealed else None,
        "contact": base64.b64encode(sealed[1]).decode() if sealed else None,
        "at": now,
    }


def _answer(market: Market, work: Work) -> dict[str, Any]:
    order = work.order
    return {
        "id": order.id,
        "number": spoken(order.number),
        "link": market.link_signer.short(order.id),
        "seller": order.seller_id,
        "format": order.format,
        "stage": order.stage,
        "waits": order.waits,
        "total": order.total,
    }
