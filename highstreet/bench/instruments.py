"""`highstreet bench instruments`: a signed-in checkout that two instruments of public money pay a part of, beside one without any.

Both kinds take turns in one run against the same web processes, each checkout by another person, so that their ratio does not depend on
what else the machine does. CPU counts as in `bench checkout`.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
import time
from datetime import timedelta
from typing import Any

import msgspec

from highstreet import policy
from highstreet.bench.checkout import Buyers
from highstreet.bench.load import Client, cpu_of_family, web
from highstreet.bench.world import World, postmaster_pid, world
from highstreet.kit.clock import system_clock
from highstreet.kit.db import Tx
from highstreet.kit.ids import new_id
from highstreet.policy import ChangeKind

_MOST_PER_S = 700  # people made for each second of measuring
_TURN_S = 4.0
_RULES = """
id = "{id}"
name = {{ en = "Measured {id}", zh = "测量 {id}" }}
kind = "{kind}"
currency = "CNY"
[[rule]]
from = 2020-01-01
to = 2100-01-01
source = "none: a made programme, only for measuring"
beside = true
limits = [{limit}]
[[rule.schedule]]
{schedule}
"""
_TWO = (
    ("voucher", '{ per = "person", within = "batch", count = 1 }', 'of = "basket"\nleast = "5.00"\noff = "1.00"', 100),
    ("subsidy", '{ per = "each", within = "year", count = 1 }', 'kinds = ["bench"]\nrate = "15%"\ncap = "3.00"', 300),
)  # fmt: skip


class Figures(msgspec.Struct):
    """CPU of web and database in milliseconds per checkout; ratio: with two instruments to without any."""

    clients: int
    processes: int
    orders_without: int
    orders_with: int
    without_cpu_ms: float
    with_cpu_ms: float
    with_web_cpu_ms: float
    with_db_cpu_ms: float
    ratio: float
    spent_minor: int
    errors: int


class _Holders(Buyers):
    """Signed-in people, each of whom buys once; whose claims, if they have any, pay their part."""

    def __init__(self, port: int, offers: list[str], people: list[str]) -> None:
        super().__init__(port, offers, seed=7)
        self._people = iter(people)

    async def checkout(self, client: Client) -> bool:
        self.bearer = {"authorization": f"Bearer {next(self._people)}"}
        return await super().checkout(client)


async def run(clients: int, seconds: float, processes: int = 2) -> Figures:
    """Measure."""
    async with world(200, 1_000_000) as town:
        many = int(seconds * _MOST_PER_S)
        print("registering the buyers ...", file=sys.stderr, flush=True)
        without, having = (
            await town.db.run(_people, "without", many),
            await town.db.run(_people, "with", many),
        )
        await town.db.run(_grant, list(having.values()))
        with web(processes, town.environment) as (port, pid):
            return await _measure(town, port, pid, (list(without), list(having)), clients, seconds, processes)


async def _people(tx: Tx, kind: str, many: int) -> dict[str, str]:
    """So many people; their ids by token."""
    now = system_clock()
    found = {f"hst_{kind}_{n}": new_id("pty", now) for n in range(many)}
    await tx.copy_records_to_table(
        "party", schema_name="parties", columns=("id", "kind", "name", "created_at"),
        records=[(one, "business", "Buyer", now) for one in found.values()],
    )  # fmt: skip
    await tx.copy_records_to_table(
        "token", schema_name="parties", columns=("hash", "id", "party_id", "name", "scopes", "created_at"),
        records=[
            (hashlib.sha256(secret.encode()).digest(), new_id("tok", now), one, "bench", ["orders:write"], now)
            for secret, one in found.items()
        ],
    )  # fmt: skip
    await tx.execute("ANALYZE parties.party, parties.token")
    return found


async def _grant(tx: Tx, holders: list[str]) -> None:
    """Two programmes, of each of which everybody has claimed one."""
    now = system_clock()
    for kind, limit, schedule, amount in _TWO:
        rules = _RULES.format(id=kind, kind=kind, limit=limit, schedule=schedule)
        batch = {"claims": len(holders), "amount": amount, "opens_at": now.isoformat()}
        changes: tuple[tuple[ChangeKind, dict[str, Any]], ...] = (
            ("rules", {"rules": rules}),
            ("budget", {"amount": len(holders) * amount}),
            ("batch", {**batch, "closes_at": (now + timedelta(hours=2)).isoformat()}),
        )
        await policy.budgets.draft(tx, kind, "pty_city", "CNY", "bench", now)
        for change, body in changes:
            one = await policy.budgets.propose(tx, kind, change, body, "to measure", "one", now)
            await policy.budgets.decide(tx, one.id, True, "another", "seed", now)
        round_id = (await policy.budgets.batches(tx, kind))[0].id
        await tx.execute("UPDATE policy.slice SET unclaimed = 0 WHERE batch_id = $1", round_id)
        await tx.copy_records_to_table(
            "claim", schema_name="policy",
            columns=("id", "batch_id", "programme_id", "holder_id", "key", "schedule", "amount", "claimed_at", "valid_until"),
            records=[
                (new_id("clm", now), round_id, kind, holder, holder, 0, amount, now, now + timedelta(days=7))
                for holder in holders
            ],
        )  # fmt: skip
    await tx.execute("ANALYZE policy.claim")


async def _measure(
    town: World, port: int, pid: int, people: tuple[list[str], list[str]], clients: int, seconds: float, processes: int
) -> Figures:  # fmt: skip
    database = postmaster_pid(town.url, town.environment["HIGHSTREET_DATA_DIR"]) or 0
    buyers = [_Holders(port, town.offers, one) for one in people]
    web_cpu, db_cpu = [0.0, 0.0], [0.0, 0.0]
    turns = max(2, round(seconds / _TURN_S))
    for turn in range(-1, 2 * turns):  # the first one only warms up
        which = turn % 2
        buyers[which].counting = turn >= 0
        before = cpu_of_family(pid), cpu_of_family(database)
        until = time.monotonic() + seconds / turns
        await asyncio.gather(*(buyers[which].buy(until) for _ in range(clients)))
        if turn >= 0:
            web_cpu[which] += cpu_of_family(pid) - before[0]
            db_cpu[which] += cpu_of_family(database) - before[1]
    counts = [max(len(one.times) - one.errors, 1) for one in buyers]
    each = [(web_cpu[n] + db_cpu[n]) / counts[n] * 1000 for n in (0, 1)]
    async with town.db.read() as tx:
        spent = await tx.fetchval(
            "SELECT coalesce(sum(spent), 0)::bigint FROM policy.claim WHERE state = 'taken'"
        )
    return Figures(
        clients=clients,
        processes=processes,
        orders_without=counts[0],
        orders_with=counts[1],
        without_cpu_ms=round(each[0], 3),
        with_cpu_ms=round(each[1], 3),
        with_web_cpu_ms=round(web_cpu[1] / counts[1] * 1000, 3),
        with_db_cpu_ms=round(db_cpu[1] / counts[1] * 1000, 3),
        ratio=round(each[1] / each[0], 3),
        spent_minor=spent,
        errors=sum(one.errors for one in buyers),
    )
