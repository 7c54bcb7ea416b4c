"""Takes: what was taken from a cabinet, where nobody told it or somebody disputes it; and what a device told that does not fit.

Who is neither buyer nor seller decides, with what the devices told before them, and says why.
"""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from highstreet import logistics
from highstreet.kit.errors import Malformed, NotFound, Refusal
from highstreet.kit.ids import spoken
from highstreet.market import fulfil
from highstreet.market.units import Key
from highstreet.market.views import devices as views
from highstreet.market.views.shop import order_of
from highstreet.web.frame import Form, GivenForm
from highstreet.web.operator.office import GivenOffice, Office

_SAID = {
    "taken": "Decided: that is what was taken, and all that is paid.",
    "returned": "Decided for the buyer: the money goes back.",
    "return_refused": "Decided: it was as the cabinet told.",
}


@get("/takes")
async def takes(office: GivenOffice) -> Response[str]:
    office.require("cases")
    return await _page(office)


async def _page(office: Office, refused: Refusal | None = None, about: str = "") -> Response[str]:
    async with office.market.db.read() as tx:
        waiting = await views.waiting(tx, None, office.now)
        traces = {one.order_id: await views.evidence(tx, one.order_id) for one in waiting if one.order_id}
        works = {one.order_id: await order_of(tx, one.order_id) for one in waiting if one.order_id}
    return office.show(
        "takes.html",
        refused=refused,
        about=about,
        waiting=waiting,
        traces=traces,
        works=works,
        spoken=spoken,
    )


@post("/takes/{order_id:str}", status_code=200)
async def decide(office: GivenOffice, order_id: FromPath[str], form: GivenForm) -> Response[Any]:
    """What was taken; or, of a dispute, for the buyer or not. Always with a reason."""
    office.require("cases")
    fact = form.get("fact")
    try:
        if fact not in _SAID:
            raise NotFound(office.say("step"))
        reason = _reason(form)
        body: dict[str, Any] = {"reason": reason}
        if fact == "taken":
            body["lines"] = {
                name.removeprefix("line-"): count
                for name in form.values
                if name.startswith("line-") and name[5:].isdecimal() and (count := form.whole(name, 0)) > 0
            }
        telling = fulfil.Telling(order_id, fact, "operator", office.by, body)
        key = Key(f"office {office.by} takes {order_id}", form.get("once")[:80], fact)
        await fulfil.tell(office.market, telling, office.now, key if form.get("once") else None)
    except Refusal as no:
        return await _page(office, no, order_id)
    return office.go("/takes", _SAID[fact])


@post("/takes/reports/{device_id:str}", status_code=200)
async def settle(office: GivenOffice, device_id: FromPath[str], form: GivenForm) -> Response[Any]:
    """Somebody has looked at what a device told."""
    office.require("cases")
    try:
        await office.market.db.run(
            logistics.reports.settle, device_id, form.get("report"), office.by, form.get("reason"), office.now
        )
    except Refusal as no:
        return await _page(office, no, form.get("report"))
    return office.go("/takes", "Noted. It stays with its order as evidence.")


def _reason(form: Form) -> str:
    reason = " ".join(form.get("reason").split())
    if not 3 <= len(reason) <= 300:
        raise Malformed("reason", "please say why, in 3 to 300 characters", "请用 3 至 300 个字说明理由")
    return reason


ROUTES = [takes, decide, settle]
