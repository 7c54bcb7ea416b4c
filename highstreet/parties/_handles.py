"""What signs a person in: an e-mail address or a phone number, brought into one form."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

import msgspec

from highstreet.parties.errors import BadHandle

_LOCAL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_CHINESE_MOBILE = re.compile(r"(?:\+?86)?(1[3-9]\d{9})")
_INTERNATIONAL = re.compile(r"\+[1-9]\d{6,14}")


class Handle(msgspec.Struct, frozen=True):
    """`text` is the one form: lower-case e-mail, or a number as +8613800000000."""

    kind: Literal["email", "phone"]
    text: str


def handle_of(typed: str) -> Handle:
    """What somebody typed, in its one form.

    Full-width signs, spaces and dashes are forgiven. Errors: BadHandle.
    """
    if len(typed) > 320:
        raise BadHandle
    text = unicodedata.normalize("NFKC", typed).strip()
    if "@" in text:
        return Handle("email", _email(text))
    number = re.sub(r"[\s().\-]", "", text)
    if number.startswith("00"):
        number = "+" + number[2:]
    chinese = _CHINESE_MOBILE.fullmatch(number)
    if chinese and number.isascii():
        return Handle("phone", "+86" + chinese[1])
    if _INTERNATIONAL.fullmatch(number) and number.isascii() and not number.startswith("+86"):
        return Handle("phone", number)
    raise BadHandle


def _email(text: str) -> str:
    local, _, domain = text.lower().rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        raise BadHandle from None
    labels = domain.split(".")
    good = (
        _LOCAL.fullmatch(local)
        and not local.startswith(".")
        and not local.endswith(".")
        and ".." not in local
        and len(labels) >= 2
        and all(_LABEL.fullmatch(label) for label in labels)
        and not labels[-1].isdigit()
    )
    if not good:
        raise BadHandle
    return f"{local}@{domain}"
