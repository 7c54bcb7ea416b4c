"""Licences a seller shows, and their review by somebody of the city who does not belong to the seller."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, get_args

import msgspec

from highstreet.kit import facts
from highstreet.kit.db import Tx, row_or_none, rows
from highstreet.kit.errors import Malformed, NotFound
from highstreet.kit.ids import new_id
from highstreet.parties import notices
from highstreet.parties.errors import AlreadyReviewed, LicenceTaken, OwnReview

LicenceKind = Literal[
    "business", "food", "kitchen", "drugs", "clinic", "school", "lodging", "press", "second_hand", "ride",
    "practitioner", "pharmacist",
]  # fmt: skip
OF_PEOPLE: frozenset[LicenceKind] = frozenset({"practitioner", "pharmacist"})
LicenceState = Literal["shown", "accepted", "refused", "expired"]


class Licence(msgspec.Struct, frozen=True):
    """A qualification: `scan` names the uploaded picture, dates are inclusive, `reason` is the reviewer's.

    `holder_id`: the person it belongs to, where it is not the business' own.
    """

    id: str
    party_id: str
    kind: LicenceKind
    number: str
    issuer: str
    valid_from: date
    valid_to: date
    scan: str | None
    state: LicenceState
    reviewed_by: str | None
    reviewed_at: datetime | None
    reason: str | None
    holder_id: str | None = None


async def show(
    tx: Tx,
    party_id: str,
    kind: LicenceKind,
    number: str,
    issuer: str,
    valid_from: date,
    valid_to: date,
    scan: str | None,
    now: datetime,
    holder_id: str | None = None,
) -> str:
    """Show a licence; it counts once reviewed. Showing one's own number again (renewed, or after a refusal)
    asks for a new review.

    `holder_id`: whose it is, for a practitioner's or pharmacist's, who must work here.
    Returns its id. Errors: LicenceTaken for another seller's number, Malformed, NotFound.
    """
    number, issuer = "".join(number.split()).upper(), " ".join(issuer.split())
    if kind not in get_args(LicenceKind):
        raise Malformed("kind", "no such kind of licence", "没有这种证照")
    if not 1 <= len(number) <= 60 or not 1 <= len(issuer) <= 120:
        raise Malformed("number", "please give its number and who issued it", "请填写证照编号和发证机关")
    if valid_from > valid_to:
        raise Malformed("valid_to", "it ends before it begins", "结束日期早于开始日期")
    if not await tx.fetchval(
        "SELECT EXISTS (SELECT FROM parties.party WHERE id = $1 AND kind <> 'person' AND state <> 'closed')",
        party_id,
    ):
        raise NotFound("business")
    if (holder_id is not None) != (kind in OF_PEOPLE) or (
        holder_id is not None and not await _works_at(tx, holder_id, party_id)
    ):
        raise Malformed("holder", "say which of your people it belongs to", "请选择持证人（本店员工）")
    licence_id = await tx.fetchval(
        """
        INSERT INTO parties.licence AS l (id, party_id, kind, number, issuer, valid_from, valid_to, scan, holder_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (kind, number) DO UPDATE SET issuer = excluded.issuer, valid_from = excluded.valid_from,
            valid_to = excluded.valid_to, scan = excluded.scan, state = 'shown',
            reviewed_by = NULL, reviewed_at = NULL, reason = NULL
        WHERE l.party_id = excluded.party_id AND l.holder_id IS NOT DISTINCT FROM excluded.holder_id
        RETURNING id
        """,
        new_id("lic", now),
        party_id,
        kind,
        number,
        issuer,
        valid_from,
        valid_to,
        scan,
        holder_id,
    )
    if licence_id is None:
        raise LicenceTaken
    await facts.tell(tx, "licence.shown", licence_id, party_id, now, {"kind": kind})
    return str(licence_id)


async def review(tx: Tx, licence_id: str, accepted: bool, by: str, reason: str, now: datetime) -> Licence:
    """Accept or refuse a licence; `by` is the reviewing person. Its seller is told.

    Errors: AlreadyReviewed, OwnReview, NotFound, Malformed for a refusal without reason.
    """
    if not accepted and not reason.strip():
        raise Malformed("reason", "say why, so that the owner knows what to do", "请说明原因")
    found = await licence(tx, licence_id)
    if await tx.fetchval(
        "SELECT EXISTS (SELECT FROM parties.role WHERE person_id = $1 AND party_id = $2)", by, found.party_id
    ):
        raise OwnReview
    done = await tx.execute(
        """
        UPDATE parties.licence SET state = $2, reviewed_by = $3, reviewed_at = $4, reason = $5
        WHERE id = $1 AND state = 'shown'
        """,
        licence_id,
        "accepted" if accepted else "refused",
        by,
        now,
        reason.strip() or None,
    )
    if done == "UPDATE 0":
        raise AlreadyReviewed
    outcome = "accepted" if accepted else "refused"
    about = {"kind": found.kind, "party": found.party_id}
    await facts.tell(tx, f"licence.{outcome}", licence_id, by, now, about)
    body = {"licence": licence_id, "licence_kind": found.kind, "reason": reason.strip()}
    await notices.tell_staff(
        tx, found.party_id, f"licence_{outcome}", body, now, subject=f"{licence_id} {now.isoformat()}"
    )
    return await licence(tx, licence_id)


async def licence(tx: Tx, licence_id: str) -> Licence:
    """One licence. Errors: NotFound."""
    found = await row_or_none(
        tx,
        Licence,
        """
        SELECT id, party_id, kind, number, issuer, valid_from, valid_to, scan, state, reviewed_by,
            reviewed_at, reason, holder_id
        FROM parties.licence WHERE id = $1
        """,
        licence_id,
    )
    if found is None:
        raise NotFound("licence")
    return found


async def licences_of(tx: Tx, party_id: str) -> list[Licence]:
    """All licences a party ever showed, newest first."""
    return await rows(
        tx,
        Licence,
        """
        SELECT id, party_id, kind, number, issuer, valid_from, valid_to, scan, state, reviewed_by,
            reviewed_at, reason, holder_id
        FROM parties.licence WHERE party_id = $1 ORDER BY id DESC
        """,
        party_id,
    )


async def holds(tx: Tx, party_id: str, kind: LicenceKind, day: date) -> bool:
    """Whether the party holds an accepted licence of this kind on this day."""
    return bool(
        await tx.fetchval(
            """
            SELECT EXISTS (SELECT FROM parties.licence
                WHERE party_id = $1 AND kind = $2 AND state = 'accepted'
                  AND $3 BETWEEN valid_from AND valid_to)
            """,
            party_id,
            kind,
            day,
        )
    )


async def practises(tx: Tx, person_id: str, party_id: str, kind: LicenceKind, day: date) -> bool:
    """Whether a person works at a party and holds an accepted licence of this kind there on this day."""
    return bool(
        await tx.fetchval(
            """
            SELECT EXISTS (SELECT FROM parties.licence
                WHERE holder_id = $1 AND party_id = $2 AND kind = $3 AND state = 'accepted'
                  AND $4 BETWEEN valid_from AND valid_to)
            """,
            person_id,
            party_id,
            kind,
            day,
        )
    ) and await _works_at(tx, person_id, party_id)


async def _works_at(tx: Tx, person_id: str, party_id: str) -> bool:
    return bool(
        await tx.fetchval(
            "SELECT EXISTS (SELECT FROM parties.role WHERE person_id = $1 AND party_id = $2)",
            person_id,
            party_id,
        )
    )


async def waiting_review(tx: Tx) -> list[Licence]:
    """Licences nobody has decided on, longest waiting first."""
    return await rows(
        tx,
        Licence,
        """
        SELECT id, party_id, kind, number, issuer, valid_from, valid_to, scan, state, reviewed_by,
            reviewed_at, reason, holder_id
        FROM parties.licence WHERE state = 'shown' ORDER BY id
        """,
    )


async def expire(tx: Tx, day: date, now: datetime) -> list[Licence]:
    """Mark accepted and shown licences that ended before this day as expired and tell their sellers.

    The ones marked.
    """
    ended = await rows(
        tx,
        Licence,
        """
        UPDATE parties.licence SET state = 'expired' WHERE state IN ('accepted', 'shown') AND valid_to < $1
        RETURNING id, party_id, kind, number, issuer, valid_from, valid_to, scan, state, reviewed_by,
            reviewed_at, reason, holder_id
        """,
        day,
    )
    for one in sorted(ended, key=lambda licence: licence.id):
        about = {"kind": one.kind, "party": one.party_id}
        await facts.tell(tx, "licence.expired", one.id, one.party_id, now, about)
        body = {"licence": one.id, "licence_kind": one.kind, "valid_to": one.valid_to.isoformat()}
        await notices.tell_staff(
            tx, one.party_id, "licence_expired", body, now, subject=f"{one.id} {one.valid_to}"
        )
    return ended
