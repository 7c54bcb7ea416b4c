"""Orders living through histories in memory: the same pure flows the market runs, with supplies and money counted beside them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from highstreet.inventory import Hold
from highstreet.kit.errors import Malformed, Refusal
from highstreet.kit.text import Words
from highstreet.ledger import ESCROW, escrow_of
from highstreet.market import pay, redeeming, settle
from highstreet.market.commit import advance
from highstreet.market.format import Format
from highstreet.market.fulfil import EFFECTS, Telling
from highstreet.market.purse import Purse
from highstreet.market.quote import Asked
from highstreet.market.redeeming import Redeemed
from highstreet.market.units import Unit
from highstreet.market.work import Work
from highstreet.orders import Adjustment, Closing, Cohort, Cut, Line, Member, NotThis, Order
from highstreet.pricing import Adjustment as PricedAdjustment
from highstreet.pricing import PricedLine

START = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
SELLER, COURIER, BUYER = "pty_seller", "pty_courier", "pty_buyer"
TELLERS = {
    "buyer": BUYER,
    "seller": SELLER,
    "clerk": SELLER,
    "courier": COURIER,
    "partner": "pty_partner",
    "device": "pty_seller",
    "operator": "pty_operator",
    "clock": "clock",
}


class Place(msgspec.Struct, frozen=True):
    """Enough of a place for a quote: always open."""

    reach_m: int = 5000
    closed_at: datetime | None = None
    hours: tuple[str, ...] = ()


class Good(msgspec.Struct, frozen=True):
    """Enough of an offer for a quote."""

    terms: dict[str, Any] = {}
    place: Place = Place()
    seller_id: str = SELLER


# What sellers state and buyers choose in these histories, by what the format asks.
TERMS: dict[str, Any] = {
    "options": {"size": {"M": 0, "L": 0}},
    "answers": {"works": {"yes": 8000, "no": 2000}},
    "tiers": [[2, 1000], [5, 2000]],
    "least": 2,
    "units": 3,
    "device": 1,
}


def choice(one: Format, now: datetime) -> dict[str, Any]:
    """One choice of each kind the format asks for; no seats, which only a hall has."""
    starts, ends = now + timedelta(days=2), now + timedelta(days=4)
    samples: dict[str, Any] = {
        "slot": 9,
        "period": {"from": starts.isoformat(), "to": ends.isoformat()},
        "options": {"size": "M"},
        "answers": {"works": "yes"},
        "route": {"from": [31.3, 120.58], "to": [31.31, 120.59]},
        "text": "Two bags of rice",
    }
    return {ask.kind: samples[ask.kind] for ask in one.hints.asks if ask.kind != "seats"}


def steps(one: Format, chosen: dict[str, Any]) -> int | None:
    """How many steps the choice stands for; None where the buyer says."""
    counts = [
        ask.steps(chosen[ask.kind], TERMS)
        for ask in one.hints.asks
        if ask.steps is not None and ask.kind in chosen
    ]
    return counts[0] if counts else None


def usual_way(one: Format) -> str:
    """How an order of the format is usually paid."""
    return "sandbox" if "provider" in one.money.ways else one.money.ways[0]


def for_nothing(one: Format) -> bool:
    """Whether the buyer pays nothing in this format: then it refuses a price."""
    asked = Asked([line(1, 1, 100)], [Good(TERMS)], START, UTC, choices=(choice(one, START),))  # type: ignore[list-item]
    try:
        one.quote(asked)
    except Malformed:
        return True
    return False


class Town:
    """One supply per line of an order, and what every account holds."""

    def __init__(self, stock: int) -> None:
        self.supply = {n: {"total": stock, "held": 0, "sold": 0} for n in range(1, 10)}
        self.accounts: dict[str, int] = {}
        self.now = START

    def write(self, work: Work) -> Work:
        """What the one writer does: the unit's rows take effect, the order comes back as it would be read."""
        names: list[str] = []

        def number(name: str, currency: str) -> int:
            names.append(name)
            return len(names) - 1

        unit = Unit(number)
        unit.take_in(work, self.now)
        body = unit.body(None, None)
        for row in body.get("stock", []):
            one = self.supply[row["id"]]
            if one["held"] + row["held"] + one["sold"] + row["sold"] > one["total"] + row["total"]:
                raise OutOfStockHere
            for what in ("held", "sold", "total"):
                one[what] += row[what]
        for row in body.get("transfer", []):
            source, target = names[row["from_id"]], names[row["to_id"]]
            self.accounts[source] = self.accounts.get(source, 0) - row["amount"]
            self.accounts[target] = self.accounts.get(target, 0) + row["amount"]
        told = [*work.told, *work.news]
        order = msgspec.structs.replace(work.order, version=work.order.version + 1)
        read = msgspec.structs.replace(work, order=order, told=told, news=[], posted=[], back=[], before={})
        return _copy(read)


def _copy(work: Work) -> Work:
    """The order as it would be read anew."""
    bare = msgspec.structs.replace(work, before={})
    return msgspec.json.decode(msgspec.json.encode(bare), type=Work).open()


