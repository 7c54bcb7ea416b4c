"""Alerts: questions whether public money was taken duly. An alert does nothing by itself: a person decides, with a reason.

Upheld: it is a candidate for a claw-back, and may bar somebody from the programme; whoever is accused may appeal, and another person
decides. Overturned: all it caused is undone. Every wait has an end, and what nobody decides in time falls in favour of the accused.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from highstreet.kit import facts
from highstreet.kit.db import Tx, row, row_or_none, rows
from highstreet.kit.errors import Malformed, NotFound
from highstreet.kit.ids import new_id
from highstreet.policy.bounds import bound
from highstreet.policy.errors import AnotherOfficer, AppealOver, DecidedBefore
from highstreet.policy.screens import Edge, Found, Kind, Part, Pattern, Seen

DECIDE_WITHIN = timedelta(days=15)
APPEAL_WITHIN = timedelta(days=30)
MOST_BAR = timedelta(days=3 * 366)
_LONGEST = 2_000
_MOST_EVIDENCE = 500


class Alert(msgspec.Struct, frozen=True):
    """A question as it stands. people, sellers: of whom it is asked; edges: who shares what, for a drawing."""

    id: str
    pattern: Pattern
    programme_id: str
    kind: Kind
    subject_id: str
    people: list[str]
    sellers: list[str]
    first_seen: datetime
    last_seen: datetime
    score: int
    parts: list[Part]
    evidence: list[Seen]
    edges: list[Edge]
    state: Literal["open", "upheld", "dismissed"]
    due_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None
    appeal_until: datetime | None
    appeal: str | None
    appealed_by: str | None
    appealed_at: datetime | None
    appeal_due_at: datetime | None
    appeal_decided_by: str | None
    appeal_decided_at: datetime | None
    appeal_reason: str | None
    outcome: Literal["stood", "overturned"] | None

    @property
    def money(self) -> int:
        """The public money it asks about."""
        return sum(seen.amount for seen in self.evidence)

    @property
    def holds(self) -> bool:
        """Whether it was upheld and not overturned."""
        return self.state == "upheld" and self.outcome != "overturned"

    def may_be_appealed(self, now: datetime) -> bool:
        return (
            self.holds
            and self.appealed_at is None
            and self.appeal_until is not None
            and now < self.appeal_until
        )


class Upheld(msgspec.Struct, frozen=True):
    """An order that an upheld alert asks back public money of. final: it can no longer be overturned."""

    alert_id: str
    pattern: Pattern
    order_id: str
    person_id: str | None
    seller_id: str
    amount: int
    decided_at: datetime
    final: bool


_ALERT = ", ".join(Alert.__struct_fields__)


async def ask(tx: Tx, programme_id: str, found: Found, now: datetime) -> str | None:
    """Put a question that a screen found, or let the open one grow; its id. None where all of it was decided before, or too little is new.

    One programme is screened by one worker at a time (`follow`), so that a ring that grew is still the same ring.
    """
    known = await rows(
        tx,
        Alert,
        f"""SELECT {_ALERT} FROM policy.alert
            WHERE programme_id = $1 AND pattern = $2 AND (subject_id = $3 OR kind = 'ring' AND people && $4)
            ORDER BY first_seen, id FOR UPDATE""",
        programme_id,
        found.pattern,
        found.subject,
        list(found.people),
    )
    decided = {seen.order for one in known if one.state != "open" for seen in one.evidence}
    fresh = [seen for seen in found.evidence if seen.order not in decided]
    open_ = next((one for one in known if one.state == "open"), None)
    if open_ is not None:
        await _grow(tx, open_, found, fresh, now)
        return open_.id
    if not fresh or (decided and len(fresh) < bound("again")):
        return None
    one = new_id("alt", now)
    await tx.execute(
        """INSERT INTO policy.alert (id, pattern, programme_id, kind, subject_id, people, sellers, first_seen, last_seen, score, parts,
                                     evidence, edges, due_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10, $11, $12, $13)""",
        one, found.pattern, programme_id, found.kind, found.subject, list(found.people), list(found.sellers), now, found.score,
        found.parts, fresh[-_MOST_EVIDENCE:], found.edges, now + DECIDE_WITHIN,
    )  # fmt: skip
    await facts.tell(
        tx, "alert.raised", one, "clock", now, {"programme": programme_id, "pattern": found.pattern}
    )
    return one


async def _grow(tx: Tx, one: Alert, found: Found, fresh: Sequence[Seen], now: datetime) -> None:
    evidence = {seen.order: seen for seen in (*one.evidence, *fresh)}
    if len(evidence) == len(one.evidence) and set(found.people) <= set(one.people):
        return
    await tx.execute(
        """UPDATE policy.alert SET people = $2, sellers = $3, last_seen = $4, score = greatest(score, $5), parts = $6,
                  evidence = $7, edges = $8
           WHERE id = $1 AND state = 'open'""",
        one.id,
        sorted({*one.people, *found.people}),
        sorted({*one.sellers, *found.sellers}),
        now,
        found.score,
        found.parts,
        sorted(evidence.values(), key=lambda seen: (seen.at, seen.order))[-_MOST_EVIDENCE:],
        found.edges,
    )


async def read(tx: Tx, alert_id: str) -> Alert:
    """Errors: NotFound."""
    found = await row_or_none(tx, Alert, f"SELECT {_ALERT} FROM policy.alert WHERE id = $1", alert_id)
    if found is None:
        raise NotFound("alert")
    return found


async def listed(tx: Tx, states: Sequence[str], most: int = 200) -> list[Alert]:
    """Alerts in these states, the most pressing first. 'appealed': upheld, with an appeal nobody decided."""
    return await rows(
        tx,
        Alert,
        f"""SELECT {_ALERT} FROM policy.alert
            WHERE state = ANY ($1) OR 'appealed' = ANY ($1) AND appealed_at IS NOT NULL AND outcome IS NULL
            ORDER BY coalesce(appeal_decided_at, decided_at) DESC NULLS FIRST, score DESC, id LIMIT $2""",
        list(states),
        most,
    )


class Counts(msgspec.Struct, frozen=True):
    """How many questions stand where."""

    open: int
    appealed: int
    upheld: int
    dismissed: int


async def counts(tx: Tx) -> Counts:
    """Over all programmes."""
    return await row(
        tx,
        Counts,
        """SELECT count(*) FILTER (WHERE state = 'open') AS open,
                  count(*) FILTER (WHERE appealed_at IS NOT NULL AND outcome IS NULL) AS appealed,
                  count(*) FILTER (WHERE state = 'upheld') AS upheld, count(*) FILTER (WHERE state = 'dismissed') AS dismissed
           FROM policy.alert""",
    )


async def about(tx: Tx, *, person: str | None = None, seller: str | None = None) -> list[Alert]:
    """What was upheld of somebody, also what was overturned later; the newest first. Open questions are nobody's business yet."""
    return await rows(
        tx,
        Alert,
        f"""SELECT {_ALERT} FROM policy.alert
            WHERE state = 'upheld' AND ($1::text IS NOT NULL AND people @> ARRAY[$1] OR $2::text IS NOT NULL AND sellers @> ARRAY[$2])
            ORDER BY decided_at DESC, id LIMIT 50""",
        person,
        seller,
    )


