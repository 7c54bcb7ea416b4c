"""The practitioner's desk: visits of yesterday, today and the week ahead, each with what was written."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from litestar import Response, get

from highstreet import parties
from highstreet.kit.db import Tx
from highstreet.kit.ids import spoken
from highstreet.market import visits as flow
from highstreet.market.views import visits as views
from highstreet.web.merchant.desk import Desk, GivenDesk

_AHEAD = timedelta(days=8)


@get("/visits")
async def visits(desk: GivenDesk) -> Response[str]:
    """Since yesterday, and a week ahead."""
    desk.require("see_orders")
    today = _midnight(desk)
    async with desk.market.db.read() as tx:
        found = await views.visits(
            tx, desk.id, flow.prescribing(desk.market), today - timedelta(days=1), today + _AHEAD
        )
        people = {one.buyer_id for one in found if one.buyer_id} | {
            one.practitioner_id for one in found if one.practitioner_id
        }
        names = await parties.people.names(tx, desk.market.seal, sorted(people))
        licensed = await licensed_here(tx, desk)
    days: dict[str, list[Any]] = {}
    for one in found:
        days.setdefault(desk.date(_local(desk, one.starts).date()), []).append(one)
    return desk.show(
        "visits.html",
        at="/merchant/visits",
        days=days,
        today=desk.date(today.date()),
        names=names,
        licensed=licensed,
        spoken=spoken,
    )


async def licensed_here(tx: Tx, desk: Desk) -> bool:
    """Whether who sits here may hold visits of this clinic."""
    day = desk.visitor.now.astimezone(desk.market.tz).date()
    return await parties.licences.practises(tx, desk.session.party_id, desk.id, "practitioner", day)


def _midnight(desk: Desk) -> datetime:
    return _local(desk, desk.visitor.now).replace(hour=0, minute=0, second=0, microsecond=0)


def _local(desk: Desk, moment: datetime | None) -> datetime:
    return (moment or desk.visitor.now).astimezone(desk.market.tz)


ROUTES = [visits]
