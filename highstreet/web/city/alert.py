"""One question about public money: its evidence drawn, an officer's word on it, and another's on an appeal."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from highstreet import policy
from highstreet.kit.errors import Malformed, Refusal
from highstreet.kit.ids import spoken
from highstreet.market import clawing_back, screening
from highstreet.market.views import screening as views
from highstreet.web.city.changes import names_of
from highstreet.web.city.desk import Desk, GivenDesk
from highstreet.web.city.rings import MOST_NODES, circle, courses_of, lines_of, shared_by
from highstreet.web.frame import Form, GivenForm


@get("/alerts/{alert_id:str}")
async def alert(desk: GivenDesk, alert_id: FromPath[str]) -> Response[str]:
    desk.require("programmes")
    return await _page(desk, alert_id)


async def _page(
    desk: Desk, alert_id: str, form: Form | None = None, refused: Refusal | None = None
) -> Response[str]:
    async with desk.market.db.read() as tx:
        one = await policy.alerts.read(tx, alert_id)
        by = {one.decided_by, one.appeal_decided_by} - {None, "clock"}
        sellers = {*one.sellers, *(seen.seller for seen in one.evidence)}
        names = await desk.names(tx, {*sellers, *one.people, *(who for who in by if who)})
        called = await names_of(desk, tx, {one.programme_id})
        orders = [seen.order for seen in one.evidence]
        numbers = await views.numbers(tx, orders)
        prices = await views.price_lines(tx, orders) if one.pattern == "raise" else []
        bars = await policy.alerts.bars_of(tx, alert_id)
        cases = await policy.clawbacks.of_evidence(tx, alert_id)
    nodes = circle(one.people[:MOST_NODES])
    return desk.show(
        "alert.html",
        refused=refused,
        one=one,
        names=names,
        called=called[one.programme_id],
        pattern=policy.bounds.PATTERNS[one.pattern],
        numbers={key: spoken(number) for key, number in numbers.items()},
        labels={person: node.label for person, node in nodes.items()},
        nodes=list(nodes.values()),
        lines=lines_of(one, nodes),
        shared=shared_by(one),
        courses=courses_of(prices),
        bars=bars,
        cases=cases,
        form=form or Form({}),
        mine=desk.by in one.people,
        same=desk.by == one.decided_by,
        until=desk.today(90),
    )


@post("/alerts/{alert_id:str}", status_code=200)
async def decide(desk: GivenDesk, alert_id: FromPath[str], form: GivenForm) -> Response[Any]:
    """Upheld or dismissed, with a reason; upheld may bar some of the accused until a day."""
    desk.require("programmes")
    try:
        bar, upheld = form.all("bar"), form.get("verdict") == "upheld"
        until = _until(desk, form.get("until")) if bar and upheld else None
        async with desk.market.db.transaction() as tx:
            await screening.decide(
                tx, alert_id, upheld, form.get("reason"), desk.by, desk.now, bar if upheld else [], until
            )
    except Refusal as no:
        return await _page(desk, alert_id, form, no)
    said = (
        "Upheld. Whoever is accused was told, and may appeal."
        if upheld
        else "Dismissed. The same evidence asks nothing again."
    )
    return desk.go(f"/alerts/{alert_id}", said)


def _until(desk: Desk, text: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text) + timedelta(days=1), time(), desk.market.tz)
    except ValueError:
        raise Malformed("until", "must be a day", "请填写日期") from None


@post("/alerts/{alert_id:str}/appeal", status_code=200)
async def decide_appeal(desk: GivenDesk, alert_id: FromPath[str], form: GivenForm) -> Response[Any]:
    """Another officer's word on an appeal."""
    desk.require("programmes")
    overturned = form.get("verdict") == "overturned"
    try:
        async with desk.market.db.transaction() as tx:
            await screening.decide_appeal(tx, alert_id, overturned, form.get("reason"), desk.by, desk.now)
    except Refusal as no:
        return await _page(desk, alert_id, form, no)
    said = (
        "Overturned. Everything it caused is undone, and they were told."
        if overturned
        else "It stands. They were told."
    )
    return desk.go(f"/alerts/{alert_id}", said)


@post("/alerts/{alert_id:str}/cases", status_code=200)
async def open_cases(desk: GivenDesk, alert_id: FromPath[str]) -> Response[Any]:
    """Ask the money of the orders back, as far as it is still out: a case each, which the seller answers."""
    desk.require("programmes")
    try:
        async with desk.market.db.transaction() as tx:
            opened = await clawing_back.open_for(tx, desk.market, alert_id, desk.by, desk.now)
    except Refusal as no:
        return await _page(desk, alert_id, None, no)
    return desk.go(f"/alerts/{alert_id}", "Cases that were opened: %(n)s.", "info", n=opened)


ROUTES = [alert, decide, decide_appeal, open_cases]
