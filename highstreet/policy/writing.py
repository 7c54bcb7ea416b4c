"""Writing: the file of the commonest programme, a voucher of so much off from so much on, from a few answers."""

from __future__ import annotations

import json
from datetime import date

import msgspec

from highstreet.kit.money import plain
from highstreet.kit.text import Words


class Voucher(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked. Amounts in minor units.

    after: the day it holds no more; days: how long one is good; each: how many of a round for one person.
    """

    id: str
    name: Words
    source: str
    first: date
    after: date
    least: int
    off: int
    days: int
    each: int = 1
    sellers: tuple[str, ...] = ("enrolled",)
    ways: tuple[str, ...] = ()


def voucher(asked: Voucher, currency: str) -> str:
    """The file as somebody could have written it by hand. What is wrong in it is found when it is read."""
    lines = [
        f"# {asked.name.en}: {plain(asked.off, currency)} off from {plain(asked.least, currency)} on.",
        f"id = {_text(asked.id)}",
        f"name = {{ en = {_text(asked.name.en)}, zh = {_text(asked.name.zh)} }}",
        'kind = "voucher"',
        f"currency = {_text(currency)}",
        "",
        "[[rule]]",
        f"from = {asked.first}",
        f"to = {asked.after}",
        f"source = {_text(asked.source)}",
        f"sellers = {_list(asked.sellers)}",
        *([f"ways = {_list(asked.ways)}"] if asked.ways else []),
        f"days = {asked.days}",
        f'limits = [{{ per = "person", within = "batch", count = {asked.each} }}]',
        "[[rule.schedule]]",
        'of = "basket"',
        f"least = {_text(plain(asked.least, currency).replace(',', ''))}",
        f"off = {_text(plain(asked.off, currency).replace(',', ''))}",
    ]
    return "\n".join(lines) + "\n"


def renamed(text: str, programme_id: str) -> str:
    """The same file for another programme."""
    lines = text.splitlines(keepends=True)
    for n, line in enumerate(lines):
        if line.lstrip().startswith("["):
            break
        if line.partition("=")[0].strip() == "id":
            lines[n] = f"id = {_text(programme_id)}\n"
            break
    return "".join(lines)


def _text(value: str) -> str:
    # What JSON escapes TOML does too, and in the same way.
    return json.dumps(value, ensure_ascii=False)


def _list(values: tuple[str, ...]) -> str:
    return "[" + ", ".join(map(_text, values)) + "]"
