"""`highstreet bench rehearsal`: a drafted programme judged over every order of this market, and what that costs."""

from __future__ import annotations

import resource
import time
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from highstreet import policy
from highstreet.bench.load import cpu_of_family
from highstreet.bench.world import postmaster_pid
from highstreet.kit.clock import system_clock
from highstreet.market import rehearsal
from highstreet.market.desk import Market

_DINING = Path(policy.__file__).parent / "programmes" / "dining-shanghai-2024.toml"
_FIRST = datetime.fromisoformat("2000-01-01T00:00:00Z")


class Figures(msgspec.Struct):
    """programme: what was rehearsed. looked: orders judged; given: those that would have got something. cpu_s: of this process and the
    database (0 where it is somebody else's); memory_mb: the most this process held. cost_minor: in the market's currency."""

    programme: str
    looked: int
    given: int
    cost_minor: int
    seconds: float
    python_cpu_s: float
    database_cpu_s: float
    memory_mb: int


async def run(market: Market, data_dir: str, rules: str | None) -> Figures:
    """The dining vouchers of Shanghai 2024 in the currency of the orders, or the rules given; nobody lacks what they ask for."""
    until = system_clock() + timedelta(days=1)
    async with market.db.read() as tx:
        currency = await tx.fetchval("""SELECT currency::text FROM orders."order" ORDER BY id LIMIT 1""")
        first = await tx.fetchval("""SELECT min(placed_at) FROM orders."order" """) or _FIRST
    text = rules or _in_force(first, until).replace('"CNY"', f'"{currency or market.currency}"')
    server = postmaster_pid(market.db.url, data_dir)
    before, spent = time.process_time(), cpu_of_family(server) if server else 0.0
    asks = policy.instruments.read(text).rules
    assumed = rehearsal.ASSUMED.union(*(rule.sellers + rule.people for rule in asks))
    found = await rehearsal.rehearse(market, text, first, until, assumed=assumed)
    return Figures(
        found.programme,
        found.looked,
        found.orders,
        found.cost,
        found.seconds,
        round(time.process_time() - before, 2),
        round(cpu_of_family(server) - spent, 2) if server else 0.0,
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    )


def _in_force(since: datetime, until: datetime) -> str:
    text = _DINING.read_text(encoding="utf-8")
    span = f"from = {since - timedelta(days=1):%Y-%m-%d}\nto = {until + timedelta(days=2):%Y-%m-%d}"
    return text.replace("from = 2024-09-28\nto = 2025-01-01", span)
