"""Words and pictures of an offer as the pages' parts take them: price story, labels, drawings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from highstreet.catalog import LABELS
from highstreet.kit.text import Words
from highstreet.pricing import PricedLine


def story(
    priced: PricedLine, seller: str, town: str, lang: str, names: Mapping[str, str]
) -> list[dict[str, Any]]:
    """What is off a line's list price, each part with who pays for it."""
    rows: list[dict[str, Any]] = []
    listed = (priced.list_price - priced.price) * priced.quantity
    if listed > 0:
        words = Words("Special price", "优惠价").say(lang)
        rows.append({"text": words, "amount": -listed, "funder": seller, "by": "seller"})
    for one in priced.adjustments:
        if one.funder == "seller":
            funder, by = seller, "seller"
        elif one.funder == "platform":
            funder, by = town, "platform"
        else:
            by = "brand" if one.funder.startswith("pty_") else "public"
            funder = names.get(one.funder, town)
        rows.append({"text": one.name.say(lang), "amount": one.amount, "funder": funder, "by": by})
    return rows


_SIGNS = {"student": "students", "infant": "infants"}
_SIGNED = {"green", "age_friendly", "export_quality", "local", "handmade", "second_hand", "organic"}


def label(code: str, lang: str) -> str:
    """A label for `parts.label`: the name of its sign, or its words."""
    if code in _SIGNED or code in _SIGNS:
        return _SIGNS.get(code, code)
    return LABELS[code].name.say(lang) if code in LABELS else code


def drawn(picture: str | None) -> str:
    """How `parts.picture` names a picture: a drawing by its name, an uploaded one by its address."""
    if not picture:
        return "parcel-thing"
    name = picture.removeprefix("drawn:")
    return f"/media/pictures/{name}-800.webp" if "/" in name and not name.startswith("/") else name


def address(picture: str | None) -> str:
    """Where a picture is fetched from."""
    name = drawn(picture)
    return name if name.startswith("/") else f"/static/pictures/{name}.svg"
