"""A scenario by its pages: put together from two shops, asked, refused, agreed, opened, and taken off sale again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.web.merchant_desk import Desk, open_desk


@pytest_asyncio.fixture
async def desk(server_url: str, template: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(server_url, template, tmp_path) as found:
        yield found


async def test_a_scenario_opens_when_everybody_agreed(desk: Desk) -> None:
    baker, bowls = await desk.sit("wu", "bakery"), await desk.sit("tao", "kiln")
    bread = desk.town.offers["BREAD-SOUR/collect"]
    bowl = next(offer for key, offer in desk.town.offers.items() if key == "KILN-BOWL/online")
    await baker.send(
        "/merchant/scenarios/new", {"offers": [bread], "q": "bowl", "find": "1", "name_en": "Half typed"}
    )
    assert baker.status == 200 and f'name="add" value="{bowl}"' in baker.text and "Half typed" in baker.text
    await baker.send("/merchant/scenarios/new", {"offers": [bread], "add": bowl, f"off-{bread}": "7"})
    assert f'name="offers" value="{bowl}"' in baker.text and 'value="7"' in baker.text
    filled = {
        "offers": [bread, bowl], "name_en": "Breakfast in a bowl", f"many-{bread}": "1", f"many-{bowl}": "2", f"off-{bowl}": "5",
        f"funder-{bowl}": "seller", f"when-{bread}_en": "At eight", "picture": "noodles",
    }  # fmt: skip
    await baker.send("/merchant/scenarios/new", filled | {"until": "2026-11-01"})
    assert baker.status == 422 and "Breakfast in a bowl" in baker.text
    await baker.send("/merchant/scenarios/new", filled | {"until": "2026-12-24"})
    assert baker.path == "/merchant/scenarios" and "being asked" in baker.text and "/open" not in baker.text
    scenario = baker.find(r"/merchant/scenarios/(scn_\w+)/drop")
    own = f"/merchant/scenarios/{scenario}"
    await baker.send(own + "/open")
    assert baker.status == 409 and "has not agreed" in baker.text
    # The other seller says no, thinks again, and says yes to being in it and to paying.
    assert "Breakfast in a bowl" in await bowls.get("/merchant/scenarios") and "5% off, paid by" in bowls.text
    await bowls.send(own + "/refuse")
    await baker.send(own + "/open")
    assert baker.status == 409 and "said no" in baker.text
    await bowls.send(own + "/agree")
    stranger = await desk.sit("xu", "books")
    for doing in ("agree", "refuse", "open", "close", "drop"):
        await stranger.send(f"{own}/{doing}")
        assert stranger.status == 404, doing
    await baker.send(own + "/open")
    assert "Open: everybody can buy it now" in baker.text
    await bowls.send(own + "/refuse")
    assert bowls.status == 404  # it is on sale: a part goes by its seller closing the offer
    await baker.send(own + "/close")
    assert "over" in baker.text and await desk.value(
        "SELECT closed_at IS NOT NULL FROM catalog.scenario WHERE id = $1", scenario
    )
    kept = await desk.value("SELECT count(*) FROM parties.notice WHERE kind = 'scenario_asked'")
    assert kept == 1
