"""Identifiers: time-sortable and typed (`ord_01k9...`), and numbers that people can read out."""

from __future__ import annotations

import re
import secrets
import threading
from datetime import datetime

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: no i, l, o, u
_VALID = re.compile(r"[a-z]{3}_[0-9a-hjkmnp-tv-z]{20}")

# Read aloud and typed back: no vowels (no words), no 0/O, 1/I/L, 2/Z, 5/S, 8/B twins.
_SPOKEN = "34679CDFGHJKMNPQRTVWXY"
_BASE = len(_SPOKEN)
_SPOKEN_LENGTH = 7
_SPACE = _BASE**_SPOKEN_LENGTH
_STEP = 1_500_450_271  # a prime that does not divide _SPACE, so neighbours look unlike
_UNSTEP = pow(_STEP, -1, _SPACE)


class _Rising:
    """Numbers that rise within one process, also inside one millisecond and in several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def next(self, milliseconds: int) -> int:
        value = (milliseconds << 52) | secrets.randbits(52)
        with self._lock:
            if value >> 52 == self._last >> 52 and value <= self._last:
                value = self._last + 1
            self._last = value
        return value


_numbers = _Rising()


def _encode(value: int, length: int) -> str:
    digits: list[str] = []
    for _ in range(length):
        value, digit = divmod(value, 32)
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))


def new_id(kind: str, now: datetime) -> str:
    """A new identifier of a three-letter kind: 48 bits of milliseconds, 52 random ones; rising within one process."""
    return f"{kind}_{_encode(_numbers.next(int(now.timestamp() * 1000)), 20)}"


def first_id(kind: str, moment: datetime) -> str:
    """What every identifier made at a moment or later is not below: a span of time is a span of a primary key."""
    return f"{kind}_{_encode(int(moment.timestamp() * 1000) << 52, 20)}"


def numbered(kind: str, now: datetime) -> str:
    """A number of a paper, as `RX-20261123-40917733`: its day (of the zone `now` is in), and chance."""
    return f"{kind}-{now:%Y%m%d}-{secrets.randbelow(10**8):08d}"


def is_id(text: str, kind: str) -> bool:
    """Whether text is a well-formed identifier of this kind."""
    return text[:4] == kind + "_" and _VALID.fullmatch(text) is not None


def _check(body: str) -> str:
    # A weighted sum with rising weights modulo the prime above the alphabet's size finds every single slip and swap.
    total = sum((place + 1) * _SPOKEN.index(letter) for place, letter in enumerate(body)) % 23
    return "Z" if total == 22 else _SPOKEN[total]


def spoken(number: int) -> str:
    """An order number for people: 7 characters and a check character, as `K7M4-QX9C`."""
    value = number * _STEP % _SPACE
    letters: list[str] = []
    for _ in range(_SPOKEN_LENGTH):
        value, digit = divmod(value, _BASE)
        letters.append(_SPOKEN[digit])
    body = "".join(letters)
    return f"{body[:4]}-{body[4:]}{_check(body)}"


def heard(text: str) -> int | None:
    """The number somebody typed or read out, or None when its check character says it is wrong."""
    body = text.upper().replace("-", "").replace(" ", "")
    if (
        len(body) != _SPOKEN_LENGTH + 1
        or any(letter not in _SPOKEN for letter in body[:-1])
        or _check(body[:-1]) != body[-1]
    ):
        return None
    value = 0
    for letter in reversed(body[:-1]):
        value = value * _BASE + _SPOKEN.index(letter)
    return value * _UNSTEP % _SPACE
