"""The sandbox provider as a process of its own, beside the lane: what buyers, the bank and notices do there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from highstreet.adapters.payments_sandbox import SandboxProvider
from highstreet.kit.clock import system_clock
from highstreet.ledger import Notice
from highstreet.ledger.payouts import Payout
from highstreet.market import errands
from tests.market.lane import Lane
from tests.sandbox.provider import SECRET, Inbox, RunningProvider, Told, until


class Outside(msgspec.Struct):
    """The provider, what it told, and our client of it."""

    provider: RunningProvider
    inbox: Inbox
    client: SandboxProvider

    async def charge(self, placed: dict[str, Any]) -> str:
        """The buyer pays at the provider; the charge's key."""
        asked = placed["collection"]
        assert (await self.provider.charge(asked["key"], asked["amount"])).status_code == 200
        return asked["key"]

    async def notices(self, key: str, least: int = 1) -> list[Notice]:
        """The notices told about a key, once there are as many."""
        await until(lambda: len(self.inbox.about(key)) >= least)
        return [self.read(told) for told in self.inbox.about(key)]

    def read(self, told: Told) -> Notice:
        return self.client.read_notice(told.headers, told.body, system_clock())


@pytest_asyncio.fixture(scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Outside]:
    inbox = Inbox()
    await inbox.open()
    state: Path = tmp_path_factory.mktemp("provider") / "state.db"
    provider = RunningProvider(
        "--notify", inbox.url, "--retry-after", "0.02", "--seed", "7", "--state", str(state)
    )
    await provider.start()
    client = SandboxProvider(provider.url, (SECRET,), inbox.url, "Qinghe", timeout=1.0)
    yield Outside(provider, inbox, client)
    await client.close()
    await provider.close()
    await inbox.close()


@pytest_asyncio.fixture
async def outside(running: Outside, lane: Lane) -> Outside:
    """The provider with nothing going wrong, known to the lane's market."""
    await running.provider.faults(seed=7)
    lane.market.providers = {"sandbox": running.client}
    return running


async def paid(lane: Lane, outside: Outside, wanted: dict[str, int] | None = None) -> str:
    """An order paid at the provider and told to us; its id."""
    placed = await lane.buy(wanted or {"tea/online": 1})
    key = await outside.charge(placed)
    (notice,) = await outside.notices(key)
    assert (await errands.told(lane.market, notice, lane.clock()))["result"] == "paid"
    return placed["orders"][0]["id"]


async def cancelled(lane: Lane, outside: Outside) -> str:
    """A refund that is wanted; its key."""
    order_id = await paid(lane, outside)
    await lane.tell(order_id, "cancelled", "buyer", lines={"1": 1}, reason="changed my mind")
    return await refund_of(lane, order_id)


async def refund_of(lane: Lane, order_id: str) -> str:
    async with lane.market.db.read() as tx:
        return await tx.fetchval(
            "SELECT key FROM ledger.refund WHERE order_id = $1 ORDER BY key DESC LIMIT 1", order_id
        )


async def state_of(lane: Lane, key: str) -> tuple[str, int]:
    async with lane.market.db.read() as tx:
        found = await tx.fetchrow(
            """SELECT state, tries FROM ledger.refund WHERE key = $1 UNION ALL SELECT state, tries FROM ledger.payout WHERE key = $1
               UNION ALL SELECT state, 0 FROM ledger.collection WHERE key = $1""",
            key,
        )
    assert found is not None
    return found["state"], found["tries"]


async def moved(outside: Outside, key: str) -> list[int]:
    return [int(one["amount"]) for one in await outside.provider.movements(key)]


async def told_of(lane: Lane, subject: str) -> list[str]:
    async with lane.market.db.read() as tx:
        return [
            r["kind"]
            for r in await tx.fetch("SELECT kind FROM kit.fact WHERE subject = $1 ORDER BY id", subject)
        ]


async def earned(lane: Lane, outside: Outside) -> int:
    """The tea house has sold and been paid; what it is owed."""
    order_id = await paid(lane, outside)
    await lane.tell(order_id, "shipped", tracking="SF1")
    await lane.tell(order_id, "delivered")
    await lane.tell(order_id, "received", "buyer")
    return (await lane.money())["tea"]


async def want(lane: Lane, amount: int | None = None) -> Payout:
    return await errands.want_payout(
        lane.market, lane.made.sellers["tea"], amount, lane.clock(), by="pty_owner"
    )
