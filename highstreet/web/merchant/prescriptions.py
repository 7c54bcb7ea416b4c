"""The pharmacist's queue: prescriptions patients showed, opened one by one, and said yes or no to before anything can be bought."""

from __future__ import annotations

from typing import Any, get_args

from litestar import Response, get, post
from litestar.params import FromPath

from highstreet import parties
from highstreet.kit.errors import NotFound, Refusal
from highstreet.web.frame import GivenForm
from highstreet.web.merchant.desk import Desk, GivenDesk


@get("/prescriptions")
async def queue(desk: GivenDesk) -> Response[str]:
    return await _page(desk)


@post("/prescriptions/{number:str}", status_code=200)
async def opened(desk: GivenDesk, number: FromPath[str]) -> Response[Any]:
    """Open one, which is written down."""
    return await _page(desk, number)


@post("/prescriptions/{number:str}/look", status_code=200)
async def look(desk: GivenDesk, number: FromPath[str], form: GivenForm) -> Response[Any]:
    """Yes, or no with its reason."""
    now = desk.visitor.now
    reason = form.get("reason") or "unclear" if form.get("say") == "no" else ""
    try:
        async with desk.market.db.transaction() as tx:
            await parties.prescriptions.look(
                tx,
                _number(number),
                desk.id,
                desk.session.party_id,
                reason,
                now,
                now.astimezone(desk.market.tz),
            )
    except Refusal as no:
        return await _page(desk, refused=no)
    said = "Not accepted. The patient is told." if reason else "Accepted. The patient can buy now."
    return desk.go("/prescriptions", said)


async def _page(desk: Desk, number: str = "", refused: Refusal | None = None) -> Response[str]:
    desk.require("see_orders")
    now, me = desk.visitor.now, desk.session.party_id
    local = now.astimezone(desk.market.tz)
    told = None
    async with desk.market.db.transaction() as tx:
        licensed = await parties.licences.practises(tx, me, desk.id, "pharmacist", local.date())
        shown = await parties.prescriptions.at_pharmacy(tx, desk.id)
        if number:
            if number not in {one.number for one in shown}:
                raise NotFound("prescription")
            told = await parties.prescriptions.read(tx, desk.market.seal, _number(number), me, now, local)
        people = {one.looked_by for one in shown if one.looked_by}
        names = await parties.people.names(
            tx, desk.market.seal, [*people, *([told.patient_id, told.practitioner_id] if told else [])]
        )
    return desk.show(
        "prescriptions.html",
        status=refused.status if refused else 200,
        at="/merchant/prescriptions",
        refused=desk.sentence(refused) if refused else "",
        waiting=[one for one in shown if one.accepted is None],
        looked=[one for one in shown if one.accepted is not None],
        licensed=licensed,
        told=told,
        open_one=next((one for one in shown if one.number == number), None),
        names=names,
        reasons=get_args(parties.prescriptions.Reason),
    )


def _number(text: str) -> str:
    if "\x00" in text:
        raise NotFound("prescription")
    return text


ROUTES = [queue, opened, look]
