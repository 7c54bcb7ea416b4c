"""The trail of a fen: from an order's public money back to its rule, its budget and who decided; and on to settlement and audit.

Who is behind it stays sealed. It is opened for an officer with the second factor who says why, and that is written down for good.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from highstreet import parties, policy
from highstreet.kit.db import Tx
from highstreet.kit.errors import NotFound, Refusal
from highstreet.market.views import settling
from highstreet.market.views import trail as views
from highstreet.web.city.desk import Desk, GivenDesk
from highstreet.web.frame import GivenForm


class _Way(NamedTuple):
    """One programme's part of an order, from its decisions to its audit."""

    programme: str
    name: Any
    rule: policy.Rule | None
    decided: settling.InForce | None
    budgets: list[views.Decision]
    claims: list[views.Claimed]
    steps: list[views.Step]
    settled: list[views.Settled]
    cases: list[policy.Clawback]


@get("/trail")
async def trail(desk: GivenDesk, q: FromQuery[str] = "") -> Response[str]:
    """q: an order's number or id, a claim's id, or a transfer's number written t123."""
    desk.require("programmes")
    async with desk.market.db.read() as tx:
        order = await views.order_of(tx, q.strip()[:60]) if q.strip() else None
    return await _page(desk, q, order)


async def _page(
    desk: Desk, q: str, order_id: str | None, person: str = "", refused: Refusal | None = None
) -> Response[str]:
    if order_id is None:
        return desk.show("trail.html", q=q, ways=[], order=None, status=404 if q else 200)
    async with desk.market.db.read() as tx:
        ways = [await _way(tx, desk, one, order_id) for one in await views.programmes_of(tx, order_id)]
        order = next(iter((await settling.particulars(tx, "", [order_id])).values()))
        looked = await views.looked(tx, order_id)
        staff = {who for way in ways for who in _who(way)} | {one["by"] for one in looked}
        names = await desk.names(tx, staff | {order.seller_id})
    blind = desk.market.seal.blind("settlement", order.buyer_id).hex() if order.buyer_id else ""
    return desk.show(
        "trail.html", refused=refused, q=q, ways=ways, order=order, names=names, looked=looked, person=person, blind=blind
    )  # fmt: skip


async def _way(tx: Tx, desk: Desk, programme_id: str, order_id: str) -> _Way:
    claims = await views.claims(tx, programme_id, order_id)
    order = (await settling.particulars(tx, programme_id, [order_id]))[order_id]
    at = min((one.taken_at for one in claims if one.taken_at), default=order.placed_at)
    decided = next((r for r in await settling.rules_over_time(tx, programme_id) if r.decided_at <= at), None)
    programme = policy.instruments.read(decided.rules) if decided else None
    return _Way(
        programme_id,
        programme.name if programme else programme_id,
        programme.rule_on(at, desk.market.tz) if programme else None,
        decided,
        await views.budgets(tx, programme_id, at),
        claims,
        await views.steps(tx, programme_id, order_id),
        await views.settled(tx, programme_id, order_id),
        await policy.clawbacks.cases(tx, programme_id=programme_id, order_id=order_id),
    )


def _who(way: _Way) -> set[str]:
    found = {way.decided.proposed_by, way.decided.decided_by} if way.decided else set()
    found |= {who for one in way.budgets for who in (one.proposed_by, one.decided_by)}
    found |= {who for one in way.claims for who in (one.opened_by, one.agreed_by) if who}
    found |= {who for one in way.settled for who in (one.drawn_by, one.checked_by) if who}
    return found


@post("/trail/{order_id:str}/person")
async def person(desk: GivenDesk, order_id: FromPath[str], form: GivenForm) -> Response[Any]:
    """Who is behind it, for whoever says why; kept for good."""
    desk.require("programmes")
    async with desk.market.db.read() as tx:
        order = (await settling.particulars(tx, "", [order_id])).get(order_id)
    if order is None or order.buyer_id is None:
        raise NotFound("order")
    try:
        await desk.market.db.run(policy.audits.look, order_id, form.get("why"), desk.by, desk.now)
    except Refusal as no:
        return await _page(desk, str(order.number), order_id, refused=no)
    async with desk.market.db.read() as tx:
        named = await parties.people.names(tx, desk.market.seal, [order.buyer_id])
    return await _page(desk, str(order.number), order_id, named.get(order.buyer_id, "—"))


ROUTES = [trail, person]
