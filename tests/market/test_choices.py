"""What a buyer chooses may be any nonsense: it ends in a sentence that names what does not fit, and nothing is taken."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from highstreet.kit.errors import Malformed
from highstreet.market.choices import TooFar
from highstreet.market.quote import quote
from highstreet.orders import Entry
from highstreet.wiring import formats
from tests.market.lane import Lane
from tests.market.test_formats import offered


@pytest.mark.parametrize(
    ("code", "choice", "named"),
    [
        ("made_to_order@1", {"options": {"size": ["M"]}}, "size"),
        ("made_to_order@1", {"options": {"size": {}}}, "size"),
        ("made_to_order@1", {"options": ["M"]}, "options"),
        ("trade_in@1", {"answers": {"works": ["yes"]}}, "works"),
        ("trade_in@1", {"answers": {"works": None}}, "works"),
        ("errand@1", {"text": "rice\x00"}, "text"),
        ("errand@1", {"text": "x" * 501}, "text"),
        ("ride@1", {"route": {"from": [91, 0], "to": [0, 0]}}, "route"),
        ("ticket@1", {"slot": ["now"]}, "slot"),
    ],
)
async def test_nonsense_is_named(lane: Lane, code: str, choice: dict[str, Any], named: str) -> None:
    offer, _ = await offered(lane, formats()[code])
    with pytest.raises(Malformed) as refused:
        await quote(lane.market, [Entry(offer, 1, choice)], lane.clock())
    assert refused.value.values["field"] == named


async def test_nobody_books_a_room_for_a_thousand_years(lane: Lane) -> None:
    offer, _ = await offered(lane, formats()["stay@1"])
    starts = lane.clock() + timedelta(days=1)
    period = {"from": starts.isoformat(), "to": (starts + timedelta(days=400)).isoformat()}
    with pytest.raises(Malformed, match="within a year"):
        await quote(lane.market, [Entry(offer, 1, {"period": period})], lane.clock())


async def test_a_way_begins_within_the_places_reach_wherever_it_leads(lane: Lane) -> None:
    offer, _ = await offered(lane, formats()["ride@1"])
    near, far = [31.301, 120.581], [31.4, 120.58]
    out = await quote(lane.market, [Entry(offer, 1, {"route": {"from": near, "to": far}})], lane.clock())
    assert out.quote.orders[0].lines[0].quantity > 100
    for begins in (far, [-33.9, 18.4]):
        with pytest.raises(TooFar):
            await quote(lane.market, [Entry(offer, 1, {"route": {"from": begins, "to": near}})], lane.clock())
