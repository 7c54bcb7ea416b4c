"""Goods: what the shop described, found by name or bar code, and whether it is on sale."""

from __future__ import annotations

from litestar import Response, get
from litestar.params import FromQuery

from highstreet import catalog
from highstreet.catalog import Categories
from highstreet.market.views import goods as views
from highstreet.web.merchant.desk import GivenDesk


@get("/goods")
async def goods(
    desk: GivenDesk,
    q: FromQuery[str] = "",
    kind: FromQuery[str] = "",
    show: FromQuery[str] = "all",
    after: FromQuery[str | None] = None,
) -> Response[str]:
    desk.require("see_goods")
    async with desk.market.db.read() as tx:
        known = await catalog.categories(tx)
        page = await views.goods(tx, desk.id, q.strip()[:80], kind if kind in known.all else "", show, after)
    return desk.show(
        "goods.html",
        part="list",
        at="/merchant/goods",
        q=q.strip()[:80],
        kind=kind,
        shown=show,
        page=page,
        kinds=kinds(known, desk.lang, top=True),
        known=known,
        labels=catalog.LABELS,
    )


def kinds(known: Categories, lang: str, *, top: bool = False) -> list[tuple[str, str]]:
    """Kinds to choose from: those an item may be put under, each behind the kind above it; or the top ones alone."""
    if top:
        return [(one.id, one.name.say(lang)) for one in known.below(None)]
    between = "：" if lang == "zh" else " › "
    return [
        (one.id, between.join(step.name.say(lang) for step in known.path(one.id)))
        for one in known.all.values()
        if not known.below(one.id)
    ]


ROUTES = [goods]
