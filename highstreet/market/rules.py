"""Shared parts formats are written in: gates, prices, money. Pure functions over an order's work; a special one lives in its format."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from highstreet.kit.errors import Malformed
from highstreet.kit.money import share
from highstreet.kit.text import Words
from highstreet.ledger import ESCROW, PLATFORM, Transfer, escrow_of
from highstreet.market.format import FALLEN, OPEN, Gate, Teller, Term, Within
from highstreet.market.purse import bonus_of
from highstreet.market.quote import Asked
from highstreet.market.work import Work
from highstreet.orders import Agreed, Due, Share

PRICE = "price"
DELIVERY = "delivery"
DEPOSIT = "deposit"
CAP = "cap"  # the most a buyer lets be spent in their name


# Gates ---------------------------------------------------------------------------------------------------------------


def _at_once(_work: Work, _now: datetime) -> str:
    """The promise binds as soon as it is paid."""
    return OPEN


def _when_accepted(work: Work, _now: datetime) -> str:
    """The promise binds when the seller accepts."""
    if work.has("refused"):
        return FALLEN
    return OPEN if work.has("accepted") else "accept"


AT_ONCE = Gate(_at_once)
WHEN_ACCEPTED = Gate(_when_accepted, waits=("accept",))


def when_decided(work: Work, _now: datetime) -> str:
    """The promise binds for all of a cohort at once, when its decision says `go`. Who paid after it was decided came too late."""
    decision = decision_of(work)
    if decision is None:
        return "closing"
    return OPEN if decision["go"] and work.has("joined") else FALLEN


def decision_of(work: Work) -> dict[str, Any] | None:
    """What was decided for the order's cohort; None before."""
    return work.cohort.decision if work.cohort is not None else None


def when_decided_and_paid(work: Work, now: datetime) -> str:
    """The same, once the buyer has paid what was to be paid later, if there is anything."""
    verdict = when_decided(work, now)
    owed = work.order.agreed.asked(later=True) and not work.settled
    return "balance" if verdict == OPEN and owed else verdict


# Going back ----------------------------------------------------------------------------------------------------------

RETURN_DAYS = (
    7  # Consumer Rights Protection Law, art. 25: what was not bought in the shop, seven days without a reason
)
RETURN_FACTS: Mapping[str, tuple[Teller, ...]] = {
    "return_wanted": ("buyer",),
    "returned": ("seller",),
    "return_refused": ("seller",),
}
# What is handed over for new: a rule of public money may ask for it, in whatever way the goods go.
OLD_FACTS: Mapping[str, tuple[Teller, ...]] = {"old_taken": ("seller", "courier")}
SENT_BACK = Within(timedelta(days=14), "drop")  # an announced return that never comes is dropped


# Calling off ---------------------------------------------------------------------------------------------------------

_HOURS = Words("hours before", "小时前")
_BPS = Words("hundredths of a percent", "万分比")


def ladder(
    free_until_h: int, late_bps: int, last_h: int, last_bps: int, no_show_bps: int
) -> tuple[Term, ...]:
    """The terms of calling off, for a seller to change: free at first, then a part, then more of it, then what not coming costs."""
    return (
        Term(
            "free_until_h", Words("Calling off is free until", "免费取消截止"), _HOURS, free_until_h, most=720
        ),
        Term("late_bps", Words("Kept when called off later", "逾期取消扣除"), _BPS, late_bps, most=10_000),
        Term("last_h", Words("Last step of calling off from", "临近取消起点"), _HOURS, last_h, most=720),
        Term(
            "last_bps", Words("Kept when called off that late", "临近取消扣除"), _BPS, last_bps, most=10_000
        ),
        Term("no_show_bps", Words("Kept when nobody comes", "未到扣除"), _BPS, no_show_bps, most=10_000),
    )


def passing(times: int, until_h: int) -> tuple[Term, ...]:
    """The terms of handing on: how often a ticket or a thing may change hands, and until when before its time."""
    return (
        Term("passes", Words("May be handed on", "可转赠次数"), Words("times", "次"), times, most=20),
        Term("pass_until_h", Words("Handing on ends", "转赠截止"), _HOURS, until_h, most=720),
    )


def stated(asked: Asked, terms: tuple[Term, ...]) -> dict[str, int | str | bool]:
    """What the seller stated of these terms, as the order is to remember it."""
    return {term.name: min(asked.term(term.name, term.usual), term.most) for term in terms}


# Quotes --------------------------------------------------------------------------------------------------------------


