"""Tax refunds of travellers who leave: the form at the shop, the money paid at once or at the port, the stamp, and every way back.

Each function is one transaction's work; calls to the outside are wished for here and made by `tax_moves`. What happens to goods
between is looked at when it counts: before a promise is taken, and when customs stamps.
"""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any, Literal

import msgspec

from highstreet import ledger, policy
from highstreet.kit.db import Tx
from highstreet.kit.errors import Malformed, NotFound
from highstreet.kit.money import plain
from highstreet.kit.text import Words
from highstreet.ledger import HoldsCards, Notice
from highstreet.market.desk import Market
from highstreet.market.views import tax_refunds as views
from highstreet.policy import No

Advance = policy.advances.Advance
Offer = policy.advances.Offer
Form = policy.departures.Form
Bought = policy.refund_worth.Bought
Reckoned = policy.refund_worth.Reckoned
Traveller = policy.departures.travellers.Traveller

MOST_ORDERS = 50
# Where one leaves this town for abroad; a town writes its own.
PORTS = (
    Words("Shanghai Pudong Airport", "上海浦东国际机场"),
    Words("Shanghai Hongqiao Airport", "上海虹桥国际机场"),
    Words("Nanjing Lukou Airport", "南京禄口国际机场"),
    Words("Lantern Ferry Passenger Port", "灯渡客运码头"),
)


def port_named(text: str) -> Words:
    """A port of the list by its English name. Errors: Malformed."""
    found = next((port for port in PORTS if port.en == text.strip()), None)
    if found is None:
        raise Malformed("port", "choose one of those offered", "请选择所列口岸")
    return found


class Wish(msgspec.Struct, frozen=True):
    """What a shop's desk wants a form for: orders of one day, of a traveller whose passport `by` has seen."""

    shop_id: str
    orders: tuple[str, ...]
    traveller: Traveller
    traveller_id: str | None
    by: str


class Worth(msgspec.Struct, frozen=True):
    """What a form of these orders would be: what goes on it, and what it gives, or why nothing."""

    things: list[Bought]
    worth: Reckoned | No
    day: date


async def reckon(market: Market, tx: Tx, wish: Wish, now: datetime) -> Worth:
    """What a form would give. Errors: NotFound, Malformed for orders of several days, OnAnotherForm, NotRefundable without a programme."""
    if not 0 < len(wish.orders) <= MOST_ORDERS:
        raise Malformed("orders", f"one to {MOST_ORDERS} purchases", f"请选择 1 至 {MOST_ORDERS} 笔订单")
    traveller = policy.departures.travellers.checked(wish.traveller, now.astimezone(market.tz).date())
    found = await views.kept(tx, wish.orders)
    days = {views.day_of(one, market.tz) for one in found}
    if {one.seller_id for one in found} - {wish.shop_id} or {one.order_id for one in found} != set(
        wish.orders
    ):
        raise NotFound("order")
    if len(days) > 1:
        raise Malformed("orders", "of one day: each day has its own form", "须为同一天的订单，每天单独开单")
    left = [one for one in found if one.kept > 0]
    if left and all(one.form for one in left):
        raise policy.departures.departure_errors.OnAnotherForm
    things = [_bought(one) for one in left if one.form is None]
    mark = policy.departures.travellers.mark_of(market.seal, traveller)
    (day,) = days
    earlier = await policy.departures.earlier(tx, mark, wish.shop_id, day)
    at = min((one.at for one in found), default=now)
    return Worth(
        things, await _judged(market, tx, wish.shop_id, things, traveller.entered_on, at, earlier), day
    )


async def _judged(
    market: Market, tx: Tx, shop_id: str, things: list[Bought], entered_on: date, at: datetime, earlier: int
) -> Reckoned | No:
    programme = await policy.departures.programme_of(tx, market.currency)
    if programme is None:
        raise policy.departures.departure_errors.NotRefundable(
            why="there is no such programme in this town.", why_zh="本地未开办离境退税。"
        )
    part = (await policy.enrolments.of_seller(tx, shop_id)).get(programme.id)
    takes_part = part is not None and await policy.enrolments.enrolled(tx, programme.id, shop_id, at)
    seller = frozenset(part.qualities) | {"enrolled"} if part is not None and takes_part else frozenset[str]()
    return policy.refund_worth.reckon(programme, things, entered_on, seller, at, earlier, market.tz)


