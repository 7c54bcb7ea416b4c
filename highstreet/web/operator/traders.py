"""Businesses: who sells here; one that harms can be suspended, and opened again."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from highstreet import parties
from highstreet.kit.errors import Refusal
from highstreet.market.views import operator as views
from highstreet.web.frame import Form, GivenForm
from highstreet.web.operator.office import GivenOffice, Office

_STATES = ("", "active", "suspended", "applied", "closed")


@get("/businesses")
async def traders(office: GivenOffice, asked: GivenForm) -> Response[str]:
    office.require("review")
    return await _page(office, asked.get("q"), asked.get("state"))


async def _page(
    office: Office, q: str = "", state: str = "", refused: Refusal | None = None, sent: Form | None = None
) -> Response[str]:
    chosen = state if state in _STATES else ""
    async with office.market.db.read() as tx:
        found = await views.traders(tx, q.strip()[:80], chosen)
    return office.show(
        "traders.html",
        refused=refused,
        traders=found,
        q=q,
        state=chosen,
        states=_STATES,
        sent=sent.get("id") if sent else "",
        reason=sent.get("reason") if sent else "",
    )


@post("/businesses/suspend", status_code=200)
async def suspend(office: GivenOffice, form: GivenForm) -> Response[Any]:
    """Its offers stop selling at once; what is sold is still fulfilled."""
    office.require("operate")
    try:
        async with office.market.db.transaction() as tx:
            await parties.businesses.suspend(tx, form.get("id"), office.by, form.get("reason"), office.now)
    except Refusal as no:
        return await _page(office, refused=no, sent=form)
    return office.go(
        "/businesses?state=suspended", "Suspended: nothing of theirs can be bought; they read your reason."
    )


@post("/businesses/reopen", status_code=200)
async def reopen(office: GivenOffice, form: GivenForm) -> Response[Any]:
    office.require("operate")
    try:
        async with office.market.db.transaction() as tx:
            await parties.businesses.reopen(tx, form.get("id"), office.by, office.now)
    except Refusal as no:
        return await _page(office, refused=no)
    return office.go("/businesses", "Open again: their offers can be bought.")


ROUTES = [traders, suspend, reopen]
