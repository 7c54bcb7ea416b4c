"""Redeeming: a buyer's claims on public money become part of a price, the best legal combination of them, and explain themselves.

Judged when quoted by the rule in force at that moment; taken by one guarded statement in the unit that places the order, which its deadline
to pay ends before the rule does. What comes back of an order goes back to whoever paid it, rounded in favour of the public purse.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from highstreet import parties, policy
from highstreet.kit.db import Tx
from highstreet.kit.errors import Refusal
from highstreet.kit.text import Words
from highstreet.ledger import ESCROW
from highstreet.market import proofs
from highstreet.market.format import Format
from highstreet.market.shelf import ForSale
from highstreet.market.views import holdings, promised, public_money
from highstreet.market.views.holdings import Holdings
from highstreet.market.work import Work
from highstreet.orders import Agreed
from highstreet.policy import Award, Claim, Programme, Rule, Thing, Used
from highstreet.pricing import Adjustment, PricedLine, Step

if TYPE_CHECKING:
    from highstreet.market.desk import Market
    from highstreet.market.quote import Quote
    from highstreet.market.units import Unit

# The constraints that a claim taken before, lapsed or of a right used before runs into.
TAKEN_ONCE = ("claims_are_taken_once", "rights_are_used_once", "codes_are_used_once")

_MOST_STEPS = 400
_LEAST_NAME = 2
_TOLD = frozenset({"unfiled", "price_raised", "limit"})  # of things a rule names, and yet does not pay for
_IN_PERSON = frozenset({"pickup", "visit", "handover"})

Group = tuple[str, str, str, str]  # seller, place, format, what is chosen for it alone


def in_person(format_: Format) -> bool:
    """Whether what is bought so is had where it is sold."""
    return format_.in_person or (bool(format_.legs) and set(format_.legs) <= _IN_PERSON)


class ClaimGone(Refusal):
    """A claim that was spent elsewhere, or lapsed, since the price was told; or a right used meanwhile."""

    code = "claim_gone"
    en = "A voucher in this price was used or has lapsed meanwhile. Please look at the price again."
    zh = "价格中的消费券已被使用或已过期，请重新查看价格。"


class NotYourOwn(Refusal):
    """A subsidy claimed for oneself and delivered to another."""

    code = "not_your_own"
    status = 422
    en = "Whoever claims this subsidy pays for it and receives it: please name yourself ({name}) as the recipient."
    zh = "领取、付款和收货须为同一人，请将收货人填写为本人（{name}）。"


class SamePayer(Refusal):
    """A payment account that paid for somebody else's claim of the same round: the same person, where one may have one."""

    code = "same_payer"
    en = "This payment account has paid for somebody else's voucher of this round. The order came to nothing and the money goes back."
    zh = "该付款账户已为他人使用本轮消费券付款，每人限用一张。订单已取消，款项原路退回。"


class Redeemed(msgspec.Struct, frozen=True, array_like=True):
    """A claim an order spends. rights: what of it may be had only so often, named for ever; keeps: they stay used when it is given back.

    least: of the base of its rule, where it asks for an amount of the whole order. own: whoever claimed it receives the goods.
    owes: what is to be shown of each line it pays for.
    """

    claim: str
    programme: str
    spent: int
    rights: list[str] = []
    keeps: bool = False
    least: int = 0
    base: str = "final"
    own: bool = False
    owes: list[proofs.Owed] = []


class _Told(NamedTuple):
    """What is known of a buyer and of a programme."""

    claim: Claim
    programme: Programme
    used: Mapping[str, Used]


class Aid(NamedTuple):
    """Public money for a basket: the lines as they now cost, what each order spends, and why a programme pays nothing of what it names."""

    groups: dict[Group, list[PricedLine]]
    spends: dict[Group, list[Redeemed]]
    noes: Mapping[str, Words] | None = None


async def redeem(
    market: Market,
    holder: str | None,
    groups: dict[Group, list[PricedLine]],
    goods: Mapping[str, ForSale],
    now: datetime,
    old: frozenset[str] = frozenset(),
    only: str | None = None,
) -> Aid:
    """Let a person's claims pay what they may of a basket; nothing changes for guests, and for who has none.

    `old`: the offers for which something old is handed over. `only`: this claim alone.
    """
    if holder is None:
        return Aid(groups, {})
    sellers = sorted({group[0] for group in groups})
    async with market.db.read() as tx:
        has = await holdings.of(tx, holder, sellers, now, only)
        if has is None:
            return Aid(groups, {})
        search = _Search(market, has, groups, goods, now, old)
        search.prices = await _promised(tx, market, search.told, groups, goods, now)
    return search.best()


