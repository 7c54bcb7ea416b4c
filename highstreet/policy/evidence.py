"""Evidence: what a seller shows of each subsidised thing, one by one as it happens. There is no way to tell many at once, nor late.

What is missing when its time is over stays missing: who settles takes the money back, or has a person look.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

import msgspec

from highstreet.kit.db import Tx, rows
from highstreet.kit.ids import new_id
from highstreet.kit.sealing import Seal
from highstreet.policy.errors import EvidenceElsewhere, EvidenceLate, EvidenceNotAsked, EvidenceTooFast

MOST_ORDERS_A_MINUTE = 5
TEXT, PICTURE = "text/plain", "image/webp"


class Shown(msgspec.Struct, frozen=True):
    """A piece of evidence; its content is read by `content_of`."""

    id: str
    line: int
    kind: str
    media: str
    by: str
    told_at: datetime


class Owed(msgspec.Struct, frozen=True):
    """What a programme asks of a line. imei: the number is an IMEI. until: by when evidence is told, None before it was handed over."""

    line: int
    programme_id: str
    serial: bool
    imei: bool
    old: bool
    evidence: list[str]
    hours: int
    handed_at: datetime | None
    old_at: datetime | None
    until: datetime | None


_OWED = """SELECT line, programme_id, serial, imei, old, evidence, hours, handed_at, old_at,
    handed_at + make_interval(hours => hours) AS until FROM policy.duty"""


async def owed(tx: Tx, order_id: str) -> list[Owed]:
    """What is asked of an order's lines."""
    return await rows(tx, Owed, f"{_OWED} WHERE order_id = $1 ORDER BY line, programme_id", order_id)


async def tell(
    tx: Tx, seal: Seal, order_id: str, line: int, kind: str, content: bytes, media: str, by: str, now: datetime
) -> str:  # fmt: skip
    """Keep one piece, sealed; its id. The same again is the first one. The caller has seen that the order is the teller's.

    Errors: EvidenceNotAsked, EvidenceLate, EvidenceTooFast, EvidenceElsewhere.
    """
    mark = hashlib.sha256(content).digest()
    told = new_id("evd", now)
    wrapped = seal.new_key(told)
    # Who tells much at once waits for what they told before; so does the same picture told by two.
    for turn in sorted((by, mark.hex())):
        await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('evidence ' || $1, 0))", turn)
    made: str | None = await tx.fetchval(
        """
        INSERT INTO policy.evidence (id, order_id, line, kind, sha256, media, wrapped, content, by, told_at)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10 FROM policy.duty d
        WHERE d.order_id = $2 AND d.line = $3 AND $4 = ANY (d.evidence)
          AND (d.handed_at IS NULL OR $10 <= d.handed_at + make_interval(hours => d.hours))
          AND (SELECT count(DISTINCT e.order_id) FROM policy.evidence e
               WHERE e.by = $9 AND e.told_at > $10 - interval '1 minute' AND e.order_id <> $2) < $11
          AND ($6 = 'text/plain' OR NOT EXISTS (SELECT FROM policy.evidence e WHERE e.sha256 = $5 AND (e.order_id, e.line) <> ($2, $3)))
        LIMIT 1 ON CONFLICT ON CONSTRAINT evidence_is_told_once DO NOTHING RETURNING id
        """,
        told, order_id, line, kind, mark, media, wrapped, seal.close(told, wrapped, content), by, now, MOST_ORDERS_A_MINUTE,
    )  # fmt: skip
    return made or await _first(tx, order_id, line, kind, mark, media, now)


async def _first(tx: Tx, order_id: str, line: int, kind: str, mark: bytes, media: str, now: datetime) -> str:
    """The first one's id, or why there is none."""
    first: str | None = await tx.fetchval(
        "SELECT id FROM policy.evidence WHERE order_id = $1 AND line = $2 AND kind = $3 AND sha256 = $4",
        order_id, line, kind, mark,
    )  # fmt: skip
    if first is not None:
        return first
    asked = [one for one in await owed(tx, order_id) if one.line == line and kind in one.evidence]
    if not asked:
        raise EvidenceNotAsked
    if all(one.until is not None and now > one.until for one in asked):
        raise EvidenceLate(hours=max(one.hours for one in asked))
    if media != TEXT and await tx.fetchval(
        "SELECT true FROM policy.evidence WHERE sha256 = $1 LIMIT 1", mark
    ):
        raise EvidenceElsewhere
    raise EvidenceTooFast(most=MOST_ORDERS_A_MINUTE)


async def of_order(tx: Tx, order_id: str) -> list[Shown]:
    """In the order it was told."""
    return await rows(
        tx,
        Shown,
        "SELECT id, line, kind, media, by, told_at FROM policy.evidence WHERE order_id = $1 ORDER BY told_at, id",
        order_id,
    )


async def content_of(tx: Tx, seal: Seal, order_id: str, evidence_id: str) -> tuple[str, bytes] | None:
    """Its media type and content; None when it is not of this order, or was forgotten."""
    found = await tx.fetchrow(
        "SELECT media, wrapped, content FROM policy.evidence WHERE id = $1 AND order_id = $2",
        evidence_id,
        order_id,
    )
    if found is None or found["wrapped"] is None or found["content"] is None:
        return None
    return found["media"], seal.open(evidence_id, found["wrapped"], found["content"])


async def forget(tx: Tx, order_ids: Sequence[str]) -> None:
    """Pictures taken in somebody's home go with them; that there was one, and its hash, stays for the books."""
    await tx.execute(
        "UPDATE policy.evidence SET wrapped = NULL, content = NULL WHERE order_id = ANY ($1) AND media <> 'text/plain'",
        list(order_ids),
    )
