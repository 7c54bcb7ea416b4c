"""A programme of dining vouchers with money, and two officers of the city."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest_asyncio

from highstreet import policy
from highstreet.kit.db import Database
from highstreet.policy.budgets import Batch

NOW = datetime(2024, 10, 1, 4, 0, tzinfo=UTC)
DINING = "dining-shanghai-2024"
HE, SHE = "pty_officer_he", "pty_officer_she"
RULES = (Path(policy.__file__).parent / "programmes" / f"{DINING}.toml").read_text(encoding="utf-8")


class Office(msgspec.Struct, frozen=True):
    """Who proposes and who decides, over one database."""

    db: Database

    async def change(
        self, kind: policy.budgets.ChangeKind, body: dict[str, object], now: datetime = NOW
    ) -> None:
        """Proposed by one, accepted by the other."""
        async with self.db.transaction() as tx:
            one = await policy.budgets.propose(tx, DINING, kind, body, "as planned", HE, now)
        async with self.db.transaction() as tx:
            await policy.budgets.decide(tx, one.id, True, SHE, "a seed", now)

    async def batch(self, claims: int, amount: int = 5_000, **more: object) -> Batch:
        """A batch that is open for an hour."""
        body = {"claims": claims, "amount": amount, "opens_at": NOW.isoformat(), **more}
        await self.change("batch", {"closes_at": (NOW + timedelta(hours=1)).isoformat(), **body})
        async with self.db.read() as tx:
            return (await policy.budgets.batches(tx, DINING))[-1]

    async def money(self) -> dict[str, int]:
        """Where the programme's money is."""
        async with self.db.read() as tx:
            found = await tx.fetchrow(
                """SELECT allocated, free, (SELECT coalesce(sum(unclaimed), 0)::bigint FROM policy.slice) AS unclaimed,
                          (SELECT coalesce(sum(amount), 0)::bigint FROM policy.claim WHERE state <> 'lapsed') AS claimed
                   FROM policy.programme"""
            )
        assert found is not None
        return dict(found)


@pytest_asyncio.fixture
async def office(db: Database) -> Office:
    async with db.transaction() as tx:
        await policy.budgets.draft(tx, DINING, "pty_city", "CNY", HE, NOW)
    one = Office(db)
    await one.change("rules", {"rules": RULES})
    await one.change("budget", {"amount": 1_000_000})
    return one
