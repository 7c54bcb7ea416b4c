"""One settlement: how it comes to what the ledger says, its rows, the audit of its sample, its files, and who has checked it."""

from __future__ import annotations

from typing import Any, Literal

from litestar import Response, get, post
from litestar.params import FromPath

from highstreet import policy
from highstreet.kit.errors import NotFound, Refusal
from highstreet.market import settling
from highstreet.market.views import settled as views
from highstreet.web.city.desk import Desk, GivenDesk
from highstreet.web.frame import GivenForm

_MOST = 300


@get("/settlements/{settlement_id:str}")
async def settlement(desk: GivenDesk, settlement_id: FromPath[str]) -> Response[str]:
    return await _page(desk, settlement_id)


async def _page(desk: Desk, settlement_id: str, refused: Refusal | None = None) -> Response[str]:
    desk.require("programmes")
    async with desk.market.db.read() as tx:
        one = await policy.settlements.settlement(tx, settlement_id)
        rows = await policy.settlements.rows_of(tx, one.id)
        outcomes = await policy.audits.outcomes(tx, one.id)
        seed = await policy.settlements.seed_of(tx, one.programme_id, one.n)
        staff = {one.drawn_by, one.checked_by or "", one.accepted_by or ""} | {
            o.by for o in outcomes.values()
        }
        names = await desk.names(tx, {row.seller_id for row in rows} | (staff - {""}))
        numbers = await views.order_numbers(tx, [u["order"] for u in one.unexplained if u["order"]])
        programme = policy.instruments.read(
            (await policy.budgets.standing(tx, one.programme_id)).rules or ""
        ).name
    sellers: dict[str, int] = {}
    for row in rows:
        sellers[row.seller_id] = sellers.get(row.seller_id, 0) + (0 if row.withheld else row.amount)
    return desk.show(
        "settlement.html", refused=refused, one=one, rows=rows[:_MOST], more=max(0, len(rows) - _MOST), sellers=sellers,
        sampled=[row for row in rows if row.sampled], outcomes=outcomes, seed=seed, names=names, numbers=numbers, programme=programme,
    )  # fmt: skip


@post("/settlements/{settlement_id:str}/check")
async def check(desk: GivenDesk, settlement_id: FromPath[str], form: GivenForm) -> Response[Any]:
    """A second person has gone through it; then the treasury has accepted it."""
    desk.require("programmes")
    said, run = form.get("said"), desk.market.db.run
    try:
        if form.get("step") == "accept":
            await run(policy.settlements.accept, settlement_id, said, desk.by, desk.now)
        else:
            await run(policy.settlements.check, settlement_id, said, desk.by, desk.now)
    except Refusal as no:
        return await _page(desk, settlement_id, no)
    return desk.go(f"/settlements/{settlement_id}", "Written down.")


@post("/settlements/{settlement_id:str}/rows/{n:int}/audit")
async def audit(
    desk: GivenDesk, settlement_id: FromPath[str], n: FromPath[int], form: GivenForm
) -> Response[Any]:
    """What the auditor found of a sampled row, once."""
    desk.require("programmes")
    way: Literal["desk", "on_site"] = "on_site" if form.get("way") == "on_site" else "desk"
    try:
        await desk.market.db.run(
            policy.audits.record, settlement_id, n, form.get("found") == "pass", way, form.get("reason"), form.get("evidence"),
            desk.by, desk.now,
        )  # fmt: skip
    except Refusal as no:
        return await _page(desk, settlement_id, no)
    return desk.go(f"/settlements/{settlement_id}#audit", "Written down.")


@post("/settlements/{settlement_id:str}/rows/{n:int}/excuse")
async def excuse(
    desk: GivenDesk, settlement_id: FromPath[str], n: FromPath[int], form: GivenForm
) -> Response[Any]:
    """Other evidence was seen: what was withheld for want of it comes with the next settlement."""
    desk.require("programmes")
    async with desk.market.db.read() as tx:
        one = await policy.settlements.settlement(tx, settlement_id)
        row = next((r for r in await policy.settlements.rows_of(tx, one.id) if r.n == n), None)
    if row is None:
        raise NotFound("row")
    try:
        await desk.market.db.run(
            policy.settlements.excuse, one.programme_id, row.order_id, form.get("why"), desk.by, desk.now
        )
    except Refusal as no:
        return await _page(desk, settlement_id, no)
    return desk.go(f"/settlements/{settlement_id}", "It comes with the next settlement.")


@get("/settlements/{settlement_id:str}/files/{name:str}")
async def file(desk: GivenDesk, settlement_id: FromPath[str], name: FromPath[str]) -> Response[str]:
    """A file of a settlement, as it was drawn up: all.csv, all.jsonl, treasury.csv, or a seller's."""
    desk.require("programmes")
    async with desk.market.db.read() as tx:
        one = await policy.settlements.settlement(tx, settlement_id)
        found = await settling.files(tx, one)
    if name not in found:
        raise NotFound("file")
    called = f"{one.programme_id}-{one.n}-{name}"
    headers = {"content-disposition": f'attachment; filename="{called}"', "cache-control": "no-store"}
    media = "text/csv" if name.endswith(".csv") else "application/jsonl"
    return Response(found[name], media_type=f"{media}; charset=utf-8", headers=headers)


ROUTES = [settlement, check, audit, excuse, file]
