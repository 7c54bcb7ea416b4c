"""`highstreet bench group-close` and `bench draw`: how long it takes to decide for many at once, and for all of them to follow."""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import timedelta
from typing import Any

import click
import msgspec

from highstreet import wiring
from highstreet.adapters.payments_sandbox import SandboxProvider
from highstreet.bench.world import PAYMENT_SECRET, world
from highstreet.kit.clock import FixedClock, system_clock
from highstreet.ledger import Notice
from highstreet.market import gather, laws
from highstreet.market.desk import Market
from highstreet.market.pay import told_charge
from highstreet.market.place import Contact, Placing, place
from highstreet.market.quote import quote
from highstreet.orders import Entry

_AT_ONCE = 400


class Figures(msgspec.Struct):
    """members: orders that had paid. decide_s: until the decision stands; follow_s: until every order followed it.

    won: orders whose promise binds. fallen: orders whose money goes back. ok: every law holds afterwards.
    """

    members: int
    won: int
    fallen: int
    join_per_s: float
    decide_s: float
    follow_s: float
    ok: bool


async def run(format_name: str, members: int, terms: dict[str, Any], stock: int) -> Figures:
    """So many members join by the market's own flow; then their cohort is closed."""
    async with world(1, stock, format_name) as town:
        clock = FixedClock(system_clock())
        provider = SandboxProvider("http://127.0.0.1:9", (PAYMENT_SECRET,), "http://127.0.0.1:9", "bench")
        market = Market(
            town.db, wiring.formats(), b"only for measuring", providers={"sandbox": provider}, clock=clock
        )
        await market.open()
        closes = clock() + timedelta(days=2)
        cohort = await gather.open_cohort(market, town.offers[0], closes, terms, "bench", clock())
        began = time.monotonic()
        with click.progressbar(length=members, label="members", file=sys.stderr) as bar:
            for first in range(0, members, _AT_ONCE):
                some = range(first, min(first + _AT_ONCE, members))
                await asyncio.gather(*(_join(market, town.offers[0], n, clock) for n in some))
                bar.update(len(some))
        joined = time.monotonic() - began
        figures = await _close(market, cohort.id, members, joined, clock)
        await market.close()
        await provider.close()
        return figures


async def _join(market: Market, offer: str, number: int, clock: FixedClock) -> None:
    asked = await quote(market, [Entry(offer, 1)], clock())
    contact = Contact(f"Buyer {number}", f"139{number:08}")
    placed = await place(market, Placing(asked.quote, contact, "sandbox", "guest"), clock(), None)
    asked_for = placed["collection"]
    told = Notice(
        "sandbox", f"ntc_{number}", asked_for["key"], "charge.succeeded", asked_for["amount"],
        placed["currency"], f"ref_{number}", clock(),
    )  # fmt: skip
    await told_charge(market, told, clock())


async def _close(market: Market, cohort_id: str, members: int, joined: float, clock: FixedClock) -> Figures:
    began = time.monotonic()
    await gather.decide(market, cohort_id, "bench", clock(), {"arrived": 1})
    decided = time.monotonic()
    await gather.follow(market, cohort_id, clock())
    ended = time.monotonic()
    # So many rows in so short a time: nobody has counted them yet for the planner, and checking them would take hours.
    async with market.db.transaction() as tx:
        await tx.execute("ANALYZE")
    async with market.db.read(snapshot=True) as tx:
        ok = all(law.ok for law in await laws.check(tx))
        won = await tx.fetchval("""SELECT count(*) FROM orders."order" WHERE stage = 'committed'""")
        fallen = await tx.fetchval("""SELECT count(*) FROM orders."order" WHERE stage = 'undone'""")
    return Figures(
        members,
        won,
        fallen,
        round(members / joined, 1),
        round(decided - began, 3),
        round(ended - decided, 3),
        ok,
    )
