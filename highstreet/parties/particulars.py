"""Particulars: who a business says it is (registered name, code, licences, how it is reached), looked at when it comes and every six
months after: Measures for the Supervision of Online Transactions, art. 24. Its owners are reminded a month ahead; what is overdue is
shown to them and to the market's operator until somebody has looked. Every look stays on record.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from highstreet.kit import facts
from highstreet.kit.db import Row, Tx, row_or_none, rows
from highstreet.kit.errors import NotFound
from highstreet.parties import notices
from highstreet.parties.errors import AlreadyReviewed, OwnReview

AHEAD = timedelta(days=30)  # from then on it may be looked at again, and owners are reminded
_MOST = 500


class Due(msgspec.Struct, frozen=True):
    """A business whose particulars must be looked at, with when that was done last, and by whom."""

    party_id: str
    name: str
    uscc: str | None
    phone: str
    due_at: datetime
    looked_at: datetime | None
    looked_by: str | None

    def overdue(self, now: datetime) -> bool:
        """Whether the time has passed."""
        return self.due_at <= now


_DUE = """SELECT d.party_id, coalesce(p.name, '') AS name, p.uscc, coalesce(p.about ->> 'phone', '') AS phone, d.due_at,
    c.at AS looked_at, c.by AS looked_by
FROM parties.particulars d JOIN parties.party p ON p.id = d.party_id
LEFT JOIN LATERAL (SELECT at, by FROM parties.confirmation WHERE party_id = d.party_id ORDER BY at DESC LIMIT 1) c ON true"""


async def to_check(tx: Tx, now: datetime, most: int = 50) -> list[Due]:
    """Businesses that are due within a month or overdue, the longest first."""
    return await rows(
        tx,
        Due,
        _DUE
        + " WHERE p.state IN ('active', 'suspended') AND d.due_at <= $1 ORDER BY d.due_at, d.party_id LIMIT $2",
        now + AHEAD,
        most,
    )


async def of(tx: Tx, business_id: str) -> Due | None:
    """When a business is due; None before it was ever accepted."""
    return await row_or_none(tx, Due, _DUE + " WHERE d.party_id = $1", business_id)


class Confirmation(msgspec.Struct, frozen=True):
    """Somebody looked and found them true."""

    at: datetime
    by: str
    until: datetime


async def history(tx: Tx, business_id: str) -> list[Confirmation]:
    """Every look at a business' particulars, the latest first."""
    return await rows(
        tx,
        Confirmation,
        "SELECT at, by, until FROM parties.confirmation WHERE party_id = $1 ORDER BY at DESC",
        business_id,
    )


async def confirm(tx: Tx, business_id: str, by: str, now: datetime) -> datetime:
    """Somebody looked: all is true, and good for six months from now. When it is due next.

    Errors: OwnReview for whoever works there; AlreadyReviewed when it is not due within a month; NotFound.
    """
    if await tx.fetchval(
        "SELECT EXISTS (SELECT FROM parties.role WHERE person_id = $1 AND party_id = $2)", by, business_id
    ):
        raise OwnReview
    due_at: datetime | None = await tx.fetchval(
        "SELECT due_at FROM parties.particulars WHERE party_id = $1 FOR UPDATE", business_id
    )
    if due_at is None:
        raise NotFound("business")
    if due_at > now + AHEAD:
        raise AlreadyReviewed
    until = await looked(tx, business_id, by, now)
    body = {"until": until.date().isoformat()}
    await notices.tell_staff(
        tx, business_id, "particulars_confirmed", body, now, subject=f"{business_id} {now.isoformat()}"
    )
    return until


async def looked(tx: Tx, business_id: str, by: str, now: datetime) -> datetime:
    """Write down that somebody looked, and when to look again: six months on."""
    until: datetime = await tx.fetchval(
        """INSERT INTO parties.particulars AS d (party_id, due_at) VALUES ($1, $2::timestamptz + interval '6 months')
           ON CONFLICT (party_id) DO UPDATE SET due_at = excluded.due_at, reminded_at = NULL, overdue_at = NULL
           RETURNING due_at""",
        business_id,
        now,
    )
    await tx.execute(
        "INSERT INTO parties.confirmation (party_id, at, by, until) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        business_id,
        now,
        by,
        until,
    )
    await facts.tell(tx, "particulars.confirmed", business_id, by, now, {"until": until.isoformat()})
    return until


async def remind(tx: Tx, now: datetime) -> int:
    """Remind owners a month ahead, and tell them once the time has passed; how many were told. Run again and again by the worker."""
    await tx.execute(
        """INSERT INTO parties.particulars (party_id, due_at)
           SELECT id, created_at + interval '6 months' FROM parties.party p
           WHERE kind = 'business' AND state IN ('active', 'suspended')
             AND NOT EXISTS (SELECT FROM parties.particulars d WHERE d.party_id = p.id)
           ON CONFLICT DO NOTHING"""
    )
    late = await tx.fetch(_NEXT.format(told="overdue_at"), now, now, _MOST)
    soon = await tx.fetch(_NEXT.format(told="reminded_at"), now, now + AHEAD, _MOST)
    passed = {r["party_id"] for r in late}
    for kind, found in (("overdue", late), ("due", [r for r in soon if r["party_id"] not in passed])):
        for one in found:
            await _tell(tx, kind, one, now)
    return len(late) + len(soon)


_NEXT = """UPDATE parties.particulars SET {told} = $1
    WHERE party_id IN (SELECT d.party_id FROM parties.particulars d JOIN parties.party p ON p.id = d.party_id
                       WHERE d.due_at <= $2 AND d.{told} IS NULL AND p.state IN ('active', 'suspended')
                       ORDER BY d.due_at LIMIT $3 FOR UPDATE OF d SKIP LOCKED)
    RETURNING party_id, due_at"""


async def _tell(tx: Tx, kind: str, one: Row, now: datetime) -> None:
    party_id: str = one["party_id"]
    until = one["due_at"].date().isoformat()
    if kind == "due":
        await facts.tell(tx, "particulars.due", party_id, "clock", now, {"until": until})
    else:
        await facts.tell(tx, "particulars.overdue", party_id, "clock", now, {"until": until})
    await notices.tell_staff(
        tx, party_id, f"particulars_{kind}", {"until": until}, now, subject=f"{party_id} {until}"
    )
