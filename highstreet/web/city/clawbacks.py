"""Cases on public money to be given back: opened by one, answered by the shop, decided by another, appealed to a third."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from highstreet import policy
from highstreet.kit.errors import NotFound, Refusal
from highstreet.kit.money import parse_money, plain
from highstreet.market import clawing_back
from highstreet.market.views import settled as views
from highstreet.market.views import trail
from highstreet.web.city.desk import Desk, GivenDesk
from highstreet.web.frame import GivenForm


@get("/clawbacks")
async def clawbacks(
    desk: GivenDesk, programme: FromQuery[str] = "", order: FromQuery[str] = "", amount: FromQuery[int] = 0
) -> Response[str]:
    filled = {
        "programme": programme,
        "order": order,
        "amount": plain(amount, desk.market.currency) if 0 < amount < 10**15 else "",
    }
    return await _page(desk, filled)


async def _page(desk: Desk, typed: dict[str, str], refused: Refusal | None = None) -> Response[str]:
    desk.require("cases")
    filled = dict.fromkeys(("programme", "order", "amount", "reason", "evidence"), "") | typed
    async with desk.market.db.read() as tx:
        cases = await policy.clawbacks.cases(tx)
        programmes = await views.programmes(tx)
        staff = {who for one in cases for who in (one.opened_by, one.decided_by, one.appeal_by) if who}
        names = await desk.names(tx, {one.seller_id for one in cases} | staff)
        numbers = await views.order_numbers(tx, [one.order_id for one in cases] + [filled["order"]])
    read = {one.id: policy.instruments.read(one.rules).name for one in programmes}
    return desk.show(
        "clawbacks.html", refused=refused, cases=cases, programmes=read, names=names, numbers=numbers, filled=filled, now=desk.now,
        plainly={one.id: plain(one.amount, desk.market.currency) for one in cases}
    )  # fmt: skip


@post("/clawbacks")
async def open_case(desk: GivenDesk, form: GivenForm) -> Response[Any]:
    """Open a case on an order's public money. Its shop has fifteen days to answer before anybody decides."""
    desk.require("programmes")
    try:
        amount = parse_money(form.get("amount"), desk.market.currency)
        async with desk.market.db.transaction() as tx:
            order = await trail.order_of(tx, form.get("order").strip())
            if order is None:
                raise NotFound("order")
            await clawing_back.open_case(
                tx, desk.market, form.get("programme"), order, amount, form.get("reason"), form.get("evidence"), desk.by, desk.now
            )  # fmt: skip
    except Refusal as no:
        return await _page(
            desk,
            {name: form.get(name) for name in ("programme", "order", "amount", "reason", "evidence")},
            no,
        )
    return desk.go("/clawbacks", "Opened. The shop is told, and has fifteen days to answer.")


@post("/clawbacks/{case_id:str}")
async def decide(desk: GivenDesk, case_id: FromPath[str], form: GivenForm) -> Response[Any]:
    """Another person decides; of an appeal, a third."""
    said, answer = form.get("decision"), form.get("answer")
    desk.require("cases" if answer in ("uphold", "overturn") else "programmes")
    try:
        if answer in ("uphold", "overturn"):
            await desk.market.db.run(clawing_back.hear, case_id, answer == "uphold", said, desk.by, desk.now)
        else:
            amount = 0 if answer == "drop" else parse_money(form.get("amount"), desk.market.currency)
            await desk.market.db.run(clawing_back.decide, case_id, amount, said, desk.by, desk.now)
    except Refusal as no:
        return await _page(desk, {}, no)
    return desk.go(f"/clawbacks#{case_id}", "Decided. The shop is told.")


ROUTES = [clawbacks, open_case, decide]
