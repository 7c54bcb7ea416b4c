"""What a seller does with an order: accept, make ready, send, cancel a part, take back. Each is one fact told."""

from __future__ import annotations

from typing import Any

from litestar import Response, post
from litestar.params import FromPath

from highstreet.kit.errors import NotFound, Refusal
from highstreet.market import attempts, fulfil
from highstreet.market.views import merchant as views
from highstreet.web.frame import GivenForm
from highstreet.web.merchant import telling
from highstreet.web.merchant.codes import check_code
from highstreet.web.merchant.desk import Desk, GivenDesk
from highstreet.web.merchant.filled import Filled
from highstreet.web.merchant.order import order_page

# What each plain step says when it is done.
_SAID = {fact: act.said for fact, act in telling.ACTS.items()} | {
    "ready": "It is ready. The buyer is told.",
    "delivered": "Marked as delivered.",
    "attempted": "Noted that nobody was there.",
    "old_taken": "Taken: the new one can be handed over.",
    "return_refused": "The return is refused; the buyer is told why.",
}


async def tell_or_say(
    desk: Desk, order_id: str, fact: str, body: dict[str, Any], filled: Filled, doing: str, said: str
) -> Response[Any]:
    """Tell a fact; a refusal is shown on the order's page, where the form still says what was typed."""
    form = filled.form
    if filled.ok:
        telling = fulfil.Telling(order_id, fact, "seller", desk.session.party_id, body)
        try:
            await fulfil.tell(
                desk.market,
                telling,
                desk.visitor.now,
                desk.key(form, f"order {order_id} {fact}") if form else None,
            )
        except Refusal as no:
            filled.refused(no, doing)
    if not filled.ok:
        return await order_page(desk, order_id, filled, doing)
    return desk.go(f"/orders/{order_id}", said)


async def mine(desk: Desk, order_id: str) -> views.SellersOrder:
    """Errors: NoSuchOrder for somebody else's."""
    async with desk.market.db.read() as tx:
        return await views.order(tx, desk.id, order_id)


@post("/orders/{order_id:str}/facts")
async def tell(desk: GivenDesk, order_id: FromPath[str], form: GivenForm) -> Response[Any]:
    """A step that needs no more than a word or a sum."""
    desk.require("orders")
    found = await mine(desk, order_id)
    fact = form.get("fact")
    if fact not in _SAID:
        raise NotFound("step")
    filled = Filled(desk.lang, form)
    if act := telling.ACTS.get(fact):
        body = telling.body_of(telling.asked(act, found.work), filled, found.work.order.currency)
        if act.text == "code":
            await check_code(desk, found.work.leg("planned"), str(body.pop("code", "")), filled, "code")
        return await tell_or_say(desk, order_id, fact, body, filled, fact, act.said)
    reason = filled.text("reason", required=fact == "return_refused", most=300)
    return await tell_or_say(
        desk, order_id, fact, {"reason": reason} if reason else {}, filled, fact, _SAID[fact]
    )


@post("/orders/{order_id:str}/shipment")
async def ship(desk: GivenDesk, order_id: FromPath[str], form: GivenForm) -> Response[Any]:
    """Handed to a carrier, with its tracking number."""
    desk.require("orders")
    await mine(desk, order_id)
    filled = Filled(desk.lang, form)
    carrier, tracking = (
        filled.text("carrier", required=True, most=60),
        filled.text("tracking", required=True, most=60),
    )
    if tracking and not tracking.replace("-", "").replace(" ", "").isalnum():
        filled.wrong("tracking", "Only letters and digits, as on the label.", "只能包含面单上的字母和数字。")
    body = {"carrier": carrier, "tracking": tracking}
    return await tell_or_say(
        desk, order_id, "shipped", body, filled, "shipped", "Sent. The buyer can follow the parcel."
    )


@post("/orders/{order_id:str}/cancellation")
async def cancel(desk: GivenDesk, order_id: FromPath[str], form: GivenForm) -> Response[Any]:
    """Take some or all of what has not left out of the order; that part of the money goes back."""
    desk.require("orders")
    found = await mine(desk, order_id)
    filled = Filled(desk.lang, form)
    lines = _lines(filled, "cancel", {line.position: line.open for line in found.work.lines}, "cancelled")
    reason = filled.text("reason", required=True, most=300)
    return await tell_or_say(
        desk,
        order_id,
        "cancelled",
        {"lines": lines, "reason": reason},
        filled,
        "cancelled",
        "Cancelled. The money goes back.",
    )


@post("/orders/{order_id:str}/return")
async def take_back(desk: GivenDesk, order_id: FromPath[str], form: GivenForm) -> Response[Any]:
    """Goods are back: on the shelf again, or written off; their money goes to whoever paid it."""
    desk.require("refund")
    found = await mine(desk, order_id)
    filled = Filled(desk.lang, form)
    left = {line.position: line.fulfilled - line.returned for line in found.work.lines}
    resale = form.get("resale", "yes") == "yes"
    body: dict[str, Any] = {"resale": resale, "reason": filled.text("reason", most=300)}
    if not attempts.going_back(found.work):
        body["lines"] = _lines(filled, "back", left, "returned")
    said = "Taken back and on the shelf again." if resale else "Taken back and written off."
    return await tell_or_say(desk, order_id, "returned", body, filled, "returned", said)


def _lines(filled: Filled, prefix: str, left: dict[int, int], where: str) -> dict[str, int]:
    """How many of which line, from fields `cancel-1`, `cancel-2` ...; notes what is wrong at `where`."""
    lines: dict[str, int] = {}
    for position, most in left.items():
        count = filled.whole(f"{prefix}-{position}", most=most, required=False) or 0
        if filled.error(f"{prefix}-{position}"):
            filled.wrong(where, f"Line {position}: at most {most}.", f"第 {position} 行最多 {most} 件。")
        if count:
            lines[str(position)] = count
    if not lines:
        filled.wrong(where, "Say how many of what.", "请填写数量。")
    return lines


ROUTES = [tell, ship, cancel, take_back]
