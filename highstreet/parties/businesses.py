"""Businesses that take part, and the city itself: applying, being reviewed, being suspended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec
from stdnum.cn import uscc as codes
from stdnum.exceptions import ValidationError

from highstreet.kit import facts
from highstreet.kit.db import Tx, row_or_none, rows
from highstreet.kit.errors import Malformed, NotFound
from highstreet.kit.ids import new_id
from highstreet.kit.text import Words
from highstreet.parties import notices, particulars, roles
from highstreet.parties.errors import AlreadyReviewed, BadUscc, OwnReview, UsccTaken

State = Literal["applied", "active", "suspended", "closed"]


class About(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a business says of itself in public; `decision` is the reason of its last review."""

    tagline: Words = Words()
    story: Words = Words()
    name: Words = Words()
    phone: str = ""
    decision: str = ""


class Business(msgspec.Struct, frozen=True):
    """A business (or the city): its registered name, code and state."""

    id: str
    kind: Literal["business", "city"]
    name: str
    picture: str | None
    state: State
    about: About
    uscc: str | None
    lang: str
    demo: bool
    created_at: datetime


def checked_uscc(text: str) -> str:
    """The Unified Social Credit Code in its plain form (18 characters). Errors: BadUscc."""
    try:
        return codes.validate(text)
    except ValidationError:
        raise BadUscc from None


async def apply(
    tx: Tx,
    *,
    owner_id: str,
    name: str,
    uscc: str | None,
    about: About,
    now: datetime,
    lang: str = "zh",
    picture: str | None = None,
    demo: bool = False,
) -> str:
    """A person applies with their business and becomes its owner; returns its id, in state `applied`.

    `uscc` is None only for sellers the law lets sell without registration (home grown, odd jobs); the
    reviewer sees that. Errors: BadUscc, UsccTaken, Malformed, NotFound for the owner.
    """
    code = None if uscc is None else checked_uscc(uscc)
    business_id = new_id("pty", now)
    made = await tx.fetchval(
        """
        INSERT INTO parties.party (id, kind, name, picture, state, about, uscc, lang, demo, created_at)
        VALUES ($1, 'business', $2, $3, 'applied', $4, $5, $6, $7, $8)
        ON CONFLICT (uscc) DO NOTHING RETURNING id
        """,
        business_id,
        _checked_name(name),
        picture,
        about,
        code,
        lang,
        demo,
        now,
    )
    if made is None:
        raise UsccTaken
    await facts.tell(tx, "business.applied", business_id, owner_id, now)
    await roles.grant(tx, person_id=owner_id, party_id=business_id, role="owner", by=owner_id, now=now)
    return business_id


async def found_city(tx: Tx, *, name: str, about: About, now: datetime, lang: str = "zh") -> str:
    """The city's own party: operators and officers hold their roles in it.

    One per market; founding again returns it.
    """
    await tx.execute("LOCK TABLE parties.party IN SHARE ROW EXCLUSIVE MODE")
    found = await tx.fetchval("SELECT id FROM parties.party WHERE kind = 'city'")
    if found is not None:
        return str(found)
    city_id = new_id("pty", now)
    await tx.execute(
        """
        INSERT INTO parties.party (id, kind, name, about, lang, created_at) VALUES ($1, 'city', $2,
            $3, $4, $5)
        """,
        city_id,
        _checked_name(name),
        about,
        lang,
        now,
    )
    return city_id


async def review(tx: Tx, business_id: str, accepted: bool, by: str, reason: str, now: datetime) -> None:
    """Decide on an application: active, or closed with a reason its owner reads. `by` is the reviewing
    person.

    Errors: AlreadyReviewed, OwnReview when the reviewer works for the business, Malformed for a refusal
    without reason.
    """
    if not accepted and not reason.strip():
        raise Malformed("reason", "say why, so that the owner knows what to do", "请说明原因")
    await _not_own(tx, business_id, by)
    done = await tx.execute(
        """
        UPDATE parties.party SET state = $2, about = about || jsonb_build_object('decision', $3::text)
        WHERE id = $1 AND kind = 'business' AND state = 'applied'
        """,
        business_id,
        "active" if accepted else "closed",
        reason.strip(),
    )
    if done == "UPDATE 0":
        await business(tx, business_id)
        raise AlreadyReviewed
    outcome = "accepted" if accepted else "refused"
    await facts.tell(tx, f"business.{outcome}", business_id, by, now)
    if accepted:
        await particulars.looked(tx, business_id, by, now)
    await notices.tell_staff(tx, business_id, f"business_{outcome}", {"reason": reason.strip()}, now)


