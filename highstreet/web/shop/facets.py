"""What a list can be narrowed by, and what it is narrowed by now, as links."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from urllib.parse import quote_plus

import msgspec

from highstreet.catalog import BANDS, LABELS, Categories, Facet
from highstreet.kit.errors import Malformed
from highstreet.market.desk import Market
from highstreet.web.frame import Visitor, say
from highstreet.web.render import money

_FACET_KEYS = {"category": "kind", "label": "label", "format": "how", "seller": "seller", "band": "band"}


class Link(msgspec.Struct, frozen=True):
    """A way to narrow a list, or to see it in another order. `on`: that is how it is seen now."""

    text: str
    href: str
    count: int = 0
    on: bool = False


def link(path: str, own: dict[str, str], **change: str | None) -> str:
    """The same list, changed: None takes a wish away."""
    kept = "&".join(f"{key}={_quoted(value)}" for key, value in (own | change).items() if value)
    return f"{path}?{kept}" if kept else path


@lru_cache(4096)
def _quoted(value: str) -> str:
    return quote_plus(value)


def facets(
    market: Market, visitor: Visitor, tree: Categories, found: list[Facet], path: str, own: dict[str, str]
) -> list[dict[str, Any]]:
    """What the list can be narrowed by: groups of links with how many remain."""
    titles = {
        "category": say(visitor, "Kind of goods"),
        "format": say(visitor, "How you get it"),
        "label": say(visitor, "Label"),
        "band": say(visitor, "Price range"),
        "seller": say(visitor, "Seller"),
    }
    groups: list[dict[str, Any]] = []
    for kind, title in titles.items():
        key = _FACET_KEYS[kind]
        if key != "label" and key in own and key != "kind":
            continue
        all_of = [one for one in found if one.kind == kind and _narrows(one, own)][:8]
        if all_of:
            # The same address for all but the value, put together once; no wish has this letter, the frame leaves it out.
            before, after = link(path, own, **{key: "\0"}).split("%00")
            chosen_so_far = _quoted(own["label"] + ",") if key == "label" and own.get("label") else ""
            links = [
                Link(
                    name_of(market, visitor, tree, one),
                    f"{before}{chosen_so_far}{_quoted(one.value)}{after}",
                    one.count,
                )
                for one in all_of
            ]
            groups.append({"title": title, "links": links})
    return groups


def _narrows(one: Facet, own: dict[str, str]) -> bool:
    """Kinds: one step down from where one is, not the whole path; labels: those not chosen."""
    if one.kind == "category":
        at = own.get("kind", "")
        return one.value.startswith(at + "." if at else "") and one.value.count(".") == (
            at.count(".") + 1 if at else 0
        )
    return one.kind != "label" or one.value not in own.get("label", "").split(",")


def name_of(market: Market, visitor: Visitor, tree: Categories, one: Facet) -> str:
    """What a facet is called."""
    if one.kind == "category":
        return tree.all[one.value].name.say(visitor.lang) if one.value in tree.all else one.value
    if one.kind == "label":
        return LABELS[one.value].name.say(visitor.lang) if one.value in LABELS else one.value
    if one.kind == "format":
        return market.format(one.value).hints.title.say(visitor.lang)
    if one.kind == "band":
        low = int(one.value)
        least = money(BANDS[low], market.currency, visitor.lang)
        if low + 1 == len(BANDS):
            return say(visitor, "from %(least)s", least=least)
        return f"{least}–{money(BANDS[low + 1], market.currency, visitor.lang)}"
    return one.name or one.value


def chosen(market: Market, visitor: Visitor, tree: Categories, path: str, own: dict[str, str]) -> list[Link]:
    """What the list is narrowed by now, each with the way out of it."""
    told: list[Link] = []
    for kind, key in _FACET_KEYS.items():
        for value in filter(None, own.get(key, "").split(",")):
            facet = Facet(kind, value, 0)  # type: ignore[arg-type]
            rest = ",".join(one for one in own[key].split(",") if one != value)
            try:
                told.append(Link(name_of(market, visitor, tree, facet), link(path, own, **{key: rest})))
            except (KeyError, ValueError, IndexError):
                raise Malformed(key, "is not one of ours", "不是有效的选项") from None
    return told