def _bought(one: views.Kept) -> Bought:
    paid = one.paid * one.kept // one.whole
    return Bought(one.order_id, one.position, one.title, one.kept, one.vat, paid, one.public)


async def issue(market: Market, tx: Tx, wish: Wish, now: datetime) -> Form:
    """Write the form. Errors: as `reckon`, NotRefundable, OnAnotherForm."""
    found = await reckon(market, tx, wish, now)
    if isinstance(found.worth, No):
        raise policy.refund_worth.refuse(found.worth)
    traveller = policy.departures.travellers.checked(wish.traveller, now.astimezone(market.tz).date())
    want = policy.departures.Issuing(
        wish.shop_id, found.day, traveller, wish.traveller_id, market.currency, found.things, wish.by
    )
    return await policy.departures.issue(tx, market.seal, want, found.worth, now)


async def counted(market: Market, tx: Tx, form_id: str, now: datetime) -> Form:
    """A form, locked, with what went back of its goods taken off; it may have come to nothing."""
    form = await policy.departures.of(tx, form_id, lock=True)
    if form.state != "issued" or await policy.departures.advance_binds(tx, form_id):
        return form
    lines = await policy.departures.lines(tx, form_id)
    now_kept = {
        (one.order_id, one.position): one for one in await views.kept(tx, [one.order_id for one in lines])
    }
    things = [
        _bought(one)
        for line in lines
        if (one := now_kept.get((line.order_id, line.position))) and one.kept > 0
    ]
    if not form.stale and sum(one.quantity for one in things) == sum(line.quantity for line in lines):
        return form
    traveller = policy.departures.opened(market.seal, form)
    entered_on = traveller.entered_on if traveller else form.bought_on
    earlier = await policy.departures.earlier(tx, form.passport_mark, form.shop_id, form.bought_on, form.id)
    at = min((one.at for one in now_kept.values()), default=now)
    worth = await _judged(market, tx, form.shop_id, things, entered_on, at, earlier)
    return await policy.departures.recount(tx, form, worth, things, now)


async def undo(tx: Tx, form_id: str, by: str, now: datetime) -> Form:
    """The shop takes a form back. Errors: FormMovedOn, AdvanceRunning."""
    form = await policy.departures.of(tx, form_id, lock=True)
    return await policy.departures.end(tx, form, "undone", by, "taken back by the shop", now)


async def pay_ahead(market: Market, tx: Tx, form_id: str, offer: Offer, card: str, now: datetime) -> Advance:
    """Buy and refund: take the promise, and wish for the hold. card: the provider's token. Errors: as `policy.advances.offer`."""
    form = await counted(market, tx, form_id, now)
    programme = await policy.departures.programme_of(tx, form.currency)
    bought = datetime.combine(form.bought_on, time(12), market.tz)
    rule = programme.rule_on(bought, market.tz) if programme else None
    provider = holds_cards(market)
    if rule is None or provider is None or form.key is None:
        raise policy.departures.departure_errors.FormMovedOn
    if not 0 < len(card) <= 100:
        raise Malformed("card", "put in the traveller's own card", "请读取旅客本人的信用卡")
    hold = ledger.tax_refunds.new_key("authorisation", now)
    today = now.astimezone(market.tz).date()
    made = await policy.advances.offer(tx, form, rule, offer, hold, policy.advances.calendar(), today, now)
    sealed = market.seal.close(form.id, form.key, card.encode())
    await ledger.tax_refunds.want(
        tx, hold, form.id, "authorisation", form.amount, form.currency, provider.name, now, account=sealed
    )
    return made


def holds_cards(market: Market) -> HoldsCards | None:
    """The provider that can hold an amount on a card, if the town has one."""
    return next((one for one in market.providers.values() if isinstance(one, HoldsCards)), None)


