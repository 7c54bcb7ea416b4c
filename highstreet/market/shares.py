"""Shares: who pays how much of what is kept of an order, and what goes back to each when less is kept, or sells for less.

Public money is never paid for more than its part of what the seller earns, and where a voucher asks for a least amount, taking things out
before they are handed over is judged again by it: what is left below it is the buyer's to pay, as far as what goes back to them reaches.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from highstreet.kit.money import split
from highstreet.ledger import ESCROW, Transfer
from highstreet.market.rules import PRICE, funder_account
from highstreet.market.work import Work
from highstreet.orders import DECIDED, WITHDRAWN, Adjustment, Line, Share, is_public


def held(work: Work, undone: Mapping[int, int]) -> dict[str, int]:
    """What each account has paid of the lines as they are agreed now, of which so many steps are undone (by position)."""
    by: dict[str, int] = {}
    for line in work.lines:
        gone = undone.get(line.position, line.undone)
        by[work.payer] = by.get(work.payer, 0) + line.paid - line.part(line.paid, gone)
        for funder, amount in line.funded().items():
            account = funder_account(funder)
            by[account] = by.get(account, 0) + amount - line.part_of(funder, amount, gone)
    return by


def refund_steps(work: Work, before: Mapping[int, int], *, left_out: bool = False) -> list[Transfer]:
    """What goes back from escrow for lines of which more steps are undone than `before` (by position), to each who paid.

    `left_out`: the buyer took these steps out, or never took them; then least amounts are asked for again.
    """
    had = held(work, before)
    if left_out:
        for share in work.order.agreed.shares:
            _judge_again(work, share, had[work.payer])
    return _back(had, held(work, {}))


def reprice(work: Work, prices: Mapping[int, int]) -> list[Transfer]:
    """Lines that finally sell for less than was agreed (by position): everybody who pays of them pays their part of the lower price."""
    had = held(work, {})
    for line in work.lines:
        off = line.amount - prices[line.position]
        if off <= 0:
            continue
        for funder, amount in line.funded().items():
            _withdraw(line, funder, amount - amount * prices[line.position] // line.amount)
        line.amount -= off
        line.paid -= off
        line.adjustments = [*line.adjustments, Adjustment(DECIDED, -off, "seller")]
    return _back(had, held(work, {}))


def _back(had: Mapping[str, int], has: Mapping[str, int]) -> list[Transfer]:
    return [Transfer(PRICE, ESCROW, account, amount - has.get(account, 0)) for account, amount in had.items()]


def _withdraw(line: Line, funder: str, amount: int) -> None:
    """So much of the whole line a funder does not pay after all: the buyer does."""
    if amount:
        line.paid += amount
        line.adjustments = [*line.adjustments, Adjustment(WITHDRAWN, amount, funder)]


def _judge_again(work: Work, share: Share, had: int) -> None:
    """Withdraw what a funder pays where less is kept than it asks for. The buyer, who `had` paid so much for more, pays no more."""
    funded = [(line, line.funded().get(share.funder, 0)) for line in work.lines]
    funded = [(line, amount) for line, amount in funded if amount and line.kept]
    if not share.least or not funded or sum(_base(share, line) for line, _ in funded) >= share.least:
        return
    weights = [amount for _, amount in funded]
    rest = held(work, {})[work.payer]

    def owed(taken: int) -> int:
        """What the buyer would have paid of all that is kept when so much is withdrawn."""
        return rest + sum(
            (line.paid + part - line.part(line.paid + part, line.undone))
            - (line.paid - line.part(line.paid, line.undone))
            for (line, _), part in zip(funded, split(taken, weights), strict=True)
        )

    taken = _most(sum(weights), lambda amount: owed(amount) <= had)
    for (line, _), part in zip(funded, split(taken, weights), strict=True):
        _withdraw(line, share.funder, part)


def _base(share: Share, line: Line) -> int:
    """What is kept of a line, as the rule counts it: at its listed price, as the seller sells it, or after what others take off too.

    What public money pays of it, this or another, counts as paid: it is not what a discount is.
    """
    if share.base == "listed":
        return line.price * line.kept
    others = sum(
        amount - line.part_of(funder, amount, line.undone)
        for funder, amount in line.funded().items()
        if not is_public(funder)
    )
    return line.amount_kept - (others if share.base == "final" else 0)


def _most(most: int, fits: Callable[[int], bool]) -> int:
    """The largest amount up to `most` that fits; nothing always does."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low
