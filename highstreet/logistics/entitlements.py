"""Entitlements: what somebody may enter, open, keep or use, one for each step of a line that sells it, with its holder and its code.

A code names the entitlement and its version. The version rises whenever it changes hands, so the code of who had it before is refused.
The code is derived from the town's secret and stands nowhere in the database.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from highstreet.kit.db import Tx, row_or_none, rows
from highstreet.kit.ids import is_id
from highstreet.kit.signing import Signer

What = Literal["entry", "content", "software", "collectible"]
State = Literal["valid", "used", "void"]
Verdict = Literal["good", "unknown", "elsewhere", "outdated", "used", "void", "early", "over"]
DIGITS = 8


class Entitlement(msgspec.Struct):
    """One step of a line, by what it gives a right to. `used`: gone in with, or opened; `void`: given back, or its order came to nothing.

    holder_id: the account that has it; None while it is with a buyer who has no account, who shows the order's link.
    since, until: when a gate lets in with it. edition_no: its number of `edition_of`. offered_until: until when somebody may take it.
    offered_to: for whom that is: an account, a keyed hash of a handle, or whoever has the link ("").
    """

    id: str
    line: int
    n: int
    what: What
    variant_id: str
    place_id: str
    holder_id: str | None = None
    state: State = "valid"
    version: int = 1
    passed: int = 0
    edition_of: int = 0
    edition_no: int | None = None
    seat: str = ""
    since: datetime | None = None
    until: datetime | None = None
    offers: int = 0
    offered_until: datetime | None = None
    offered_to: str = ""
    used_at: datetime | None = None

    def named(self) -> str:
        """What a code is bound to."""
        return f"{self.id}.{self.version}"

    def offered(self, now: datetime) -> bool:
        """Whether somebody may still take it."""
        return self.state != "void" and self.offered_until is not None and now < self.offered_until

    def stands(self) -> tuple[object, ...]:
        """Everything about it that may change."""
        offer = (self.offers, self.offered_until, self.offered_to)
        return (self.state, self.version, self.passed, self.holder_id, *offer, self.used_at)


class AtGate(msgspec.Struct, frozen=True):
    """One entitlement as a gate needs it, with the order it is of."""

    id: str
    order_id: str
    place_id: str
    version: int
    what: What
    state: State
    seat: str
    edition_no: int | None
    since: datetime | None
    until: datetime | None
    used_at: datetime | None


class Judged(msgspec.Struct, frozen=True):
    """What a gate is told of a code; `found` is empty for an unknown one."""

    verdict: Verdict
    found: AtGate | None = None

    @property
    def good(self) -> bool:
        return self.verdict == "good"


_COLUMNS = "id, order_id, place_id, version, what, state, seat, edition_no, since, until, used_at"


def code_of(signer: Signer, named: str) -> str:
    """The text in the QR of one version, named `ent_….version`: that, and a proof that we made it."""
    return f"{named}.{signer.short(named)}"


def digits_of(signer: Signer, named: str) -> str:
    """Eight digits to read out where no camera helps; unique only among the tickets of one time at one place."""
    return signer.digits(named, DIGITS)


def read_code(signer: Signer, text: str) -> tuple[str, int] | None:
    """The entitlement and version a code names, if we made it."""
    parts = text.strip().rsplit("/", 1)[-1].split(".")
    if len(parts) != 3 or not is_id(parts[0], "ent") or not parts[1].isascii() or not parts[1].isdigit():
        return None
    if len(parts[1]) > 6 or code_of(signer, f"{parts[0]}.{int(parts[1])}") != ".".join(parts):
        return None
    return parts[0], int(parts[1])


def judge(found: AtGate | None, version: int, place_id: str | None, now: datetime) -> Judged:
    """Whether a version of an entitlement lets in now, at this place (any, when it is None). Pure: a gate without network asks it too."""
    if found is None:
        return Judged("unknown")
    if place_id not in (None, found.place_id):
        return Judged("elsewhere", found)
    if found.version != version:
        return Judged("outdated", found)
    if found.state != "valid":
        return Judged("used" if found.state == "used" else "void", found)
    if found.since is not None and now < found.since:
        return Judged("early", found)
    if found.until is not None and now > found.until:
        return Judged("over", found)
    return Judged("good", found)


async def judge_code(tx: Tx, signer: Signer, text: str, place_id: str | None, now: datetime) -> Judged:
    """Whether a code lets in now: the one function every gate asks. It changes nothing; going in is told to the order."""
    named = read_code(signer, text)
    if named is None:
        return Judged("unknown")
    found = await row_or_none(
        tx, AtGate, f"SELECT {_COLUMNS} FROM logistics.entitlement WHERE id = $1", named[0]
    )
    return judge(found, named[1], place_id, now)


async def for_gate(
    tx: Tx, place_id: str, since: datetime, until: datetime, most: int = 20_000
) -> list[AtGate]:
    """Every ticket of a place for the times that begin in a time, for a gate to take along; void ones too, so that it knows them."""
    return await rows(
        tx,
        AtGate,
        f"""SELECT {_COLUMNS} FROM logistics.entitlement
            WHERE place_id = $1 AND what = 'entry' AND since >= $2 AND since < $3 ORDER BY since, id LIMIT $4""",
        place_id,
        since,
        until,
        most,
    )
