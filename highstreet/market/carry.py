"""Carry: what a courier earns for a delivery, in which order a round's doors are best, and the delivery itself with its pay.

A carried leg is paid by the seller the moment it is delivered, at the town's rate below: the buyer's delivery fee, if there is one,
is the seller's. What was carried stays paid whatever becomes of the order later.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec

from highstreet.kit.geo import Point, metres
from highstreet.market.desk import Market
from highstreet.market.fulfil import Telling, tell
from highstreet.market.units import Key, Unit
from highstreet.market.work import Work

BASE = 400  # minor units: fetching it and handing it over
A_KILOMETRE = 150  # for each one begun between shop and door
USUAL_M = 2000  # where the door's place on the map is not known
METRES_A_MINUTE = 200
SOON = timedelta(minutes=10)


class Door(msgspec.Struct, frozen=True):
    """Where a leg of a round ends, and by when it was promised; `point` is None when the map does not know it."""

    leg: str
    point: Point | None
    until: datetime | None


def pay(distance_m: int | None) -> int:
    """What carrying so far earns, in minor units."""
    far = USUAL_M if distance_m is None else distance_m
    return BASE + A_KILOMETRE * -(-far // 1000)


def suggest(doors: list[Door], start: Point | None, now: datetime) -> list[str]:
    """The order to go in: the nearest door next, but one that would be late within ten minutes first. The legs' ids."""
    left, order, here, at = list(doors), list[str](), start, now
    while left:
        ways = {door.leg: metres(here, door.point) if here and door.point else USUAL_M for door in left}
        eta = {leg: at + timedelta(minutes=way / METRES_A_MINUTE) for leg, way in ways.items()}
        pressing = [door for door in left if door.until is not None and door.until - eta[door.leg] < SOON]
        following = (
            min(pressing, key=lambda door: (door.until, ways[door.leg]))
            if pressing
            else min(left, key=lambda door: (ways[door.leg], door.leg))
        )
        left.remove(following)
        order.append(following.leg)
        here, at = following.point or here, eta[following.leg]
    return order


async def deliver(
    market: Market, telling: Telling, distance_m: int | None, now: datetime, key: Key | None
) -> dict[str, Any]:
    """The goods are at the door: the order goes on and the courier is paid, in one unit. Answers and refuses as `tell`, with {earned}."""
    earned = pay(distance_m)

    def reward(work: Work, unit: Unit) -> None:
        source, target = work.seller, f"courier:{telling.by}"
        unit.transfer(
            source, target, earned, "carriage", work.order.currency, now, order_id=work.order.id, about=None
        )

    answer = await tell(market, telling, now, key, also=reward)
    return {"earned": earned} | answer
