"""Prepaid cards of all sellers: who owes how much; and giving everything back when a seller is gone."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from highstreet import ledger
from highstreet.kit.errors import Refusal
from highstreet.market.views import cards as views
from highstreet.web.frame import Form, GivenForm
from highstreet.web.operator.office import GivenOffice, Office


@get("/cards")
async def cards(office: GivenOffice) -> Response[str]:
    """Also asked again by the page itself while money is on its way."""
    office.require("books")
    return await _page(office)


async def _page(office: Office, refused: Refusal | None = None, sent: Form | None = None) -> Response[str]:
    async with office.market.db.read() as tx:
        found = await views.traders(tx)
        going = {
            one.seller_id: await ledger.card_refunds.progress(tx, one.seller_id)
            for one in found
            if one.closed_at
        }
    return office.show(
        "cards.html",
        part="sellers",
        refused=refused,
        sellers=found,
        going=going,
        sent=sent.get("id") if sent else "",
        why=sent.get("why") if sent else "",
    )


@post("/cards/close", status_code=200)
async def close(office: GivenOffice, form: GivenForm) -> Response[Any]:
    """The seller is gone: everything on its cards goes back, by a job."""
    office.require("books")
    try:
        async with office.market.db.transaction() as tx:
            await ledger.card_plans.close(tx, form.get("id"), office.by, form.get("why"), office.now)
    except Refusal as no:
        return await _page(office, no, form)
    return office.go("/cards", "Everything on its cards goes back now; this page shows how far it is.")


@post("/cards/reopen", status_code=200)
async def reopen(office: GivenOffice, form: GivenForm) -> Response[Any]:
    """It is there again: it may put a card on sale; what went back stays there."""
    office.require("books")
    async with office.market.db.transaction() as tx:
        await ledger.card_plans.reopen(tx, form.get("id"), office.by, office.now)
    return office.go("/cards", "It may put its card on sale again.")


ROUTES = [cards, close, reopen]
