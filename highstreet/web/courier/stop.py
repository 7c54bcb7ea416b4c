"""One stop: fetched at the shop, brought to the door with proof, or not; every step may be sent twice and happens once."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from highstreet import logistics
from highstreet.kit.errors import Malformed, Refusal
from highstreet.kit.ids import spoken
from highstreet.logistics import NoSuchRound
from highstreet.market import carry
from highstreet.market.fulfil import Telling, tell
from highstreet.market.views import courier as views
from highstreet.market.views.answers import or_first_answer
from highstreet.web import render
from highstreet.web.courier.old import old_taken
from highstreet.web.courier.photo import taken
from highstreet.web.courier.rider import Leg, Rider, opened, rider_of
from highstreet.web.frame import Form, GivenForm, GivenMarket, GivenVisitor
from highstreet.web.sessions import AnyRequest

# Who took it when there was no code; no names, so that nothing personal stays behind.
TOOK = ("recipient", "household", "neighbour", "desk", "door")
REASONS = ("nobody_home", "wrong_address", "refused", "cannot_enter", "damaged")


async def _leg(rider: Rider, leg_id: str) -> Leg:
    async with rider.market.db.read() as tx:
        return opened(rider.market, rider.visitor, await views.stop(tx, rider.id, leg_id))


def _page(rider: Rider, leg: Leg, refusal: Refusal | None = None) -> Response[str]:
    if refusal is not None and rider.visitor.part:
        raise refusal  # htmx wants its sentence alone
    error = refusal.sentence(rider.lang) if refusal else ""
    status = refusal.status if refusal else 200
    return rider.show(
        "stop.html", status=status, leg=leg, error=error, took=TOOK, reasons=REASONS, spoken=spoken
    )


@get("/courier/legs/{leg_id:str}")
async def stop(market: GivenMarket, visitor: GivenVisitor, leg_id: FromPath[str]) -> Response[str]:
    """Errors: NoSuchLeg, also for somebody else's."""
    rider = await rider_of(market, visitor)
    return _page(rider, await _leg(rider, leg_id))


@post("/courier/legs/{leg_id:str}/picked-up", status_code=200)
async def picked_up(
    market: GivenMarket, visitor: GivenVisitor, form: GivenForm, leg_id: FromPath[str]
) -> Response[Any]:
    """The goods are with the courier, also for another try after one that failed. The first one starts the round."""
    rider = await rider_of(market, visitor)
    leg = await _leg(rider, leg_id)
    told = Telling(leg.stop.order, "picked_up", "courier", rider.id)
    try:
        key = rider.key(form, "picked-up")
        await or_first_answer(market, key, tell(market, told, visitor.now, key))
    except Refusal as refusal:
        return _page(rider, await _leg(rider, leg_id), refusal)
    async with market.db.transaction() as tx:
        with suppress(NoSuchRound):  # under way already
            await logistics.rounds.start(tx, leg.stop.round or "", rider.id, visitor.now)
    return rider.go(f"/legs/{leg_id}", "It is with you now.")


@post("/courier/legs/{leg_id:str}/delivered", status_code=200, request_max_body_size=13 * 2**20)
async def delivered(
    request: AnyRequest, market: GivenMarket, visitor: GivenVisitor, form: GivenForm, leg_id: FromPath[str]
) -> Response[Any]:
    """With the recipient's six digits, or told who took it; with a picture if one was taken.

    Errors: NoSuchLeg; a wrong code is counted and shown.
    """
    rider = await rider_of(market, visitor)
    leg = await _leg(rider, leg_id)
    try:
        proof = await _proof(rider, leg, form)
        if await taken(rider, leg, request):
            proof["photo"] = True
        await old_taken(rider, leg, form, request)
        told = Telling(leg.stop.order, "delivered", "courier", rider.id, proof)
        key = rider.key(form, "delivered")
        call = carry.deliver(market, told, leg.to_door, visitor.now, key)
        done = await or_first_answer(market, key, call)
    except Refusal as refusal:
        return _page(rider, await _leg(rider, leg_id), refusal)
    async with market.db.transaction() as tx:
        await logistics.rounds.end_if_done(tx, leg.stop.round or "", visitor.now)
    earned = render.money(done.get("earned", leg.earns), market.currency)
    return rider.go("", "Delivered. You earned %(amount)s.", amount=earned)


async def _proof(rider: Rider, leg: Leg, form: Form) -> dict[str, Any]:
    code = form.get("code")
    if not code:
        if form.get("took") not in TOOK:
            raise Malformed("took", "say who took it, or type the code", "请选择签收人或输入取货码")
        return {"how": "told", "took": form.get("took")}
    market = rider.market
    if leg.stop.state in ("underway", "failed"):
        async with market.db.transaction() as tx:
            tries = await logistics.codes.count_try(tx, leg.stop.leg)
        logistics.codes.check(
            market.code_signer, leg.stop.leg, tries, leg.stop.code_until, code, rider.visitor.now
        )
    return {"how": "code"}


@post("/courier/legs/{leg_id:str}/attempted", status_code=200)
async def attempted(
    market: GivenMarket, visitor: GivenVisitor, form: GivenForm, leg_id: FromPath[str]
) -> Response[Any]:
    """It could not be handed over. Errors: NoSuchLeg, Malformed."""
    rider = await rider_of(market, visitor)
    leg = await _leg(rider, leg_id)
    if form.get("reason") not in REASONS:
        raise Malformed("reason", "say what happened", "请选择原因")
    told = Telling(leg.stop.order, "attempted", "courier", rider.id, {"reason": form.get("reason")})
    try:
        key = rider.key(form, "attempted")
        await or_first_answer(market, key, tell(market, told, visitor.now, key))
    except Refusal as refusal:
        return _page(rider, await _leg(rider, leg_id), refusal)
    if (await _leg(rider, leg_id)).going_back:
        return rider.go(
            f"/legs/{leg_id}", "Noted. That was the third time: bring it back to the shop.", "info"
        )
    return rider.go("", "Noted. Try again later on this round.", "info")


@post("/courier/legs/{leg_id:str}/put-back", status_code=200)
async def put_back(market: GivenMarket, visitor: GivenVisitor, leg_id: FromPath[str]) -> Response[Any]:
    """Somebody else may take it. Errors: NoSuchLeg; LegTaken once it was picked up."""
    rider = await rider_of(market, visitor)
    leg = await _leg(rider, leg_id)
    async with market.db.transaction() as tx:
        await logistics.rounds.put_back(tx, leg.stop.round or "", leg_id)
        await logistics.rounds.end_if_done(tx, leg.stop.round or "", visitor.now)
    return rider.go("", "Put back; somebody else can take it.", "info")
