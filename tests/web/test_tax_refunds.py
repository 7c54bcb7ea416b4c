"""Emma Reed's refund on the pages: her own, the tailor's desk, the customs counter; and who may not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest_asyncio

from highstreet.market import tax_moves
from highstreet.parties import sessions
from highstreet.web import city
from tests.market.departing import Cards
from tests.market.lane import keeps_the_laws
from tests.web.merchant_desk import Clerk, Desk, open_desk
from tests.web.merchant_desk import app_of as desk_app
from tests.web.shop_browser import Browser
from tests.web.shop_world import app_of


@pytest_asyncio.fixture
async def desk(server_url: str, template: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(server_url, template, tmp_path) as found:
        yield found


async def counter(desk: Desk, who: str, lang: str) -> Clerk:
    """Somebody of the city at work, with the second factor."""
    app = desk_app(desk.ferry)
    for route in city.ROUTES:
        app.register(cast(Any, route))
    async with desk.market.db.transaction() as tx:
        token = await sessions.open_session(
            tx, desk.town.people[who], None, True, "test", desk.market.clock()
        )
    return Clerk(app, token, lang)


async def test_from_the_shop_to_the_airport(desk: Desk) -> None:
    market = desk.market
    market.providers = {"sandbox": cast(Any, Cards())}
    emma = Browser(app_of(market))
    async with market.db.transaction() as tx:
        token = await sessions.open_session(tx, desk.town.people["emma"], None, False, "test", market.clock())
    emma.client.cookies.set("session", token)
    await emma.get("/me/tax-refunds")
    assert "29.52" in emma.text and "20.43" in emma.text, (
        "a form of two days ago, and what was bought this morning"
    )
    assert "101.00 more on this day" in emma.text and "704122915" not in emma.text

    tailor = await desk.sit("ruan", "tailor")
    await tailor.get("/merchant/tax-refunds")
    await tailor.get(tailor.find(r'href="(/merchant/tax-refunds/new\?orders=ord_\w+)"'))
    orders = tailor.find(r'name="orders" value="([^"]+)"')
    assert "20.43" in tailor.text and "704122915" in tailor.text
    await tailor.send("/merchant/tax-refunds/new", {"orders": orders, "more": "K7M4-QX9C"})
    assert tailor.status == 404
    await tailor.send("/merchant/tax-refunds/new", {"orders": orders})
    assert tailor.status == 422 and "look at the passport first" in tailor.text
    await tailor.send(
        "/merchant/tax-refunds/new", {"orders": orders, "seen": "1", "once": "a key of the form"}
    )
    form, number = tailor.path, tailor.find(r"[>\s]([A-Z0-9]{4}-[A-Z0-9]{4})<")
    await tailor.send(
        "/merchant/tax-refunds/new", {"orders": orders, "seen": "1", "once": "a key of the form"}
    )
    assert tailor.path == form, "sent twice is one form"
    ahead = {"do": "ahead", "leaves_on": "2026-12-01", "port": "Shanghai Pudong Airport", "card": "tok_ok"}
    await tailor.send(form, ahead)
    assert tailor.status == 422 and "yes to the agreement" in tailor.text
    await tailor.send(form, ahead | {"agreed": "1"})
    for _ in range(2):
        await tax_moves.ask(market, market.clock())
    assert "paid in the shop" in await tailor.get(form)
    await tailor.send(form, {"do": "undo"})
    assert tailor.status == 409
    other = await desk.sit("chen", "toys")
    await other.get(form.replace("tailor", "toys"))
    assert other.status == 404, "another shop's"
    await emma.get("/me/tax-refunds")
    assert "days left of your promise" in emma.text and "本人现领取退税款" in emma.text

    await _at_the_airport(desk, form, number)


async def _at_the_airport(desk: Desk, form: str, number: str) -> None:
    market = desk.market
    song = await counter(desk, "song", "zh")
    await song.get(f"/city/customs?number=TRF {number.lower()}")
    assert "Emma Reed" in song.text and "704122915" in song.text and "上海浦东国际机场" in song.text
    stamp = {"do": "stamp", "port": "Shanghai Hongqiao Airport", "unused": "1"}
    path = form.replace("/merchant/tax-refunds", "/city/customs")
    await song.send(path, {**stamp, "unused": ""})
    assert song.status == 422
    await song.send(path, stamp)
    assert song.status == 409 and "旅客承诺从上海浦东国际机场离境" in song.text
    await song.send(path, stamp | {"port": "Shanghai Pudong Airport"})
    assert "预授权将解除" in song.text
    await song.get("/city/customs?number=FKYH-6KMM")
    old = song.find(r'action="(/city/customs/trf_\w+)"')
    await song.send(old, {"do": "refuse", "reason": ""})
    assert song.status == 422
    await song.send(old, stamp)
    await song.send(old, {"do": "pay", "way": "cash"})
    assert "已付现金" in song.text
    await song.get("/city/customs")
    assert "¥49.95" in song.text and "¥29.52" in song.text, "paid today, and of it in cash"
    officer = await counter(desk, "liang", "en")
    await officer.get("/city/customs")
    assert officer.status == 403, "an officer is no customs officer"
    await song.get("/city")
    assert song.status == 403, "and the other way round"
    await tax_moves.ask(market, market.clock())
    await keeps_the_laws(market.db)
