"""The page of what a drawn round changed: effect and leverage apart, groups, whom to give next, and the same as CSV."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from litestar import Litestar
from litestar.datastructures import State

from highstreet.kit.clock import FixedClock
from highstreet.web import city, frame
from tests.market import drawn
from tests.market.lane import SECRET, Lane, Made, copy_of
from tests.market.lane import furnished as furnished
from tests.web.operator_office import Browser, browser_of

PAGE = "/city/programmes/spring-lots/effect"


@pytest_asyncio.fixture
async def street(server_url: str, furnished: tuple[str, Made], clock: FixedClock) -> AsyncIterator[Lane]:
    """A lane with a drawn round. Its orders were written into the tables, so no books go with them."""
    async with copy_of(server_url, furnished, clock, lawful=False) as lane:
        made = lane.made.sellers
        await drawn.write(lane.market.db, drawn.people(7, 300, 120, 4_000), made["tea"], made["toys"])
        yield lane


@pytest_asyncio.fixture
async def officer(street: Lane) -> AsyncIterator[Browser]:
    app = Litestar(
        [*city.ROUTES],
        state=State({"market": street.market, "town": "Qinghe"}),
        dependencies=frame.DEPENDENCIES,
        exception_handlers=dict(frame.EXCEPTION_HANDLERS),
        csrf_config=frame.csrf_config(SECRET),
        middleware=[frame.secured],
        openapi_config=None,
    )
    one = await browser_of(app, street, "clerk")
    yield one
    await one.http.aclose()


async def test_effect_and_leverage_stand_apart_and_everything_is_said(officer: Browser, street: Lane) -> None:
    page = (await officer.http.get(PAGE)).text
    effect, leverage = page.index('id="t-effect"'), page.index('id="t-leverage"')
    assert "more spent by each winner" in page[effect:leverage]
    assert "not an effect" in page[leverage : leverage + 300]
    assert "The data do not carry a difference between groups" in page
    assert "Before the draw winners and others spent alike" in page
    assert "By lot, with one chance for all" in page
    chinese = (await officer.http.get(PAGE, headers={"accept-language": "zh"})).text
    assert "平均每位中签者多消费" in chinese
    assert "数据不足以说明不同人群之间有差别" in chinese
    assert "Who has a share" not in chinese

    planned = (
        await officer.http.get(f"{PAGE}?drawn={drawn.BATCH}&budget=500&small=0&elderly=50&rural=0")
    ).text
    assert "at least 50 %" in planned
    assert "as even as the floors allow" in planned
    refused = (await officer.http.get(f"{PAGE}?budget=500&small=99")).text
    assert "No plan keeps all of that" in refused
    assert (await officer.http.get(f"{PAGE}?budget=much")).status_code == 422
    assert (await officer.http.get(f"{PAGE}?small=101")).status_code == 422
    assert (await officer.http.get(f"{PAGE}?drawn=bat_other")).status_code == 404

    sheet = await officer.http.get(f"{PAGE}.csv")
    rows = [line.split(",") for line in sheet.content.decode("utf-8-sig").splitlines()]
    assert sheet.headers["content-type"].startswith("text/csv")
    assert [row[0] for row in rows[1:7]] == ["effect"] * 6
    assert any(row[0].startswith('"leverage') for row in rows)
    async with street.market.db.transaction() as tx:
        await tx.execute("DELETE FROM policy.entry WHERE id > 'clm_pty_0020'")
    assert "too few to tell" in (await officer.http.get(PAGE)).text
    async with street.market.db.transaction() as tx:
        await tx.execute("UPDATE policy.batch SET drawn_at = NULL")
    assert "No round was drawn by lot yet" in (await officer.http.get(PAGE)).text
    assert (await officer.http.get(f"{PAGE}.csv")).status_code == 404
    assert (await officer.http.get("/city/programmes/none/effect")).status_code == 404
    officer.http.cookies.clear()
    assert (await officer.http.get(PAGE)).status_code in (302, 303, 401, 403)
