"""Stock, takings and the business: counting and moving, what is owed and paid out, joining, licences, people, who may come in."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from PIL import Image

from highstreet import ledger, parties
from tests.town import FIRST_LOOK
from tests.web.merchant_desk import Desk, open_desk

USCC = "91320621MA1MRHG205"


@pytest_asyncio.fixture
async def desk(server_url: str, template: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(server_url, template, tmp_path) as found:
        yield found


async def shelf_of(desk: Desk, offer: str) -> int:
    sql = """SELECT s.id FROM inventory.supply s JOIN catalog.offer o ON o.variant_id = s.variant_id AND o.place_id = s.place_id
             WHERE o.id = $1 AND s.period IS NULL"""
    return int(await desk.value(sql, desk.town.offers[offer]))


async def on_hand(desk: Desk, shelf: int) -> int:
    return int(await desk.value("SELECT total - sold FROM inventory.supply WHERE id = $1", shelf))


async def test_a_scanned_bar_code_goes_straight_to_its_shelf(desk: Desk) -> None:
    wu = await desk.sit("wu")
    shelf = await shelf_of(desk, "BREAD-SOUR/collect")
    sql = """SELECT ltrim(v.gtin, '0') FROM inventory.supply s JOIN catalog.variant v ON v.id = s.variant_id WHERE s.id = $1"""
    code = await desk.value(sql, shelf)
    await wu.get(f"/merchant/stock?q={code}")
    assert wu.path == f"/merchant/stock/{shelf}"
    assert "Ferry sourdough" in await wu.get("/merchant/stock?q=sourdough")
    assert "Nothing like that on your shelves" in await wu.get("/merchant/stock?q=violin")


async def test_a_shelf_is_received_counted_written_off_and_marked_each_form_once(desk: Desk) -> None:
    wu = await desk.sit("wu")
    shelf = await shelf_of(desk, "BREAD-SOUR/collect")
    before = await on_hand(desk, shelf)
    total = await desk.value("SELECT total FROM inventory.supply WHERE id = $1", shelf)
    url = f"/merchant/stock/{shelf}"
    await wu.send(f"{url}/received", quantity="10", was=str(total), note="slip 7")
    assert "10 received." in wu.text
    page = await wu.send(f"{url}/received", quantity="10", was=str(total), note="slip 7")
    assert (wu.status, "has changed since" in page) == (422, True)
    assert await on_hand(desk, shelf) == before + 10
    page = await wu.send(f"{url}/written_off", quantity="2")
    assert (wu.status, "Please fill this in." in page) == (422, True)
    await wu.send(f"{url}/written_off", quantity="2", note="dropped")
    await wu.send(f"{url}/counted", quantity="30")
    assert await on_hand(desk, shelf) == 30
    for wrong in ("-3", "1.5", "NaN", "lots", "99999999999"):
        await wu.send(f"{url}/received", quantity=wrong)
        assert wu.status == 422, wrong
    page = await wu.send(f"{url}/written_off", quantity="31", note="all")
    assert (wu.status, "cannot go below" in page) == (422, True)
    await wu.send(f"{url}/low", quantity="40")
    assert "Ferry sourdough" in await wu.get("/merchant/stock?low=1")
    assert "Ferry sourdough" in await wu.get("/merchant")


async def test_stock_moves_to_another_place_of_ones_own_only(desk: Desk) -> None:
    wu = await desk.sit("wu")
    shelf = await shelf_of(desk, "BREAD-SOUR/collect")
    await wu.send("/merchant/places/new", _place())
    second = await desk.value("SELECT id FROM parties.place WHERE name ->> 'en' = 'The stall'")
    before = await on_hand(desk, shelf)
    await wu.send(f"/merchant/stock/{shelf}/moved", quantity="5", to=second)
    assert await on_hand(desk, shelf) == before - 5
    await wu.send(f"/merchant/stock/{shelf}/moved", quantity="5", to=desk.town.places["tea"])
    assert await on_hand(desk, shelf) == before - 5
    shen = await desk.sit("shen", "tea")
    await shen.get(f"/merchant/stock/{shelf}")
    assert shen.status == 404
    await shen.send(f"/merchant/stock/{shelf}/received", quantity="5")
    assert (shen.status, await on_hand(desk, shelf)) == (404, before - 5)


def _place(**more: str) -> dict[str, str]:
    hours = {f"day-{day}": "8:00-12:00, 14:00-18:30" for day in range(5)}
    where = {
        "name_en": "The stall",
        "line_en": "Fish Steps 9",
        "lat": "31.2",
        "lon": "120.6",
        "reach": "2",
        "kind": "stall",
    }
    return where | hours | more


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("lat", "95"),
        ("lon", "east"),
        ("day-0", "whenever"),
        ("name_en", ""),
        ("line_en", ""),
        ("reach", "-1"),
    ],
)
async def test_a_place_that_cannot_be_is_told_at_its_field_and_nothing_is_lost(
    desk: Desk, field: str, value: str
) -> None:
    wu = await desk.sit("wu")
    page = await wu.send("/merchant/places/new", _place(**{field: value}))
    assert wu.status == 422
    assert 'class="error"' in page
    assert "14:00-18:30" in page


async def sold(desk: Desk) -> str:
    """A parcel that arrived and may no longer come back."""
    order_id = await desk.buy("TEA-BLACK/online")
    await desk.tell(order_id, "shipped", carrier="SF", tracking="1")
    await desk.tell(order_id, "delivered")
    return order_id


async def test_money_is_seen_coming_is_owed_is_paid_out_once_and_adds_up_in_the_statement(desk: Desk) -> None:
    shen = await desk.sit("shen", "tea")
    seller = desk.town.sellers["tea"]
    async with desk.market.db.read() as tx:
        before = await ledger.payouts.owed(tx, seller, "CNY")
    order_id = await sold(desk)
    page = await shen.get("/merchant/takings")
    assert f"/merchant/orders/{order_id}" in page
    await desk.tell(order_id, "received", "buyer")
    async with desk.market.db.read() as tx:
        owed = await ledger.payouts.owed(tx, seller, "CNY")
    assert owed > before
    await shen.send("/merchant/takings/payouts", amount="999999")
    assert shen.status == 422
    for _ in range(2):
        await shen.send("/merchant/takings/payouts", amount="10", once="key_pay")
        assert shen.status == 200, shen.text
    assert await desk.value("SELECT count(*) FROM ledger.payout WHERE seller_id = $1", seller) == 1
    file = (
        await shen.client.get("/merchant/takings/statement.csv?start=2026-01-01&end=2026-12-31")
    ).text.lstrip("\ufeff")
    rows = list(csv.DictReader(io.StringIO(file)))
    assert sum(round(Decimal(row["amount"]) * 100) for row in rows) == owed - 1000
    assert round(Decimal(rows[-1]["balance"]) * 100) == owed - 1000


async def test_somebody_becomes_a_seller_and_shows_a_licence(desk: Desk, tmp_path: Path) -> None:
    he = await desk.sit("he")
    await he.get("/merchant")
    assert he.path == "/merchant/join"
    form = {"name": "Grandma He's Pickles", "phone": "0578 600 1234", "tagline_en": "Since always"}
    page = await he.send("/merchant/join", form | {"uscc": "91320621MA1MRHG206"})
    assert (he.status, "not a Unified Social Credit Code" in page, "Since always" in page) == (
        422,
        True,
        True,
    )
    page = await he.send("/merchant/join", form)
    assert (he.status, "Please fill this in." in page) == (422, True)
    await he.send("/merchant/join", form | {"uscc": USCC})
    assert he.path == "/merchant/places/new"
    await he.send("/merchant/places/new", _place())
    assert "Your application is being read" in await he.get("/merchant")
    scan = io.BytesIO()
    Image.new("RGB", (300, 400), "white").save(scan, "PNG")
    licence = {
        "kind": "food",
        "number": "JY-77",
        "issuer": "Bureau",
        "valid_from": "2026-01-01",
        "valid_to": "2025-01-01",
    }
    await he.send("/merchant/licences", licence, files={"scan": ("l.png", scan.getvalue(), "image/png")})
    assert he.status == 422
    await he.send(
        "/merchant/licences",
        licence | {"valid_to": "2028-01-01"},
        files={"scan": ("l.png", scan.getvalue(), "image/png")},
    )
    assert "being looked at" in he.text
    licence_id = await desk.value("SELECT id FROM parties.licence WHERE number = 'JY-77'")
    assert (await he.client.get(f"/merchant/licences/{licence_id}/scan")).headers[
        "content-type"
    ] == "image/webp"
    assert not list((tmp_path / "pictures").rglob("*")) if (tmp_path / "pictures").exists() else True
    wu = await desk.sit("wu")
    await wu.get(f"/merchant/licences/{licence_id}/scan")
    assert wu.status == 404


async def test_whoever_works_for_two_shops_says_for_which(desk: Desk) -> None:
    ding = await desk.sit("ding")
    await ding.get("/merchant")
    assert ding.path == "/merchant/choose"
    await ding.send("/merchant/choose", business=desk.town.sellers["grocer"])
    assert (ding.path, "Three Bridges Grocery" in ding.text) == ("/merchant", True)
    await ding.send("/merchant/choose", business=desk.town.sellers["tea"])
    assert ding.status == 404


async def test_an_invitation_makes_somebody_a_clerk_and_may_be_withdrawn(desk: Desk) -> None:
    wu = await desk.sit("wu")
    await wu.send("/merchant/staff", role="clerk")
    link = urlsplit(wu.find(r'value="(http[^"]+invitation[^"]+)"'))
    tang = await desk.sit("xiaoyu")
    assert "would like you to work there" in await tang.get(f"{link.path}?{link.query}")
    await tang.send("/merchant/invitation", key=link.query.removeprefix("key="))
    assert tang.path == "/merchant"
    await tang.send("/merchant/staff", role="owner")
    assert tang.status == 403
    await wu.send(f"/merchant/staff/{desk.town.people['xiaoyu']}/withdrawal", role="clerk")
    await tang.get("/merchant")
    assert tang.path == "/merchant/join"
    page = await wu.send(f"/merchant/staff/{desk.town.people['wu']}/withdrawal", role="owner")
    assert "must stay owner" in page
    await tang.get("/merchant/invitation?key=forged")
    assert tang.status == 410


async def test_an_invitation_ends_with_the_right_of_whoever_gave_it(desk: Desk) -> None:
    wu = await desk.sit("wu")
    await wu.send("/merchant/staff", role="manager")
    key = re.search(r"invitation\?key=([^\"&]+)", wu.text)
    assert key
    async with desk.market.db.transaction() as tx:
        bakery, wu_id, tang = desk.town.sellers["bakery"], desk.town.people["wu"], desk.town.people["xiaoyu"]
        await parties.roles.grant(tx, person_id=tang, party_id=bakery, role="owner", by=wu_id, now=FIRST_LOOK)
        await parties.roles.withdraw(
            tx, person_id=wu_id, party_id=bakery, role="owner", by=tang, now=FIRST_LOOK
        )
    guest = await desk.sit("he")
    await guest.send("/merchant/invitation", key=key[1])
    assert guest.status == 410


PAGES = (
    "", "/orders", "/goods", "/goods/new", "/offers", "/offers/new", "/promotions", "/promotions/new", "/sheets", "/stock",
    "/stock/receive", "/takings", "/business", "/places", "/places/new", "/licences", "/staff",
)  # fmt: skip


@pytest.mark.parametrize("lang", ["en", "zh"])
async def test_every_page_answers_in_both_languages_and_not_to_strangers(desk: Desk, lang: str) -> None:
    wu = await desk.sit("wu", lang=lang)
    stranger = desk.stranger(lang)
    stranger.client.follow_redirects = False
    for page in PAGES:
        text = await wu.get("/merchant" + page)
        assert wu.status == 200, page
        assert ("灯火面包房" if lang == "zh" else "Lamplight Bakery") in text, page
        await stranger.get("/merchant" + page)
        assert stranger.status == 303, page


async def test_a_forged_form_is_refused(desk: Desk) -> None:
    wu = await desk.sit("wu")
    await wu.get("/merchant")
    answer = await wu.client.post("/merchant/business", data={"phone": "1"})
    assert answer.status_code == 403
