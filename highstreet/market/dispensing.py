"""Dispensing: what is sold on prescription only is sold for a prescription that covers it, once for each time it allows.

Looked at when quoted and when placed, and judged where it is used up: one guarded UPDATE in the unit that places the order. A line
that comes to nothing before anything left the pharmacy gives its use back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from highstreet import parties
from highstreet.kit.errors import SignInFirst
from highstreet.market.choices import ON_PRESCRIPTION
from highstreet.market.shelf import ForSale
from highstreet.market.work import Work
from highstreet.orders import Entry, Line

if TYPE_CHECKING:
    from highstreet.market.desk import Market
    from highstreet.market.quote import Quote
    from highstreet.market.units import Unit


async def check(
    market: Market, entries: Sequence[Entry], goods: Mapping[str, ForSale], now: datetime
) -> None:
    """Refuses what no valid prescription covers. Errors: as `parties.prescriptions.usable`."""
    wanted = [entry for entry in entries if goods[entry.offer].rx is not None]
    if not wanted:
        return
    async with market.db.read() as tx:
        for entry in wanted:
            of, number = goods[entry.offer], entry.choice[ON_PRESCRIPTION]
            await parties.prescriptions.usable(
                tx, market.seal, number, of.seller_id, of.rx or "", entry.quantity, now
            )


async def uses(
    market: Market, quote: Quote, goods: Mapping[str, ForSale], buyer_id: str | None, now: datetime
) -> dict[str, parties.prescriptions.Use]:
    """By offer, what of the buyer's own prescriptions the order will use up. Errors: as `usable`; SignInFirst for a guest."""
    lines = [line for order in quote.orders for line in order.lines if goods[line.offer].rx is not None]
    if not lines:
        return {}
    if buyer_id is None:
        raise SignInFirst
    found: dict[str, parties.prescriptions.Use] = {}
    async with market.db.read() as tx:
        for line in lines:
            of, number = goods[line.offer], line.choice.get(ON_PRESCRIPTION, "")
            found[line.offer] = await parties.prescriptions.usable(
                tx, market.seal, number, of.seller_id, of.rx or "", line.quantity, now, buyer_id
            )
    return found


def dispense(
    work: Work, used: Mapping[str, parties.prescriptions.Use], by: str, unit: Unit, now: datetime
) -> None:
    """Use up what the lines of a new order need, in the unit that places it."""
    for line in work.lines:
        use = used.get(line.offer_id)
        if use is None or line.cancelled == line.quantity:
            continue
        unit.add(
            "dispensed",
            order_id=work.order.id,
            line=line.position,
            prescription=use.number,
            position=use.position,
            patient_id=use.patient_id,
            pharmacy_id=work.order.seller_id,
            at=now,
        )
        unit.fact("prescription.used", use.number, by, now, {"order": work.order.id})


def give_back(work: Work, line: Line, unit: Unit) -> None:
    """A line of which nothing is left gives its use back, unless something of the order has left the pharmacy."""
    number = line.choice.get(ON_PRESCRIPTION)
    left = any(leg.started_at or leg.state == "done" for leg in work.legs)
    if not number or line.cancelled < line.quantity or left or not work.news:
        return
    at = work.news[-1].at
    unit.add("undispensed", order_id=work.order.id, line=line.position, at=at)
    unit.fact("prescription.given_back", str(number), "clock", at, {"order": work.order.id})
