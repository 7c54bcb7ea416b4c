"""`highstreet bench checkout`: whole guest checkouts of one line over HTTP, from basket to paid order.

Each client asks for a quote, places the order with an idempotency key, is the buyer at the payment provider whose signed notice
then arrives, and reads the order back: it must be committed. The load generator plays buyer and provider on the same cores; its own
CPU is not counted, that of all web processes and of the whole database server is.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import random
import time

import msgspec

from highstreet.adapters.payments_sandbox import secret_bytes
from highstreet.bench.load import Client, cpu_of_family, family, percentile, web
from highstreet.bench.world import PAYMENT_SECRET, World, insert_commits_per_s, postmaster_pid, world
from highstreet.kit.clock import system_clock

_SECRET = secret_bytes(PAYMENT_SECRET)
_WARM_S = 2.0


class Figures(msgspec.Struct):
    """What was measured; CPU in milliseconds per checkout, times in milliseconds."""

    clients: int
    processes: int
    seconds: float
    orders: int
    orders_per_s: float
    cpu_ms_per_order: float
    web_cpu_ms: float
    db_cpu_ms: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    errors: int
    insert_commits_per_s: float
    ratio_to_insert: float
    web_process_mb: float


def notice(key: str, amount: int, number: int) -> tuple[bytes, dict[str, str]]:
    """A signed notice that a charge succeeded, as the provider sends it."""
    now = system_clock()
    stamp = str(int(now.timestamp()))
    body = msgspec.json.encode(
        {
            "id": f"ntc_{number}",
            "key": key,
            "kind": "charge.succeeded",
            "amount": amount,
            "currency": "CNY",
            "provider_ref": f"ref_{number}",
            "at": now,
        }
    )
    signed = f"ntc_{number}.{stamp}.".encode() + body
    mark = base64.b64encode(hmac.digest(_SECRET, signed, hashlib.sha256)).decode()
    return body, {
        "webhook_id": f"ntc_{number}",
        "webhook_timestamp": stamp,
        "webhook_signature": f"v1,{mark}",
    }


class Buyers:
    """So many guests who buy again and again until the time is over."""

    def __init__(self, port: int, offers: list[str], seed: int) -> None:
        self._port = port
        self._offers = offers
        self._dice = random.Random(seed)
        self._number = 0
        self.times: list[float] = []
        self.errors = 0
        self.counting = False
        self.bearer: dict[str, str] = {}

    async def buy(self, until: float) -> None:
        """One guest."""
        client = Client("127.0.0.1", self._port)
        while time.monotonic() < until:
            began = time.monotonic()
            paid = await self.checkout(client)
            if self.counting and time.monotonic() < until:
                self.times.append(time.monotonic() - began)
                self.errors += not paid
        client.close()

    async def checkout(self, client: Client) -> bool:
        """One whole checkout; whether the order came out paid and committed."""
        self._number += 1
        number, bearer = self._number, self.bearer
        offer = self._dice.choice(self._offers)
        quoted = await client.post("/api/quotes", {"lines": [{"offer": offer, "quantity": 1}]}, **bearer)
        if quoted.status not in (200, 201):
            return False
        contact = {"name": "Lin Xiaoyu", "phone": "13800000000", "address": "12 Riverside Lane"}
        order = await client.post(
            "/api/orders",
            {"quote": quoted.json()["quote"], "contact": contact, "method": "sandbox"},
            idempotency_key=f"bench-{id(self)}-{number}-{time.monotonic_ns()}",
            **bearer,
        )
        if order.status != 201:
            return False
        placed = order.json()
        body, headers = notice(placed["collection"]["key"], placed["collection"]["amount"], number)
        told = await client.call("POST", "/api/payments/sandbox/notices", body, **headers)
        if told.status != 200:
            return False
        one = placed["orders"][0]
        seen = await client.call("GET", f"/api/orders/{one['id']}?key={one['link']}")
        return seen.status == 200 and seen.json()["stage"] == "committed"


async def run(clients: int, seconds: float, processes: int = 2, offers: int = 200) -> Figures:
    """Measure; a yardstick of plain INSERT commits runs before and after on the same server."""
    async with world(offers, 1_000_000) as town:
        first = await insert_commits_per_s(town.url, clients, 2)
        with web(processes, town.environment) as (port, pid):
            figures = await _measure(town, port, pid, clients, seconds, processes)
        second = await insert_commits_per_s(town.url, clients, 2)
    figures.insert_commits_per_s = round((first + second) / 2, 1)
    figures.ratio_to_insert = round(figures.orders_per_s / figures.insert_commits_per_s, 3)
    return figures


async def _measure(town: World, port: int, pid: int, clients: int, seconds: float, processes: int) -> Figures:
    database = postmaster_pid(town.url, town.environment["HIGHSTREET_DATA_DIR"])
    buyers = Buyers(port, town.offers, seed=7)
    until = time.monotonic() + _WARM_S + seconds
    running = [asyncio.create_task(buyers.buy(until)) for _ in range(clients)]
    await asyncio.sleep(_WARM_S)
    web_before, db_before, began = cpu_of_family(pid), cpu_of_family(database or 0), time.monotonic()
    buyers.counting = True
    await asyncio.gather(*running)
    took = time.monotonic() - began
    web_cpu = cpu_of_family(pid) - web_before
    db_cpu = cpu_of_family(database or 0) - db_before
    times = sorted(buyers.times)
    good = max(len(times) - buyers.errors, 1)
    return Figures(
        clients=clients,
        processes=processes,
        seconds=round(took, 2),
        orders=len(times) - buyers.errors,
        orders_per_s=round(good / took, 1),
        cpu_ms_per_order=round((web_cpu + db_cpu) / good * 1000, 3),
        web_cpu_ms=round(web_cpu / good * 1000, 3),
        db_cpu_ms=round(db_cpu / good * 1000, 3),
        p50_ms=round(percentile(times, 0.50) * 1000, 1),
        p95_ms=round(percentile(times, 0.95) * 1000, 1),
        p99_ms=round(percentile(times, 0.99) * 1000, 1),
        errors=buyers.errors,
        insert_commits_per_s=0,
        ratio_to_insert=0,
        web_process_mb=max(_resident_mb(one) for one in family(pid)),
    )


def _resident_mb(pid: int) -> float:
    from pathlib import Path

    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return round(int(line.split()[1]) / 1024, 1)
    except OSError:
        return 0.0
    return 0.0
