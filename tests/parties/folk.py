"""People and businesses for the tests of this domain, and codes worked out apart from the code tested."""

from __future__ import annotations

import hmac
import struct
from base64 import b32decode
from datetime import UTC, datetime

from highstreet import parties
from highstreet.kit.db import Database
from highstreet.kit.errors import Refusal
from highstreet.kit.sealing import Seal

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
GOOD = "three brass kettles"
HOME = b"\x01" * 32  # a blinded address
USCC = "91110000600037341L"
ANOTHER_USCC = "91320621MA1MRHG205"


async def person(db: Database, seal: Seal, handle: str, name: str = "Lin Yue") -> str:
    """Somebody who signs in with GOOD."""
    async with db.transaction() as tx:
        return await parties.people.sign_up(
            tx, seal, handle=handle, password=GOOD, name=name, lang="zh", now=NOW
        )


async def shop(db: Database, owner_id: str, uscc: str | None = USCC, name: str = "Lin's Teahouse") -> str:
    async with db.transaction() as tx:
        return await parties.businesses.apply(
            tx, owner_id=owner_id, name=name, uscc=uscc, about=parties.About(), now=NOW
        )


async def city(db: Database) -> str:
    async with db.transaction() as tx:
        return await parties.businesses.found_city(tx, name="Lanxi", about=parties.About(), now=NOW)


async def give_role(db: Database, who: str, where: str, role: parties.roles.RoleName) -> None:
    async with db.transaction() as tx:
        await parties.roles.grant(tx, person_id=who, party_id=where, role=role, by=who, now=NOW)


async def signed_in(db: Database, who: str, *, strong: bool = False, now: datetime = NOW) -> str:
    """The token of a session."""
    async with db.transaction() as tx:
        return await parties.sessions.open_session(tx, who, None, strong, "Firefox", now)


async def session(db: Database, token: str, now: datetime = NOW) -> parties.Session | None:
    async with db.read() as tx:
        return await parties.sessions.session_of(tx, token, now)


async def try_in(
    db: Database,
    seal: Seal,
    handle: str,
    password: str = GOOD,
    *,
    code: str | None = None,
    address: bytes = HOME,
    now: datetime = NOW,
) -> parties.SignedIn | Refusal:
    return await db.run(
        parties.people.sign_in,
        seal,
        handle=handle,
        password=password,
        totp=code,
        agent="Firefox",
        address=address,
        now=now,
    )


async def with_second_factor(db: Database, seal: Seal, who: str, now: datetime = NOW) -> str:
    """Gives the person a second factor; returns its key."""
    token = await signed_in(db, who, now=now)
    async with db.transaction() as tx:
        new = await parties.people.start_totp(tx, seal, who, market="Lanxi")
    async with db.transaction() as tx:
        await parties.people.confirm_totp(tx, seal, who, totp(new.key, now), token, now)
    return new.key


def totp(key: str, now: datetime) -> str:
    """RFC 6238, written from its text."""
    mac = hmac.digest(b32decode(key), struct.pack(">Q", int(now.timestamp()) // 30), "sha1")
    place = mac[-1] & 15
    number = struct.unpack(">I", mac[place : place + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**6:06d}"
