"""Accounts: whose money. Written as `kind:party`, for example `seller:pty_...`, `provider:sandbox`, `escrow:`, `platform:`."""

from __future__ import annotations

from collections.abc import Iterable

from highstreet.kit.db import Database, Tx

ESCROW = "escrow:"
PLATFORM = "platform:"

# Kinds whose balance is guarded: they may not go below zero.
GUARDED = ("wallet", "card", "bonus")


class Accounts:
    """Finds account numbers by name; an account is made once and never changes, so one process may remember all it met."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: dict[tuple[str, str], int] = {}

    async def know(self, names: Iterable[str], currency: str) -> None:
        """Learn these accounts' numbers, making the ones that are missing in a transaction of their own."""
        missing = [name for name in set(names) if (name, currency) not in self._known]
        if not missing:
            return
        async with self._db.transaction() as tx:
            found = await numbers(tx, missing, currency)
        self._known.update({(name, currency): number for name, number in found.items()})

    def number(self, name: str, currency: str) -> int:
        """The number of a known account; KeyError when `know` was not asked before."""
        return self._known[name, currency]


async def numbers(tx: Tx, names: Iterable[str], currency: str) -> dict[str, int]:
    """The numbers of accounts by name, in this transaction; the ones that are missing are made."""
    kinds, parties = zip(*(name.split(":", 1) for name in sorted(set(names))), strict=True)
    await tx.execute(
        """INSERT INTO ledger.account (kind, party_id, currency)
           SELECT k, p, $3 FROM unnest($1::text[], $2::text[]) AS n (k, p) ON CONFLICT DO NOTHING""",
        list(kinds),
        list(parties),
        currency,
    )
    await tx.execute(
        """INSERT INTO ledger.wallet (account_id)
           SELECT id FROM ledger.account WHERE kind = ANY ($1) AND party_id = ANY ($2) AND currency = $3 ON CONFLICT DO NOTHING""",
        list(GUARDED),
        list(parties),
        currency,
    )
    found = await tx.fetch(
        """SELECT a.id, a.kind || ':' || a.party_id AS name FROM ledger.account a
           JOIN unnest($1::text[], $2::text[]) AS n (k, p) ON a.kind = n.k AND a.party_id = n.p WHERE a.currency = $3""",
        list(kinds),
        list(parties),
        currency,
    )
    return {r["name"]: r["id"] for r in found}