async def suspend(tx: Tx, business_id: str, by: str, reason: str, now: datetime) -> None:
    """Stop an active business from selling (what is sold is still fulfilled).

    Errors: NotFound when it is not active.
    """
    if not reason.strip():
        raise Malformed("reason", "say why, so that the owner knows what to do", "请说明原因")
    await _not_own(tx, business_id, by)
    await _turn(tx, business_id, "active", "suspended", reason.strip())
    await facts.tell(tx, "business.suspended", business_id, by, now)
    body = {"reason": reason.strip(), "at": now.isoformat()}
    await notices.tell_staff(tx, business_id, "business_suspended", body, now, subject=now.isoformat())


async def reopen(tx: Tx, business_id: str, by: str, now: datetime) -> None:
    """Let a suspended business sell again. Errors: NotFound when it is not suspended."""
    await _not_own(tx, business_id, by)
    await _turn(tx, business_id, "suspended", "active", "")
    await facts.tell(tx, "business.reopened", business_id, by, now)
    await notices.tell_staff(tx, business_id, "business_reopened", {}, now, subject=now.isoformat())


async def business(tx: Tx, business_id: str) -> Business:
    """One business, or the city. Errors: NotFound."""
    found = await row_or_none(
        tx,
        Business,
        """
        SELECT id, kind, name, picture, state, about, uscc, lang, demo, created_at
        FROM parties.party WHERE id = $1 AND kind <> 'person'
        """,
        business_id,
    )
    if found is None:
        raise NotFound("business")
    return found


async def town_name(tx: Tx) -> Words | None:
    """What the town is called: the name of the city that runs its market; None before it was founded."""
    found = await tx.fetchrow("SELECT name, about -> 'name' AS called FROM parties.party WHERE kind = 'city'")
    if found is None:
        return None
    called: dict[str, str] = found["called"] or {}
    return Words(called.get("en") or found["name"], called.get("zh") or found["name"])


async def businesses(tx: Tx, ids: Sequence[str]) -> dict[str, Business]:
    """Several at once, by id; unknown ids are left out."""
    found = await rows(
        tx,
        Business,
        """
        SELECT id, kind, name, picture, state, about, uscc, lang, demo, created_at
        FROM parties.party WHERE id = ANY($1::text[]) AND kind <> 'person'
        """,
        list(ids),
    )
    return {one.id: one for one in found}


async def businesses_of(tx: Tx, person_id: str) -> list[Business]:
    """The businesses (and city) a person holds a role in, by name."""
    return await rows(
        tx,
        Business,
        """
        SELECT id, kind, name, picture, state, about, uscc, lang, demo, created_at
        FROM parties.party
        WHERE id IN (SELECT party_id FROM parties.role WHERE person_id = $1) AND state <> 'closed'
        ORDER BY name, id
        """,
        person_id,
    )


async def waiting_review(tx: Tx) -> list[Business]:
    """Applications nobody has decided on, longest waiting first."""
    return await rows(
        tx,
        Business,
        """
        SELECT id, kind, name, picture, state, about, uscc, lang, demo, created_at
        FROM parties.party WHERE kind = 'business' AND state = 'applied' ORDER BY created_at, id
        """,
    )


async def change(tx: Tx, business_id: str, *, about: About, picture: str | None, lang: str) -> None:
    """Say anew what a business says of itself.

    The registered name and code stay: they were reviewed. Errors: NotFound.
    """
    done = await tx.execute(
        """
        UPDATE parties.party SET picture = $3, lang = $4,
            about = jsonb_strip_nulls($2 || jsonb_build_object('decision', about -> 'decision'))
        WHERE id = $1 AND kind <> 'person' AND state <> 'closed'
        """,
        business_id,
        msgspec.structs.replace(about, decision=""),
        picture,
        lang,
    )
    if done == "UPDATE 0":
        raise NotFound("business")


async def _turn(tx: Tx, business_id: str, before: State, after: State, decision: str) -> None:
    done = await tx.execute(
        """
        UPDATE parties.party SET state = $3, about = about || jsonb_build_object('decision', $4::text)
        WHERE id = $1 AND kind = 'business' AND state = $2
        """,
        business_id,
        before,
        after,
        decision,
    )
    if done == "UPDATE 0":
        raise NotFound("business")


async def _not_own(tx: Tx, business_id: str, by: str) -> None:
    if await tx.fetchval(
        "SELECT EXISTS (SELECT FROM parties.role WHERE person_id = $1 AND party_id = $2)", by, business_id
    ):
        raise OwnReview


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= 120:
        raise Malformed("name", "please give a name of up to 120 characters", "请填写不超过 120 个字符的名称")
    return name