async def stamp(
    market: Market, tx: Tx, form_id: str, officer: str, port: str, seen: str, now: datetime
) -> Form:
    """Customs saw the goods, unused. A refund paid ahead is settled with it: its hold released, or taken back when the day has passed.

    Errors: FormMovedOn, FormTooLate, PromisedPort, AdvanceRunning, Malformed.
    """
    port_named(port)
    form = await counted(market, tx, form_id, now)
    today = now.astimezone(market.tz).date()
    advance = await policy.advances.latest(tx, form.id)
    if advance is None or advance.state in ("captured", "declined", "called_off"):
        return await policy.departures.stamp(tx, form, officer, port, seen, now, today)
    if advance.state == "expired":
        form = await policy.departures.stamp(tx, form, officer, port, seen, now, today)
        return await _paid_ahead(tx, form, officer, now)
    if advance.state == "capturing":
        return await policy.departures.stamp(tx, form, officer, port, seen, now, today)
    if advance.state != "advanced":
        wrong = policy.departures.departure_errors
        raise wrong.AdvanceRunning if form.state == "issued" else wrong.FormMovedOn
    if today > advance.leaves_on:
        await take_back(tx, advance, officer, "left too late", now)
        return await policy.departures.stamp(tx, form, officer, port, seen, now, today)
    if port.strip() != advance.port:
        raise policy.departures.departure_errors.PromisedPort(
            port=advance.port, port_zh=port_named(advance.port).zh
        )
    form = await policy.departures.stamp(tx, form, officer, port, seen, now, today)
    if not await policy.advances.move(tx, advance, ("advanced",), "releasing", officer, now):
        raise policy.departures.departure_errors.FormMovedOn
    await _end_hold(tx, advance, "void", now)
    return await _paid_ahead(tx, form, officer, now)


async def _paid_ahead(tx: Tx, form: Form, by: str, now: datetime) -> Form:
    form = await policy.departures.paid(tx, form, "advance", by, now)
    await ledger.tax_refunds.claim_tax(tx, form.id, form.gross, form.amount, form.currency, now)
    return form


async def take_back(tx: Tx, advance: Advance, by: str, why: str, now: datetime) -> bool:
    """What was paid ahead is to be captured; False when it is being settled otherwise."""
    if not await policy.advances.move(tx, advance, ("advanced",), "capturing", by, now, why):
        return False
    await _end_hold(tx, advance, "capture", now)
    return True


async def _end_hold(tx: Tx, advance: Advance, how: Literal["capture", "void"], now: datetime) -> None:
    moves = await ledger.tax_refunds.of_form(tx, advance.form_id)
    hold = next(one for one in moves if one.key == advance.authorisation)
    key = ledger.tax_refunds.new_key(how, now)
    await ledger.tax_refunds.want(
        tx, key, advance.form_id, how, advance.amount, advance.currency, hold.provider, now, of=hold.key
    )


async def refuse(tx: Tx, form_id: str, officer: str, reason: str, now: datetime) -> Form:
    """Customs did not see the goods, or saw them used. Money paid ahead is taken back. Errors: FormMovedOn, AdvanceRunning, Malformed."""
    if not reason.strip():
        raise Malformed("reason", "say why", "请说明理由")
    form = await policy.departures.of(tx, form_id, lock=True)
    advance = await policy.advances.latest(tx, form_id)
    if advance is not None and advance.state in ("asked", "authorised"):
        raise policy.departures.departure_errors.AdvanceRunning
    form = await policy.departures.end(tx, form, "refused", officer, reason.strip(), now)
    if advance is not None and advance.state == "advanced":
        await take_back(tx, advance, officer, "refused by customs", now)
    return form


async def pay(
    market: Market, tx: Tx, form_id: str, way: Literal["cash", "transfer", "card"], account: str, by: str, now: datetime
) -> Form:  # fmt: skip
    """Pay a stamped form at the counter: cash at once; a transfer or card is asked of the provider.

    Errors: FormMovedOn, CashTooMuch, AdvanceRunning while money paid ahead is being taken back, Malformed.
    """
    form = await policy.departures.of(tx, form_id, lock=True)
    if form.state != "stamped" or form.payout_key is not None:
        raise policy.departures.departure_errors.FormMovedOn
    if await policy.departures.advance_binds(tx, form_id):
        raise policy.departures.departure_errors.AdvanceRunning
    if way == "cash":
        midnight = datetime.combine(now.astimezone(market.tz).date(), time(), market.tz)
        had = await policy.departures.cash_today(tx, form.passport_mark, midnight)
        if form.cash_most is not None and had + form.amount > form.cash_most:
            raise policy.departures.departure_errors.CashTooMuch(most=plain(form.cash_most, form.currency))
        form = await policy.departures.paid(tx, form, "cash", by, now)
        await ledger.tax_refunds.lay_out(tx, form.id, form.amount, form.currency, None, now)
        await ledger.tax_refunds.claim_tax(tx, form.id, form.gross, form.amount, form.currency, now)
        return form
    account = "".join(account.split())
    provider = holds_cards(market)
    if provider is None or form.key is None:
        raise policy.departures.departure_errors.FormMovedOn
    if not (4 <= len(account) <= 64 and account.isascii() and account.isprintable()):
        raise Malformed("account", "the number of the account or card", "请填写收款账号或卡号")
    key = ledger.tax_refunds.new_key("payout", now)
    sealed = market.seal.close(form.id, form.key, account.encode())
    await ledger.tax_refunds.want(
        tx, key, form.id, "payout", form.amount, form.currency, provider.name, now, account=sealed
    )
    await policy.departures.paying(tx, form, way, key, by)
    return await policy.departures.of(tx, form.id)


