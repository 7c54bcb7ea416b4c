"""What the city's desk sees of settlements, applications and claw-backs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from highstreet.kit.db import Tx, rows


class Programme(msgspec.Struct, frozen=True):
    """A programme with what is to be done: the latest settlement, what waits for a second person, cases that are open."""

    id: str
    rules: str
    state: str
    currency: str
    until: datetime | None
    to_check: int
    open_cases: int
    seed_sha256: str | None
    told_at: datetime | None


async def programmes(tx: Tx) -> list[Programme]:
    """Every programme that ever had rules, those at work first."""
    return await rows(
        tx,
        Programme,
        """
        SELECT p.id, p.rules, p.state, p.currency::text AS currency,
               (SELECT max(s.until) FROM policy.settlement s WHERE s.programme_id = p.id) AS until,
               (SELECT count(*) FROM policy.settlement s WHERE s.programme_id = p.id AND s.state = 'drawn') AS to_check,
               (SELECT count(*) FROM policy.clawback c WHERE c.programme_id = p.id AND c.state IN ('open', 'appealed')) AS open_cases,
               d.seed_sha256, d.told_at
        FROM policy.programme p
        LEFT JOIN LATERAL (SELECT seed_sha256, told_at FROM policy.settlement_seed x WHERE x.programme_id = p.id
                           ORDER BY n DESC LIMIT 1) d ON true
        WHERE p.rules IS NOT NULL ORDER BY p.state <> 'running', p.id
        """,
    )


async def order_numbers(tx: Tx, orders: list[str]) -> dict[str, int]:
    """By id."""
    found = await tx.fetch('SELECT id, number FROM orders."order" WHERE id = ANY ($1)', orders)
    return {row["id"]: row["number"] for row in found}


async def licences(tx: Tx, ids: list[str]) -> dict[str, dict[str, Any]]:
    """Papers a seller points at, by id: kind, number, issuer, until when, whether they are accepted."""
    found = await tx.fetch(
        "SELECT id, kind, number, issuer, valid_to, state FROM parties.licence WHERE id = ANY ($1)", ids
    )
    return {row["id"]: {key: row[key] for key in row.keys()} for row in found}  # noqa: SIM118 - a row, no mapping


async def businesses_like(tx: Tx, text: str) -> list[tuple[str, str]]:
    """Sellers by their registered name or code, to be put on a list."""
    found = await tx.fetch(
        """SELECT id, name FROM parties.party WHERE kind = 'business' AND (name = $1 OR uscc = upper($1)) ORDER BY id LIMIT 5""",
        text,
    )
    return [(row["id"], row["name"]) for row in found]
