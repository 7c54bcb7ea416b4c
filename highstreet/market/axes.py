"""A format's answers as plain values: what `highstreet formats` lists and docs/formats.md is made of."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from highstreet.market.format import Format


def file_of(one: Format) -> Path:
    """The one file a format is written in."""
    return Path(str(sys.modules[one.quote.__module__].__file__))


def axes(one: Format) -> dict[str, Any]:
    """The twelve axes by name, functions by what they are called, and how many lines the format's file has."""
    money = one.money
    return {
        "code": one.code,
        "lines": len(file_of(one).read_text().splitlines()),
        "axes": {
            "sells": list(one.sells),
            "promise": one.promise,
            "quote": {
                "chosen": [ask.kind for ask in one.hints.asks],
                "stated": [t.name for t in one.hints.terms],
            },
            "gate": {"opens": called(one.gate.decide), "waits": list(one.gate.waits)},
            "decided": one.decided,
            "hold": one.hold,
            "legs": list(one.legs),
            "money": {
                "committed": called(money.committed),
                "price": called(money.price) if money.price else None,
                "done": called(money.done),
                "undone": called(money.undone),
                "fee_bps": money.fee_bps,
                "ways": list(money.ways),
                "at_handover": list(money.at_handover),
            },
            "deadlines": {
                wait: {"hours": round(within.time.total_seconds() / 3600, 2), "falls": within.falls}
                for wait, within in one.deadlines.items()
            },
            "facts": {fact: list(tellers) for fact, tellers in one.facts.items()},
            "licence": one.licence,
            "hints": {
                "title": {"en": one.hints.title.en, "zh": one.hints.title.zh},
                "line": {"en": one.hints.line.en, "zh": one.hints.line.zh},
            },
        },
        "stories": [
            {
                "name": s.name,
                "told": s.steps,
                "ends": s.stage,
                "seller": s.seller,
                "platform": s.platform,
                "buyer": s.buyer,
            }
            for s in one.stories
        ],
    }


def called(function: Callable[..., Any]) -> str:
    """A function's name in words; nothing for one that does nothing."""
    name = function.__name__
    return "" if name == "<lambda>" else name.strip("_").replace("_", " ")