async def told(market: Market, notice: Notice, now: datetime) -> dict[str, Any]:
    """What the provider told by itself about one of these calls. Telling it again changes nothing."""

    async def hear(tx: Tx) -> bool:
        known = await tx.fetchval("SELECT amount FROM ledger.tax_move WHERE key = $1", notice.key)
        # Another amount than ours is not believed: the job asks the provider under the same key.
        if known != notice.amount:
            return False
        return await answered(tx, notice.key, notice.outcome == "paid", notice.provider_ref, "declined", now)

    return {"result": notice.outcome if await market.db.run(hear) else "repeated"}


async def answered(tx: Tx, key: str, ok: bool, ref: str, why: str, now: datetime) -> bool:
    """An answer about a call, whoever brings it: the next step of its form or advance, once. False when it was known."""
    form_id = await tx.fetchval("SELECT form_id FROM ledger.tax_move WHERE key = $1", key)
    if form_id is None:
        return False
    # In the order every flow takes them: the form, then what hangs on it.
    form = await policy.departures.of(tx, form_id, lock=True)
    one = await ledger.tax_refunds.settled(tx, key, ok, ref or None, None if ok else why, now)
    if one is None:
        return False
    if one.kind == "payout":
        if ok:
            await ledger.tax_refunds.lay_out(tx, form.id, one.amount, one.currency, one.provider, now)
            form = await policy.departures.paid(
                tx, form, form.way or "transfer", form.paid_by or one.provider, now
            )
            await ledger.tax_refunds.claim_tax(tx, form.id, form.gross, form.amount, form.currency, now)
        else:
            await policy.departures.paying(tx, form, "transfer", None, "")
        return True
    advance = await policy.advances.latest(tx, form_id)
    assert advance is not None
    await _advance_goes_on(tx, form, advance, one, ok, why, now)
    return True


async def _advance_goes_on(
    tx: Tx, form: Form, advance: Advance, one: ledger.tax_refunds.TaxMove, ok: bool, why: str, now: datetime
) -> None:
    step, by = policy.advances.move, one.provider
    if one.kind == "authorisation":
        if ok and await step(tx, advance, ("asked",), "authorised", by, now):
            key = ledger.tax_refunds.new_key("advance", now)
            await ledger.tax_refunds.want(
                tx, key, form.id, "advance", one.amount, one.currency, one.provider, now, account=one.account
            )
        elif not ok:
            await step(tx, advance, ("asked",), "declined", by, now, why)
    elif one.kind == "advance":
        if ok:
            await step(tx, advance, ("authorised",), "advanced", by, now)
            await ledger.tax_refunds.lay_out(tx, form.id, one.amount, one.currency, one.provider, now)
        else:
            await step(tx, advance, ("authorised",), "releasing", by, now, f"not paid ahead: {why}")
            await _end_hold(tx, advance, "void", now)
    elif one.kind == "void":
        # A hold that had ended by itself holds nothing either.
        await step(
            tx,
            advance,
            ("releasing",),
            "released" if advance.advanced_at else "called_off",
            by,
            now,
            "" if ok else why,
        )
    elif ok:
        await step(tx, advance, ("capturing",), "captured", by, now)
        await ledger.tax_refunds.take_back(tx, form.id, one.amount, one.currency, one.provider, now)
    else:
        await step(tx, advance, ("capturing",), "expired", by, now, why)
        if form.state == "stamped":
            await _paid_ahead(tx, form, by, now)
