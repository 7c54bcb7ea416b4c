"""The quick lane gives the page the framework gives, to each visitor their own, and never an old price or an old number left."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any, cast

import httpx
import pytest
from msgspec.structs import replace

from highstreet import catalog, inventory
from highstreet.kit.clock import FixedClock
from highstreet.kit.db import DatabaseAway
from highstreet.kit.text import Words
from highstreet.market import shelf as shelves_of_the_market
from highstreet.market.shelf import Shelf
from highstreet.market.views import offered as views
from highstreet.web import frame as frames_of
from highstreet.web import render
from highstreet.web.quick import QuickPages
from highstreet.web.render import Frame, Look
from highstreet.web.sessions import Visitor
from highstreet.web.shop.shelves import Shown, offers
from tests.web.shop_browser import Browser
from tests.web.shop_world import PASSWORD, SECRET, Street, app_of, street, street_template

__all__ = ["street", "street_template"]

TOKEN = "0" * 128
HTMX = {"hx-request": "true"}


def quick_of(street: Street) -> Any:
    pages = app_of(street.market)
    return QuickPages(pages, pages, frames_of.csrf_config(SECRET))


def client_of(app: Any) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://town.test")


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """News of a change come over another connection: asked again for at most half a minute."""
    async with asyncio.timeout(30):
        while not await holds():  # noqa: ASYNC110 - what is waited for happens in the database
            await asyncio.sleep(0.02)


async def asked_both_ways(
    street: Street, path: str, cookies: Mapping[str, str], headers: Mapping[str, str]
) -> httpx.Response:
    """The answer of the quick lane, after it was found to be that of the framework."""
    jar = "; ".join(f"{name}={value}" for name, value in ({"csrf": TOKEN} | dict(cookies)).items())
    quick, slow = [
        await client_of(app).get(path, headers={"cookie": jar, **headers})
        for app in (quick_of(street), app_of(street.market))
    ]
    assert quick.status_code == slow.status_code
    assert quick.text == slow.text
    assert dict(quick.headers) == dict(slow.headers)
    return quick


LOOKS: list[tuple[dict[str, str], dict[str, str]]] = [
    ({}, {}),
    ({"lang": "zh", "theme": "dark", "elder": "1"}, HTMX),
    ({"near": "31.299,120.585"}, {"accept-language": "zh-CN"}),
    ({"flash": "no flash at all"}, HTMX | {"hx-boosted": "true"}),
]


async def test_both_ways_give_the_same_pages(street: Street) -> None:
    paths = (
        "/search",
        "/search?q=tea&sort=price",
        "/search?q=%E9%9D%A2%E5%8C%85&label=local,&band=1&kind=food",
        "/search?q=%3Cb%3E&q=tea&empty=",
        "/search?q=nothing+at+all+like+this",
        f"/offers/{street.offers['tea']}",
        f"/offers/{street.offers['blocks']}?back=%22%3E",
        f"/offers/{street.offers['bread/counter']}",
    )
    for cookies, headers in LOOKS:
        for path in paths:
            assert (await asked_both_ways(street, path, cookies, headers)).status_code == 200


async def test_both_ways_refuse_the_same(street: Street) -> None:
    for path, status in (
        ("/offers/ofr_00000000000000000000", 404),
        ("/offers/", 404),
        ("/offers/a%00b", 404),
        ("/offers/" + "x" * 300, 404),
        ("/search/", 200),
        ("/search?cursor=nobodys", 422),
        ("/search?label=nothing&how=nothing", 422),
    ):
        found = await asked_both_ways(street, path, {}, {})
        assert found.status_code == status, path
    assert (await client_of(quick_of(street)).post("/search")).status_code in (403, 405)


async def test_a_database_that_is_away_is_asked_once(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[str] = []

    async def gone(*_: object) -> None:
        tries.append("tried")
        raise DatabaseAway("gone")

    monkeypatch.setattr(views, "offer_pages", gone)
    found = await asked_both_ways(street, f"/offers/{street.offers['tea']}", {}, {})
    assert (found.status_code, found.headers["retry-after"]) == (503, "2")
    assert len(tries) == 2, "once each way"


async def test_a_new_visitor_is_given_a_token_of_their_own(street: Street) -> None:
    tokens: set[str] = set()
    for _ in range(3):
        visitor = Browser(quick_of(street))
        await visitor.get(f"/offers/{street.offers['tea']}")
        token = visitor.client.cookies["csrf"]
        assert set(re.findall(r'name="_csrf_token" value="([^"]*)"', visitor.text)) == {token}
        assert f'<meta name="csrf-token" content="{token}">' in visitor.text
        tokens.add(token)
        await visitor.send("/basket", {"quantity": "1"})
        assert visitor.status == 200 and "Spring green tea" in visitor.text
    assert len(tokens) == 3
    assert "HttpOnly" in (await client_of(quick_of(street)).get("/search")).headers["set-cookie"]


async def test_nothing_of_one_visitor_is_on_the_page_of_another(street: Street) -> None:
    app, path = quick_of(street), f"/offers/{street.offers['tea']}"
    ada, guest, reader = Browser(app), Browser(app), Browser(app, lang="zh")
    await ada.get("/sign-in")
    await ada.post("/sign-in", {"handle": "ada@example.com", "password": PASSWORD})
    await ada.get(path)
    await ada.send("/basket", {"quantity": "3"})
    mine = await ada.get(path)
    assert "Lin Xiaohe" in mine and re.search(r'id="basket-count">\s*1\s*<', mine)
    assert ada.client.cookies["csrf"] in mine
    theirs = await guest.get(path)
    assert "Lin Xiaohe" not in theirs and re.search(r'id="basket-count" hidden>', theirs)
    assert ada.client.cookies["csrf"] not in theirs and guest.client.cookies["csrf"] in theirs
    read = await reader.get(path)
    assert "明前绿茶" in read and "Spring green tea" not in read and "Into the basket" not in read
    assert "Spring green tea" in await guest.get(path)


async def test_a_sentence_is_said_once_and_to_one(street: Street) -> None:
    app = quick_of(street)
    told, other = Browser(app), Browser(app)
    await told.get("/search")
    await told.client.post("/near", data=told.with_token({"back": "/search"}))
    assert "Forgotten where you are." in await told.get("/search")
    assert "Forgotten where you are." not in await told.get("/search")
    assert "Forgotten where you are." not in await other.get("/search")


async def test_a_changed_price_is_on_every_page_as_soon_as_it_is_known(street: Street) -> None:
    visitor, tea = Browser(quick_of(street)), street.offers["tea"]
    paths = (f"/offers/{tea}", "/search?q=tea")
    for path in paths:
        assert "¥79.20" in await visitor.get(path)
    async with street.market.db.transaction() as tx:
        for way in ("tea/online", "tea/collect"):
            offer = street.offers[way]
            await catalog.change_price(tx, street.sellers["tea"], offer, 6_000, now=street.market.clock())

    async def told() -> bool:
        return all(
            "¥54.00" in page and "¥79.20" not in page for page in [await visitor.get(p) for p in paths]
        )

    await until(told)


async def test_what_is_found_first_is_at_hand_and_what_was_asked_for_first_is_given_up(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf, every = street.market.shelf, sorted(set(street.offers.values()))
    await shelf.lay_out(most=3)
    assert sum(map(shelf.has, every)) == 3
    await shelf.lay_out()
    assert shelf.has(street.offers["tea/online"])
    monkeypatch.setattr(shelves_of_the_market, "_MOST", 4)
    fresh = Shelf(street.market.db, street.market.country, street.market.clock)
    for one in every:
        await fresh.offers([one])
        await fresh.offers([every[0]])
        assert fresh.has(one) and fresh.has(every[0]) and sum(map(fresh.has, every)) <= 4


async def test_a_list_of_the_cards_at_hand_is_the_list_of_the_database(street: Street) -> None:
    visitor, paths = (
        Browser(quick_of(street)),
        ("/search?q=tea", "/search?sort=price", "/search?kind=food&q=茶"),
    )
    before = [await visitor.get(path) for path in paths]
    await street.market.at_hand.catch_up()
    assert street.market.at_hand.ready
    assert [await visitor.get(path) for path in paths] == before


async def test_what_is_left_is_told_as_it_is(street: Street) -> None:
    visitor, cake = Browser(quick_of(street)), street.offers["cake"]
    assert "Sold out" not in await visitor.get(f"/offers/{cake}")
    assert "Sold out" not in await visitor.get("/search?q=osmanthus")
    market = street.market
    goods = (await market.shelf.offers([cake]))[cake]
    async with market.db.transaction() as tx:
        await inventory.stock.change(
            tx, cast(int, goods.supply_id), "written_off", -4, street.people["mill"], market.clock()
        )
    assert "Only 2 left" in await visitor.get(f"/offers/{cake}")
    async with market.db.transaction() as tx:
        await inventory.stock.change(
            tx, cast(int, goods.supply_id), "written_off", -2, street.people["mill"], market.clock()
        )
    assert "Sold out for now" in await visitor.get(f"/offers/{cake}")
    assert "Sold out for now" in await visitor.get("/search?q=osmanthus")


async def test_a_card_follows_the_day(street: Street, clock: FixedClock) -> None:
    visitor = Browser(quick_of(street))
    before = re.search(r"With you ([^<]*)", await visitor.get("/search?q=bowl"))
    clock.forward(timedelta(days=1))
    after = re.search(r"With you ([^<]*)", await visitor.get("/search?q=bowl"))
    assert before and after and before[1] != after[1]


async def test_a_card_that_is_filled_in_is_the_card_drawn(street: Street, clock: FixedClock) -> None:
    visitor = Visitor(look=Look(), now=clock(), path="/", address=b"")
    ids = [street.offers[key] for key in ("tea/online", "bread/collect", "bread/instant", "bread/counter")]
    shown = await offers(street.market, visitor, ids)
    frames = [Frame(town="Qinghe", now=clock()), Frame(town="100% <Elsewhere>", now=clock())]
    frames.append(Frame(town="Qinghe", now=clock() + timedelta(days=1)))
    different: set[str] = set()
    usual, plain = bits(), bits(**PLAIN)
    for one in shown:
        for changed in varied(one, shown):
            for frame in frames:
                filled, drawn = usual.card(changed, frame), plain.card(changed, frame)
                assert filled == drawn
                different.add(drawn)
    assert len(different) > 30


def varied(one: Shown, others: list[Shown]) -> Iterator[Shown]:
    """An offer, and it with each of its parts as another offer has it, or otherwise changed."""
    yield one
    for name in Shown.__struct_fields__:
        for other in others:
            yield replace(one, **{name: getattr(other, name)})
    for part in ("goods", "priced"):
        whole = getattr(one, part)
        for name in type(whole).__struct_fields__:
            for other in others:
                yield replace(one, **{part: replace(whole, **{name: getattr(getattr(other, part), name)})})
    yield replace(one, free=0)
    yield replace(one, far=True)
    yield replace(one, window=None)
    yield replace(one, licences=["business"])
    yield replace(one, called=Words("Another %(name)s <b>", "另一个"))
    if one.window is not None:
        yield replace(one, window=(one.window[0] + timedelta(minutes=1), one.window[1]))
        yield replace(one, window=(one.window[0], one.window[1] + timedelta(days=1)))


PLAIN: dict[str, Any] = {
    "filled": lambda key, draw, texts, *given: draw(texts, *given),
    "kept": lambda key, draw, *given: draw(*given),
}


def bits(**instead: Any) -> Any:
    """The parts of the shop's pages as every template knows them, or with nothing kept."""
    known = render._known_to_all("en", Frame().zone)
    if not instead:
        return known["bits"]
    template = render._environment("en", Frame().zone).get_template("shop/bits.html")
    return template.make_module({"look": Look(), "parts": known["parts"], **instead})
