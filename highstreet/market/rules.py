"""Shared parts formats are written in: gates, prices, money. Pure functions over an order's work; a special one lives in its format."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from highstreet.kit.money import share
from highstreet.ledger import ESCROW, PLATFORM, Transfer, escrow_of
from highstreet.market.format import FALLEN, OPEN, Gate, Teller, Within
from highstreet.market.quote import Asked
from highstreet.market.work import Work
from highstreet.orders import Agreed, Due, Share

PRICE = "price"
DELIVERY = "delivery"


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


# Going back ----------------------------------------------------------------------------------------------------------

RETURN_DAYS = (
    7  # Consumer Rights Protection Law, art. 25: what was not bought in the shop, seven days without a reason
)
RETURN_FACTS: Mapping[str, tuple[Teller, ...]] = {
    "return_wanted": ("buyer",),
    "returned": ("seller",),
    "return_refused": ("seller",),
}
SENT_BACK = Within(timedelta(days=14), "stay")  # an announced return that never comes is dropped


# Quotes --------------------------------------------------------------------------------------------------------------


def agree(
    asked: Asked,
    *,
    fee_bps: int,
    window: tuple[datetime, datetime] | None,
    return_days: int = 0,
    delivery: int = 0,
) -> Agreed:
    """The usual agreement: the lines' price, what other funders pay of it, and delivery if there is any."""
    shares: dict[str, int] = {}
    for line in asked.lines:
        for adjustment in line.adjustments:
            if adjustment.funder != "seller":
                shares[adjustment.funder] = shares.get(adjustment.funder, 0) - adjustment.amount
    dues = [Due(PRICE, sum(line.paid for line in asked.lines))]
    if delivery:
        dues.append(Due(DELIVERY, delivery))
    return Agreed(
        dues=dues,
        shares=[Share(PRICE, funder, amount) for funder, amount in sorted(shares.items())],
        fee_bps=fee_bps,
        window=window,
        return_days=return_days,
    )


def delivery_fee(asked: Asked, usual: int, free_from: int) -> int:
    """The seller's delivery fee of this order: none from an amount on."""
    fee = asked.term("delivery_fee", usual)
    return 0 if sum(line.paid for line in asked.lines) >= asked.term("delivery_free_from", free_from) else fee


def working_days(start: datetime, days: int) -> datetime:
    """So many days on, leaving out Sundays: parcels rest then."""
    day = start
    while days > 0:
        day += timedelta(days=1)
        if day.weekday() != 6:
            days -= 1
    return day


# Money ---------------------------------------------------------------------------------------------------------------


def pay_in(work: Work) -> list[Transfer]:
    """All that the buyer owes, and what others pay of it, into escrow."""
    paid = [
        Transfer(due.purpose, work.payer, ESCROW, work.owed(due), work.collection)
        for due in work.order.agreed.dues
    ]
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
    ]


def release(work: Work) -> list[Transfer]:
    """Escrow to the seller, the platform's fee taken from the price."""
    out: list[Transfer] = []
    for purpose, held in escrow_of(work.flows).items():
        fee = share(held, work.order.agreed.fee_bps, 10_000) if purpose == PRICE else 0
        out += [Transfer(purpose, ESCROW, PLATFORM, fee), Transfer(purpose, ESCROW, work.seller, held - fee)]
    return out


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


def refund_steps(work: Work, before: dict[int, int]) -> list[Transfer]:
    """What goes back from escrow for lines of which more steps are undone than `before` (by position), to each who paid."""
    back: dict[str, int] = {}
    for line in work.lines:
        was, is_now = before.get(line.position, line.undone), line.undone
        if is_now == was:
            continue
        parts = {work.payer: line.paid} | {
            funder_account(funder): amount for funder, amount in line.funded().items()
        }
        for account, whole in parts.items():
            back[account] = back.get(account, 0) + line.part(whole, is_now) - line.part(whole, was)
    return [Transfer(PRICE, ESCROW, account, amount) for account, amount in back.items()]


def reclaim(work: Work, amount: int) -> list[Transfer]:
    """After settling: an amount of price back into escrow from seller and platform, in the proportion they took it."""
    from_platform = work.moved(PRICE, ESCROW, PLATFORM) - work.moved(PRICE, PLATFORM, ESCROW)
    earned = from_platform + work.moved(PRICE, ESCROW, work.seller) - work.moved(PRICE, work.seller, ESCROW)
    fee_back = from_platform - share(earned - amount, work.order.agreed.fee_bps, 10_000)
    return [
        Transfer(PRICE, PLATFORM, ESCROW, fee_back),
        Transfer(PRICE, work.seller, ESCROW, amount - fee_back),
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
