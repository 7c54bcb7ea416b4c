"""After ordering, in every format: its page at each step of its story, the acts of one tap, the rest, calling off, the hall."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from highstreet import catalog
from highstreet.market import gather
from highstreet.market.format import LEG_WAITS, Format
from highstreet.web import render
from highstreet.web.shop.standing import WAITS
from highstreet.wiring import formats
from tests.laws.histories import usual_way
from tests.market.lane import Lane, copy_of, furnished, lane
from tests.market.test_formats import Buyer, live, offered
from tests.web.shop_browser import Browser
from tests.web.shop_world import app_of

__all__ = ["copy_of", "furnished", "lane"]

ALL = {one.name: one for one in formats().values()}


class Customer(Buyer):
    """A buyer who looks at the page of their order, by its link."""

    def __init__(self, lane: Lane, one: Format, offer: str, chosen: dict[str, Any], browser: Browser) -> None:
        super().__init__(lane, one, offer, chosen, 1)
        self.browser = browser

    @property
    def page(self) -> str:
        return f"/orders/{self.order}?key={self.lane.market.link_signer.short(self.order)}"

    async def looks(self, *seen: str) -> str:
        await self.browser.get(self.page)
        assert self.browser.status == 200, self.browser.text
        for text in seen:
            assert text in self.browser.text, f"{text!r} is not on {self.browser.path}"
        return self.browser.text

    async def taps(self, fact: str, *seen: str) -> None:
        """Tell a fact by its button, twice at once: it is told once."""
        await self.looks()
        mark = f'name="fact" value="{fact}"'
        assert mark in self.browser.text, f"no button for {fact}"
        key = self.browser.find(rf'{mark}><input type="hidden" name="key" value="([^"]*)"')
        path = f"/orders/{self.order}/tell?{self.page.partition('?')[2]}"
        fields = self.browser.with_token({"fact": fact, "key": key})
        answers = await asyncio.gather(
            *(self.browser.client.post(path, data=fields, follow_redirects=False) for _ in range(2))
        )
        assert [answer.status_code for answer in answers] == [303, 303]
        await self.looks(*seen)
        work = await self.lane.order(self.order)
        assert len([told for told in work.told if told.kind == fact]) == 1
        assert mark not in self.browser.text, "what was told is not asked for again"


async def customer(lane: Lane, name: str, method: str = "") -> Customer:
    """Somebody who ordered in a format."""
    one = ALL[name]
    offer, chosen = await offered(lane, one)
    if one.decided == "cohort":
        await gather.open_cohort(
            lane.market, offer, lane.clock() + timedelta(days=2), {"once": True}, "owner", lane.clock()
        )
    me = Customer(lane, one, offer, chosen, Browser(app_of(lane.market)))
    await me.places(method or usual_way(one), counter=one.in_person)
    return me


async def paid(lane: Lane, name: str) -> Customer:
    me = await customer(lane, name)
    if me.collection is not None:
        await me.pays()
    return me


def test_every_wait_has_its_words() -> None:
    waits = {wait for one in ALL.values() for wait in (*one.gate.waits, *one.deadlines)}
    waits |= {wait for states in LEG_WAITS.values() for wait in states.values()}
    assert waits <= set(WAITS)
    assert all(words.en and words.zh for words in WAITS.values())


@pytest.mark.parametrize("name", sorted(set(ALL) - {"counter"}))
async def test_an_order_is_followed_from_placing_to_its_end(lane: Lane, name: str) -> None:
    """The happy story, the page looked at after every step, in both languages."""
    one = ALL[name]
    offer, chosen = await offered(lane, one)
    cohort = ""
    if one.decided == "cohort":
        closes = lane.clock() + timedelta(days=2)
        cohort = (
            await gather.open_cohort(lane.market, offer, closes, {"once": True}, "owner", lane.clock())
        ).id
    app = app_of(lane.market)
    me, browsers = Buyer(lane, one, offer, chosen, 1), (Browser(app, "en"), Browser(app, "zh"))
    await me.places(usual_way(one), counter=False)
    page = f"/orders/{me.order}?key={lane.market.link_signer.short(me.order)}"
    story = one.stories[0]
    for n in range(len(story.steps) + 1):
        if n:
            await live(lane, one, type(story)(story.name, story.steps[n - 1], "", 0, 0, 0), me, cohort)
        for browser, else_ in zip(browsers, ("In the works", "处理中"), strict=True):
            await browser.get(page)
            assert browser.status == 200, browser.text
            assert f"<h1>{else_}</h1>" not in browser.text
        work = await lane.order(me.order)
        if work.order.stage == "undone":
            return  # a draw that was lost
    await browsers[0].get(page.replace("?", "/receipt?"))
    assert browsers[0].status in (200, 404)


async def test_a_bicycle_is_unlocked_and_brought_back_with_a_tap_each(lane: Lane) -> None:
    me = await paid(lane, "rental")
    await me.looks("Kept for you", "Deposit, comes back to you", "Type it on the lock")
    assert 'value="unlocked"' not in me.browser.text, "not before its time"
    lane.clock.forward(timedelta(days=2))
    await me.taps("unlocked", "It is yours to use for now")
    lane.clock.forward(timedelta(days=1))
    await me.taps("brought_back", "The shop is looking it over")
    await lane.tell(me.order, "inspected", damage=3000)
    await me.looks("All done", "Kept of the deposit", "¥30.00", "Back to you")


async def test_the_room_the_cabinet_and_the_rhythm_are_told_with_a_tap(lane: Lane) -> None:
    room = await paid(lane, "stay")
    lane.clock.forward(timedelta(days=2))
    await room.taps("checked_in", "Enjoy your stay")
    await room.taps("checked_out", "The shop is looking it over")
    night = await paid(lane, "unattended")
    await night.taps("opened", "The cabinet is counting")
    again = await customer(lane, "subscription")
    await again.looks("Ordered for you every 7 days", "The first one comes soon.")
    await again.taps("stopped", "All done")


async def test_what_an_old_phone_is_worth_is_shown_before_it_is_agreed_to(lane: Lane) -> None:
    me = await customer(lane, "trade_in")
    await me.looks("Bring your old one to the shop", "No, I keep it")
    await lane.tell(me.order, "handed_in")
    await lane.tell(me.order, "inspected", amount=3000)
    await me.looks("The shop has an offer for you", "Yes, take it for ¥30.00")
    await me.taps("agreed", "Your data is being wiped")
    other = await customer(lane, "trade_in")
    await other.taps("declined", "Cancelled")


async def test_content_is_shown_once_it_was_opened(lane: Lane) -> None:
    me = await paid(lane, "digital")
    await me.looks("Yours to open", "it can no longer be given back without a reason")
    async with lane.market.db.transaction() as tx:
        await tx.execute(
            "UPDATE catalog.offer SET terms = terms || $2 WHERE id = $1",
            me.offer,
            {"content": "Chapter one. | 第一章。"},
        )
    lane.market.shelf._changed(None)
    assert "Chapter one." not in await me.looks()
    await me.taps("accessed", "Chapter one.")
    await me.browser.post(f"/orders/{me.order}/tell?{me.page.partition('?')[2]}", {"fact": "inspected"})
    assert me.browser.status == 403 or "Chapter one." in me.browser.text, "only what a buyer may tell"


async def test_a_ticket_looks_like_one_and_lessons_are_drawn(lane: Lane) -> None:
    await (await paid(lane, "ticket")).looks('class="pass"', "Show it at the entrance")
    course = await paid(lane, "course")
    await lane.tell(course.order, "attended")
    await course.looks("1 of 4 lessons given", "3 still to come", "Until ")


async def test_what_calling_off_costs_is_said_before_and_done_after(lane: Lane) -> None:
    me = await paid(lane, "stay")
    await me.looks("Call it all off", "all of it comes back to you", "costs nothing")
    lane.clock.forward(timedelta(days=1, hours=12))
    text = await me.looks("Call it all off", "stays with the shop")
    work = await lane.order(me.order)
    await me.browser.send(
        f"/orders/{me.order}/cancel?{me.page.partition('?')[2]}", {"line-1": str(work.lines[0].quantity)}
    )
    assert "is on its way back to you" in me.browser.text
    kept = (await lane.order(me.order)).moved("price", "escrow:", work.seller)
    assert kept and f"¥{kept / 100:,.2f}" in text, "what was said is what was kept"
    await me.looks("Kept by the shop, as agreed")


async def test_the_rest_is_paid_from_the_wallet_once(lane: Lane) -> None:
    await lane.fill_wallet(lane.made.people["buyer"], 10_000)
    me = await customer(lane, "appointment", "wallet")
    path = f"/orders/{me.order}/balance?{me.page.partition('?')[2]}"
    await me.browser.get(path)
    assert "Nothing is left to pay for this order." in me.browser.text
    lane.clock.forward(timedelta(hours=49))
    await lane.tell(me.order, "visited")
    await me.looks("The rest is to be paid", "Pay the rest", "¥70.00")
    await me.browser.get(path)
    assert "Pay ¥70.00 from your wallet" in me.browser.text
    fields = me.browser.with_token(me.browser.hidden(path))
    answers = await asyncio.gather(*(me.browser.client.post(path, data=fields) for _ in range(2)))
    assert [answer.status_code for answer in answers] == [303, 303]
    await me.looks("All done")
    work = await lane.order(me.order)
    assert work.settled and work.moved("price", work.payer, "escrow:") == 10_000


async def test_the_rest_is_asked_of_the_provider_once_and_come_back_from(lane: Lane) -> None:
    me = await paid(lane, "appointment")
    lane.clock.forward(timedelta(hours=49))
    await lane.tell(me.order, "visited")
    path = f"/orders/{me.order}/balance?{me.page.partition('?')[2]}"
    for _ in range(2):
        await me.browser.get(path)
        if "Pay now" not in me.browser.text:
            await me.browser.send(path, {})
        assert "Pay now" in me.browser.text and me.browser.path.startswith(f"/orders/{me.order}/balance")
    async with lane.market.db.read() as tx:
        asked = await tx.fetch("SELECT key, amount FROM ledger.collection WHERE order_id = $1", me.order)
    assert len(asked) == 1, "asked once, however often one looks"
    await me.browser.get(f"{path}&back=1")
    assert "One moment: asking the payment provider" in me.browser.text
    await lane.notice(asked[0]["key"], asked[0]["amount"])
    await me.browser.get(f"{path}&back=1")
    assert "The rest is paid. Thank you." in me.browser.text and "All done" in me.browser.text


async def test_strangers_see_and_tell_nothing(lane: Lane) -> None:
    me = await paid(lane, "rental")
    for path in ("", "/balance"):
        await me.browser.get(f"/orders/{me.order}{path}")
        assert me.browser.status == 404
    await me.browser.get("/")
    await me.browser.post(f"/orders/{me.order}/tell", {"fact": "unlocked"})
    assert me.browser.status == 404


async def test_the_hall_shows_every_way_and_what_is_on_now(lane: Lane) -> None:
    for name in ("group_buy", "rental"):
        await customer(lane, name)
    async with lane.market.db.transaction() as tx:
        await catalog.rebuild(tx)
    app = app_of(lane.market)
    for lang in ("en", "zh"):
        browser = Browser(app, lang)
        await browser.get("/ways")
        assert browser.status == 200
        for one in ALL.values():
            assert one.hints.title.say(lang) in browser.text, one.name
    assert "正在进行" in browser.text and "虚位以待" in browser.text and "现有 1 件可用" in browser.text
    await browser.get(browser.find(r'href="(/offers/[^"]*)"'))
    assert browser.status == 200


def test_every_format_is_drawn() -> None:
    drawn = {path.stem for path in (render.WEB / "static" / "pictures").glob("*.svg")}
    assert {one.hints.picture for one in ALL.values()} <= drawn
