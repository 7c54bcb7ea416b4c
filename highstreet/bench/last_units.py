"""`highstreet bench last-units`: the last units of one item, many buyers at once, over several web processes; that many are sold."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import msgspec

from highstreet import inventory
from highstreet.bench.load import Client, web
from highstreet.bench.world import World, world
from highstreet.kit.clock import system_clock

_REFUSED = ("out_of_stock",)


class Figures(msgspec.Struct):
    """accepted: orders the buyers were told of; oversold: orders beyond the units, in the books or in the answers."""

    rounds: int
    units: int
    buyers: int
    processes: int
    accepted: list[int]
    refused: int
    other: int
    oversold: int
    undersold: int
    accepted_per_s: float


async def run(units: int, buyers: int, processes: int, rounds: int) -> Figures:
    """rounds times: put exactly `units` on the shelf, let `buyers` buy one each at once, count."""
    async with world(1, 0) as town:
        with web(processes, town.environment) as (port, _):
            return await _rounds(town, port, units, buyers, processes, rounds)


async def _rounds(town: World, port: int, units: int, buyers: int, processes: int, rounds: int) -> Figures:
    figures = Figures(rounds, units, buyers, processes, [], 0, 0, 0, 0, 0.0)
    clients = [Client("127.0.0.1", port) for _ in range(min(buyers, 128))]
    took = 0.0
    for n in range(rounds):
        before = await _fill(town, units)
        quote = (
            await clients[0].post("/api/quotes", {"lines": [{"offer": town.offers[0], "quantity": 1}]})
        ).json()["quote"]
        waiting = iter(range(buyers))
        answers: list[tuple[int, Any]] = []

        async def buy(
            client: Client, waiting: Any = waiting, quote: str = quote, answers: Any = answers, n: int = n
        ) -> None:
            for buyer in waiting:
                body = {"quote": quote, "contact": {"name": f"Buyer {buyer}"}, "method": "sandbox"}
                answer = await client.post(
                    "/api/orders", body, idempotency_key=f"round-{n}-buyer-{buyer}-{time.monotonic_ns()}"
                )
                answers.append((answer.status, answer.json().get("code")))

        began = time.monotonic()
        await asyncio.gather(*(buy(client) for client in clients))
        took += time.monotonic() - began
        accepted = sum(status == 201 for status, _ in answers)
        in_books = await _held(town) - before
        figures.accepted.append(accepted)
        figures.refused += sum(status == 409 and code in _REFUSED for status, code in answers)
        figures.other += sum(
            not (status == 201 or (status == 409 and code in _REFUSED)) for status, code in answers
        )
        figures.oversold += max(accepted - units, in_books - units, 0)
        figures.undersold += max(min(units, buyers) - accepted, 0)
    for client in clients:
        client.close()
    figures.accepted_per_s = round(sum(figures.accepted) / took, 1)
    return figures


async def _fill(town: World, units: int) -> int:
    """Exactly `units` free again; what is held so far."""
    async with town.db.transaction() as tx:
        row = await tx.fetchrow("SELECT id, total, held, sold FROM inventory.supply FOR UPDATE")
        assert row is not None
        missing = units - (row["total"] - row["held"] - row["sold"])
        await inventory.stock.change(tx, row["id"], "counted", missing, "bench", system_clock())
        return int(row["held"])


async def _held(town: World) -> int:
    async with town.db.read() as tx:
        return int(await tx.fetchval("SELECT held + sold FROM inventory.supply"))
