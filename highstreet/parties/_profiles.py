"""The sealed fields of one person, and the only code that opens and closes them."""

from __future__ import annotations

import msgspec

from highstreet.kit.sealing import Seal


class Address(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where something is brought.

    `label` is the person's word for it (home, work); lat and lon in degrees if known.
    """

    line: str
    name: str = ""
    phone: str = ""
    district: str = ""
    town: str = ""
    postcode: str = ""
    label: str = ""
    lat: float | None = None
    lon: float | None = None

    def __repr__(self) -> str:
        return "Address(...)"  # what is personal never reaches a log by accident


class Profile(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a person told us of themselves; all of it sealed."""

    name: str
    email: str | None = None
    phone: str | None = None
    addresses: tuple[Address, ...] = ()

    def __repr__(self) -> str:
        return "Profile(...)"


def open_profile(seal: Seal, party_id: str, key: bytes, fields: bytes) -> Profile:
    """Errors: ValueError when the row was sealed for somebody else or damaged."""
    return msgspec.json.decode(seal.open(party_id, key, fields), type=Profile)


def close_profile(seal: Seal, party_id: str, key: bytes, profile: Profile) -> bytes:
    return seal.close(party_id, key, msgspec.json.encode(profile))
