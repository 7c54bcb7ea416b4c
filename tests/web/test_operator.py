"""The operator's office: who may enter, what each page shows, and that every act has one effect and tells a fact."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from litestar import Litestar

from highstreet import ledger, parties
from highstreet.catalog.errors import OfferClosed
from highstreet.kit import jobs
from highstreet.kit.ids import new_id, spoken
from highstreet.ledger import StatementLine
from highstreet.market import errands
from tests.market.lane import Lane
from tests.market.lane import furnished as furnished
from tests.market.lane import lane as lane
from tests.web.operator_office import Browser, browser_of
from tests.web.operator_office import app as app
from tests.web.operator_office import zhou as zhou

PAGES = (
    "",
    "/jobs",
    "/books",
    "/books/differences",
    "/books/differences.csv",
    "/strays",
    "/cards",
    "/reviews",
    "/businesses",
    "/orders",
    "/facts",
    "/rules",
)
POSTS = ("/jobs/again", "/books/check", "/books/fold", "/strays/take", "/strays/settle", "/refunds/again", "/refunds/by-hand",
         "/cards/close", "/cards/reopen",
         "/reviews/business", "/reviews/licence", "/reviews/particulars", "/businesses/suspend", "/businesses/reopen")  # fmt: skip
OFFICERS = {"/reviews", "/businesses", "/orders", "/rules"}


async def told(lane: Lane, kind: str) -> list[tuple[str, str]]:
    """(subject, by) of every fact of a kind."""
    async with lane.market.db.read() as tx:
        return [
            (r["subject"], r["by"])
            for r in await tx.fetch("SELECT subject, by FROM kit.fact WHERE kind = $1 ORDER BY id", kind)
        ]


async def stray(lane: Lane, hours: int = 24, key: str = "col_nobody") -> str:
    now = lane.clock()
    stray_id = new_id("str", now)
    async with lane.market.db.transaction() as tx:
        await tx.execute(
            """INSERT INTO ledger.stray (id, provider, provider_ref, key, currency, amount, reason, at, due_at)
               VALUES ($1, 'sandbox', $2, $3, 'CNY', 12800, 'unknown_key', $4, $5)""",
            stray_id, "SBX " + stray_id, key, now, now + timedelta(hours=hours),
        )  # fmt: skip
    return stray_id


# --- who may enter ---


async def test_a_guest_is_asked_to_sign_in(app: Litestar, lane: Lane) -> None:
    guest = await browser_of(app, lane, None)
    for path in PAGES:
        answer = await guest.see(path)
        assert answer.status_code == 303 and answer.headers["location"].startswith("/sign-in?next=")
    await guest.http.aclose()


@pytest.mark.parametrize("person", ["buyer", "owner"])
async def test_who_is_not_of_the_city_is_refused_everywhere(
    app: Litestar, lane: Lane, zhou: Browser, person: str
) -> None:
    other = await browser_of(app, lane, person)
    for path in PAGES:
        answer = await other.see(path)
        assert answer.status_code == 403 and "You may not do this." in answer.text
    for path in POSTS:
        answer = await other.post(path, id="x", reason="x")
        assert answer.status_code == 403 and "You may not do this." in answer.text
    await other.http.aclose()


async def test_without_the_second_factor_it_is_asked_for(app: Litestar, lane: Lane, zhou: Browser) -> None:
    weak = await browser_of(app, lane, "zhou", strong=False)
    answer = await weak.see("/books")
    assert answer.status_code == 303 and "again=1" in answer.headers["location"]
    await weak.http.aclose()


async def test_an_officer_reviews_and_no_more(app: Litestar, lane: Lane) -> None:
    officer = await browser_of(app, lane, "clerk")
    for path in PAGES:
        status = (await officer.see(path)).status_code
        assert status == (200 if path in OFFICERS else 303 if path == "" else 403), path
    assert "/operator/books" not in (await officer.see("/reviews")).text
    for path in POSTS:
        if not path.startswith("/reviews"):
            assert (await officer.post(path, id="x", reason="x")).status_code == 403, path
    await officer.http.aclose()


async def test_seeing_a_page_changes_nothing(lane: Lane, zhou: Browser) -> None:
    await stray(lane)
    async with lane.market.db.read() as tx:
        before = await tx.fetchval("SELECT count(*) FROM kit.fact")
    for path in PAGES:
        for lang in ("en", "zh-CN"):
            answer = await zhou.see(path, lang)
            assert answer.status_code == 200, path
            assert "Traceback" not in answer.text
    async with lane.market.db.read() as tx:
        assert await tx.fetchval("SELECT count(*) FROM kit.fact") == before
        assert await tx.fetchval("SELECT count(*) FROM jobs.pgqueuer") == 0


async def test_pages_are_whole_in_chinese(lane: Lane, zhou: Browser) -> None:
    await stray(lane)
    await lane.paid({"tea/online": 1})
    english = re.compile(r">\s*[A-Z][a-z]+ [a-z]+ [a-z]+[^<]*<")
    for path in PAGES:
        if path.endswith(".csv"):
            continue
        text = re.sub(r"<(script|style|svg).*?</\1>", "", (await zhou.see(path, "zh-CN")).text, flags=re.S)
        assert english.findall(text) == [], path


# --- health ---


async def test_health_says_what_is_wrong(lane: Lane, zhou: Browser) -> None:
    page = (await zhou.see("")).text
    assert "No worker is running" in page
    await lane.buy({"tea/online": 1})
    lane.clock.forward(timedelta(hours=1))
    late = await zhou.see("", **{"hx-request": "true"})
    assert "Deadlines passed and nothing happened" in late.text and "<html" not in late.text


# --- stray money ---


async def test_stray_money_is_taken_and_settled_once(lane: Lane, zhou: Browser) -> None:
    one, two = await stray(lane), await stray(lane, -3, "col_late")
    page = (await zhou.see("/strays")).text
    assert page.index(two) < page.index(one) and "late" in page
    assert (await zhou.post("/strays/take", id=one)).status_code == 303
    assert "Zhou Ming" in (await zhou.see("/strays")).text
    without = await zhou.post("/strays/settle", id=one, how="kept", note=" ")
    assert without.status_code == 422 and "write how you know" in without.text
    assert (await zhou.post("/strays/settle", id=one, how="kept", note="asked everybody")).status_code == 303
    again = await zhou.post("/strays/settle", id=one, how="refunded", note="changed my mind")
    assert again.status_code == 404
    assert (await zhou.post("/strays/settle", id=two, how="burnt", note="x")).status_code == 422
    assert (await lane.money())["platform"] == 12800
    assert await told(lane, "stray.kept") == [(one, lane.made.people["zhou"])]
    assert "asked everybody" in (await zhou.see("/strays")).text


async def test_stray_money_goes_back_through_the_provider(lane: Lane, zhou: Browser) -> None:
    one = await stray(lane)
    await zhou.post("/strays/settle", id=one, how="refunded", note="a mistake of the payer")
    assert "going back" in (await zhou.see("/strays")).text
    assert await errands.strays(lane.market, lane.clock()) == 1
    assert "going back" not in (await zhou.see("/strays")).text


async def failed_refund(lane: Lane) -> str:
    (order_id,) = await lane.paid({"tea/online": 1})
    await lane.tell(order_id, "cancelled", "buyer", lines={"1": 1}, reason="changed my mind")
    async with lane.market.db.transaction() as tx:
        key = await tx.fetchval("SELECT key FROM ledger.refund WHERE order_id = $1", order_id)
        await ledger.refunds.failed(tx, key, "card_closed", lane.clock())
    return key


async def test_a_failed_refund_is_asked_for_again_or_given_by_hand(lane: Lane, zhou: Browser) -> None:
    first, second = await failed_refund(lane), await failed_refund(lane)
    assert "card_closed" in (await zhou.see("/strays")).text
    assert (await zhou.post("/refunds/again", key=first)).status_code == 303
    assert (await zhou.post("/refunds/again", key=first)).status_code == 404
    assert (await zhou.post("/refunds/by-hand", key=second, note="")).status_code == 422
    assert (await zhou.post("/refunds/by-hand", key=second, note="transfer 77")).status_code == 303
    assert (
        len(await told(lane, "refund.wanted_again")) == 1
        and len(await told(lane, "refund.settled_by_hand")) == 1
    )
    assert "card_closed" not in (await zhou.see("/strays")).text


# --- reviews and businesses ---


async def test_an_application_is_refused_with_a_reason_or_accepted(lane: Lane, zhou: Browser) -> None:
    async with lane.market.db.transaction() as tx:
        seller = await parties.businesses.apply(
            tx,
            owner_id=lane.made.people["owner"],
            name="Cloud Scissors <b>",
            uscc=None,
            about=parties.About(),
            now=lane.clock(),
        )
        licence = await parties.licences.show(
            tx,
            lane.made.sellers["tea"],
            "food",
            "JY1",
            "Bureau",
            date(2025, 1, 1),
            date(2030, 1, 1),
            None,
            lane.clock(),
        )
    page = (await zhou.see("/reviews")).text
    assert "Cloud Scissors &lt;b&gt;" in page and "JY1" in page
    silent = await zhou.post("/reviews/business", id=seller, verdict="refuse", reason="")
    assert silent.status_code == 422 and "say why" in silent.text
    assert (await zhou.post("/reviews/business", id=seller, verdict="accept")).status_code == 303
    assert (await zhou.post("/reviews/business", id=seller, verdict="accept")).status_code == 409
    assert (
        await zhou.post("/reviews/licence", id=licence, verdict="refuse", reason="the scan is blurred")
    ).status_code == 303
    zhou_id = lane.made.people["zhou"]
    assert (seller, zhou_id) in await told(lane, "business.accepted") and await told(
        lane, "licence.refused"
    ) == [(licence, zhou_id)]
    assert (await zhou.see(f"/reviews/licences/{licence}/scan")).status_code == 404


async def test_nobody_reviews_their_own_business(app: Litestar, lane: Lane, zhou: Browser) -> None:
    async with lane.market.db.transaction() as tx:
        mine = await parties.businesses.apply(
            tx,
            owner_id=lane.made.people["zhou"],
            name="Zhou's Side Shop",
            uscc=None,
            about=parties.About(),
            now=lane.clock(),
        )
    assert "somebody else decides" in (await zhou.see("/reviews")).text
    assert (await zhou.post("/reviews/business", id=mine, verdict="accept")).status_code == 403


async def test_a_suspended_shop_sells_nothing_until_it_may_again(lane: Lane, zhou: Browser) -> None:
    tea = lane.made.sellers["tea"]
    assert (await zhou.post("/businesses/suspend", id=tea, reason="")).status_code == 422
    assert (await zhou.post("/businesses/suspend", id=tea, reason="sold spoiled tea")).status_code == 303
    lane.market.shelf._changed(None)
    with pytest.raises(OfferClosed):
        await lane.buy({"tea/online": 1})
    assert "sold spoiled tea" in (await zhou.see("/businesses?state=suspended")).text
    assert (await zhou.post("/businesses/reopen", id=tea)).status_code == 303
    lane.market.shelf._changed(None)
    await lane.buy({"tea/online": 1})
    zhou_id = lane.made.people["zhou"]
    assert await told(lane, "business.suspended") == [(tea, zhou_id)] and await told(
        lane, "business.reopened"
    ) == [(tea, zhou_id)]


async def test_businesses_are_found_by_name(zhou: Browser) -> None:
    found = (await zhou.see("/businesses?q=willow")).text
    assert "Willow Tea House" in found and "Bridge Grocer" not in found
    assert "No business like that" in (await zhou.see("/businesses?q=%25")).text


# --- orders and facts ---


async def test_an_order_is_found_by_what_somebody_reads_out(lane: Lane, zhou: Browser) -> None:
    (order_id,) = await lane.paid({"tea/online": 1})
    number = spoken((await lane.order(order_id)).order.number)
    for asked in (number, number.lower().replace("-", " "), order_id):
        answer = await zhou.see(f"/orders?q={asked}")
        assert answer.status_code == 303 and answer.headers["location"] == f"/operator/orders/{order_id}"
    page = (await zhou.see(f"/orders/{order_id}")).text
    assert number in page and "¥96.00" in page and "escrow" in page
    assert "Lin Xiaohe" not in page and "13800000000" not in page
    swapped = number[1] + number[0] + number[2:]
    misheard = await zhou.see(f"/orders?q={swapped}")
    assert misheard.status_code == 404 and "misheard" in misheard.text
    assert (await zhou.see("/orders/ord_nowhere")).status_code == 404


async def test_facts_are_read_page_by_page(lane: Lane, zhou: Browser) -> None:
    for _ in range(28):
        await lane.buy({"tea/online": 1})
    first = (await zhou.see("/facts?kind=order.placed")).text
    assert first.count('class="feed-more"') == 28
    page = (await zhou.see("/facts")).text
    seen, after = page.count('class="feed-more"'), re.search(r"after=([\w-]+)", page)
    assert seen == 40 and after
    second = (await zhou.see(f"/facts?after={after[1]}")).text
    assert set(re.findall(r"<time datetime=", second)) and second != page
    assert (await zhou.see("/facts?after=nonsense")).status_code == 422
    assert "Nothing like that was told" in (await zhou.see("/facts?about=ord_x")).text


# --- books and jobs ---


async def test_the_books_are_checked_by_a_job_with_progress(lane: Lane, zhou: Browser) -> None:
    assert (await zhou.post("/books/check")).status_code == 303
    assert "Waits for a worker." in (await zhou.see("/books")).text
    assert (await zhou.post("/books/check")).status_code == 303
    async with lane.market.db.read() as tx:
        assert (
            await tx.fetchval("SELECT count(*) FROM jobs.pgqueuer WHERE entrypoint = $1", errands.CHECK_BOOKS)
            == 1
        )
    ((run, by),) = await told(lane, "books.check_wanted")
    assert await errands.check_books(lane.market, run, by, lane.clock())
    page = (await zhou.see("/books", **{"hx-request": "true"})).text
    assert "laws hold." in page and "Zhou Ming" in page and "<html" not in page


async def test_folding_shows_who_holds_what(lane: Lane, zhou: Browser) -> None:
    await lane.paid({"tea/online": 1})
    await zhou.post("/books/fold")
    assert len(await told(lane, "books.fold_wanted")) == 1
    page = (await zhou.see("/books")).text
    assert "At payment providers" in page or "not folded in yet" in page


async def test_differences_are_listed_filtered_and_kept_in_a_file(lane: Lane, zhou: Browser) -> None:
    provider: Any = lane.market.providers["sandbox"]
    assert "No difference" in (await zhou.see("/books/differences")).text
    now = lane.clock()
    provider.lines = [
        StatementLine("charge", "=cmd|' /C calc'!A0", "", 700, "CNY", "@SBX1", now),
        StatementLine("payout", "pay_unknown", "acct", 900, "CNY", "SBX2", now),
    ]
    page = (await zhou.see("/books/differences")).text
    assert "¥7.00" in page and "¥9.00" in page and "Not in our books" in page
    none = (await zhou.see("/books/differences?what=amount")).text
    assert "¥7.00" not in none
    sheet = await zhou.see("/books/differences.csv?what=missing_here")
    assert (
        sheet.headers["content-type"].startswith("text/csv")
        and "attachment" in sheet.headers["content-disposition"]
    )
    assert "'=cmd|" in sheet.text and "'@SBX1" in sheet.text and "\n=cmd" not in sheet.text
    for wrong in ("since=tomorrow", "since=2026-11-23&until=2026-11-01", "since=2020-01-01&until=2026-11-01"):
        assert (await zhou.see(f"/books/differences?{wrong}")).status_code == 422
    provider.away = True
    away = await zhou.see("/books/differences")
    assert away.status_code == 502 and "does not answer now" in away.text


async def test_a_failed_job_is_tried_again(lane: Lane, zhou: Browser) -> None:
    async with lane.market.db.transaction() as tx:
        await jobs.enqueue(tx, "letter", {"order": "ord_1"})
        await jobs.enqueue(tx, "letter", {"order": "ord_2"})
        await tx.execute("UPDATE jobs.pgqueuer SET status = 'failed'")
        first = await tx.fetchval("SELECT min(id) FROM jobs.pgqueuer")
    assert "ord_1" in (await zhou.see("/jobs")).text
    assert (await zhou.post("/jobs/again", job=str(first))).status_code == 303
    assert (await zhou.post("/jobs/again", job=str(first))).status_code == 404
    assert (await zhou.post("/jobs/again")).status_code == 303
    async with lane.market.db.read() as tx:
        assert await tx.fetchval("SELECT count(*) FROM jobs.pgqueuer WHERE status = 'queued'") == 2
    assert len(await told(lane, "jobs.again")) == 2


async def test_particulars_are_looked_at_again_with_one_click(lane: Lane, zhou: Browser) -> None:
    tea = lane.made.sellers["tea"]
    assert "No business to look at again" in (await zhou.see("/reviews")).text
    lane.clock.forward(timedelta(days=190))
    strong = await zhou_again(lane, zhou)
    page = (await strong.see("/reviews")).text
    assert "3 businesses to look at again" in page and "overdue since" in page and "Willow Tea House" in page
    assert (await strong.post("/reviews/particulars", id=tea)).status_code == 303
    assert (await strong.post("/reviews/particulars", id=tea)).status_code == 409
    assert (await strong.post("/reviews/particulars", id="pty_nobody")).status_code == 404
    assert "2 businesses to look at again" in (await strong.see("/reviews")).text
    assert (tea, lane.made.people["zhou"]) in await told(lane, "particulars.confirmed")


async def zhou_again(lane: Lane, zhou: Browser) -> Browser:
    """Signed in anew: half a year is longer than a session."""
    async with lane.market.db.transaction() as tx:
        token = await parties.sessions.open_session(
            tx, lane.made.people["zhou"], None, True, "test", lane.clock()
        )
    zhou.http.cookies.clear()
    zhou.http.cookies.set("session", token)
    return zhou
