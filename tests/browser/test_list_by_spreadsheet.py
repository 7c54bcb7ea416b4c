"""A shop lists goods by spreadsheet: from the template to a thing a buyer can have, on a phone and at a desk, in both languages."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from highstreet.market import quote
from highstreet.orders import Entry
from highstreet.parties import sessions
from tests.browser.tab import LOOKS, Eyes, a_tab, name_of, served
from tests.web.merchant_desk import Desk, open_desk

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

SHEET = """Title,Chinese title,Category,Stock number,Price,Stock,Bar code
Walnut bread,核桃面包,Bread and buns,WAL-1,24.00,12,
Plum cake,话梅蛋糕,food.bakery,PLUM-1,a lot,3,
Seed roll,杂粮餐包,food.bakery,SEED-1,4.50,40,
"""


@pytest_asyncio.fixture
async def desk(server_url: str, template: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(server_url, template, tmp_path) as found:
        yield found


@pytest_asyncio.fixture(params=LOOKS, ids=name_of)
async def eyes(request: pytest.FixtureRequest, desk: Desk, chromium: Browser) -> AsyncIterator[Eyes]:
    """Baker Wu's browser, in one of the ways people look."""
    async with desk.market.db.transaction() as tx:
        token = await sessions.open_session(
            tx, desk.town.people["wu"], None, False, "test", desk.market.clock()
        )
    async with served(desk.app) as url, a_tab(chromium, url, request.param, session=token) as eyes:
        yield eyes


async def test_list_by_spreadsheet(eyes: Eyes, desk: Desk, tmp_path: Path) -> None:
    page = eyes.page
    await eyes.see("/merchant/goods")
    await eyes.judge("goods")
    await page.locator("a[href='/merchant/sheets']").first.click()
    async with page.expect_download() as download:
        await page.locator("a[href$='goods.xlsx']").click()
    assert (await download.value).suggested_filename == "goods.xlsx"
    await eyes.judge("sheets")

    file = tmp_path / "autumn.csv"
    file.write_text(SHEET, encoding="utf-8")
    await page.set_input_files("#f-sheet", str(file))
    await page.locator("main form .button.main").click()
    await expect(page.locator("h1")).to_have_text("autumn.csv")
    await expect(page.locator(".faults li")).to_have_count(1)
    await expect(page.locator(".faults")).to_contain_text("a lot")
    await eyes.judge("preview")
    await eyes.keep(f"spreadsheet-{page.viewport_size['width'] if page.viewport_size else 0}")

    # Nothing is chosen yet: told at its place, and nothing lost.
    await page.locator("form[action$='/taking'] .button.main").click()
    await expect(page.locator(".pick.wrong")).to_have_count(1)
    await page.locator("input[name=format]").nth(0).check()
    await page.locator("input[name=format]").nth(2).check()
    await page.locator("form[action$='/taking'] .button.main").click()
    await expect(page.locator("main .notice.good")).to_contain_text(re.compile("were made|已新增"))
    await eyes.judge("taken")

    await eyes.see("/merchant/offers?q=WAL-1")
    await expect(page.locator(".rows > li")).to_have_count(2)
    await eyes.judge("offers")
    sql = """SELECT o.id FROM catalog.offer o JOIN catalog.variant v ON v.id = o.variant_id WHERE v.sku = 'WAL-1' LIMIT 1"""
    offer = await desk.value(sql)
    assert (await quote.quote(desk.market, [Entry(offer, 1)], desk.market.clock())).quote.total == 2400


DESKS = ("", "/orders?tab=all", "/goods/new?category=family.toys", "/offers/new", "/promotions/new?kind=spend&spend=60&off=8", "/stock",
         "/stock/receive", "/takings", "/business", "/places", "/places/new", "/licences", "/staff", "/join")  # fmt: skip


async def test_every_desk_page_fits_and_reads_well(eyes: Eyes, desk: Desk) -> None:
    order_id = await desk.buy("BREAD-SOUR/collect", 2)
    shelf = await desk.value("SELECT max(s.id) FROM inventory.supply s JOIN parties.place p ON p.id = s.place_id WHERE p.party_id = $1",
                             desk.town.sellers["bakery"])  # fmt: skip
    offer = desk.town.offers["BREAD-SOUR/collect"]
    item = await desk.value("SELECT item_id FROM catalog.offer WHERE id = $1", offer)
    more = (
        f"/orders/{order_id}",
        f"/orders/{order_id}/slip",
        f"/stock/{shelf}",
        f"/offers/{offer}",
        f"/goods/{item}",
    )
    for path in (*DESKS, *more):
        await eyes.see("/merchant" + path)
        await eyes.judge(path or "today")


@pytest.mark.parametrize("eyes", LOOKS[:1], indirect=True)
async def test_a_new_order_appears_by_itself_and_one_tap_makes_it_ready(eyes: Eyes, desk: Desk) -> None:
    page = eyes.page
    await eyes.see("/merchant")
    before = await page.locator(".jobs").first.locator("> li").count()
    order_id = await desk.buy("BREAD-SOUR/collect")
    job = page.locator(f".job:has(a[href='/merchant/orders/{order_id}'])")
    await expect(job).to_have_count(1)
    assert await page.locator(".jobs").first.locator("> li").count() == before + 1
    await job.locator(".button.main").click()
    await expect(job.locator("form")).to_have_count(0)
    await expect(job.locator(".badge")).to_have_text("to be fetched")
    assert not eyes.wrong


@pytest.mark.parametrize("eyes", LOOKS[:1], indirect=True)
async def test_the_buyer_is_shown_while_the_offer_is_written(eyes: Eyes, desk: Desk) -> None:
    page = eyes.page
    sql = "SELECT variant_id FROM catalog.offer WHERE id = $1"
    variant = await desk.value(sql, desk.town.offers["BREAD-SOUR/collect"])
    await eyes.see(f"/merchant/offers/new?variant={variant}")
    await page.locator("input[name=format]").nth(2).check()
    await page.fill("#f-price", "32")
    await expect(page.locator(".preview .price")).to_contain_text("¥32.00")
    await expect(page.locator("#f-price")).to_have_value("32")
    await page.locator("#offer-rest .button.main").click()
    await expect(page.locator("#said")).to_contain_text("It is on sale now.")
