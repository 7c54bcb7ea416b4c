"""Folding: balances derived from transfers, a little after them, by whoever has time. Never part of an order: a shared balance row
would make every order of a seller wait for the one before.

Transfers are taken in the order (xid, id) below the oldest transaction still running, so none is missed and none counted twice.
"""

from __future__ import annotations

import msgspec

from highstreet.kit.db import Tx, rows, value

READER = "ledger.fold"
MOST = 20_000


class Balance(msgspec.Struct, frozen=True):
    """What an account holds, in minor units, as far as it was folded."""

    account_id: int
    name: str
    currency: str
    amount: int


class Unequal(msgspec.Struct, frozen=True):
    """An account whose folded balance is not the sum of its transfers."""

    account_id: int
    folded: int
    recomputed: int


async def fold(tx: Tx, most: int = MOST) -> int:
    """Fold the next transfers into the balances; how many were. 0: nothing to do, or somebody else is at it now."""
    position = await tx.fetchrow(
        "SELECT xid, id FROM kit.reader WHERE name = $1 FOR UPDATE SKIP LOCKED", READER
    )
    if position is None:
        # Asked without a lock first: INSERT would wait for whoever has the row now.
        if await tx.fetchval("SELECT true FROM kit.reader WHERE name = $1", READER):
            return 0
        await tx.execute("INSERT INTO kit.reader (name) VALUES ($1) ON CONFLICT DO NOTHING", READER)
        return await fold(tx, most)
    last = await tx.fetchrow(
        """
        WITH next AS MATERIALIZED (
            SELECT xid, id, from_id, to_id, amount FROM ledger.transfer
            WHERE (xid, id) > ($1, $2) AND xid < pg_snapshot_xmin(pg_current_snapshot())
            ORDER BY xid, id LIMIT $3
        ), moved AS (
            SELECT account_id, sum(signed)::bigint AS amount FROM (
                SELECT to_id AS account_id, amount AS signed FROM next UNION ALL SELECT from_id, -amount FROM next) m
            GROUP BY account_id
        ), kept AS (
            INSERT INTO ledger.balance (account_id, amount) SELECT account_id, amount FROM moved ORDER BY account_id
            ON CONFLICT (account_id) DO UPDATE SET amount = balance.amount + excluded.amount
        )
        SELECT count(*) OVER () AS folded, xid, id FROM next ORDER BY xid DESC, id DESC LIMIT 1
        """,
        position["xid"],
        position["id"],
        most,
    )
    if last is None:
        return 0
    await tx.execute(
        "UPDATE kit.reader SET xid = $2, id = $3 WHERE name = $1", READER, last["xid"], last["id"]
    )
    return int(last["folded"])


async def rebuild(tx: Tx) -> None:
    """Forget all balances: the next folds make them again from the first transfer."""
    await tx.execute("INSERT INTO kit.reader (name) VALUES ($1) ON CONFLICT DO NOTHING", READER)
    await tx.execute("UPDATE kit.reader SET xid = '0', id = 0 WHERE name = $1", READER)
    await tx.execute("DELETE FROM ledger.balance")


async def behind(tx: Tx) -> int:
    """How many transfers are not folded yet."""
    return await value(
        tx,
        int,
        """SELECT count(*) FROM ledger.transfer
           WHERE (xid, id) > (SELECT coalesce(max(xid), '0'), coalesce(max(id), 0) FROM kit.reader WHERE name = $1)""",
        READER,
    )


async def balances(tx: Tx) -> list[Balance]:
    """Every account's folded balance, by name."""
    return await rows(
        tx,
        Balance,
        """SELECT a.id AS account_id, a.kind || ':' || a.party_id AS name, a.currency::text AS currency, b.amount
           FROM ledger.balance b JOIN ledger.account a ON a.id = b.account_id ORDER BY name, currency""",
    )


async def unequal(tx: Tx) -> list[Unequal]:
    """Accounts whose folded balance differs from the sum of their transfers up to where the fold has come. Reads the whole ledger."""
    return await rows(
        tx,
        Unequal,
        """
        WITH so_far AS (
            SELECT t.from_id, t.to_id, t.amount FROM ledger.transfer t
            JOIN kit.reader r ON r.name = $1 AND (t.xid, t.id) <= (r.xid, r.id)
        ), sums AS (
            SELECT account_id, sum(signed)::bigint AS amount FROM (
                SELECT to_id AS account_id, amount AS signed FROM so_far UNION ALL SELECT from_id, -amount FROM so_far) m
            GROUP BY account_id
        )
        SELECT account_id, coalesce(b.amount, 0) AS folded, coalesce(s.amount, 0) AS recomputed
        FROM ledger.balance b FULL JOIN sums s USING (account_id)
        WHERE coalesce(b.amount, 0) <> coalesce(s.amount, 0) ORDER BY account_id
        """,
        READER,
    )
