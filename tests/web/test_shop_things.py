"""What one holds, on its pages: a ticket with its code, handing it on by a link, and what each of both sees afterwards."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import msgspec

from highstreet.logistics import contents, entitlements
from highstreet.web.kept import keep
from tests.market.fair import DAY, bought, offered, session
from tests.market.lane import Lane, copy_of, furnished, lane
from tests.web.shop_browser import Browser
from tests.web.shop_world import app_of

__all__ = ["copy_of", "furnished", "lane"]


async def signed_in(lane: Lane, name: str, lang: str = "en") -> Browser:
    browser = Browser(app_of(lane.market), lang)
    await browser.get("/sign-in")
    await browser.post("/sign-in", {"handle": f"{name}@example.com", "password": "river stones 17"})
    assert browser.path == "/me", browser.text
    return browser


async def test_a_ticket_is_handed_on_by_its_link(lane: Lane) -> None:
    offer, variant = await offered(lane, "ticket")
    slot = await session(lane, variant, 5, lane.clock() + 2 * DAY)
    order = await bought(lane, offer, 1, {"slot": slot}, buyer=lane.made.people["buyer"])
    (ticket,) = (await lane.order(order)).entitlements
    page = f"/things/{ticket.id}"
    digits = entitlements.digits_of(lane.market.code_signer, ticket.named())
    me, friend, stranger = (
        await signed_in(lane, "buyer"),
        await signed_in(lane, "owner", "zh"),
        Browser(app_of(lane.market)),
    )
    assert f'href="{page}"' in await me.get("/things")
    assert digits[:4] in await me.get(page)
    for other in (friend, stranger):
        await other.get(page)
        assert other.status == 404
    assert digits[:4] in await stranger.get(f"{page}?key={lane.market.link_signer.short(order)}")
    # To nonsense no; to nobody we know, by a link.
    await me.get(page)
    await me.post(f"{page}/offer", {"handle": "not a handle"})
    assert me.status == 422
    await me.post(f"{page}/offer", {"handle": ""})
    gift = me.find(r'value="http://town.test(/things/[^"]*/gift[^"]*)"')
    assert "Sign in and take it" in await stranger.get(gift)
    assert digits[:4] not in stranger.text
    await friend.get(gift)
    await friend.send(f"{page}/take", {})
    assert friend.path == page
    assert digits[:4] not in friend.text
    assert "Only whoever holds it sees the code" in await me.get(page)
    assert "handed on" in await me.get(f"/orders/{order}")
    await stranger.get(gift)
    assert stranger.status == 410
    await stranger.get(f"{page}?key={lane.market.link_signer.short(order)}")
    assert stranger.status == 404, "the order's link shows nothing of what is somebody else's"
    # It is in the friend's data, and goes back with a tap.
    told = msgspec.json.decode((await friend.client.get("/me/data/export")).content)
    assert [one["what"] for one in told["things"]] == ["entry"]
    await friend.get(page)
    await friend.post(f"{page}/give-back")
    held = (await lane.order(order)).entitlements[0]
    assert (held.holder_id, held.version) == (lane.made.people["buyer"], 3)


async def test_a_book_is_opened_after_being_told_and_downloaded_by_a_link_of_ones_own(
    lane: Lane, tmp_path: Path
) -> None:
    lane.market.media = tmp_path  # type: ignore[attr-defined]
    offer, variant = await offered(lane, "digital", {"downloads": 2})
    content = b"%PDF-1.7 " + bytes(range(200))
    async with lane.market.db.transaction() as tx:
        file = await contents.add_file(
            tx, variant, "lake.pdf", "application/pdf", len(content), "pty_x", lane.clock()
        )
    keep(lane.market, file.id, content)
    order = await bought(lane, offer, 1, buyer=lane.made.people["buyer"])
    (one,) = (await lane.order(order)).entitlements
    me, page = await signed_in(lane, "buyer"), f"/things/{one.id}"
    closed = await me.get(page)
    assert "it can no longer be given back without a reason" in closed
    assert "lake.pdf" not in closed
    stranger = Browser(app_of(lane.market))
    await stranger.get("/")
    await stranger.post(f"{page}/open")
    assert stranger.status == 404
    await me.get(page)
    await me.post(f"{page}/open")
    link = me.find(r'href="(/things/[^"]*/files/[^"]*)"')
    whole = await me.client.get(link)
    assert (whole.status_code, whole.content, whole.headers["content-type"]) == (
        200,
        content,
        "application/pdf",
    )
    assert "attachment" in whole.headers["content-disposition"]
    # Going on where it broke off is no new download.
    for asked, part in (
        ("bytes=9-18", content[9:19]),
        ("bytes=-5", content[-5:]),
        ("bytes=200-", content[200:]),
    ):
        got = await stranger.client.get(link, headers={"range": asked})
        assert (got.status_code, got.content) == (206, part)
    assert got.headers["content-range"] == f"bytes 200-{len(content) - 1}/{len(content)}"
    assert (await me.client.get(link)).status_code == 200
    assert "has new ones each time" in await me.get(page)
    assert (await me.client.get(link)).status_code == 409, "twice was agreed"
    assert (await me.client.get(link.replace("sign=", "sign=x"))).status_code == 404
    lane.clock.forward(timedelta(minutes=11))
    assert (await stranger.client.get(link, headers={"range": "bytes=9-18"})).status_code == 404
    # Bought without an account, it opens by the order's link and by nothing else.
    order = await bought(lane, offer, 1)
    (one,) = (await lane.order(order)).entitlements
    key = lane.market.link_signer.short(order)
    for sent, status in (({}, 404), ({"key": "x"}, 404), ({"key": key}, 200)):
        await stranger.post(f"/things/{one.id}/open", sent)
        assert stranger.status == status
    assert "lake.pdf" in stranger.text