async def _promised(
    tx: Tx, market: Market, told: Sequence[_Told], groups: Mapping[Group, list[PricedLine]],
    goods: Mapping[str, ForSale], now: datetime,
) -> dict[str, promised.Promised]:  # fmt: skip
    """By offer, what its seller promised; only where a rule asks."""
    rules = {one.programme.id: one.programme.rule_on(now, market.tz) for one in told}
    asking = [programme for programme, rule in rules.items() if rule is not None and rule.filed_price]
    if not asking:
        return {}
    offers = {line.offer_id for lines in groups.values() for line in lines}
    of = {offer: (goods[offer].seller_id, goods[offer].variant_id) for offer in offers}
    return await promised.promised(tx, asking, of, now)


class _Search:
    """Every legal way to spend a few claims on a few orders, as far as a bounded number of steps goes; the cheapest for the buyer wins."""

    def __init__(
        self, market: Market, has: Holdings, groups: dict[Group, list[PricedLine]], goods: Mapping[str, ForSale],
        now: datetime, old: frozenset[str],
    ) -> None:  # fmt: skip
        self._market, self._goods, self._now, self._old, self._has = market, goods, now, old, has
        self._people, self._sellers = has.people, has.sellers
        programmes = {name: policy.instruments.in_force(rules) for name, rules in has.rules.items()}
        self.told = [
            _Told(claim, one, policy.claims.used(one, claim.holder_id, has.had, now, market.tz))
            for claim in has.claims
            for one in [programmes[claim.programme_id]]
        ]
        self.prices: Mapping[str, promised.Promised] = {}
        self._groups = groups
        self._steps = _MOST_STEPS
        self._off = -1
        self._noes: dict[str, Words] = {}
        self._found = Aid(groups, {})

    def best(self) -> Aid:
        self._walk(0, Aid(self._groups, {}), 0)
        paying = {one.programme for spends in self._found.spends.values() for one in spends}
        return self._found._replace(noes={name: no for name, no in self._noes.items() if name not in paying})

    def _walk(self, n: int, so_far: Aid, off: int) -> None:
        self._steps -= 1
        if off > self._off:
            self._off, self._found = off, so_far
        if n == len(self.told) or self._steps < 0:
            return
        for group, lines in so_far.groups.items():
            award = self._judge(self.told[n], group, lines, so_far.spends.get(group, []))
            if award is not None:
                self._walk(
                    n + 1,
                    self._spent(so_far, group, award, self.told[n]),
                    off + award.amount,
                )
        self._walk(n + 1, so_far, off)

    def _judge(
        self, one: _Told, group: Group, lines: list[PricedLine], spends: list[Redeemed]
    ) -> Award | None:
        rule = one.programme.rule_on(self._now, self._market.tz)
        if rule is None or "price" not in rule.purposes or group[0] in self._has.owns:
            return None
        if sum(spent.programme == one.programme.id for spent in spends) >= rule.per_order:
            return None
        if spends and not rule.beside:
            return None
        place = self._goods[lines[0].offer_id].place
        # Something old for something new: what nothing is handed over for is not asked about.
        asking = [
            (n, line) for n, line in enumerate(lines) if not rule.trade_in or line.offer_id in self._old
        ]
        asked = policy.Asked(
            [self._thing(n, line, one.programme.id) for n, line in asking],
            self._now,
            self._people,
            self._sellers.get((group[0], one.programme.id), frozenset()),
            place.address.get("district", ""),
            "in_person" if in_person(self._market.format(group[2])) else "online",
            one.used,
            handed_over=any(line.offer_id in self._old for _, line in asking),
            # Who claims it pays and receives it: placing holds them to that.
            claimant=one.claim.holder_id,
            payer=one.claim.holder_id,
        )
        schedule = one.claim.schedule if one.programme.kind == "voucher" else None
        found = policy.judge(one.programme, asked, self._market.tz, schedule)
        if isinstance(found, policy.No) and found.code in _TOLD:
            self._noes.setdefault(one.programme.id, found.why)
        return policy.eligibility.at_most(found, one.claim.amount) if isinstance(found, Award) else None

    def _spent(self, aid: Aid, group: Group, award: Award, one: _Told) -> Aid:
        rule = one.programme.rule_on(self._now, self._market.tz)
        assert rule is not None, "what is awarded is awarded by a rule"
        lines, paid_for = aid.groups[group], [n for n, _ in award.parts]
        owes = proofs.owed(rule, paid_for, {n: self._kind(lines[n]).names for n in paid_for})
        return _spent(aid, group, award, one, rule, owes, self._has.had.also, self._market, self._now)

    def _kind(self, line: PricedLine) -> public_money.Kind:
        sold = self._goods[line.offer_id]
        return public_money.kind_of(sold.category, sold.said, sold.grade, sold.setting)

    def _thing(self, n: int, line: PricedLine, programme: str) -> Thing:
        promise, kind = self.prices.get(line.offer_id), self._kind(line)
        return Thing(
            n,
            kind.names,
            line.quantity,
            line.list_price * line.quantity,
            line.amount,
            line.paid,
            kind.grade,
            line.tax_bps,
            kind.setting,
            filed=promise.filed.get(programme) if promise else None,
            lowest=promise.lowest if promise else None,
        )


