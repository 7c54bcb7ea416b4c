"""The shop's prepaid card: amounts and bonus, a preview as buyers see it, and what is owed to its holders."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from litestar import Request, Response, get, post

from highstreet import ledger
from highstreet.kit.errors import Refusal
from highstreet.kit.money import plain
from highstreet.market.views import cards as views
from highstreet.web.frame import GivenForm
from highstreet.web.merchant.desk import Desk, GivenDesk
from highstreet.web.merchant.filled import Filled
from highstreet.web.shop.shelves import drawn

Plan = ledger.card_plans.Plan
Step = ledger.card_plans.Step

_ROWS = 4
_MONTHS = timedelta(days=370)


@get("/cards")
async def cards(desk: GivenDesk, request: Request[Any, Any, Any]) -> Response[str]:
    """The form; with each change htmx fetches the card as buyers would see it."""
    desk.require("takings")
    typed = {name: value for name, value in request.query_params.items() if isinstance(value, str)}
    async with desk.market.db.read() as tx:
        plan = await ledger.card_plans.of(tx, desk.id)
    return await _page(desk, Filled(desk.lang, start=typed or _standing(plan)), plan)


def _standing(plan: Plan | None) -> dict[str, str]:
    """The form as it was filled in last; an example for whoever begins."""
    if plan is None:
        return {
            "amount1": "100",
            "bonus1": "",
            "amount2": "200",
            "bonus2": "10",
            "amount3": "500",
            "bonus3": "40",
        }
    found = {"note_en": plan.note.en, "note_zh": plan.note.zh}
    for n, one in enumerate(plan.steps, start=1):
        found[f"amount{n}"] = plain(one.principal, plan.currency)
        found[f"bonus{n}"] = plain(one.bonus, plan.currency) if one.bonus else ""
    return found


def _steps(desk: Desk, f: Filled) -> list[Step]:
    found: list[Step] = []
    for n in range(1, _ROWS + 1):
        principal = f.money(f"amount{n}", desk.market.currency, required=False)
        bonus = f.money(f"bonus{n}", desk.market.currency, required=False)
        if principal:
            found.append(Step(principal, bonus or 0))
    return found


async def _page(desk: Desk, f: Filled, plan: Plan | None) -> Response[str]:
    now, currency = desk.visitor.now, desk.market.currency
    async with desk.market.db.read() as tx:
        stands = await ledger.card_plans.advance(tx, desk.id, currency, now)
        months = await views.months(tx, desk.id, str(desk.market.tz), now - _MONTHS)
        going = await ledger.card_refunds.progress(tx, desk.id)
    try:
        shown = ledger.card_plans.checked(_steps(desk, f), currency)
    except Refusal:
        shown = []
    return desk.show(
        "cards.html", part="preview", status=f.status, at="/merchant/takings", f=f, plan=plan, stands=stands, months=months, going=going,
        steps=shown, rows=range(1, _ROWS + 1), drawn=drawn,
    )  # fmt: skip


@post("/cards")
async def offer(desk: GivenDesk, form: GivenForm) -> Response[Any]:
    """Put it on sale, or change what is sold from now on."""
    desk.require("sell")
    f = Filled(desk.lang, form)
    steps, note = _steps(desk, f), f.words("note", most=300)
    if f.ok:
        try:
            async with desk.market.db.transaction() as tx:
                await ledger.card_plans.offer(
                    tx, desk.id, steps, note, desk.market.currency, desk.session.party_id, desk.visitor.now
                )
            return desk.go("/cards", "On sale: buyers see it on your shop's page.")
        except Refusal as no:
            f.refused(no, "amount1")
    async with desk.market.db.read() as tx:
        plan = await ledger.card_plans.of(tx, desk.id)
    return await _page(desk, f, plan)


@post("/cards/stop")
async def stop(desk: GivenDesk) -> Response[Any]:
    desk.require("sell")
    async with desk.market.db.transaction() as tx:
        await ledger.card_plans.stop(tx, desk.id, desk.session.party_id, desk.visitor.now)
    return desk.go("/cards", "No more are sold. Those that were sold pay as before.")


ROUTES = [cards, offer, stop]
