"""Describing goods, pictures, the spreadsheet, offers, prices and promotions, as a shop does them; forms that lose nothing."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from openpyxl import load_workbook
from PIL import Image

from highstreet.market import quote
from highstreet.orders import Entry
from tests.web.merchant_desk import Clerk, Desk, open_desk

LOAF = {
    "category": "food.bakery", "variants": "1", "sku-0": "RYE-1", "title_en": "Rye loaf", "title_zh": "黑麦面包", "sells": "goods",
    "labels": ["local", "handmade"], "gtin-0": "", "unit-0": "piece", "step-0": "1",
}  # fmt: skip
SHEET = """Title,Chinese title,Category,Stock number,Price,Stock,Bar code
Walnut bread,核桃面包,Bread and buns,WAL-1,24.00,12,
Plum cake,,food.bakery,PLUM-1,abc,3,
Seed roll,,food.bakery,SEED-1,4.50,40,12345
"""


@pytest_asyncio.fixture
async def desk(server_url: str, template: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(server_url, template, tmp_path) as found:
        yield found


@pytest_asyncio.fixture
async def wu(desk: Desk) -> Clerk:
    return await desk.sit("wu")


async def described(wu: Clerk) -> str:
    await wu.send("/merchant/goods/new", LOAF)
    assert wu.status == 200, wu.text
    return wu.path.rpartition("/")[2]


async def test_the_form_asks_what_the_kind_needs_and_keeps_what_was_typed(wu: Clerk) -> None:
    page = await wu.get("/merchant/goods/new?category=family.toys&title_en=Kite")
    assert 'name="a-age_from"' in page
    assert 'value="Kite"' in page
    assert 'name="a-age_from"' not in await wu.get("/merchant/goods/new?category=food.bakery")
    toy = LOAF | {"category": "family.toys", "gtin-0": "123", "brand": "Wind & Sons"}
    page = await wu.send("/merchant/goods/new", toy)
    assert wu.status == 422
    for kept in (
        "Rye loaf",
        "黑麦面包",
        "Wind & Sons",
        "RYE-1",
        "is not a bar code number",
        "Please fill this in.",
    ):
        assert kept in page, kept


async def test_another_variant_is_asked_for_without_losing_the_first(wu: Clerk) -> None:
    page = await wu.send("/merchant/goods/new", LOAF | {"do": "more"})
    assert 'name="sku-1"' in page
    assert 'value="RYE-1"' in page
    await wu.send("/merchant/goods/new", LOAF | {"variants": "2", "sku-1": "RYE-2", "size-1": "1 kg"})
    assert "RYE-2" in wu.text
    assert wu.path.startswith("/merchant/goods/itm_")


async def test_an_item_is_described_changed_found_and_retired(wu: Clerk) -> None:
    item = await described(wu)
    assert "Rye loaf" in await wu.get("/merchant/goods?q=rye")
    assert "Rye loaf" in await wu.get("/merchant/goods?q=RYE-1&show=unsold")
    assert "Rye loaf" not in await wu.get("/merchant/goods?kind=devices")
    variant = wu_variant(await wu.get(f"/merchant/goods/{item}"))
    changed = LOAF | {"title_en": "Dark rye", "variant-0": variant}
    await wu.send(f"/merchant/goods/{item}", changed)
    assert "Dark rye" in await wu.get("/merchant/goods")
    await wu.send(f"/merchant/goods/{item}/retirement")
    assert "Dark rye" not in await wu.get("/merchant/goods")
    assert "Dark rye" in await wu.get("/merchant/goods?show=retired")


def wu_variant(page: str) -> str:
    found = re.search(r'name="variant-0" value="(var_[^"]+)"', page)
    assert found
    return found[1]


def stored_under(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.rglob("*.webp")]


async def test_a_form_sent_twice_makes_one_thing_and_a_changed_one_another(desk: Desk, wu: Clerk) -> None:
    for _ in range(2):
        await wu.send("/merchant/goods/new", LOAF | {"once": "key_1"})
        assert wu.status == 200, wu.text
    count = "SELECT count(*) FROM catalog.item WHERE title ->> 'zh' = '黑麦面包'"
    assert await desk.value(count) == 1
    await wu.send("/merchant/goods/new", LOAF | {"once": "key_1", "title_en": "Rye loaf, large"})
    assert await desk.value(count) == 2
    variant = await desk.value("SELECT id FROM catalog.variant WHERE sku = 'RYE-1' LIMIT 1")
    offer = {
        "variant": variant,
        "format": "collect",
        "place": desk.town.places["bakery"],
        "price": "28",
        "once": "key_2",
    }
    shelf = {"variant": variant, "place": desk.town.places["bakery"], "quantity": "7", "once": "key_3"}
    both = [
        wu.client.post("/merchant/offers/new", data=offer | {"_csrf_token": wu.client.cookies["csrf"]})
        for _ in range(3)
    ]
    assert {answer.status_code for answer in await asyncio.gather(*both)} == {200}
    assert await desk.value("SELECT count(*) FROM catalog.offer WHERE variant_id = $1", variant) == 1
    for _ in range(2):
        await wu.send("/merchant/stock/receive", shelf)
    assert await desk.value("SELECT total FROM inventory.supply WHERE variant_id = $1", variant) == 7


async def test_a_picture_is_written_anew_and_a_bomb_is_refused_with_a_sentence(
    wu: Clerk, tmp_path: Path
) -> None:
    item = await described(wu)
    raw = io.BytesIO()
    Image.new("RGB", (400, 300), "#c85").save(raw, "JPEG", comment=b"taken at home")
    await wu.send(
        f"/merchant/goods/{item}/pictures", files=[("picture", ("a.jpg", raw.getvalue(), "image/jpeg"))]
    )
    assert "Added." in wu.text
    stored = stored_under(tmp_path)
    assert stored
    assert all(b"taken at home" not in content for content in stored)
    shown = re.search(r"/media/pictures/[^\"]+-320.webp", wu.text)
    assert shown
    answer = await wu.client.get(shown[0])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
    for strange in (
        "/media/pictures/../x-320.webp",
        "/media/pictures/aa/x.webp",
        f"{shown[0]}.png",
        shown[0].replace("-320", "-"),
    ):
        assert (await wu.client.get(strange)).status_code == 404, strange
    bomb = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + (60000).to_bytes(4, "big") * 2 + b"\x08\x02\x00\x00\x00"
    await wu.send(f"/merchant/goods/{item}/pictures", files=[("picture", ("b.png", bomb, "image/png"))])
    assert "too large" in wu.text
    page = await wu.get(f"/merchant/goods/{item}")
    picture = re.search(r"/pictures/(pic_[^/]+)/removal", page)
    assert picture
    await wu.send(f"/merchant/goods/{item}/pictures/{picture[1]}/removal")
    assert "/removal" not in await wu.get(f"/merchant/goods/{item}")


async def test_a_table_is_previewed_with_its_faults_taken_once_and_received(desk: Desk, wu: Clerk) -> None:
    await wu.send("/merchant/sheets", files={"sheet": ("goods.csv", SHEET.encode(), "text/csv")})
    assert wu.path.startswith("/merchant/sheets/itk_")
    for told in ("line 3", "line 4", "is not an amount", "不是金额", "Walnut bread"):
        assert told in wu.text, told
    intake = wu.path
    await wu.send(f"{intake}/taking", place=desk.town.places["bakery"])
    assert (wu.status, "Choose at least one way" in wu.text) == (422, True)
    for _ in range(2):
        await wu.send(f"{intake}/taking", place=desk.town.places["bakery"], format=["collect", "counter"])
        assert wu.status == 200, wu.text
    assert "were made" in wu.text
    sql = """SELECT s.total FROM inventory.supply s JOIN catalog.variant v ON v.id = s.variant_id WHERE v.sku = 'WAL-1'"""
    assert await desk.value(sql) == 12
    assert (
        await desk.value(
            "SELECT count(*) FROM catalog.offer o JOIN catalog.variant v ON v.id = o.variant_id WHERE v.sku = 'WAL-1'"
        )
        == 2
    )


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        (b"nothing,of,use\n1,2,3\n", "goods.csv", "columns are missing"),
        (b"%PDF-1.7", "goods.pdf", "cannot be read as a table"),
        (b"PK\x03\x04broken", "goods.xlsx", "cannot be read as a table"),
        (b"", "goods.csv", "cannot be read as a table"),
    ],
)
async def test_a_file_that_is_no_table_is_refused_with_a_sentence(
    wu: Clerk, content: bytes, name: str, told: str
) -> None:
    await wu.send("/merchant/sheets", files={"sheet": (name, content, "text/csv")})
    assert (wu.status, told in wu.text) == (422, True), wu.text[:500]


async def test_the_template_comes_as_csv_and_as_a_workbook(desk: Desk, wu: Clerk) -> None:
    plain = await wu.client.get("/merchant/sheets/template/goods.csv")
    assert plain.content.startswith(b"\xef\xbb\xbf")
    book = load_workbook(io.BytesIO((await wu.client.get("/merchant/sheets/template/goods.xlsx")).content))
    assert len(book.sheetnames) == 2
    zh = await desk.sit("wu", lang="zh")
    assert "货号" in (await zh.client.get("/merchant/sheets/template/goods.csv")).text


async def test_an_offer_shows_what_the_buyer_will_see_and_goes_on_sale(desk: Desk, wu: Clerk) -> None:
    item = await described(wu)
    variant = wu_variant(await wu.get(f"/merchant/goods/{item}"))
    place = desk.town.places["bakery"]
    asked = (
        f"/merchant/offers/new?variant={variant}&format=collect&place={place}&price=28&t-prepare_minutes=90"
    )
    part = await wu.get(asked, **{"hx-request": "true"})
    assert "Ready to fetch from today 11:30" in part
    assert "¥27.44" in part  # two percent go to the market
    assert "<html" not in part
    form = {"variant": variant, "format": "collect", "place": place, "t-prepare_minutes": "90"}
    page = await wu.send("/merchant/offers/new", form | {"price": "-3"})
    assert (wu.status, "cannot be negative" in page) == (422, True)
    await wu.send("/merchant/offers/new", form | {"price": "28"})
    offer = wu.path.rpartition("/")[2]
    assert "It is on sale now." in wu.text
    assert (await quote.quote(desk.market, [Entry(offer, 1)], desk.market.clock())).quote.total == 2800
    await wu.send(f"/merchant/offers/{offer}", {"price": "30.50", "t-prepare_minutes": "20"})
    await wu.send(f"/merchant/offers/{offer}/prices", tier="25", least="10", channel="any")
    assert "from 10 pieces" in wu.text
    page = await wu.send(f"/merchant/offers/{offer}/prices", tier="29", least="20", channel="any")
    assert (wu.status, "may not cost more each" in page) == (422, True)
    await wu.send(f"/merchant/offers/{offer}/prices/removal", n="0", was="any 10 2500")
    assert "from 10 pieces" not in wu.text
    for to, said in (("paused", "Paused."), ("open", "on sale"), ("closed", "Closed for good")):
        await wu.send(f"/merchant/offers/{offer}/state", to=to)
        assert said in wu.text


async def test_what_needs_a_licence_stays_off_sale_without_it(desk: Desk) -> None:
    chen = await desk.sit("chen")
    await chen.send("/merchant/goods/new", LOAF)
    variant = wu_variant(chen.text)
    form = {"variant": variant, "format": "collect", "place": desk.town.places["toys"], "price": "28"}
    page = await chen.send("/merchant/offers/new", form)
    assert (chen.status, "needs an accepted food trade licence" in page) == (
        403,
        True,
    ) or "needs an accepted" in page
    assert await desk.value("SELECT count(*) FROM catalog.offer WHERE variant_id = $1", variant) == 0
    await chen.send("/merchant/offers/new", form | {"do": "draft"})
    assert "Kept as a draft." in chen.text


@pytest.mark.parametrize(
    ("kind", "fields", "told"),
    [
        ("percent", "percent=10", "the buyer pays 90%"),
        ("amount", "off=1", "you give"),
        ("spend", "spend=50&off=8", "you give"),
        ("buy_n", "n=3&free=1", "the buyer pays 67%"),
    ],
)
async def test_a_promotion_is_reckoned_while_it_is_written(
    wu: Clerk, kind: str, fields: str, told: str
) -> None:
    part = await wu.get(f"/merchant/promotions/new?kind={kind}&{fields}", **{"hx-request": "true"})
    assert told in part
    assert "<html" not in part


async def test_a_promotion_begins_names_its_funder_and_ends(desk: Desk, wu: Clerk) -> None:
    offer = desk.town.offers["BREAD-SOUR/collect"]
    form = {
        "kind": "percent",
        "percent": "10",
        "name_en": "Loaf days",
        "from": "2026-11-23",
        "until": "2026-11-29",
        "offers": [offer],
    }
    page = await wu.send("/merchant/promotions/new", form | {"until": "2026-11-01"})
    assert (wu.status, "Loaf days" in page) == (422, True)
    await wu.send("/merchant/promotions/new", form)
    assert "Loaf days" in wu.text
    assert "10 % off" in wu.text
    found = await quote.quote(desk.market, [Entry(offer, 1)], desk.market.clock())
    assert found.quote.total == 2520
    promotion = re.search(r"/promotions/(prm_[^/]+)/end", wu.text)
    assert promotion
    shen = await desk.sit("shen", "tea")
    await shen.send(f"/merchant/promotions/{promotion[1]}/end")
    assert shen.status == 404
    await wu.send(f"/merchant/promotions/{promotion[1]}/end")
    assert "Ended." in wu.text


async def test_goods_of_another_shop_are_not_there(desk: Desk, wu: Clerk) -> None:
    item = await described(wu)
    variant = wu_variant(await wu.get(f"/merchant/goods/{item}"))
    offer = desk.town.offers["BREAD-SOUR/collect"]
    await wu.send("/merchant/sheets", files={"sheet": ("goods.csv", SHEET.encode(), "text/csv")})
    intake = wu.path
    shen = await desk.sit("shen", "tea")
    for path in (f"/merchant/goods/{item}", f"/merchant/offers/{offer}", intake):
        await shen.get(path)
        assert shen.status == 404, path
    for path in (f"/merchant/goods/{item}", f"/merchant/goods/{item}/retirement", f"/merchant/goods/{item}/pictures",
                 f"/merchant/goods/{item}/pictures/pic_x/first", f"/merchant/goods/{item}/pictures/pic_x/removal",
                 f"/merchant/offers/{offer}", f"/merchant/offers/{offer}/state", f"/merchant/offers/{offer}/prices",
                 f"/merchant/offers/{offer}/prices/removal", f"{intake}/taking", f"{intake}/drop"):  # fmt: skip
        await shen.send(
            path,
            LOAF
            | {
                "price": "1",
                "tier": "1",
                "to": "paused",
                "place": desk.town.places["tea"],
                "format": "collect",
            },
        )
        assert shen.status == 404, path
    form = {"variant": variant, "format": "collect", "place": desk.town.places["tea"], "price": "5"}
    await shen.send("/merchant/offers/new", form)
    assert "There is no such variant here." in shen.text
