"""People helped at a counter: they give a telephone or identity number instead of signing up, and are told again by it.

Only keyed hashes are compared; the number itself is sealed for its person. Nobody signs in with it: whoever later signs up with that
telephone, and proves it theirs, takes over what was claimed for them (`heirs`).
"""

from __future__ import annotations

import unicodedata
from datetime import datetime

import msgspec
from stdnum.cn import ric

from highstreet.kit import facts
from highstreet.kit.db import Tx
from highstreet.kit.errors import Malformed
from highstreet.kit.sealing import Seal
from highstreet.parties import people
from highstreet.parties._handles import handle_of
from highstreet.parties.errors import BadHandle


class Told(msgspec.Struct, frozen=True):
    """What somebody said at a counter, in one form: a telephone number, an identity number, or both."""

    phone: str = ""
    identity: str = ""

    def __repr__(self) -> str:
        return "Told(...)"

    def known(self, seal: Seal) -> dict[str, tuple[bytes, str]]:
        """Keyed hash and number by kind; a telephone's is that of whoever signs in with it."""
        given = {"phone": self.phone, "identity": self.identity}
        return {kind: (seal.blind(kind, text), text) for kind, text in given.items() if text}

    def names(self, seal: Seal) -> list[str]:
        """The same as `people.known_as` tells it."""
        return [f"{kind}:{hashed.hex()}" for kind, (hashed, _) in self.known(seal).items()]


def told(phone: str, identity: str) -> Told:
    """What was typed, checked. Errors: Malformed when neither is given or one cannot be."""
    number = "".join(unicodedata.normalize("NFKC", identity).upper().split())
    if number and not ric.is_valid(number):
        raise Malformed(
            "identity", "is no identity number: 18 digits, the last may be X", "身份证号有误，应为 18 位"
        )
    handle = ""
    if phone.strip():
        try:
            found = handle_of(phone)
        except BadHandle:
            found = None
        if found is None or found.kind != "phone":
            raise Malformed("phone", "is no telephone number", "手机号有误")
        handle = found.text
    if not (number or handle):
        raise Malformed("phone", "give a telephone or an identity number", "请填写手机号或身份证号")
    return Told(handle, number)


async def find(tx: Tx, seal: Seal, one: Told) -> str | None:
    """Who this is: told at a counter before, or signing in with that telephone, proved to be theirs. None for nobody yet."""
    hashes = [hashed for hashed, _ in one.known(seal).values()]
    found: str | None = await tx.fetchval(
        """SELECT k.party_id FROM parties.known_by k JOIN parties.party p ON p.id = k.party_id
           WHERE k.hash = ANY ($1) AND p.state = 'active' ORDER BY k.kind LIMIT 1""",
        hashes,
    )
    if found is None and one.phone:
        found = await people.with_handle(tx, seal, one.phone)
    return found


async def meet(
    tx: Tx, seal: Seal, one: Told, *, name: str, lang: people.Lang, agreed: str, by: str, now: datetime
) -> str:
    """The person these numbers belong to, made when nobody is known by them; what was told is written down, in the words they agreed to.

    Two counters at once make one person: the second waits for the first.
    """
    for hashed, _ in one.known(seal).values():
        await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 7))", hashed.hex())
    found = await find(tx, seal, one)
    if found is None:
        shown = (one.phone or one.identity)[-4:]
        found = await people.enrol(
            tx, seal, name=name or f"···{shown}", lang=lang, now=now, phone=one.phone or None
        )
        await facts.tell(tx, "person.met", found, by, now)
    key = await tx.fetchval("SELECT key FROM parties.seal WHERE party_id = $1", found)
    for kind, (hashed, text) in one.known(seal).items():
        await tx.execute(
            """INSERT INTO parties.known_by (kind, hash, party_id, sealed, agreed, by, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
               ON CONFLICT (kind, hash) DO NOTHING""",
            kind,
            hashed,
            found,
            seal.close(found, key, text.encode()),
            agreed,
            by,
            now,
        )
    return found


async def signs_in(tx: Tx, party_id: str) -> bool:
    """Whether a person looks after their account themselves."""
    return bool(await tx.fetchval("SELECT EXISTS (SELECT FROM parties.secret WHERE party_id = $1)", party_id))


async def heirs(tx: Tx, party_id: str) -> list[str]:
    """People without sign-in who were told again by a telephone that is now proved to be this person's: one and the same."""
    found = await tx.fetch(
        """SELECT DISTINCT k.party_id FROM parties.login l JOIN parties.known_by k ON k.kind = l.kind AND k.hash = l.handle
           WHERE l.party_id = $1 AND l.confirmed_at IS NOT NULL AND k.party_id <> $1
             AND NOT EXISTS (SELECT FROM parties.secret s WHERE s.party_id = k.party_id)""",
        party_id,
    )
    return [row["party_id"] for row in found]


async def join(tx: Tx, seal: Seal, from_id: str, to_id: str, by: str, now: datetime) -> None:
    """Two records of one person become one: what tells the first again tells the second from now on."""
    keys = {
        row["party_id"]: row["key"]
        for row in await tx.fetch(
            "SELECT party_id, key FROM parties.seal WHERE party_id = ANY ($1)", [from_id, to_id]
        )
    }
    for row in await tx.fetch(
        "SELECT kind, hash, sealed FROM parties.known_by WHERE party_id = $1 FOR UPDATE", from_id
    ):
        plain = seal.open(from_id, keys[from_id], row["sealed"])
        await tx.execute(
            "UPDATE parties.known_by SET party_id = $3, sealed = $4 WHERE kind = $1 AND hash = $2",
            row["kind"],
            row["hash"],
            to_id,
            seal.close(to_id, keys[to_id], plain),
        )
    await facts.tell(tx, "person.joined", from_id, by, now, {"to": to_id})
