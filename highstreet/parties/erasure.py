"""A person's right to take their data along, and to have them erased."""

from __future__ import annotations

from datetime import datetime

import msgspec

from highstreet.kit import facts
from highstreet.kit.db import Tx
from highstreet.kit.errors import NotFound
from highstreet.kit.sealing import Seal
from highstreet.parties._profiles import open_profile
from highstreet.parties.errors import LastOwner


async def export(tx: Tx, seal: Seal, party_id: str) -> dict[str, object]:
    """All this domain holds of one person: no secrets, hashes or other people. Errors: NotFound."""
    person = await tx.fetchrow(
        """
        SELECT p.state, p.lang, p.picture, p.created_at, k.key, k.fields
        FROM parties.party p JOIN parties.seal k ON k.party_id = p.id WHERE p.id = $1 AND p.kind = 'person'
        """,
        party_id,
    )
    if person is None:
        raise NotFound("person")
    return {
        "id": party_id,
        **{name: person[name] for name in ("state", "lang", "picture", "created_at")},
        "profile": msgspec.to_builtins(open_profile(seal, party_id, person["key"], person["fields"])),
        "sign_in": await _listed(
            tx, "SELECT kind, confirmed_at FROM parties.login WHERE party_id = $1 ORDER BY kind", party_id
        ),
        "told_at_counters": await _listed(tx, _KNOWN_BY, party_id),
        "second_factor": bool(
            await tx.fetchval("SELECT totp IS NOT NULL FROM parties.secret WHERE party_id = $1", party_id)
        ),
        "sessions": await _listed(
            tx,
            """
            SELECT agent, created_at, seen_at, expires_at FROM parties.session
            WHERE party_id = $1 ORDER BY created_at
            """,
            party_id,
        ),
        "tokens": await _listed(
            tx,
            """
            SELECT id, name, scopes, created_at, expires_at, revoked_at FROM parties.token
            WHERE party_id = $1 ORDER BY id
            """,
            party_id,
        ),
        "roles": await _listed(
            tx,
            """
            SELECT r.party_id, b.name AS party, r.role, r.since FROM parties.role r
            JOIN parties.party b ON b.id = r.party_id WHERE r.person_id = $1 ORDER BY r.since, r.role
            """,
            party_id,
        ),
        "consents": await _listed(
            tx,
            """
            SELECT purpose, wording, given_at, withdrawn_at FROM parties.consent
            WHERE party_id = $1 ORDER BY given_at
            """,
            party_id,
        ),
        "notices": await _listed(
            tx,
            "SELECT kind, subject, body, at, read_at FROM parties.notice WHERE party_id = $1 ORDER BY at",
            party_id,
        ),
    }


async def erase(tx: Tx, party_id: str, now: datetime) -> None:
    """Forget a person for good: without their key nothing sealed for them opens again. Twice changes nothing.

    What remains is the bare id the books refer to and the record of consents. Errors: NotFound; LastOwner
    while they alone own a business that is not closed.
    """
    # Locked before the party, as signing in does.
    await tx.execute("SELECT FROM parties.secret WHERE party_id = $1 FOR UPDATE", party_id)
    found = await tx.fetchval(
        "SELECT state FROM parties.party WHERE id = $1 AND kind = 'person' FOR UPDATE", party_id
    )
    if found is None:
        raise NotFound("person")
    if found == "erased":
        return
    # Locked as `roles.withdraw` does, so that the last two owners cannot vanish together.
    owned = await tx.fetch(
        """
        SELECT b.id, b.name FROM parties.party b WHERE b.state <> 'closed'
            AND b.id IN (SELECT party_id FROM parties.role
                         WHERE person_id = $1 AND role IN ('owner', 'operator'))
        ORDER BY b.id FOR UPDATE
        """,
        party_id,
    )
    for business in owned:
        left = await tx.fetchval(
            """
            SELECT EXISTS (SELECT FROM parties.role
                WHERE party_id = $1 AND person_id <> $2 AND role IN ('owner', 'operator'))
            """,
            business["id"],
            party_id,
        )
        if not left:
            raise LastOwner(name=business["name"])
    await tx.execute("DELETE FROM parties.seal WHERE party_id = $1", party_id)
    await tx.execute("DELETE FROM parties.login WHERE party_id = $1", party_id)
    await tx.execute("DELETE FROM parties.known_by WHERE party_id = $1", party_id)
    await tx.execute("DELETE FROM parties.recovery WHERE party_id = $1", party_id)
    await tx.execute("DELETE FROM parties.secret WHERE party_id = $1", party_id)
    await tx.execute("DELETE FROM parties.session WHERE party_id = $1", party_id)
    await tx.execute("DELETE FROM parties.token WHERE party_id = $1", party_id)
    await tx.execute("DELETE FROM parties.notice WHERE party_id = $1", party_id)
    await tx.execute("DELETE FROM parties.role WHERE person_id = $1", party_id)
    await tx.execute(
        "UPDATE parties.consent SET withdrawn_at = $2 WHERE party_id = $1 AND withdrawn_at IS NULL",
        party_id,
        now,
    )
    await tx.execute(
        """
        UPDATE parties.party SET state = 'erased', name = NULL, picture = NULL, about = '{}', demo = false
        WHERE id = $1
        """,
        party_id,
    )
    await facts.tell(tx, "person.erased", party_id, party_id, now)


_KNOWN_BY = "SELECT kind, agreed, at FROM parties.known_by WHERE party_id = $1 ORDER BY at"


async def _listed(tx: Tx, sql: str, party_id: str) -> list[dict[str, object]]:
    return [{name: found[name] for name in tuple(found.keys())} for found in await tx.fetch(sql, party_id)]
