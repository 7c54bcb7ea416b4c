"""The seat map: drawn for a time, the best seats found, a taken one shown as taken; and the seller's plan and list."""

from __future__ import annotations

from tests.market.fair import DAY, bought, offered, session
from tests.market.lane import Lane, copy_of, furnished, lane
from tests.web.shop_browser import Browser
from tests.web.shop_world import app_of

__all__ = ["copy_of", "furnished", "lane"]

PLAN = "Stalls\nA: 1-4 wheelchair 1\nB: 1-4 +30"


async def test_seats_are_chosen_on_the_map_or_found_for_who_does_not_look(lane: Lane) -> None:
    offer, variant = await offered(lane, "ticket", {"hall": PLAN})
    slot = await session(lane, variant, 8, lane.clock() + 2 * DAY)
    await bought(lane, offer, 1, {"slot": slot, "seats": ["A2"]})
    me = Browser(app_of(lane.market))
    page = await me.get(f"/offers/{offer}")
    assert f'hx-get="/offers/{offer}/seats"' in page
    assert f'formaction="/offers/{offer}/seats"' in page, "without scripts a button leads to the map"
    drawn = await me.get(f"/offers/{offer}/seats?c-slot={slot}")
    assert drawn.count('type="checkbox" name="c-seats"') == 8
    assert 'aria-label="Row A, seat 1, ¥20.00, room for a wheelchair"' in drawn
    assert 'aria-label="Row A, seat 2, ¥20.00, taken" disabled' in drawn
    part = await me.get(f"/offers/{offer}/seats?c-slot={slot}&best=2", **{"hx-request": "true"})
    assert "<html" not in part
    assert part.count(" checked>") == 2
    assert "B2, B3 · ¥100.00" in part
    assert "not so many next to each other" in await me.get(f"/offers/{offer}/seats?c-slot={slot}&best=8")
    await me.get(f"/offers/{offer}/seats?c-slot={slot}")
    await me.post(
        "/basket", {"offer": offer, "add": "1", "quantity": "1", "c-slot": slot, "c-seats": ["B2", "B3"]}
    )
    assert me.path == "/basket"
    assert "¥100.00" in me.text
    await me.post("/basket", {"offer": offer, "add": "1", "quantity": "1", "c-slot": slot, "c-seats": ["A2"]})
    assert "Somebody was faster with one of these seats" in me.text
    for wrong in ("c-slot=0", "c-slot=999999", "c-slot=9999999999999999999999"):
        await me.get(f"/offers/{offer}/seats?{wrong}")
        assert me.status in (404, 409, 422)
