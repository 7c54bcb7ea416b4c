"""Describing an item: the form asks only what its kind needs, in both languages, with its variants."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromQuery

from highstreet import catalog
from highstreet.catalog import Categories, Item, Variant
from highstreet.kit.errors import Malformed, Refusal
from highstreet.kit.quantity import UNITS
from highstreet.kit.text import Words
from highstreet.web.frame import GivenForm
from highstreet.web.merchant.desk import Desk, GivenDesk
from highstreet.web.merchant.filled import Filled
from highstreet.web.merchant.goods import kinds
from highstreet.web.merchant.once import once

_SELLS = ("goods", "service", "digital", "use")
_USUALLY = {"services": "service", "health.clinic": "service", "media.digital": "digital", "lend": "use"}


@get("/goods/new")
async def new_item(
    desk: GivenDesk, request: Request[Any, Any, Any], category: FromQuery[str] = ""
) -> Response[str]:
    """First the kind, then what that kind asks. What is typed already comes along when the kind changes."""
    desk.require("sell")
    typed = {name: value for name, value in request.query_params.items() if isinstance(value, str)}
    async with desk.market.db.read() as tx:
        known = await catalog.categories(tx)
    chosen = category if category in known.all and not known.below(category) else ""
    start = {"variants": "1", "unit-0": "piece", "step-0": "1", "sells": _usual(chosen)} | typed
    return item_form(desk, Filled(desk.lang, start=start), known, chosen)


def _usual(category: str) -> str:
    return next(
        (sells for kind, sells in _USUALLY.items() if category == kind or category.startswith(kind + ".")),
        "goods",
    )


def item_form(
    desk: Desk, f: Filled, known: Categories, category: str, item: Item | None = None, **more: Any
) -> Response[str]:
    rows = max(1, min(int(f.value("variants") or 1), 40)) + (1 if f.value("do") == "more" else 0)
    beside: dict[str, Any] = {"offers": [], "supplies": [], **more}
    return desk.show(
        "item.html",
        status=f.status,
        at="/merchant/goods",
        f=f,
        kinds=kinds(known, desk.lang),
        category=category,
        attributes=known.attributes(category) if category else [],
        no_return=catalog.NO_RETURN.get(known.no_return(category) or "") if category else None,
        licence=catalog.LICENCES.get(known.licence(category) or "") if category else None,
        labels=list(catalog.LABELS.values()),
        units=UNITS,
        rows=rows,
        choices=lambda a: [(one.code, one.name.say(desk.lang)) for one in a.choices],
        item=item,
        **beside,
    )


@post("/goods/new")
async def describe(desk: GivenDesk, form: GivenForm) -> Response[Any]:
    desk.require("sell")
    f = Filled(desk.lang, form)
    now = desk.visitor.now
    async with desk.market.db.read() as tx:
        known = await catalog.categories(tx)
    category = form.get("category")
    if form.get("do") == "more" or category not in known.all:
        return item_form(desk, f, known, category if category in known.all else "")
    title, about, attributes, labels, variants = read_item_form(f, known, category)
    sells: Any = form.get("sells") if form.get("sells") in _SELLS else "goods"
    if f.ok:
        try:
            item_id = await once(desk, form, "item", lambda tx: catalog.describe(
                tx, owner_id=desk.id, category_id=category, sells=sells, title=title, about=about, brand=form.get("brand"),
                attributes=attributes, labels=labels, variants=variants, known=known, now=now,
            ))  # fmt: skip
            return desk.go(f"/goods/{item_id}", "Described. Give it a picture and put it on sale.")
        except Refusal as no:
            f.refused(no, field_of(no))
    return item_form(desk, f, known, category)


def read_item_form(
    f: Filled, known: Categories, category: str
) -> tuple[Words, Words, dict[str, str], list[str], list[Variant]]:
    """What the form says of an item, each fault noted at its field."""
    attributes = {a.code: value for a in known.attributes(category) if (value := f.text(f"a-{a.code}"))}
    for a in known.attributes(category):
        if a.required and a.code not in attributes:
            f.text(f"a-{a.code}", required=True)
    variants: list[Variant] = []
    for n in range(max(1, min(f.whole("variants", most=40, required=False) or 1, 40))):
        sku = f.text(f"sku-{n}", most=64)
        if not sku and n > 0:
            continue
        gtin = f.text(f"gtin-{n}", most=40)
        if gtin:
            try:
                catalog.gtin14(gtin)
            except Refusal as no:
                f.refused(no, f"gtin-{n}")
        named = {"colour": f.text(f"colour-{n}", most=80), "size": f.text(f"size-{n}", most=80)}
        variants.append(
            Variant(
                sku=f.text(f"sku-{n}", required=True, most=64),
                gtin=gtin or None,
                options={name: value for name, value in named.items() if value},
                unit=f.text(f"unit-{n}") or "piece",
                step=f.whole(f"step-{n}", least=1, most=1_000_000, required=False) or 1,
                weight_g=f.whole(f"weight-{n}", most=100_000_000, required=False) or 0,
                id=f.text(f"variant-{n}"),
            )
        )
    return f.words("title", required=True), f.words("about", most=3900), attributes, f.all("labels"), variants


def field_of(no: Refusal) -> str:
    """Where on the form a refusal belongs; above it when that is not known."""
    return (
        {"sku_twice": "sku-0", "title_missing": "title_en"}.get(no.code, "")
        if not isinstance(no, Malformed)
        else ""
    )


ROUTES = [new_item, describe]
