"""Serials: what makes one thing this thing, subsidised once for ever, over all programmes and whoever sells it.

Kept as a keyed hash, the number itself sealed. The number of the thing counts, not the bar code it is sold under: a new code for the same
thing is not a new thing.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from datetime import datetime
from typing import Any, Literal

import msgspec
from stdnum import ean, imei

from highstreet.kit.db import Tx
from highstreet.kit.sealing import Seal
from highstreet.policy.errors import SerialWrong

# GS1: (01) is the item's bar code number, (21) its serial number; as printed, or as a scanner reads it.
_GS1 = re.compile(r"\(01\)(\d{14})\(21\)(.{1,20})|01(\d{14})21(.{1,20})")
_SERIAL = re.compile(r"[0-9A-Z./]{6,40}")
_IMEI = 15


class Serial(msgspec.Struct, frozen=True):
    """A number as it counts: no blanks or dashes, capital letters. gtin: the bar code number it was told with."""

    kind: Literal["serial", "imei"]
    number: str
    gtin: str | None = None


class Told(msgspec.Struct, frozen=True):
    """A line's serial number, by whom it was told and when."""

    line: int
    kind: str
    number: str
    by: str
    at: datetime


def read(text: str, *, phone: bool = False) -> Serial:
    """A number as typed or scanned. `phone`: an IMEI is wanted. Errors: SerialWrong."""
    folded = "".join(c for c in unicodedata.normalize("NFKC", text).upper() if c not in " -\t\u00a0:")
    gtin = None
    if found := _GS1.fullmatch(folded):
        gtin, folded = found[1] or found[3], found[2] or found[4]
        if not ean.is_valid(gtin):
            raise _wrong("the check digit of its bar code number is wrong", "商品条码校验位错误")
    looks = len(folded) == _IMEI and folded.isascii() and folded.isdigit()
    if looks and imei.is_valid(folded) and folded.strip("0"):
        return Serial("imei", folded, gtin)
    if phone:
        if looks:
            raise _wrong("its check digit is wrong; dial *#06# to see it", "IMEI 校验位错误，可拨 *#06# 查看")
        raise _wrong(
            "an IMEI of fifteen digits is needed; dial *#06# to see it", "须为 15 位 IMEI，可拨 *#06# 查看"
        )
    if not _SERIAL.fullmatch(folded) or len(set(folded)) < 3:
        raise _wrong("6 to 40 letters and digits, as on its label", "须为铭牌上的 6 至 40 位字母数字")
    return Serial("serial", folded, gtin)


def row(
    seal: Seal, one: Serial, order_id: str, line: int, by: str, now: datetime, *, instead: bool
) -> dict[str, Any]:
    """What `market.apply` writes of it; `instead` of what the same person told within the hour."""
    owner = f"{order_id}/{line}"
    wrapped = seal.new_key(owner)
    sealed = seal.close(owner, wrapped, one.number.encode())
    told = {
        name: base64.b64encode(value).decode()
        for name, value in (("key", key_of(seal, one)), ("wrapped", wrapped), ("content", sealed))
    }
    more = {"order_id": order_id, "line": line, "by": by, "at": now, "instead": instead}
    return told | more | {"kind": one.kind, "gtin": one.gtin}


def key_of(seal: Seal, one: Serial) -> bytes:
    """What tells the same thing again."""
    return seal.blind("serial", f"{one.kind}:{one.number}")


async def of_order(tx: Tx, seal: Seal, order_id: str) -> dict[int, Told]:
    """By line."""
    found = await tx.fetch(
        "SELECT line, kind, wrapped, content, by, at FROM policy.serial WHERE order_id = $1 AND freed_at IS NULL",
        order_id,
    )
    return {
        row["line"]: Told(
            row["line"],
            row["kind"],
            seal.open(f"{order_id}/{row['line']}", row["wrapped"], row["content"]).decode(),
            row["by"],
            row["at"],
        )
        for row in found
    }


def _wrong(problem: str, problem_zh: str) -> SerialWrong:
    return SerialWrong(problem=problem, problem_zh=problem_zh)
