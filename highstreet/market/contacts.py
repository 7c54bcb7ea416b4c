"""Contacts: how to reach the buyer of one purchase, sealed under a key of that purchase; without the key nobody can read it again."""

from __future__ import annotations

from typing import Any

import msgspec

from highstreet.kit.sealing import Seal


class Contact(msgspec.Struct, frozen=True, omit_defaults=True):
    """Never in facts or logs. lat and lon: where to deliver, in degrees, when the buyer said so.

    wishes: what was chosen that says something of the person (what to buy, from where to where), by offer and kind.
    """

    name: str = ""
    phone: str = ""
    email: str = ""
    address: str = ""
    lat: float | None = None
    lon: float | None = None
    note: str = ""
    wishes: dict[str, dict[str, Any]] = {}


_empty = Contact()
_decode = msgspec.json.Decoder(Contact)


def seal_contact(seal: Seal, purchase_id: str, contact: Contact) -> tuple[bytes, bytes] | None:
    """(wrapped key, sealed contact) to be stored beside each other; None when there is nothing to seal."""
    if contact == _empty:
        return None
    key = seal.new_key(purchase_id)
    return key, seal.close(purchase_id, key, msgspec.json.encode(contact))


def open_contact(seal: Seal, purchase_id: str, key: bytes | None, sealed: bytes | None) -> Contact | None:
    """The contact, or None when there was none or its person was erased."""
    if key is None or sealed is None:
        return None
    return _decode.decode(seal.open(purchase_id, key, sealed))
