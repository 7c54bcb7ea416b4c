"""Books: what every kind of account holds, and whether all laws hold."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
from litestar import Response, get, post

from highstreet import ledger
from highstreet.kit import facts, jobs
from highstreet.kit.ids import new_id
from highstreet.market import errands
from highstreet.market.views import operator as views
from highstreet.web.operator.office import GivenOffice

_GIVEN_UP = timedelta(minutes=10)  # after which a check that did not end may be wanted anew


class Kind(msgspec.Struct, frozen=True):
    """All accounts of a kind in a currency: how many, and what they hold together."""

    kind: str
    currency: str
    accounts: int
    amount: int


@get("/books")
async def books(office: GivenOffice) -> Response[str]:
    office.require("books")
    async with office.market.db.read() as tx:
        balances = await ledger.folding.balances(tx)
        behind = await ledger.folding.behind(tx)
        check = await views.last_check(tx)
        names = await office.names(tx, {check.by} if check else set())
    sums: dict[tuple[str, str], list[int]] = {}
    for one in balances:
        sums.setdefault((one.name.partition(":")[0], one.currency), []).append(one.amount)
    kinds = [Kind(kind, currency, len(found), sum(found)) for (kind, currency), found in sorted(sums.items())]
    today = office.now.astimezone(office.market.tz).date()
    return office.show(
        "books.html",
        part="check",
        kinds=kinds,
        behind=behind,
        check=check,
        names=names,
        today=today,
        week=today - timedelta(days=6),
        providers=sorted(office.market.providers),
    )


@post("/books/check", status_code=200)
async def check(office: GivenOffice) -> Response[Any]:
    """Have every law checked, by a job; the page shows how far it has come."""
    office.require("books")
    run = new_id("chk", office.now)
    async with office.market.db.transaction() as tx:
        before = await views.last_check(tx)
        if before and before.ok is None and office.now - before.wanted_at < _GIVEN_UP:
            return office.go("/books", "The books are being checked already.", "info")
        await facts.tell(tx, "books.check_wanted", run, office.by, office.now)
        await jobs.enqueue(tx, errands.CHECK_BOOKS, {"run": run, "by": office.by})
    return office.go("/books", "The books are being checked.", "info")


@post("/books/fold", status_code=200)
async def fold(office: GivenOffice) -> Response[Any]:
    """Fold now, or forget all balances and make them anew."""
    office.require("books")
    async with office.market.db.transaction() as tx:
        await facts.tell(tx, "books.fold_wanted", "books", office.by, office.now)
    count = await errands.fold(office.market, office.now)
    return office.go("/books", "Folded %(n)s transfers.", n=count)


ROUTES = [books, check, fold]
