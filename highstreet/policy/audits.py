"""Audits: the sample of a settlement that somebody goes and looks at, drawn so that nobody can choose it, and what was found.

A row's lot is the SHA-256 of `seed:name`. Of each seller the row with the lowest lot is in the sample; then the lowest of all others until
one row in a hundred is. The seed's own SHA-256 was told while the period ran, so anybody with the file can draw again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

import msgspec

from highstreet.kit import facts
from highstreet.kit.db import Tx, rows
from highstreet.kit.errors import Malformed, NotFound
from highstreet.policy.draws import lot
from highstreet.policy.errors import AuditedBefore

Way = Literal["desk", "on_site"]
LEAST_IN_A_HUNDRED = 1  # 2026 elderly-care vouchers: "on-site audit of at least 1 %"


class Outcome(msgspec.Struct, frozen=True):
    """What the auditor found of a row. evidence: where it is kept."""

    n: int
    passed: bool
    way: Way
    reason: str
    evidence: str
    by: str
    at: datetime


def sample(seed: str, named: Iterable[tuple[str, str]]) -> set[str]:
    """The rows to look at, of (name, seller)."""
    drawn = sorted((lot(seed, name), name, seller) for name, seller in named)
    chosen: set[str] = set()
    sellers: set[str] = set()
    for _, name, seller in drawn:
        if seller not in sellers:
            sellers.add(seller)
            chosen.add(name)
    wanted = -(-len(drawn) * LEAST_IN_A_HUNDRED // 100)
    for _, name, _ in drawn:
        if len(chosen) >= wanted:
            break
        chosen.add(name)
    return chosen


async def record(
    tx: Tx, settlement_id: str, n: int, passed: bool, way: Way, reason: str, evidence: str, by: str, now: datetime
) -> None:  # fmt: skip
    """The auditor's word on a sampled row, once. Errors: NotFound, AuditedBefore, Malformed for a fail without its reason."""
    if not passed and not reason.strip():
        raise Malformed("reason", "say what is wrong", "请说明不合格原因")
    if way not in ("desk", "on_site"):
        raise Malformed("way", "at the desk or on site", "请选择书面或现场")
    of = await tx.fetchval(
        "SELECT programme_id FROM policy.settlement_row WHERE settlement_id = $1 AND n = $2 AND sampled",
        settlement_id,
        n,
    )
    if of is None:
        raise NotFound("row")
    made = await tx.fetchval(
        """INSERT INTO policy.audit (settlement_id, n, passed, way, reason, evidence, by, at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING true""",
        settlement_id,
        n,
        passed,
        way,
        reason.strip(),
        evidence.strip(),
        by,
        now,
    )
    if not made:
        raise AuditedBefore
    body = {"settlement": settlement_id, "row": n, "passed": passed}
    await facts.tell(tx, "settlement.audited", of, by, now, body)


async def outcomes(tx: Tx, settlement_id: str) -> dict[int, Outcome]:
    """What was found so far, by row."""
    found = await rows(
        tx,
        Outcome,
        "SELECT n, passed, way, reason, evidence, by, at FROM policy.audit WHERE settlement_id = $1 ORDER BY n",
        settlement_id,
    )
    return {one.n: one for one in found}


async def look(tx: Tx, what: str, why: str, by: str, now: datetime) -> None:
    """Somebody of the city opens who is behind public money, and says why: kept for ever. Errors: Malformed."""
    if not why.strip():
        raise Malformed("why", "say why you need to know", "请说明查看理由")
    await tx.execute(
        "INSERT INTO policy.looked (at, by, what, why) VALUES ($1, $2, $3, $4)", now, by, what, why.strip()
    )
    await facts.tell(tx, "person.looked_at", what, by, now)
