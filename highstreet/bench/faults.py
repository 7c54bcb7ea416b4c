"""`highstreet bench faults`: a storm of checkouts over HTTP while a web process, the worker, the database or a session of it is killed.

Every buyer repeats each call with its key until it is answered, as a client on a bad line would. Afterwards the books are
compared with what the buyers were told: an order they were told of and that is not there is lost, one more than they asked
for is doubled. Then every law is checked.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import msgspec

from highstreet.bench.checkout import notice
from highstreet.bench.load import Answer, Client, web
from highstreet.bench.world import World, is_ours, postmaster_pid, world
from highstreet.kit.db import Database, DatabaseAway
from highstreet.market import laws

KILLED = ("web process", "worker", "database", "database session")
_PATIENCE_S = 60.0
_CALL_S = 10.0
_CONTACT = {"name": "Lin Xiaoyu", "phone": "13800000000", "address": "12 Riverside Lane"}


class Figures(msgspec.Struct):
    """back_s: seconds from each kill until as many new orders as there are buyers were placed and paid; longest_s: of one call."""

    clients: int
    processes: int
    kills: int
    acknowledged: int
    lost: int
    doubled: int
    unpaid: int
    repeated_calls: int
    unexpected_answers: list[str]
    back_s: dict[str, float]
    longest_s: float
    orders_per_s: float
    laws_broken: list[str]

    @property
    def good(self) -> bool:
        """Nothing lost, doubled or broken, and the service back within ten seconds each time."""
        wrong = self.lost or self.doubled or self.unpaid or self.laws_broken or self.unexpected_answers
        return not wrong and all(seconds <= 10 for seconds in self.back_s.values())


class Storm:
    """Buyers who buy until told to stop. `acknowledged`: what each was told, by key, with when it had begun to ask."""

    def __init__(self, port: int, offers: list[str]) -> None:
        self._port = port
        self._offers = offers
        self._numbers = count(1)
        self._clients: dict[int, Client] = {}
        self.running = True
        self.acknowledged: dict[str, tuple[str, float]] = {}
        self.repeated = 0
        self.unexpected: list[str] = []
        self.longest = 0.0

    async def buyer(self, name: int) -> None:
        """One after the other; what was begun is brought to its end."""
        while self.running:
            number = next(self._numbers)
            began = time.monotonic()
            order_id = await self._checkout(name, number)
            if order_id is not None:
                self.acknowledged[f"storm-{number}"] = (order_id, began)
        client = self._clients.pop(name, None)
        if client is not None:
            client.close()

    async def _checkout(self, name: int, number: int) -> str | None:
        offer = self._offers[number % len(self._offers)]
        quoted = await self._until_answered(
            name, lambda c: c.post("/api/quotes", {"lines": [{"offer": offer, "quantity": 1}]})
        )
        body = {"quote": quoted.json()["quote"], "contact": _CONTACT, "method": "sandbox"}
        answer = await self._until_answered(
            name, lambda c: c.post("/api/orders", body, idempotency_key=f"storm-{number}")
        )
        if answer.status != 201:
            self.unexpected.append(f"order: {answer.status} {answer.body[:200]!r}")
            return None
        placed = answer.json()
        told, headers = notice(placed["collection"]["key"], placed["collection"]["amount"], number)
        paid = await self._until_answered(
            name, lambda c: c.call("POST", "/api/payments/sandbox/notices", told, **headers)
        )
        if paid.status != 200:
            self.unexpected.append(f"notice: {paid.status} {paid.body[:200]!r}")
        return str(placed["orders"][0]["id"])

    async def _until_answered(self, name: int, ask: Callable[[Client], Awaitable[Answer]]) -> Answer:
        """Ask again, with the same key, after a broken line, silence or a 5xx; a 409 says that the first is still running."""
        began = time.monotonic()
        while True:
            client = self._clients.get(name) or self._clients.setdefault(
                name, Client("127.0.0.1", self._port)
            )
            try:
                answer = await asyncio.wait_for(ask(client), _CALL_S)
            except (OSError, EOFError, asyncio.IncompleteReadError, TimeoutError):
                client.close()
                del self._clients[name]
            else:
                if answer.status < 500 and answer.status != 409:
                    self.longest = max(self.longest, time.monotonic() - began)
                    return answer
            if time.monotonic() - began > _PATIENCE_S:
                raise RuntimeError(f"no answer within {_PATIENCE_S:.0f} s")
            self.repeated += 1
            await asyncio.sleep(0.02)

    async def more(self, wanted: int, *, since: float = 0.0) -> float:
        """Wait until so many orders more, or so many begun since a moment, are placed and paid; the seconds it took."""
        began = time.monotonic()
        known = len(self.acknowledged)
        while True:
            found = (
                sum(at >= since for _, at in self.acknowledged.values())
                if since
                else len(self.acknowledged) - known
            )
            if found >= wanted:
                return time.monotonic() - began
            if time.monotonic() - began > _PATIENCE_S:
                raise RuntimeError(f"{found} of {wanted} orders within {_PATIENCE_S:.0f} s")
            await asyncio.sleep(0.01)


class Worker:
    """The worker, started again when it was killed, as `highstreet open` does."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = os.environ | environment | {"HIGHSTREET_LOG_LEVEL": "error"}
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "highstreet.cli", "worker"],
            env=self._environment,
            stdout=subprocess.DEVNULL,
        )

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process = self._start()


