"""Today: what waits to be done, one tap each; what else needs a look; what money comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import ServerSentEvent, ServerSentEventMessage

from highstreet import parties
from highstreet.catalog import LICENCES
from highstreet.kit.errors import Refusal
from highstreet.kit.ids import spoken
from highstreet.market import fulfil
from highstreet.market.views import merchant as views
from highstreet.market.views import takings as money
from highstreet.web.frame import GivenForm
from highstreet.web.merchant import steps, telling
from highstreet.web.merchant.days import day_of
from highstreet.web.merchant.desk import Desk, GivenDesk

_SOON = timedelta(days=30)
_COMES_IN = (1, 3, 7, 14)  # days, as a shopkeeper thinks of them


@get("/")
async def today(desk: GivenDesk) -> Response[str]:
    return await _page(desk)


async def _page(desk: Desk, said: str = "", kind: str = "good") -> Response[str]:
    now, market = desk.visitor.now, desk.market
    start, end = day_of(now, market.tz)
    day = start.astimezone(market.tz).date()
    async with market.db.read() as tx:
        waiting = await views.waiting(tx, desk.id, end)
        counts = await views.order_counts(tx, desk.id)
        look = await views.pressing(tx, desk.id, day + _SOON, day)
        hours = await money.hours(tx, desk.id, start, end, desk.visitor.zone)
        coming = await money.coming(tx, desk.id) if desk.may("takings") else []
        shops = await parties.places.places_of(tx, desk.id)
    by_hour = {one.hour: one for one in hours}
    first, last = _open_hours(shops, day.weekday(), by_hour)
    return desk.show(
        "today.html",
        part="work",
        at="/merchant",
        said=said,
        kind=kind,
        waiting=waiting,
        counts=counts,
        pressing=look,
        hours=[(hour, by_hour[hour].total if hour in by_hour else 0) for hour in range(first, last)],
        sold=sum(one.total for one in hours),
        sales=sum(one.orders for one in hours),
        coming=_by_when(coming, desk),
        licences=LICENCES,
        spoken=spoken,
        market=market,
        one_tap=lambda row: steps.one_tap(market, row),
        acts=telling.ACTS,
        way=lambda code: steps.way_name(market, code, desk.lang),
        opens=min(
            (at for at in (parties.places.next_opening(p, now, market.tz) for p in shops) if at), default=None
        ),
    )


def _open_hours(shops: list[Any], weekday: int, sold: dict[int, Any]) -> tuple[int, int]:
    """The hours to draw: those the shops are open today, and any in which something was sold."""
    hours = [*sold, 9, 18]
    for shop in shops:
        for span in shop.hours:
            if span.day == weekday:
                hours += [int(span.opens[:2]), int(span.closes[:2]) if span.closes > span.opens else 23]
    return max(0, min(hours)), min(24, max(hours) + 1)


def _by_when(coming: list[money.Coming], desk: Desk) -> list[tuple[int | None, int, int]]:
    """Money in escrow by when it is released: (within so many days, amount, orders); None: once the goods arrive."""
    found: dict[int | None, tuple[int, int]] = {}
    for one in coming:
        away = None if one.due_at is None else (one.due_at - desk.visitor.now).days + 1
        within = None if away is None else next((d for d in _COMES_IN if away <= d), _COMES_IN[-1])
        amount, orders = found.get(within, (0, 0))
        found[within] = amount + one.held - one.fee, orders + 1
    return [(within, *found[within]) for within in (*_COMES_IN, None) if within in found]


@post("/orders/{order_id:str}/now")
async def tell_now(desk: GivenDesk, order_id: FromPath[str], form: GivenForm) -> Response[Any]:
    """One tap on the list: accepted, refused or ready; the list comes back."""
    desk.require("orders")
    fact = form.get("fact")
    async with desk.market.db.read() as tx:
        found = await views.order(tx, desk.id, order_id)
    if fact != "ready" and fact not in telling.ACTS:
        return desk.go(f"/orders/{order_id}")
    number = spoken(found.work.order.number)
    told = fulfil.Telling(order_id, fact, "seller", desk.session.party_id)
    try:
        await fulfil.tell(desk.market, told, desk.visitor.now)
    except Refusal as no:
        if not desk.visitor.part:
            raise
        return await _page(desk, desk.sentence(no), "refusal")
    text = {
        "accepted": "%(number)s accepted.",
        "refused": "%(number)s refused; the money goes back.",
        "ready": "%(number)s is ready.",
    }.get(fact, "%(number)s is noted.")
    if desk.visitor.part:
        return await _page(desk, desk.say(text, number=number))
    return desk.go("", text, number=number)


@get("/news")
async def news(desk: GivenDesk) -> ServerSentEvent:
    """An event whenever something else waits for this business."""
    answer = ServerSentEvent(_changes(desk))
    answer.headers["x-accel-buffering"] = "no"
    return answer


async def _changes(desk: Desk) -> AsyncIterator[ServerSentEventMessage]:
    """Looks every few seconds, for ten minutes; then the page asks again."""
    seen: str | None = None
    yield ServerSentEventMessage(data=None, comment="listening", retry=3000)
    for _ in range(150):
        async with desk.market.db.read() as tx:
            now = await views.pulse(tx, desk.id)
        yield (
            ServerSentEventMessage(data=None, comment="here")
            if now == seen or seen is None
            else ServerSentEventMessage(data="changed")
        )
        seen = now
        await asyncio.sleep(4)


ROUTES = [today, tell_now, news]
