"""Travellers: what a passport says of a visitor, sealed, and the mark by which they are told again whatever account they shop with."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from highstreet.kit import facts
from highstreet.kit.db import Tx
from highstreet.kit.errors import Malformed
from highstreet.kit.sealing import Seal


class Traveller(msgspec.Struct, frozen=True):
    """What a passport says of whom, and when they came."""

    name: str
    passport: str
    nationality: str
    entered_on: date

    def __repr__(self) -> str:
        return "Traveller(...)"  # what is personal never reaches a log by accident


def mark_of(seal: Seal, traveller: Traveller) -> bytes:
    """By what a traveller is told again, whatever account they shop with: nobody can read it back."""
    return seal.blind("passport", f"{traveller.nationality.upper()} {plain(traveller.passport)}")


def plain(passport: str) -> str:
    """A passport's number as it is compared."""
    return "".join(passport.split()).replace("-", "").upper()


def checked(traveller: Traveller, today: date) -> Traveller:
    """As it is kept. Errors: Malformed."""
    number, country = plain(traveller.passport), traveller.nationality.strip().upper()
    if not (5 <= len(number) <= 20 and number.isascii() and number.isalnum()):
        raise Malformed(
            "passport", "letters and digits as they stand in it", "护照号码为字母和数字，请按护照填写"
        )
    if not (len(country) == 3 and country.isascii() and country.isalpha()) or country == "CHN":
        raise Malformed(
            "nationality",
            "the three letters in the passport, of abroad",
            "请填写护照上的三位国籍代码（境外）",
        )
    name = " ".join(traveller.name.split())
    if not 1 <= len(name) <= 100:
        raise Malformed("name", "as it stands in the passport", "请按护照填写姓名")
    if traveller.entered_on > today:
        raise Malformed("entered_on", "the day of the entry stamp, not a later one", "入境日期不能晚于今天")
    return Traveller(name, number, country, traveller.entered_on)


async def show_passport(
    tx: Tx, seal: Seal, person_id: str, traveller: Traveller, today: date, by: str, now: datetime
) -> None:
    """What an account's person showed, sealed, so that shops need not type it again. Again: what holds now. Errors: Malformed."""
    one = checked(traveller, today)
    key = seal.new_key(person_id)
    await tx.execute(
        """INSERT INTO policy.visitor (person_id, key, told, by, at) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (person_id) DO UPDATE SET key = excluded.key, told = excluded.told, by = excluded.by, at = excluded.at""",
        person_id, key, seal.close(person_id, key, msgspec.json.encode(one)), by, now,
    )  # fmt: skip
    await facts.tell(tx, "visitor.shown", person_id, by, now)


async def passport_of(tx: Tx, seal: Seal, person_id: str) -> Traveller | None:
    """What an account's person showed; None when they showed nothing."""
    found = await tx.fetchrow("SELECT key, told FROM policy.visitor WHERE person_id = $1", person_id)
    if found is None:
        return None
    return msgspec.json.decode(seal.open(person_id, found["key"], found["told"]), type=Traveller)