class OutOfStockHere(Exception):
    """The writer refused: more than there is."""


# Two instruments that may stand beside each other; the first asks for a least amount of the whole order.
INSTRUMENTS = {
    "spring": ("voucher", Words("Spring voucher", "春季券")),
    "renewal": ("subsidy", Words("Old for new", "以旧换新")),
}


def line(position: int, quantity: int, price: int, voucher: int = 0, subsidy: int = 0) -> PricedLine:
    """A priced line of which two programmes pay a part."""
    amount = price * quantity
    adjustments = tuple(
        PricedAdjustment(kind, -funded, funder, name, funder)
        for (funder, (kind, name)), funded in zip(INSTRUMENTS.items(), (voucher, subsidy), strict=True)
        if funded
    )
    paid = amount - voucher - subsidy
    return PricedLine(f"ofr_{position}", quantity, price, price, amount, paid, adjustments, 0, 1300, ())


def place(
    town: Town,
    one: Format,
    lines: list[PricedLine],
    method: str,
    cuts: tuple[Cut, ...] = (),
    terms: dict[str, Any] | None = None,
    least: int = 0,
) -> Work:
    """Place an order of these lines; paid at once where the way to pay is. Only one line where something is chosen for it.

    `terms`: what the seller states otherwise than usual here; `least`: what the first instrument asks for of the whole order.
    A format in which the buyer pays nothing gets its lines for nothing.
    """
    chosen = choice(one, town.now)
    stated = {**TERMS, **(terms or {})}
    if for_nothing(one):
        lines = [line(n, priced.quantity, 0) for n, priced in enumerate(lines, start=1)]
    cohort = None
    if one.decided == "cohort":
        cohort = Cohort("coh_test", one.code, "ofr_1", town.now + timedelta(days=2), {**stated, "supply": 9})
    if chosen or cohort is not None:
        lines = lines[:1]
    whole = (town.now + timedelta(days=2), town.now + timedelta(days=4))
    period = whole if {"slot", "period"} & set(chosen) else None
    asked = Asked(
        lines,
        [Good(stated) for _ in lines],  # type: ignore[list-item]
        town.now,
        UTC,
        choices=tuple(chosen for _ in lines),
        period=period,
        cohort=cohort,
    )
    agreed = redeeming.freeze(one.quote(asked), [Redeemed("clm_test", "spring", 0, least=least)])
    assert agreed.due("price") == sum(priced.paid for priced in lines)
    order = Order(
        id="ord_test",
        number=1003,
        purchase_id="pur_test",
        seller_id=SELLER,
        buyer_id=BUYER,
        place_id="plc_test",
        format=one.code,
        stage="placed",
        currency="CNY",
        total=sum(due.amount for due in agreed.dues),
        agreed=agreed,
        placed_at=town.now,
        cohort_id=cohort.id if cohort else None,
    )
    work = Work(order, method, [], collection="col_test", cohort=cohort)
    _fill(work, one, lines, chosen, cuts)
    work.tell("placed", BUYER, town.now, total=order.total)
    if work.by_card:
        work.purse = Purse(method.removeprefix("card:"), order.total + 7, order.total // 3)
    if (method == "cash" and method not in one.money.at_handover) or work.by_card:
        settle.take_payment(work, SELLER, town.now)
    advance(work, one, town.now)
    return town.write(work)


def _fill(
    work: Work, one: Format, lines: list[PricedLine], chosen: dict[str, Any], cuts: tuple[Cut, ...]
) -> None:
    for n, priced in enumerate(lines, start=1):
        work.lines.append(
            Line(
                position=n,
                offer_id=priced.offer_id,
                variant_id=f"var_{n}",
                title={"en": "Bread"},
                quantity=priced.quantity,
                price=priced.price,
                amount=priced.amount,
                paid=priced.paid,
                adjustments=[Adjustment(a.kind, a.amount, a.funder) for a in priced.adjustments],
                choice=chosen,
                cuts=list(cuts),
            )
        )
        if one.promise == "stock" and one.hold == "placing":
            work.holds.append(Hold(line=n, kind="supply", target_id=n, quantity=priced.quantity))
        if one.promise in ("slot", "run"):
            work.holds.append(Hold(line=n, kind="supply", target_id=9, quantity=priced.quantity))
        elif "slot" in chosen:
            work.holds.append(Hold(line=0, kind="supply", target_id=9, quantity=1))
        if one.promise == "asset":
            work.holds.append(Hold(line=n, kind="asset", target_id=70 + n, quantity=1, period="[a,b)"))


def told_with(said: list[str]) -> dict[str, Any]:
    """What a step of a story says beside the fact: `name=value ...`; a name that is a number is the position of a line."""
    values = {
        name: int(value) if value.isdigit() else value
        for name, value in (one_said.split("=") for one_said in said)
    }
    lines = {name: value for name, value in values.items() if name.isdigit()}
    named: dict[str, Any] = {name: value for name, value in values.items() if name not in lines}
    return {**named, "lines": lines} if lines else named


def act(town: Town, one: Format, work: Work, action: str, body: dict[str, object] | None = None) -> Work:
    """One action of a history: `clock:+2d`, `provider:paid`, `cohort:closes` or `who:fact`, with what it says behind it.

    A refusal leaves everything as it was.
    """
    action, *said = action.split()
    who, what = action.split(":", 1)
    body = {**told_with(said), **(body or {})}
    fresh = _copy(work)
    if who == "clock":
        amount = int(what[1:-1])
        town.now += timedelta(days=amount) if what[-1] == "d" else timedelta(hours=amount)
        advance(fresh, one, town.now)
    elif who == "provider":
        pay.take_money(fresh, one, "col_test", "sandbox", town.now, later=fresh.order.waits == "balance")
    elif who == "cohort":
        _close(fresh, one, town, body)
        advance(fresh, one, town.now)
    elif who == "clerk":
        return work
    else:
        telling = Telling(work.order.id, what, who, TELLERS[who], body)  # type: ignore[arg-type]
        if telling.role not in one.facts.get(what, ()):
            raise NotThis(fact=what)
        EFFECTS[what](fresh, one, telling, town.now)
        if fresh.order.stage in ("placed", "committed"):
            advance(fresh, one, town.now)
        settle.check_ended(fresh)
    return town.write(fresh)


def _close(work: Work, one: Format, town: Town, told: dict[str, Any]) -> None:
    """Decide the order's cohort, once, with `members` others in it."""
    if work.cohort is None or one.gate.close is None or work.cohort.decision is not None:
        return
    others = int(told.get("members", 0))
    members = [Member(f"ord_{n}", 1) for n in range(others)]
    if work.order.stage == "placed" and work.order.waits == "closing":
        members.append(Member(work.order.id, sum(line.quantity - line.cancelled for line in work.lines)))
    decision = one.gate.close(Closing(work.cohort, members, town.now, "seed", told))
    work.cohort = msgspec.structs.replace(
        work.cohort, decision=decision, decided_at=town.now, version=work.cohort.version + 1
    )


def try_to(town: Town, one: Format, work: Work, action: str, body: dict[str, object] | None = None) -> Work:
    """The same, when a refusal is fine."""
    try:
        return act(town, one, work, action, body)
    except Refusal:
        return work


def check(town: Town, work: Work) -> None:
    """The laws, after every step."""
    assert sum(town.accounts.values()) == 0
    escrow = escrow_of(work.flows)
    assert all(held >= 0 for held in escrow.values())
    ended = work.order.stage in ("done", "undone")
    if ended:
        assert not any(escrow.values()), escrow
        assert not any(hold.held for hold in work.holds)
    for n, one in town.supply.items():
        assert 0 <= one["held"] + one["sold"] <= one["total"]
        of_line = [hold for hold in work.holds if hold.target_id == n]
        assert one["held"] == sum(hold.held for hold in of_line)
        assert one["sold"] == sum(hold.sold for hold in of_line)
    # Who pays gets back no more than it paid in; who earns of the price (seller, platform, third parties) may hand back less.
    earners = {work.seller, "platform:"} | {f"seller:{cut.party}" for line in work.lines for cut in line.cuts}
    for account in {flow.source for flow in work.flows if flow.target == ESCROW} - earners:
        for purpose in {flow.purpose for flow in work.flows}:
            assert work.moved(purpose, ESCROW, account) <= work.moved(purpose, account, ESCROW)
    for purpose in {flow.purpose for flow in work.flows}:
        assert work.moved(purpose, work.payer, ESCROW) <= work.order.agreed.due(purpose)
    check_public_money(work)
    # What is nobody's to give: public and platform money, and a card's bonus, pay a price or its delivery, nothing else.
    for flow in work.flows:
        assert flow.purpose in ("price", "delivery") or not flow.source.startswith(
            ("programme:", "platform:", "bonus:")
        )
    assert (work.order.waits in work.deadlines) == bool(work.order.waits)


def check_public_money(work: Work) -> None:
    """Public money pays at most its part of what is kept, and of what was earned in the end; of what came to nothing, nothing."""
    earned = sum(
        flow.amount if flow.source == ESCROW else -flow.amount
        for flow in work.flows
        if flow.purpose == "price" and ESCROW in (flow.source, flow.target)
        and ({flow.source, flow.target} - {ESCROW}).pop().startswith(("seller:", "platform:"))
    )  # fmt: skip
    public = 0
    for funder in INSTRUMENTS:
        account = f"programme:{funder}"
        paid = work.moved("price", account, ESCROW) - work.moved("price", ESCROW, account)
        parts = (line.funded().get(funder, 0) * line.kept // line.quantity for line in work.lines)
        assert 0 <= paid <= sum(parts), (funder, paid)
        assert work.order.stage != "undone" or paid == 0
        # Each yuan of a subsidised line's price keeps what it was agreed to be made of: a lower price is nobody's gain alone.
        for line in work.lines:
            agreed = sum(a.amount for a in line.adjustments if a.funder == funder and a.amount < 0)
            assert (
                line.funded().get(funder, 0) * (line.amount - line.changed("decided"))
                <= -agreed * line.amount
            )
        public += paid
    if work.order.stage == "done":
        assert public <= earned
