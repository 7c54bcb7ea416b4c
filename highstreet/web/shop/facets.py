"""What a list can be narrowed by, and what it is narrowed by now, as links."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from highstreet.catalog import BANDS, LABELS, Categories, Facet
from highstreet.kit.errors import Malformed
from highstreet.market.desk import Market
from highstreet.web.frame import Visitor, say
from highstreet.web.render import money

_FACET_KEYS = {"category": "kind", "label": "label", "format": "how", "seller": "seller", "band": "band"}


def link(path: str, own: dict[str, str], **change: str | None) -> str:
    """The same list, changed: None takes a wish away."""
    kept = {key: value for key, value in (own | change).items() if value}
    return f"{path}?{urlencode(kept)}" if kept else path


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
        all_of = [one for one in found if one.kind == kind and _narrows(one, own)]
        links = [
            {
                "text": name_of(market, visitor, tree, one),
                "count": one.count,
                "href": _onto(path, own, key, one.value),
            }
            for one in all_of[:8]
        ]
        if links:
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


def _onto(path: str, own: dict[str, str], key: str, value: str) -> str:
    joined = ",".join(filter(None, [own.get("label", ""), value])) if key == "label" else value
    return link(path, own, **{key: joined})


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


def chosen(
    market: Market, visitor: Visitor, tree: Categories, path: str, own: dict[str, str]
) -> list[dict[str, str]]:
    """What the list is narrowed by now, each with the way out of it."""
    told: list[dict[str, str]] = []
    for kind, key in _FACET_KEYS.items():
        for value in filter(None, own.get(key, "").split(",")):
            facet = Facet(kind, value, 0)  # type: ignore[arg-type]
            rest = ",".join(one for one in own[key].split(",") if one != value)
            try:
                told.append(
                    {"text": name_of(market, visitor, tree, facet), "href": link(path, own, **{key: rest})}
                )
            except (KeyError, ValueError, IndexError):
                raise Malformed(key, "is not one of ours", "不是有效的选项") from None
    return told
