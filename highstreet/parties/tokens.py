"""API tokens: 256 random bits shown once, kept as SHA-256, with scopes and an end."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import get_args

import msgspec

from highstreet.kit.db import Tx, row_or_none, rows
from highstreet.kit.errors import Malformed, NotAllowed, NotFound
from highstreet.kit.ids import new_id
from highstreet.parties._bearers import ApiToken, Scope

_PREFIX = "hst_"  # lets a scanner of source code recognise a leaked one


class TokenRecord(msgspec.Struct, frozen=True):
    """A token as its owner sees it in a list; never the secret."""

    id: str
    name: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


async def issue(
    tx: Tx, party_id: str, name: str, scopes: Sequence[Scope], expires_at: datetime | None, now: datetime
) -> tuple[str, str]:
    """A new token for a party: (id, secret). The secret is not kept. The caller has checked `tokens`.

    Errors: Malformed for an empty or unknown scope, an empty name or an end that has passed; NotAllowed for
    `operate` or `customs` outside the city; NotFound.
    """
    wanted = sorted(set(scopes))
    if not wanted or not set(wanted) <= set(get_args(Scope)):
        raise Malformed("scopes", "choose from " + ", ".join(get_args(Scope)), "请从列表中选择权限")
    name = " ".join(name.split())
    if not 1 <= len(name) <= 80:
        raise Malformed("name", "please name it, in up to 80 characters", "请填写不超过 80 个字符的名称")
    if expires_at is not None and expires_at <= now:
        raise Malformed("expires_at", "this has passed", "该时间已过")
    kind = await tx.fetchval(
        "SELECT kind FROM parties.party WHERE id = $1 AND state NOT IN ('closed', 'erased') FOR KEY SHARE",
        party_id,
    )
    if kind is None:
        raise NotFound("party")
    if {"operate", "customs"} & set(wanted) and kind != "city":
        raise NotAllowed
    secret = _PREFIX + secrets.token_urlsafe(32)
    token_id = new_id("tok", now)
    await tx.execute(
        """
        INSERT INTO parties.token (hash, id, party_id, name, scopes, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        _hash(secret),
        token_id,
        party_id,
        name,
        wanted,
        now,
        expires_at,
    )
    return token_id, secret


async def token_of(tx: Tx, secret: str, now: datetime) -> ApiToken | None:
    """The token with this secret, or None when it is unknown, revoked, over, or its party no longer active.

    One query.
    """
    return await row_or_none(
        tx,
        ApiToken,
        """
        SELECT t.id, t.party_id, t.name, t.scopes, p.kind = 'city' AS city
        FROM parties.token t JOIN parties.party p ON p.id = t.party_id
        WHERE t.hash = $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > $2)
          AND p.state IN ('active', 'applied')
        """,
        _hash(secret),
        now,
    )


async def tokens_of(tx: Tx, party_id: str) -> list[TokenRecord]:
    """The tokens of a party, newest first."""
    return await rows(
        tx,
        TokenRecord,
        """
        SELECT id, name, scopes, created_at, expires_at, revoked_at FROM parties.token
        WHERE party_id = $1 ORDER BY id DESC
        """,
        party_id,
    )


async def revoke(tx: Tx, party_id: str, token_id: str, now: datetime) -> None:
    """End a token of this party at once.

    Twice changes nothing. Errors: NotFound, also for another party's token.
    """
    done = await tx.execute(
        "UPDATE parties.token SET revoked_at = coalesce(revoked_at, $3) WHERE id = $2 AND party_id = $1",
        party_id,
        token_id,
        now,
    )
    if done == "UPDATE 0":
        raise NotFound("token")


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
