"""The feed of facts: everything that was told in the town, by whom, the latest first."""

from __future__ import annotations

from litestar import Response, get

from highstreet.kit.paging import read_cursor, write_cursor
from highstreet.market.views import operator as views
from highstreet.web.frame import GivenForm
from highstreet.web.operator.office import GivenOffice

_MOST = 40
KINDS = (
    "",
    "order.",
    "payment.",
    "refund.",
    "payout.",
    "stray.",
    "business.",
    "licence.",
    "particulars.",
    "books.",
    "jobs.",
    "role.",
    "offer.",
    "price.",
)


@get("/facts")
async def told(office: GivenOffice, asked: GivenForm) -> Response[str]:
    office.require("operate")
    kind, about, after = asked.get("kind")[:40], asked.get("about")[:80], asked.get("after")
    at = read_cursor(after, int, int)
    before = (int(at[0]), int(at[1])) if at else None
    async with office.market.db.read() as tx:
        found = await views.facts(tx, subject=about, kind=kind, before=before, most=_MOST + 1)
        names = await office.names(tx, {one.by for one in found})
    more = write_cursor([found[_MOST - 1].xid, found[_MOST - 1].id]) if len(found) > _MOST else ""
    return office.show(
        "facts.html",
        part="feed",
        facts=found[:_MOST],
        names=names,
        kind=kind,
        about=about,
        kinds=KINDS,
        more=more,
        first=not after,
    )


ROUTES = [told]