async def decide(
    tx: Tx, alert_id: str, upheld: bool, reason: str, by: str, now: datetime, bar: Sequence[str] = (), until: datetime | None = None
) -> Alert:  # fmt: skip
    """A person's word, once. `bar`: which of the accused may not take part in the programme until then.

    Errors: NotFound, DecidedBefore, AnotherOfficer, Malformed without a reason or for a bar of somebody else.
    """
    reason = _said("reason", reason)
    one = await read(tx, alert_id)
    if by in one.people:
        raise AnotherOfficer
    barred = sorted(set(bar))
    if barred and (
        until is None or not now < until <= now + MOST_BAR or not set(barred) <= {*one.people, *one.sellers}
    ):
        raise Malformed(
            "until", "bar somebody it is about, for at most three years", "仅可限制当事人，且最长三年"
        )
    done = await tx.execute(
        """UPDATE policy.alert SET state = $2, decided_by = $3, decided_at = $4, reason = $5, appeal_until = $6
           WHERE id = $1 AND state = 'open'""",
        alert_id,
        "upheld" if upheld else "dismissed",
        by,
        now,
        reason,
        now + APPEAL_WITHIN if upheld else None,
    )
    if done == "UPDATE 0":
        raise DecidedBefore
    if upheld and barred:
        await tx.execute(
            """INSERT INTO policy.bar (programme_id, party_id, alert_id, until)
               SELECT $1, party, $2, $3 FROM unnest($4::text[]) AS b (party)""",
            one.programme_id,
            alert_id,
            until,
            barred,
        )
    kind = "upheld" if upheld else "dismissed"
    await facts.tell(
        tx, f"alert.{kind}", alert_id, by, now, {"programme": one.programme_id, "pattern": one.pattern}
    )
    return await read(tx, alert_id)


