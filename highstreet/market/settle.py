"""Settle: money in, goods handed over, and the end of an order: escrow emptied, to the seller and the platform."""

from __future__ import annotations

from datetime import datetime

from highstreet.ledger import escrow_of
from highstreet.market import rules
from highstreet.market.format import Format
from highstreet.market.work import Work


class EscrowLeft(Exception):
    """A format let an order end with money still in escrow, or took more out than was in: a wrongly composed format."""


def take_payment(work: Work, by: str, now: datetime) -> None:
    """The buyer's money is here: into escrow with it, by purpose, and what other funders pay of the price."""
    work.post(rules.pay_in(work))
    work.tell("paid", by, now, method=work.method)


def take_balance(work: Work, by: str, now: datetime) -> None:
    """What was to be paid later is here."""
    work.post(rules.pay_in(work, later=True))
    work.tell("balance_paid", by, now, method=work.method)


def hand_over(work: Work) -> None:
    """What is left of every line goes to the buyer, and leaves the place if it has not yet."""
    let_go(work)
    for line in work.lines:
        line.fulfilled += line.open


def let_go(work: Work) -> None:
    """The goods leave the place: what was held is sold."""
    for hold in work.holds:
        hold.use(hold.held)


def finish(work: Work, one: Format, now: datetime) -> None:
    """The order is done; a leg nobody told the end of is void."""
    for leg in work.legs:
        if leg.kind != "return" and leg.state not in ("done", "void"):
            leg.move("void", now)
    work.post(one.money.done(work))
    work.order.move("done", now)
    work.deadlines = {}
    work.tell("done", "clock", now)


def check_ended(work: Work) -> None:
    """Escrow is never below zero, and empty for every purpose when an order has ended."""
    ended = work.order.stage in ("done", "undone")
    for purpose, held in escrow_of(work.flows).items():
        if held < 0 or (ended and held != 0):
            raise EscrowLeft(f"{work.order.format} {work.order.stage}: {held} left for {purpose}")
