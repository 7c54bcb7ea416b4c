"""Signed-in browsers. The cookie holds 256 random bits, the database only their SHA-256.

A session ends 30 days after sign-in or after 14 days unused; one with the second factor after 12 hours or 2
hours unused.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

import msgspec

from highstreet.kit.db import Tx, rows
from highstreet.kit.errors import NotAllowed, SignInFirst
from highstreet.kit.sealing import Seal
from highstreet.parties._bearers import Role, Session
from highstreet.parties._profiles import open_profile
from highstreet.parties.errors import SignInAgain

_LIVES, _LIVES_STRONG = timedelta(days=30), timedelta(hours=12)
_IDLE, _IDLE_STRONG = timedelta(days=14), timedelta(hours=2)
_TOUCH_AFTER = timedelta(minutes=5)
_FRESH = timedelta(minutes=15)


class Device(msgspec.Struct, frozen=True):
    """One signed-in browser, as its owner sees it in a list."""

    agent: str
    strong: bool
    since: datetime
    seen_at: datetime


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


async def open_session(
    tx: Tx, party_id: str, acts_for: str | None, strong: bool, agent: str, now: datetime
) -> str:
    """A new session.

    Returns the token for the cookie, which is stored nowhere. `agent` is the browser, for the list of
    sessions.
    """
    token = secrets.token_urlsafe(32)
    await tx.execute(
        """
        INSERT INTO parties.session
            (token, party_id, acts_for, strong, agent, created_at, seen_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $6, $7)
        """,
        _hash(token),
        party_id,
        acts_for,
        strong,
        agent[:200],
        now,
        now + (_LIVES_STRONG if strong else _LIVES),
    )
    return token


async def session_of(tx: Tx, token: str, now: datetime, seal: Seal | None = None) -> Session | None:
    """Who is signed in with this token, or None. One indexed query; reads only.

    `name` is the person's own name and needs the seal; without it it is empty. `acting_as` is the business
    acted for.
    """
    found = await tx.fetchrow(
        """
        SELECT s.party_id, s.acts_for, s.strong, s.created_at, s.seen_at, p.lang, b.name AS acting_as,
            k.key, k.fields,
               ARRAY(SELECT r.role || ' ' || r.party_id FROM parties.role r
                     WHERE r.person_id = s.party_id) AS roles
        FROM parties.session s
        JOIN parties.party p ON p.id = s.party_id
        LEFT JOIN parties.party b ON b.id = s.acts_for
        LEFT JOIN parties.seal k ON k.party_id = s.party_id AND $5
        WHERE s.token = $1 AND s.expires_at > $2 AND p.state = 'active'
          AND s.seen_at > $2 - CASE WHEN s.strong THEN $4::interval ELSE $3::interval END
        """,
        _hash(token),
        now,
        _IDLE,
        _IDLE_STRONG,
        seal is not None,
    )
    if found is None:
        return None
    roles = tuple(Role(party, name) for name, _, party in (text.partition(" ") for text in found["roles"]))
    # A role withdrawn since is not acted on any more.
    acting = found["acts_for"] is not None and any(role.party_id == found["acts_for"] for role in roles)
    name = ""
    if seal is not None and found["fields"] is not None:
        name = open_profile(seal, found["party_id"], found["key"], found["fields"]).name
    return Session(
        party_id=found["party_id"],
        acts_for=found["acts_for"] if acting else None,
        strong=found["strong"],
        name=name,
        acting_as=(found["acting_as"] or "") if acting else "",
        lang=found["lang"],
        roles=roles,
        since=found["created_at"],
        seen_at=found["seen_at"],
    )


def wants_touch(session: Session, now: datetime) -> bool:
    """Whether its last use should be written down again: `touch`, in a transaction that writes."""
    return now - session.seen_at > _TOUCH_AFTER


async def touch(tx: Tx, token: str, now: datetime) -> None:
    """Write down that the session is in use, so that it does not end as unused."""
    await tx.execute(
        "UPDATE parties.session SET seen_at = $2 WHERE token = $1 AND seen_at < $2", _hash(token), now
    )


def require_fresh(session: Session | None, now: datetime) -> None:
    """For changing what signs one in or gets one paid: signed in within 15 minutes, else SignInAgain."""
    if session is None:
        raise SignInFirst
    if now - session.since > _FRESH:
        raise SignInAgain


async def act_for(tx: Tx, token: str, business_id: str | None) -> None:
    """Act for a business from now on, or for oneself again (None).

    Errors: NotAllowed without a role there.
    """
    done = await tx.execute(
        """
        UPDATE parties.session s SET acts_for = $2
        WHERE s.token = $1 AND ($2::text IS NULL OR EXISTS (
            SELECT FROM parties.role r JOIN parties.party p ON p.id = r.party_id
            WHERE r.person_id = s.party_id AND r.party_id = $2 AND p.state <> 'closed'))
        """,
        _hash(token),
        business_id,
    )
    if done == "UPDATE 0":
        raise NotAllowed


async def strengthen(tx: Tx, token: str, now: datetime) -> None:
    """The second factor was shown in this session: it is strong from now on, and shorter."""
    await tx.execute(
        """
        UPDATE parties.session SET strong = true, seen_at = $2, expires_at = least(expires_at, $3)
            WHERE token = $1
        """,
        _hash(token),
        now,
        now + _LIVES_STRONG,
    )


async def close_session(tx: Tx, token: str) -> None:
    """Sign out. An unknown token is as good as signed out."""
    await tx.execute("DELETE FROM parties.session WHERE token = $1", _hash(token))


async def close_all(tx: Tx, party_id: str, keep: str | None = None) -> int:
    """Sign a person out everywhere, but for the session of the token `keep`; how many ended."""
    said = await tx.execute(
        "DELETE FROM parties.session WHERE party_id = $1 AND token <> $2",
        party_id,
        _hash(keep) if keep is not None else b"",
    )
    return int(said.rpartition(" ")[2])


async def sessions_of(tx: Tx, party_id: str, now: datetime) -> list[Device]:
    """Where a person is signed in now, last used first."""
    return await rows(
        tx,
        Device,
        """
        SELECT agent, strong, created_at AS since, seen_at FROM parties.session
        WHERE party_id = $1 AND expires_at > $2 ORDER BY seen_at DESC
        """,
        party_id,
        now,
    )


async def sweep(tx: Tx, now: datetime) -> int:
    """Remove sessions that have ended; how many."""
    said = await tx.execute("DELETE FROM parties.session WHERE expires_at <= $1", now)
    return int(said.rpartition(" ")[2])