def _spent(
    aid: Aid, group: Group, award: Award, one: _Told, rule: Rule, owes: list[proofs.Owed], known: Sequence[str],
    market: Market, now: datetime,
) -> Aid:  # fmt: skip
    """The same basket with one claim spent on one of its orders."""
    lines = list(aid.groups[group])
    name = one.programme.name
    for n, amount in award.parts:
        off = Adjustment(one.programme.kind, -amount, one.programme.id, name, one.claim.id)
        steps = (*lines[n].steps, Step(Words(f"{name.en} (public money)", f"{name.zh}（公共资金）"), -amount))
        lines[n] = msgspec.structs.replace(
            lines[n], paid=lines[n].paid - amount, adjustments=(*lines[n].adjustments, off), steps=steps
        )
    day = now.astimezone(market.tz).date()
    # Used up for the person, under whatever tells them again: another account has nothing more.
    people = (one.claim.holder_id, *known)
    rights = [policy.claims.right(one.programme.id, who, key, day) for key in award.rights for who in people]
    keeps, own = rule.quota == "used", rule.same_person
    spent = Redeemed(
        one.claim.id, one.programme.id, award.amount, rights, keeps, award.least, rule.base, own, owes
    )
    spends = [*aid.spends.get(group, []), spent]
    return Aid({**aid.groups, group: lines}, {**aid.spends, group: spends})


def freeze(agreed: Agreed, spends: Sequence[Redeemed]) -> Agreed:
    """The agreement with the least amounts under which public money pays: an order that is made smaller is judged by them again."""
    by = {one.programme: one for one in spends if one.least}
    shares = [
        msgspec.structs.replace(share, least=by[share.funder].least, base=by[share.funder].base)
        if share.purpose == "price" and share.funder in by
        else share
        for share in agreed.shares
    ]
    return msgspec.structs.replace(agreed, shares=shares) if by else agreed


def check(quote: Quote, buyer_id: str | None) -> None:
    """What a quote spends is spent by the person it was told to. Errors: ClaimGone."""
    if any(order.spends for order in quote.orders) and (buyer_id is None or quote.holder != buyer_id):
        raise ClaimGone


async def check_own(market: Market, quote: Quote, recipient: str) -> None:
    """Where a rule wants claimant, payer and recipient to be one: a recipient that is named is the claimant. Errors: NotYourOwn.

    The payer is: a claim is spent by who is signed in, from a wallet, card or loan of theirs or through the provider they are asked by.
    """
    holder = quote.holder
    if holder is None or not recipient or not any(one.own for order in quote.orders for one in order.spends):
        return
    async with market.db.read() as tx:
        name = (await parties.people.names(tx, market.seal, [holder])).get(holder, "")
    wanted, told = ("".join(c for c in text.casefold() if c.isalnum()) for text in (name, recipient))
    if len(told) < _LEAST_NAME or told not in wanted:
        raise NotYourOwn(name=name)


def take(work: Work, spends: Sequence[Redeemed], holder: str | None, unit: Unit, now: datetime) -> None:
    """Take the claims an order spends, in the unit that places it."""
    for one in spends:
        unit.add(
            "claim_taken", id=one.claim, order_id=work.order.id, holder=holder, spent=one.spent, rights=one.rights,
            keeps=one.keeps, at=now,
        )  # fmt: skip
        for each in one.owes:
            more = {
                "order_id": work.order.id,
                "programme_id": one.programme,
                "claim_id": one.claim,
                "keeps": one.keeps,
            }
            unit.add("duty", **more, **msgspec.structs.asdict(each))
        unit.fact("claim.taken", one.claim, "claims", now, {"order": work.order.id, "amount": one.spent})


def spends_public_money(work: Work) -> bool:
    """Whether a programme pays a share of this order."""
    return any(share.funder and not share.funder.startswith("pty_") for share in work.order.agreed.shares)


def paid_by(work: Work, payer: str, unit: Unit) -> None:
    """By which payment account (keyed hash) an order that spends claims was paid: the same account is the same person."""
    if spends_public_money(work):
        unit.add("claim_payer", order_id=work.order.id, payer=payer)


def follow(work: Work, unit: Unit) -> None:
    """What an order gave back of public money is not spent; of one that came to nothing the claims are open again."""
    if work.new or not any(
        share.funder for share in work.order.agreed.shares if not share.funder.startswith("pty_")
    ):
        return
    if work.order.stage == "undone" and work.before.get("order", ("",))[0] != "undone":
        # A right stays used by what was handed over and came back, not by what was called off before.
        had = work.paid and any(line.fulfilled for line in work.lines)
        unit.add("claim_back", order_id=work.order.id, paid=had)
        return
    for share in work.order.agreed.shares:
        account = f"programme:{share.funder}"
        if any(account in (t.source, t.target) for t in work.posted):
            spent = work.moved(share.purpose, account, ESCROW) - work.moved(share.purpose, ESCROW, account)
            unit.add("claim_spent", order_id=work.order.id, programme_id=share.funder, spent=spent)
