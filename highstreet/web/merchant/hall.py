"""The hall of an offer as its seller writes it down, row by row, and as it is drawn beside the form."""

from __future__ import annotations

from highstreet import inventory
from highstreet.kit.errors import Malformed
from highstreet.market.format import Format
from highstreet.web.merchant.filled import Filled


def seated(one: Format) -> bool:
    """Whether its offers may have a hall whose seats the buyer chooses."""
    return any(ask.kind == "seats" for ask in one.hints.asks)


def hall_said(f: Filled, currency: str) -> inventory.halls.Hall | None:
    """The hall the form describes, to be drawn; a fault is noted at its field. None where there is none, or none anybody can read."""
    text = f.text("hall", most=inventory.halls.MOST_LETTERS)
    try:
        return inventory.halls.read(text, currency) if text else None
    except Malformed as no:
        f.wrong("hall", str(no.values["problem"]), no.problem_zh)
        return None