async def appeal(tx: Tx, alert_id: str, text: str, by: str, now: datetime) -> Alert:
    """The accused disagrees, once, in time; the caller saw that they are the accused. Errors: NotFound, AppealOver, Malformed."""
    text = _said("appeal", text)
    done = await tx.execute(
        """UPDATE policy.alert SET appeal = $2, appealed_by = $3, appealed_at = $4, appeal_due_at = $5
           WHERE id = $1 AND state = 'upheld' AND appealed_at IS NULL AND appeal_until > $4""",
        alert_id,
        text,
        by,
        now,
        now + DECIDE_WITHIN,
    )
    if done == "UPDATE 0":
        await read(tx, alert_id)
        raise AppealOver
    await facts.tell(tx, "alert.appealed", alert_id, by, now)
    return await read(tx, alert_id)


async def decide_appeal(
    tx: Tx, alert_id: str, overturned: bool, reason: str, by: str, now: datetime
) -> Alert:
    """Another person's word on an appeal, once. Overturned: nobody is barred by it any more, and nothing is asked back.

    Errors: NotFound, DecidedBefore, AnotherOfficer, Malformed.
    """
    reason = _said("reason", reason)
    one = await read(tx, alert_id)
    if by == one.decided_by or by in one.people:
        raise AnotherOfficer
    done = await tx.execute(
        """UPDATE policy.alert SET appeal_decided_by = $2, appeal_decided_at = $3, appeal_reason = $4, outcome = $5
           WHERE id = $1 AND appealed_at IS NOT NULL AND outcome IS NULL""",
        alert_id,
        by,
        now,
        reason,
        "overturned" if overturned else "stood",
    )
    if done == "UPDATE 0":
        raise DecidedBefore
    if overturned:
        await tx.execute("DELETE FROM policy.bar WHERE alert_id = $1", alert_id)
    kind = "overturned" if overturned else "appeal_stood"
    await facts.tell(
        tx, f"alert.{kind}", alert_id, by, now, {"programme": one.programme_id, "pattern": one.pattern}
    )
    return await read(tx, alert_id)


async def overdue(tx: Tx, now: datetime, most: int = 100) -> list[Alert]:
    """What nobody decided in time: open questions, and appeals."""
    return await rows(
        tx,
        Alert,
        f"""SELECT {_ALERT} FROM policy.alert
            WHERE state = 'open' AND due_at <= $1 OR appealed_at IS NOT NULL AND outcome IS NULL AND appeal_due_at <= $1
            ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED""",
        now,
        most,
    )


async def upheld_rows(tx: Tx, programme_id: str) -> list[Upheld]:
    """The orders of a programme of which upheld alerts ask public money back; each order once, by the alert that was upheld first."""
    found = await rows(
        tx, Alert,
        f"""SELECT {_ALERT} FROM policy.alert
            WHERE programme_id = $1 AND state = 'upheld' AND outcome IS DISTINCT FROM 'overturned' ORDER BY decided_at, id""",
        programme_id,
    )  # fmt: skip
    told: dict[str, Upheld] = {}
    for one in found:
        assert one.decided_at is not None
        for seen in one.evidence:
            told.setdefault(
                seen.order,
                Upheld(one.id, one.pattern, seen.order, seen.person, seen.seller, seen.amount, one.decided_at, one.outcome == "stood"),
            )  # fmt: skip
    return list(told.values())


async def bars(tx: Tx, parties: Sequence[str], now: datetime) -> frozenset[tuple[str, str]]:
    """Programme and party, of those of these people and sellers who may not take part now."""
    found = await tx.fetch(
        "SELECT DISTINCT programme_id, party_id FROM policy.bar WHERE party_id = ANY ($1) AND until > $2",
        sorted(set(parties)),
        now,
    )
    return frozenset((row["programme_id"], row["party_id"]) for row in found)


async def bars_of(tx: Tx, alert_id: str) -> list[tuple[str, datetime]]:
    """Who is barred by an alert, and until when."""
    found = await tx.fetch("SELECT party_id, until FROM policy.bar WHERE alert_id = $1 ORDER BY 1", alert_id)
    return [(row["party_id"], row["until"]) for row in found]


async def forget(tx: Tx, person_id: str) -> None:
    """The person is gone: nothing ties them to others any more."""
    await tx.execute("DELETE FROM policy.link WHERE person_id = $1", person_id)


def _said(field: str, text: str) -> str:
    text = text.strip()
    if not 0 < len(text) <= _LONGEST:
        raise Malformed(field, "say why, in at most 2,000 letters", "请说明理由（不超过 2000 字）")
    return text
