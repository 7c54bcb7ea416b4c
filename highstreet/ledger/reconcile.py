"""Reconciliation: the provider's statement against our books, and every difference between them, with nothing left out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from highstreet.kit.db import Tx, rows
from highstreet.ledger.collect import About, StatementLine

What = Literal["missing_here", "missing_there", "amount", "currency", "state", "twice"]


class Difference(msgspec.Struct, frozen=True):
    """One movement on which provider and market do not agree. `ours`, `theirs`: minor units, None where there is nothing.

    what: missing_here (they moved it, we know nothing of it), missing_there (we say it is settled, they do not), amount, currency,
    state (they moved it, we have it as `state`), twice (they moved it more than once under one key).
    """

    about: About
    key: str
    what: What
    ours: int | None
    theirs: int | None
    currency: str
    state: str
    provider_ref: str
    at: datetime


class Ours(msgspec.Struct, frozen=True):
    """A movement in our books. `certain`: the provider must have it."""

    about: About
    key: str
    amount: int
    currency: str
    state: str
    certain: bool
    provider_ref: str
    at: datetime


async def differences(
    tx: Tx, provider: str, lines: Sequence[StatementLine], since: datetime, until: datetime
) -> list[Difference]:
    """What differs from `since` (included) to `until` (excluded), oldest first.

    `lines` should reach some days further on both sides: what they did at 23:59 we may have written down after midnight.
    """
    known = {(one.about, one.key): one for one in await _ours(tx, provider, lines, since, until)}
    strays = await _strays(tx, provider)
    found: list[Difference] = []
    seen: dict[tuple[str, str], StatementLine] = {}
    for line in lines:
        first = seen.setdefault((line.about, line.key), line)
        if not since <= line.at < until:
            continue
        one = known.get((line.about, line.key))
        if strays.explains(line, one):
            continue
        if first is not line:
            if line.provider_ref not in strays.refs:
                found.append(_told(line, "twice", one))
            continue
        what = _judge(line, one)
        if what is not None:
            found.append(_told(line, what, one))
    found += [
        Difference(
            one.about,
            one.key,
            "missing_there",
            one.amount,
            None,
            one.currency,
            one.state,
            one.provider_ref,
            one.at,
        )
        for one in known.values()
        if one.certain and (one.about, one.key) not in seen and since <= one.at < until
    ]
    return sorted(found, key=lambda one: (one.at, one.about, one.key))


def _judge(line: StatementLine, one: Ours | None) -> What | None:
    if one is None:
        return "missing_here"
    if one.currency != line.currency:
        return "currency"
    if one.amount != line.amount:
        return "amount"
    return None if one.certain else "state"


def _told(line: StatementLine, what: What, one: Ours | None) -> Difference:
    return Difference(
        line.about,
        line.key,
        what,
        one.amount if one else None,
        line.amount,
        line.currency,
        one.state if one else "",
        line.provider_ref,
        line.at,
    )


async def _ours(
    tx: Tx, provider: str, lines: Sequence[StatementLine], since: datetime, until: datetime
) -> list[Ours]:
    """What we have under the statement's keys, and all that was settled in the time."""
    return await rows(
        tx,
        Ours,
        """SELECT 'charge' AS about, key, amount, currency::text AS currency, state, state = 'paid' AS certain,
               coalesce(provider_ref, '') AS provider_ref, coalesce(settled_at, asked_at) AS at
           FROM ledger.collection
           WHERE provider = $1 AND (key = ANY ($2) OR state = 'paid' AND settled_at >= $3 AND settled_at < $4)
           UNION ALL
           SELECT 'refund', key, amount, currency::text, state, state = 'done' AND provider_ref IS NOT NULL,
               coalesce(provider_ref, ''), coalesce(settled_at, wanted_at)
           FROM ledger.refund WHERE provider = $1 AND (key = ANY ($2) OR state = 'done' AND settled_at >= $3 AND settled_at < $4)
           UNION ALL
           SELECT 'payout', key, amount, currency::text, state, state = 'done', coalesce(provider_ref, ''), coalesce(settled_at, wanted_at)
           FROM ledger.payout WHERE provider = $1 AND (key = ANY ($2) OR state = 'done' AND settled_at >= $3 AND settled_at < $4)
           UNION ALL
           SELECT CASE kind WHEN 'capture' THEN 'capture' ELSE 'payout' END, key, amount, currency::text, state, state = 'done',
               coalesce(provider_ref, ''), coalesce(settled_at, wanted_at)
           FROM ledger.tax_move WHERE provider = $1 AND kind IN ('advance', 'payout', 'capture')
             AND (key = ANY ($2) OR state = 'done' AND settled_at >= $3 AND settled_at < $4)
           UNION ALL
           SELECT 'refund', id, amount, currency::text, coalesce(settled_how, 'open'), settled_at IS NOT NULL, '', coalesce(settled_at, at)
           FROM ledger.stray
           WHERE provider = $1 AND settled_how = 'refunded' AND (id = ANY ($2) OR settled_at >= $3 AND settled_at < $4)""",
        provider,
        [line.key for line in lines],
        since,
        until,
    )


class Explained(msgspec.Struct, frozen=True):
    """Charges that a settled stray explains: by key and amount, and by the provider's own number."""

    charges: frozenset[tuple[str, int]]
    refs: frozenset[str]

    def explains(self, line: StatementLine, one: Ours | None) -> bool:
        """Whether this line is stray money somebody dealt with, beside what the collection itself was paid with."""
        settled = one is not None and one.state == "paid"
        return line.about == "charge" and not settled and (line.key, line.amount) in self.charges


async def _strays(tx: Tx, provider: str) -> Explained:
    found = await tx.fetch(
        """SELECT key, provider_ref, amount FROM ledger.stray
           WHERE provider = $1 AND settled_at IS NOT NULL AND settled_how IN ('refunded', 'kept')""",
        provider,
    )
    return Explained(
        frozenset((one["key"], one["amount"]) for one in found),
        frozenset(one["provider_ref"] for one in found),
    )
