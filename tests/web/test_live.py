"""Live rooms in a browser: a buyer catches the last one, asks and is answered; the host runs it from the page; nobody else does."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest_asyncio
from litestar import Litestar

from highstreet import catalog, parties
from highstreet.kit.clock import FixedClock
from highstreet.market import rooms as flows
from highstreet.web import live, merchant
from tests.town import FIRST_LOOK, Ferry, lantern_ferry
from tests.web.shop_browser import Browser
from tests.web.shop_world import app_of

HTMX = {"hx-request": "true"}


@pytest_asyncio.fixture
async def ferry(server_url: str, template: str) -> AsyncIterator[Ferry]:
    async with lantern_ferry(server_url, template, FixedClock(FIRST_LOOK)) as found:
        yield found


@pytest_asyncio.fixture
async def app(ferry: Ferry) -> Litestar:
    return app_of(ferry.market, *live.ROUTES, *merchant.ROUTES)


async def signed_in(ferry: Ferry, app: Litestar, who: str = "", lang: str = "en") -> Browser:
    browser = Browser(app, lang)
    if who:
        async with ferry.market.db.transaction() as tx:
            token = await parties.people.demo_sign_in(
                tx, ferry.town.people[who], demo=True, agent="test", now=FIRST_LOOK
            )
        browser.client.cookies.set("session", token)
    return browser


async def rooms_of(ferry: Ferry) -> tuple[str, str]:
    """The paths of the session that is on and the one to come."""
    async with ferry.market.db.read() as tx:
        on, coming = await catalog.rooms.running(tx, FIRST_LOOK)
    return f"/live/{on.id}", f"/live/{coming.id}"


async def test_a_viewer_finds_the_room_and_catches_what_is_shown(ferry: Ferry, app: Litestar) -> None:
    on, coming = await rooms_of(ferry)
    browser = await signed_in(ferry, app, "emma")
    await browser.get("/live")
    assert browser.text.index(on) < browser.text.index(coming)
    await browser.get(on)
    for told in (
        "Advertisement", "Needle &amp; Reed Tailors", "Host: Tang Xiaoyu", "91329900MA3L3F8N25", "8 % of what you keep",
        "kept for three years", "9 left", "of 12", "Emma R.",
    ):  # fmt: skip
        assert told in browser.text, told
    assert "Emma Reed</strong>" not in browser.text, "strangers read no whole name"
    await browser.send("/basket", {})
    assert (browser.path, browser.status) == ("/checkout", 200) and "Tonight" in browser.text
    chinese = await signed_in(ferry, app, lang="zh")
    await chinese.get(on)
    assert all(text in chinese.text for text in ("广告", "登录后提问", "剩 9 件", "主播佣金"))
    assert await chinese.get("/live/liv_nothing") and chinese.status == 404
    for offer, told in (("WAY-LIVE", "Shown live now"), ("WAY-HAT", "It is shown live today")):
        await browser.get(f"/offers/{ferry.town.offers[offer + '/live']}")
        assert told in browser.text and on in browser.text
    await chinese.get(coming)
    assert "抢一件" not in chinese.text and "明天 19:30" in chinese.text


async def test_what_is_said_is_text_and_what_leads_away_waits_for_the_host(
    ferry: Ferry, app: Litestar
) -> None:
    on, _ = await rooms_of(ferry)
    guest, emma, host = [await signed_in(ferry, app, who) for who in ("", "emma", "xiaoyu")]
    await guest.get(on)
    await guest.post(on + "/say", {"text": "hello"})
    assert guest.path.startswith("/sign-in")
    await emma.get(on)
    await emma.send(on + "/say", {"text": "<script>alert(1)</script>"})
    assert "&lt;script&gt;alert(1)" in emma.text and "<script>alert" not in emma.text
    await emma.get(on)
    part = await emma.client.post(
        on + "/say", data=emma.with_token({"text": "see www.other.example", "once": "k"}), headers=HTMX
    )
    assert "The host looks at this first" in part.text and "other.example" not in part.text
    await host.get(on + "/host")
    assert "see www.other.example" in host.text and "1 waits for you" in host.text
    message, person = (
        host.find(r'name="message" value="(say_\w+)"'),
        host.find(r'name="person" value="(pty_\w+)"'),
    )
    await host.post(on + "/host", {"do": "let", "message": message})
    await guest.get(on)
    assert "other.example" in guest.text
    await host.post(on + "/host", {"do": "remove", "message": message})
    await host.post(on + "/host", {"do": "mute", "person": person})
    await guest.get(on)
    assert "other.example" not in guest.text
    await emma.get(on)
    refused = await emma.client.post(on + "/say", data=emma.with_token({"text": "again"}), headers=HTMX)
    assert refused.status_code == 403 and "asked you to listen" in refused.text
    flood = [
        (await host.client.post(on + "/say", data=host.with_token({"text": f"line {n}"}), headers=HTMX)).status_code
        for n in range(7)
    ]  # fmt: skip
    assert flood == [200] * 5 + [429] * 2


async def test_the_host_runs_it_from_the_page_and_nobody_else_does(ferry: Ferry, app: Litestar) -> None:
    on, coming = await rooms_of(ferry)
    host, chen, mei = [await signed_in(ferry, app, who) for who in ("xiaoyu", "chen", "mei")]
    for browser, path in ((chen, on), (mei, on), (host, coming)):
        await browser.get(path + "/host")
        assert browser.status == 403
        await browser.post(path + "/host", {"do": "end"})
        assert browser.status == 403
    await host.get(on + "/host")
    umbrella = host.find(r'id="open-(drp_\w+)"')
    await host.post(on + "/host", {"do": "open", "drop": umbrella})
    await host.post(on + "/host", {"do": "open", "drop": umbrella})
    assert "Umbrella, painted" in host.text and host.status == 200
    await host.post(on + "/host", {"do": "say", "text": "Now the umbrella", "once": "1"})
    await host.post(on + "/host", {"do": "chat", "review": "1", "words": "fake，假货 swap"})
    part = await host.client.get(on + "/host", headers=HTMX)
    assert "Now the umbrella" in part.text and "<html" not in part.text
    assert (part.text.count("For the host"), "¥35.52" in part.text) == (1, True), "8 % of three scarves"
    seen = await mei.client.get(on + "?state=on", headers=HTMX)
    assert "hx-refresh" not in seen.headers and "Umbrella" in seen.text and "<html" not in seen.text
    await host.post(on + "/host", {"do": "pause"})
    seen = await mei.client.get(on + "?state=on", headers=HTMX)
    assert seen.headers["hx-refresh"] == "true"
    await host.post(on + "/host", {"do": "nonsense"})
    assert host.status == 422
    await host.post(on + "/host", {"do": "end"})
    await mei.get(on)
    assert "This session is over" in mei.text and "Catch one" not in mei.text


async def test_a_shop_plans_a_session_and_its_video_is_all_the_page_may_frame(
    ferry: Ferry, app: Litestar
) -> None:
    ruan = await signed_in(ferry, app, "ruan")
    await ruan.get("/merchant/live")
    assert "An evening of silk" in ruan.text
    form = {
        "title_en": "Hats", "starts": "2026-11-24T19:00", "ends": "2026-11-24T20:00", "host_name": "Ruan", "host": "",
        "share": "", "about_en": "", "video": "javascript:alert(1)",
    }  # fmt: skip
    await ruan.send("/merchant/live", form)
    assert ruan.status == 422 and "Https only" in ruan.text
    await ruan.send("/merchant/live", form | {"host": "Needle & Reed Tailors", "share": "5"})
    assert "Choose a name from the list." in ruan.text, "nobody hosts for themselves"
    await ruan.get("/merchant/live")
    video = "https://player.bilibili.com/player.html?bvid=BV1&autoplay=0"
    await ruan.send("/merchant/live", form | {"video": video})
    room = ruan.path.removesuffix("/host")
    assert re.fullmatch(r"/live/liv_\w+", room) and "Planned." in ruan.text
    await ruan.send(
        room + "/host",
        {"do": "add", "units": "2", "opens_at": "19:30"} | {"offer": ruan.find(r'<option value="(ofr_\w+)"')},
    )
    assert "opens at 19:30" in ruan.text
    await ferry.market.db.run(flows.start, room.removeprefix("/live/"), "by", FIRST_LOOK)
    answer = await ruan.client.get(room)
    policy = answer.headers["content-security-policy"]
    assert "frame-src https://player.bilibili.com" in policy and "script-src 'self';" in policy
    assert (
        f'<iframe src="{video.replace("&", "&amp;")}"' in answer.text
        and 'sandbox="allow-scripts' in answer.text
    )
    usual = await ruan.client.get(await rooms_of_on(ferry))
    assert "frame-src" not in usual.headers["content-security-policy"]


async def rooms_of_on(ferry: Ferry) -> str:
    async with ferry.market.db.read() as tx:
        return "/live/" + (await catalog.rooms.of_seller(tx, ferry.town.sellers["tailor"]))[-1].id