@contextmanager
def _worker(environment: dict[str, str]) -> Iterator[Worker]:
    worker = Worker(environment)
    try:
        yield worker
    finally:
        worker.process.terminate()
        try:
            worker.process.wait(15)
        except subprocess.TimeoutExpired:
            worker.process.kill()
            worker.process.wait()


def web_workers(parent: int) -> list[int]:
    """The processes that serve, below the one that keeps them."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [
        int(one) for one in children if b"resource_tracker" not in Path(f"/proc/{one}/cmdline").read_bytes()
    ]


def sessions(postmaster: int) -> list[int]:
    """The server's processes that each serve one connection. When one dies the server lets all go and recovers."""
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    return [int(one) for one in children if b"[local]" in Path(f"/proc/{one}/cmdline").read_bytes()]


async def run(clients: int = 16, kills: int = 12, processes: int = 2, between: int = 200) -> Figures:
    """So many kills in turn, each after `between` more orders; the figures of what came of it."""
    async with world(50, 10_000_000) as town:
        with web(processes, town.environment) as (port, parent), _worker(town.environment) as worker:
            storm = Storm(port, town.offers)
            began = time.monotonic()
            buyers = [asyncio.create_task(storm.buyer(name)) for name in range(clients)]
            back: dict[str, float] = dict.fromkeys(KILLED, 0.0)
            try:
                for n in range(kills):
                    await storm.more(between)
                    moment = time.monotonic()
                    _kill(KILLED[n % len(KILLED)], town, parent, worker)
                    back[KILLED[n % len(KILLED)]] = max(
                        back[KILLED[n % len(KILLED)]], await storm.more(clients, since=moment)
                    )
                await storm.more(between)
            finally:
                storm.running = False
                await asyncio.gather(*buyers)
            took = time.monotonic() - began
        return await _audit(
            town, storm, Figures(clients, processes, kills, 0, 0, 0, 0, 0, [], back, 0.0, 0.0, []), took
        )


def _kill(what: str, town: World, parent: int, worker: Worker) -> None:
    if what == "worker":
        worker.kill()
        return
    pid = postmaster_pid(town.url, town.environment["HIGHSTREET_DATA_DIR"])
    if pid is None or not is_ours():
        raise RuntimeError("the database is not one of ours to kill: unset HIGHSTREET_DATABASE_URL")
    if what == "web process":
        pid = web_workers(parent)[0]
    elif what == "database session":
        pid = sessions(pid)[0]
    os.kill(pid, signal.SIGKILL)


async def _audit(town: World, storm: Storm, figures: Figures, took: float) -> Figures:
    told = {order_id for order_id, _ in storm.acknowledged.values()}
    stands = await _again(town.db, _stages)
    found = await _again(town.db, _laws)
    figures.acknowledged = len(storm.acknowledged)
    figures.lost = len(told - set(stands))
    figures.doubled = len(stands) - len(storm.acknowledged) + figures.lost
    figures.unpaid = sum(stage != "committed" for stage in stands.values())
    figures.repeated_calls = storm.repeated
    figures.unexpected_answers = storm.unexpected[:5]
    figures.back_s = {what: round(seconds, 2) for what, seconds in figures.back_s.items()}
    figures.longest_s = round(storm.longest, 2)
    figures.orders_per_s = round(len(storm.acknowledged) / took, 1)
    figures.laws_broken = found
    return figures


async def _again(db: Database, read: Callable[[Database], Awaitable[Any]]) -> Any:
    """The connections that were open when the database died are thrown away one by one."""
    until = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return await read(db)
        except DatabaseAway:
            if time.monotonic() > until:
                raise
            await asyncio.sleep(0.05)


async def _stages(db: Database) -> dict[str, str]:
    async with db.read() as tx:
        return {r["id"]: r["stage"] for r in await tx.fetch("""SELECT id, stage FROM orders."order" """)}


async def _laws(db: Database) -> list[str]:
    async with db.read(snapshot=True) as tx:
        return [f"{law.law}: {', '.join(law.broken)}" for law in await laws.check(tx) if not law.ok]