def begun(period: Mapping[str, str], minutes: int) -> int:
    """How many units of so many minutes a chosen time has begun."""
    length = datetime.fromisoformat(period["to"]) - datetime.fromisoformat(period["from"])
    return -int(-length.total_seconds() // (60 * minutes))


def agree(
    asked: Asked,
    *,
    fee_bps: int,
    window: tuple[datetime, datetime] | None,
    return_days: int = 0,
    delivery: int = 0,
    deposit: int = 0,
    first: int | None = None,
    whole: bool = False,
    terms: dict[str, int | str | bool] | None = None,
) -> Agreed:
    """The usual agreement: the lines' price, what other funders pay of it, delivery and a deposit if there are any.

    `first`: what is paid of the price at placing; the rest when the order asks for it. `terms`: what else the format wants to remember.
    """
    price = sum(line.paid for line in asked.lines)
    at_once = price if first is None else min(first, price)
    shares: dict[str, int] = {}
    for line in asked.lines:
        for adjustment in line.adjustments:
            if adjustment.funder != "seller":
                shares[adjustment.funder] = shares.get(adjustment.funder, 0) - adjustment.amount
    dues = [Due(PRICE, at_once)]
    if price > at_once:
        dues.append(Due(PRICE, price - at_once, later=True))
    if delivery:
        dues.append(Due(DELIVERY, delivery))
    if deposit:
        dues.append(Due(DEPOSIT, deposit))
    return Agreed(
        dues=dues,
        shares=[Share(PRICE, funder, amount) for funder, amount in sorted(shares.items())],
        fee_bps=fee_bps,
        window=window,
        return_days=return_days,
        whole=whole or first is not None,
        terms=terms or {},
    )


def nothing_to_pay(asked: Asked, terms: dict[str, int | str | bool]) -> Agreed:
    """An agreement the buyer pays nothing for. Errors: Malformed when it is offered at a price."""
    if any(line.amount for line in asked.lines):
        raise Malformed(
            "price", "must be nothing: the buyer pays nothing for this", "价格须为零：买家无需为此付款"
        )
    return Agreed(dues=[Due(PRICE, 0)], terms=terms)


def delivery_fee(asked: Asked, usual: int, free_from: int) -> int:
    """The seller's delivery fee of this order: none from an amount on."""
    fee = asked.term("delivery_fee", usual)
    return (
        0 if sum(line.amount for line in asked.lines) >= asked.term("delivery_free_from", free_from) else fee
    )


def working_days(start: datetime, days: int) -> datetime:
    """So many days on, leaving out Sundays: parcels rest then."""
    day = start
    while days > 0:
        day += timedelta(days=1)
        if day.weekday() != 6:
            days -= 1
    return day


# Money ---------------------------------------------------------------------------------------------------------------


def pay_in(work: Work, *, later: bool = False) -> list[Transfer]:
    """What the buyer owes now (or was to pay later), and what others pay of it, into escrow."""
    paid = [
        Transfer(due.purpose, work.payer, ESCROW, work.owed(due), work.balance if later else work.collection)
        for due in work.order.agreed.dues
        if due.later == later
    ]
    if later:
        return paid
    shared = [
        Transfer(one.purpose, funder_account(one.funder), ESCROW, work.funded(one))
        for one in work.order.agreed.shares
    ]
    return paid + shared


def pay_in_late(work: Work) -> list[Transfer]:
    """The whole sum the buyer was asked for, although the order is gone: it goes straight back."""
    return [
        Transfer(due.purpose, work.payer, ESCROW, due.amount, work.collection)
        for due in work.order.agreed.dues
        if not due.later
    ]


def release(work: Work) -> list[Transfer]:
    """Escrow to whoever earned it: the price by `earners`, a deposit back to the buyer, everything else to the seller."""
    out: list[Transfer] = []
    for purpose, held in escrow_of(work.flows).items():
        if purpose == PRICE:
            out += [Transfer(PRICE, ESCROW, account, part) for account, part in earners(work, held).items()]
        else:
            out.append(Transfer(purpose, ESCROW, work.payer if purpose == DEPOSIT else work.seller, held))
    return out


def release_but(work: Work, owed: int) -> list[Transfer]:
    """The same, but of the deposit the seller keeps what the buyer owes (damage, lateness), as far as it reaches."""
    kept = min(owed, work.escrow(DEPOSIT))
    rest = [t for t in release(work) if t.purpose != DEPOSIT]
    back = Transfer(DEPOSIT, ESCROW, work.payer, work.escrow(DEPOSIT) - kept)
    return [*rest, Transfer(DEPOSIT, ESCROW, work.seller, kept), back]


def earners(work: Work, earned: int) -> dict[str, int]:
    """Who gets what of an earned amount of price: the platform its fee, third parties their cuts of what is kept, the seller the rest."""
    parts = {PLATFORM: share(earned - _own_gift(work, earned), work.order.agreed.fee_bps, 10_000)}
    for line in work.lines:
        for cut in line.cuts:
            account = f"seller:{cut.party}"
            parts[account] = parts.get(account, 0) + line.amount_kept * cut.bps // 10_000
    parts[work.seller] = earned - sum(parts.values())
    return parts


def _own_gift(work: Work, earned: int) -> int:
    """What of an earned amount of price the seller gave itself, as the bonus of its prepaid card: no income, and no fee is taken of it."""
    if not work.by_card:
        return 0
    paid = [f for f in work.flows if f.purpose == PRICE and f.target == ESCROW and f.source != work.seller]
    gift = sum(f.amount for f in paid if f.source == bonus_of(work.payer))
    return earned * gift // sum(f.amount for f in paid) if gift else 0


def refund_all(work: Work) -> list[Transfer]:
    """Escrow back to where it came from: other funders get what is left of theirs, the buyer the rest."""
    out: list[Transfer] = []
    for purpose, held in escrow_of(work.flows).items():
        for one in work.order.agreed.shares:
            if one.purpose == purpose:
                account = funder_account(one.funder)
                left = min(held, work.moved(purpose, account, ESCROW) - work.moved(purpose, ESCROW, account))
                out.append(Transfer(purpose, ESCROW, account, left))
                held -= left
        out.append(Transfer(purpose, ESCROW, work.payer, held))
    return out


def hours_late(work: Work) -> int:
    """Begun hours between the end of what was agreed and when it was brought back."""
    back, window = work.has("brought_back"), work.order.agreed.window
    if back is None or window is None or back.at <= window[1]:
        return 0
    return -int(-(back.at - window[1]).total_seconds() // 3600)


def call_off(work: Work) -> list[Transfer]:
    """Back to whoever paid. Of the buyer's own part the seller keeps the agreed share when the buyer called off late or did not come.

    Terms, as in `ladder`: free_until_h, late_bps, last_h, last_bps, no_show_bps; hours before the agreed time, basis points of the price.
    Who calls off when it has begun did not come.
    """
    agreed, told = work.order.agreed, work.has("cancelled")
    if work.has("no_show"):
        return not_come(work)
    if told is None or told.body.get("role") != "buyer" or agreed.window is None:
        return refund_all(work)
    left = agreed.window[0] - told.at
    if left < timedelta():
        return not_come(work)
    bps = 0
    if left < timedelta(hours=agreed.number("free_until_h")):
        bps = agreed.number("late_bps")
    if left < timedelta(hours=agreed.number("last_h")):
        bps = max(bps, agreed.number("last_bps"))
    return refund_but(work, share(agreed.due(PRICE), bps, 10_000))


def not_come(work: Work) -> list[Transfer]:
    """Nobody came: of the buyer's own part the seller keeps what was agreed for that (no_show_bps); other funders lose nothing."""
    agreed = work.order.agreed
    return refund_but(work, share(agreed.due(PRICE), agreed.number("no_show_bps"), 10_000))


MOST_KEPT_BPS = 2_000  # Civil Code, art. 586: what is forfeited as a deposit is at most a fifth of the price


def keep_first(work: Work) -> list[Transfer]:
    """Back to whoever paid; but who calls off, or does not pay the rest, once it was decided to go ahead leaves the first part behind."""
    decision, late, told = decision_of(work), work.has("late"), work.has("cancelled")
    unpaid = late is not None and late.body["waits"] == "balance"
    left = unpaid or (told is not None and told.body.get("role") == "buyer")
    if decision is None or not decision["go"] or not work.has("joined") or not left:
        return refund_all(work)
    prices = [due for due in work.order.agreed.dues if due.purpose == PRICE]
    first = sum(due.amount for due in prices if not due.later)
    return refund_but(work, min(first, share(sum(due.amount for due in prices), MOST_KEPT_BPS, 10_000)))


def refund_but(work: Work, kept: int) -> list[Transfer]:
    """Back to whoever paid, but the seller keeps so much of the buyer's own part of the price; other funders lose nothing."""
    out: list[Transfer] = []
    for back in refund_all(work):
        mine = min(kept, back.amount) if (back.purpose, back.target) == (PRICE, work.payer) else 0
        out += [
            Transfer(PRICE, ESCROW, work.seller, mine),
            Transfer(back.purpose, ESCROW, back.target, back.amount - mine),
        ]
    return out


def reclaim(work: Work, amount: int) -> list[Transfer]:
    """After settling: an amount of price back into escrow; everybody who earned of it keeps what the rest would have earned them."""
    took = {
        account: work.moved(PRICE, ESCROW, account) - work.moved(PRICE, account, ESCROW)
        for account in earners(work, 0)
    }
    left = earners(work, sum(took.values()) - amount)
    back = {account: had - left[account] for account, had in took.items()}
    return [
        Transfer(PRICE, account, ESCROW, part) if part > 0 else Transfer(PRICE, ESCROW, account, -part)
        for account, part in back.items()
    ]


def funder_account(funder: str) -> str:
    """The account of a funder other than the seller."""
    return (
        PLATFORM
        if funder == "platform"
        else f"seller:{funder}"
        if funder.startswith("pty_")
        else f"programme:{funder}"
    )
