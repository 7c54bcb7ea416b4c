"""People: signing up, what they told us of themselves, and what the demonstration shows of them.

Everything personal lies sealed in parties.seal. A person without a secret cannot sign in: guests, and the
crowd of a made-up town.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from highstreet.kit.db import Tx
from highstreet.kit.errors import Malformed, NotFound
from highstreet.kit.ids import new_id
from highstreet.kit.sealing import Seal
from highstreet.parties._bearers import Role
from highstreet.parties._handles import Handle, handle_of
from highstreet.parties._passwords import check_password, hashed
from highstreet.parties._profiles import Address, Profile, close_profile, open_profile
from highstreet.parties._recovery import codes_left as codes_left
from highstreet.parties._recovery import make_codes as make_codes
from highstreet.parties._second_factor import confirm_totp as confirm_totp
from highstreet.parties._second_factor import drop_totp as drop_totp
from highstreet.parties._second_factor import start_totp as start_totp
from highstreet.parties._sign_in import confirm_handle as confirm_handle
from highstreet.parties._sign_in import confirmation_link as confirmation_link
from highstreet.parties._sign_in import reset_link as reset_link
from highstreet.parties._sign_in import reset_password as reset_password
from highstreet.parties._sign_in import set_password as set_password
from highstreet.parties._sign_in import sign_in as sign_in
from highstreet.parties.erasure import erase as erase
from highstreet.parties.erasure import export as export
from highstreet.parties.errors import BadHandle, HandleTaken, NotInDemo
from highstreet.parties.roles import CITY_ROLES
from highstreet.parties.sessions import open_session

Lang = Literal["en", "zh"]


async def sign_up(
    tx: Tx,
    seal: Seal,
    *,
    handle: str,
    password: str,
    name: str,
    lang: Lang,
    now: datetime,
    picture: str | None = None,
    demo: bool = False,
) -> str:
    """A new person who signs in with a handle (e-mail or phone) and a password; returns their id.

    Errors: BadHandle, WeakPassword, Malformed; HandleTaken, which a page must not show: it answers as for a
    new handle and writes to the handle's owner instead.
    """
    known_as = handle_of(handle)
    check_password(password, known_as.text)
    secret = await hashed(password)
    email = known_as.text if known_as.kind == "email" else None
    phone = known_as.text if known_as.kind == "phone" else None
    party_id = await enrol(
        tx, seal, name=name, lang=lang, now=now, email=email, phone=phone, picture=picture, demo=demo
    )
    await _add_login(tx, seal, party_id, known_as)
    await tx.execute(
        "INSERT INTO parties.secret (party_id, password, changed_at) VALUES ($1, $2, $3)",
        party_id,
        secret,
        now,
    )
    return party_id


async def enrol(
    tx: Tx,
    seal: Seal,
    *,
    name: str,
    lang: Lang,
    now: datetime,
    email: str | None = None,
    phone: str | None = None,
    addresses: Sequence[Address] = (),
    picture: str | None = None,
    demo: bool = False,
) -> str:
    """A person without sign-in (a guest, or one of the demonstration's).

    Returns their id. Errors: BadHandle, Malformed.
    """
    profile = _checked(Profile(name, email, phone, tuple(addresses)))
    party_id = new_id("pty", now)
    await tx.execute(
        """
        INSERT INTO parties.party (id, kind, picture, lang, demo, created_at) VALUES ($1, 'person',
            $2, $3, $4, $5)
        """,
        party_id,
        picture,
        lang,
        demo,
        now,
    )
    key = seal.new_key(party_id)
    await tx.execute(
        "INSERT INTO parties.seal (party_id, key, fields) VALUES ($1, $2, $3)",
        party_id,
        key,
        close_profile(seal, party_id, key, profile),
    )
    return party_id


async def profile(tx: Tx, seal: Seal, party_id: str) -> Profile:
    """What the person told us. Errors: NotFound for an unknown or erased person."""
    found = await tx.fetchrow("SELECT key, fields FROM parties.seal WHERE party_id = $1", party_id)
    if found is None:
        raise NotFound("person")
    return open_profile(seal, party_id, found["key"], found["fields"])


async def names(tx: Tx, seal: Seal, ids: Sequence[str]) -> dict[str, str]:
    """The names of people, for those who must know them (staff, couriers); erased ones are left out."""
    found = await tx.fetch(
        "SELECT party_id, key, fields FROM parties.seal WHERE party_id = ANY($1::text[])", list(ids)
    )
    return {r["party_id"]: open_profile(seal, r["party_id"], r["key"], r["fields"]).name for r in found}


async def known_as(tx: Tx, ids: Sequence[str]) -> dict[str, list[str]]:
    """What tells each of these people again besides their account: keyed hashes of what they sign in with, or told at a counter."""
    found = await tx.fetch(
        """SELECT party_id, kind || ':' || encode(handle, 'hex') AS known FROM parties.login WHERE party_id = ANY ($1)
           UNION SELECT party_id, kind || ':' || encode(hash, 'hex') FROM parties.known_by WHERE party_id = ANY ($1)""",
        list(ids),
    )
    told: dict[str, list[str]] = {}
    for row in found:
        told.setdefault(row["party_id"], []).append(row["known"])
    return told


def mark(seal: Seal, typed: str) -> bytes | None:
    """The keyed hash of a telephone number, as of whoever signs in with it; None when it is not one."""
    try:
        handle = handle_of(typed)
    except BadHandle:
        return None
    return seal.blind("phone", handle.text) if handle.kind == "phone" else None


async def with_handle(tx: Tx, seal: Seal, typed: str) -> str | None:
    """Whose e-mail or phone this is, proved to be theirs; None for nobody's. Errors: BadHandle."""
    handle = handle_of(typed)
    found: str | None = await tx.fetchval(
        """SELECT l.party_id FROM parties.login l JOIN parties.party p ON p.id = l.party_id
           WHERE l.handle = $1 AND p.state = 'active' AND (l.confirmed_at IS NOT NULL OR p.demo)""",
        seal.blind(handle.kind, handle.text),
    )
    return found


async def change_profile(
    tx: Tx,
    seal: Seal,
    party_id: str,
    *,
    name: str,
    email: str | None,
    phone: str | None,
    addresses: Sequence[Address],
    lang: Lang,
    picture: str | None = None,
) -> Profile:
    """Say anew all one tells of oneself. Who signs in does so with the new e-mail and phone; one of them must
    stay.

    Changing either needs `sessions.require_fresh` first. Errors: NotFound, BadHandle, HandleTaken, Malformed.
    """
    new = _checked(Profile(name, email, phone, tuple(addresses)))
    found = await tx.fetchrow("SELECT key, fields FROM parties.seal WHERE party_id = $1 FOR UPDATE", party_id)
    if found is None:
        raise NotFound("person")
    old = open_profile(seal, party_id, found["key"], found["fields"])
    if (old.email, old.phone) != (new.email, new.phone):
        await _change_logins(tx, seal, party_id, old, new)
    await tx.execute(
        "UPDATE parties.seal SET fields = $2 WHERE party_id = $1",
        party_id,
        close_profile(seal, party_id, found["key"], new),
    )
    await tx.execute(
        "UPDATE parties.party SET lang = $2, picture = $3 WHERE id = $1", party_id, lang, picture
    )
    return new


class DemoPerson(msgspec.Struct, frozen=True):
    """One of the named people of the demonstration, with what they do."""

    party_id: str
    name: str
    picture: str | None
    lang: str
    roles: tuple[Role, ...]
    works_at: tuple[str, ...]


async def demo_people(tx: Tx, seal: Seal) -> list[DemoPerson]:
    """Everybody one may sign in as with one click, in the order they were made."""
    found = await tx.fetch(
        """
        SELECT p.id, p.picture, p.lang, k.key, k.fields,
               array_remove(array_agg(r.role ORDER BY b.name, r.role), NULL) AS roles,
               array_remove(array_agg(b.id ORDER BY b.name, r.role), NULL) AS ids,
               array_remove(array_agg(b.name ORDER BY b.name, r.role), NULL) AS names
        FROM parties.party p
        JOIN parties.seal k ON k.party_id = p.id
        LEFT JOIN parties.role r ON r.person_id = p.id
        LEFT JOIN parties.party b ON b.id = r.party_id
        WHERE p.demo AND p.kind = 'person' AND p.state = 'active'
        GROUP BY p.id, k.party_id ORDER BY p.id
        """
    )
    return [
        DemoPerson(
            party_id=r["id"],
            name=open_profile(seal, r["id"], r["key"], r["fields"]).name,
            picture=r["picture"],
            lang=r["lang"],
            roles=tuple(Role(party, role) for party, role in zip(r["ids"], r["roles"], strict=True)),
            works_at=tuple(r["names"]),
        )
        for r in found
    ]


async def demo_sign_in(tx: Tx, party_id: str, *, demo: bool, agent: str, now: datetime) -> str:
    """Sign in as one of the demonstration's people; returns the token. `demo` is the setting: without it,
    NotInDemo.

    City staff get a strong session, since nobody holds their second factor.
    """
    if not demo:
        raise NotInDemo
    found = await tx.fetchrow(
        """
        SELECT EXISTS (SELECT FROM parties.role r
                       WHERE r.person_id = p.id AND r.role = ANY($2::text[])) AS staff
        FROM parties.party p WHERE p.id = $1 AND p.demo AND p.kind = 'person' AND p.state = 'active'
        """,
        party_id,
        sorted(CITY_ROLES),
    )
    if found is None:
        raise NotInDemo
    return await open_session(tx, party_id, None, found["staff"], agent, now)


async def _add_login(tx: Tx, seal: Seal, party_id: str, handle: Handle) -> None:
    # The primary key decides between two sign-ups at once: the second waits for the first, then is told.
    made = await tx.fetchval(
        """
        INSERT INTO parties.login (handle, party_id, kind) VALUES ($1, $2, $3)
        ON CONFLICT (handle) DO NOTHING RETURNING party_id
        """,
        seal.blind(handle.kind, handle.text),
        party_id,
        handle.kind,
    )
    if made is None:
        raise HandleTaken


async def _change_logins(tx: Tx, seal: Seal, party_id: str, old: Profile, new: Profile) -> None:
    if not await tx.fetchval("SELECT EXISTS (SELECT FROM parties.secret WHERE party_id = $1)", party_id):
        return
    if new.email is None and new.phone is None:
        raise BadHandle
    for before, after in ((old.email, new.email), (old.phone, new.phone)):
        if before == after:
            continue
        if before is not None:
            was = handle_of(before)
            await tx.execute(
                "DELETE FROM parties.login WHERE handle = $1 AND party_id = $2",
                seal.blind(was.kind, was.text),
                party_id,
            )
        if after is not None:
            await _add_login(tx, seal, party_id, handle_of(after))


def _checked(told: Profile) -> Profile:
    name = " ".join(told.name.split())
    if not 1 <= len(name) <= 80 or not name.isprintable():
        raise Malformed("name", "please give a name of up to 80 characters", "请填写不超过 80 个字符的姓名")
    email, phone = told.email or None, told.phone or None
    contacts: list[str | None] = []
    for text, kind in ((email, "email"), (phone, "phone")):
        contact = None if text is None else handle_of(text)
        if contact is not None and contact.kind != kind:
            raise BadHandle
        contacts.append(None if contact is None else contact.text)
    if len(told.addresses) > 20:
        raise Malformed("addresses", "at most 20", "最多 20 个地址")
    for address in told.addresses:
        _check_address(address)
    return Profile(name, contacts[0], contacts[1], told.addresses)


def _check_address(address: Address) -> None:
    texts = (address.name, address.phone, address.district, address.town, address.postcode, address.label)
    if not address.line.strip() or len(address.line) > 200 or any(len(text) > 80 for text in texts):
        raise Malformed(
            "address", "please give a street and number, each field short", "请填写详细地址，各项不要过长"
        )
    # Written so that NaN fails too.
    if not (-90 <= (address.lat or 0) <= 90 and -180 <= (address.lon or 0) <= 180):
        raise Malformed("address", "this is nowhere on Earth", "坐标无效")
