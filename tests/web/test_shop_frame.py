"""What every page shares: the visitor, how a no looks, the headers, the forms' token, news while one looks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import httpx
import pytest
import pytest_asyncio
from litestar import Litestar, Response, get, post
from litestar.params import FromPath

from highstreet.kit.clock import FixedClock
from highstreet.kit.db import Database, DatabaseAway
from highstreet.kit.errors import NotFound, SignInFirst, TooOften
from highstreet.web import frame, sessions
from highstreet.web.frame import GivenForm, GivenMarket, GivenVisitor, back_to, go, show
from highstreet.web.news import News
from highstreet.web.sessions import AnyRequest
from tests.web.shop_world import FakeProvider, app_of, market_of

NO: dict[str, Exception] = {
    "missing": NotFound("offer"),
    "away": DatabaseAway("gone"),
    "often": TooOften(seconds=30),
    "broken": ZeroDivisionError("a secret of ours"),
}


@get("/no/{kind:str}")
async def no(kind: FromPath[str]) -> None:
    raise NO[kind]


@get("/mine")
async def mine() -> None:
    raise SignInFirst


@get("/hello")
async def hello(visitor: GivenVisitor) -> Response[str]:
    return show(visitor, "shared/base.html")


@post("/said")
async def said(visitor: GivenVisitor, form: GivenForm) -> Response[Any]:
    return go(visitor, "/hello", say=f"<b>{form.get('text')}</b> {form.whole('n', 0)}")


@get("/live/{one:str}")
async def listen(request: AnyRequest, market: GivenMarket, one: FromPath[str]) -> Any:
    return frame.live(request, market, one)


@pytest_asyncio.fixture
async def app(db: Database, clock: FixedClock) -> AsyncIterator[Litestar]:
    market = market_of(db, FakeProvider(), clock)
    await market.open()
    yield app_of(market, no, mine, hello, said, listen)
    await market.close()


@pytest_asyncio.fixture
async def browser(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(cast(Any, app)), base_url="http://town.test"
    ) as client:
        yield client


@pytest.mark.parametrize(("kind", "status", "text"), [
    ("missing", 404, "There is no such offer here."),
    ("away", 503, "catching its breath"),
    ("often", 429, "wait 30 seconds"),
    ("broken", 500, "Something went wrong on our side"),
])  # fmt: skip
async def test_a_no_is_a_calm_page(browser: httpx.AsyncClient, kind: str, status: int, text: str) -> None:
    answer = await browser.get(f"/no/{kind}")
    assert answer.status_code == status and text in answer.text
    assert "Traceback" not in answer.text and "a secret of ours" not in answer.text
    assert ("retry-after" in answer.headers) is (status in (429, 503))


async def test_a_no_speaks_the_visitors_language_and_to_htmx_in_a_notice(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/no/away", headers={"accept-language": "zh-CN", "hx-request": "true"})
    assert (
        "市场正在恢复中" in answer.text
        and 'class="notice refusal"' in answer.text
        and "<html" not in answer.text
    )


async def test_an_unknown_address_is_told_so(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/nowhere")
    assert answer.status_code == 404 and "There is no such page here." in answer.text


async def test_who_is_not_signed_in_is_sent_there_and_back(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/mine?a=1")
    assert answer.status_code == 303 and answer.headers["location"] == "/sign-in?next=%2Fmine%3Fa%3D1"


async def test_every_answer_is_guarded(browser: httpx.AsyncClient) -> None:
    for path in ("/hello", "/nowhere", "/static/site.css"):
        headers = (await browser.get(path)).headers
        assert (
            "frame-ancestors 'none'" in headers["content-security-policy"]
            and "unsafe" not in headers["content-security-policy"]
        )
        assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "same-origin"


async def test_a_form_needs_its_token_and_says_its_sentence_once(browser: httpx.AsyncClient) -> None:
    assert (await browser.post("/said", data={"text": "x"})).status_code == 403
    token = (await browser.get("/hello")).text.partition('name="csrf-token" content="')[2].partition('"')[0]
    answer = await browser.post("/said", data={"text": "x", "n": "7", "_csrf_token": token})
    assert answer.status_code == 303
    assert "&lt;b&gt;x&lt;/b&gt; 7" in (await browser.get("/hello")).text
    assert "&lt;b&gt;" not in (await browser.get("/hello")).text
    by_header = await browser.post(
        "/said", data={"text": "y"}, headers={"x-csrftoken": token, "hx-request": "true"}
    )
    assert by_header.headers["hx-redirect"] == "/hello"


async def test_a_field_that_cannot_be_read_is_refused(browser: httpx.AsyncClient) -> None:
    token = (await browser.get("/hello")).text.partition('name="csrf-token" content="')[2].partition('"')[0]
    for wrong in ("1.5", "1e9", "²", "9" * 30):
        answer = await browser.post("/said", data={"n": wrong, "_csrf_token": token})
        assert answer.status_code == 422 and "whole number" in answer.text
    assert (await browser.post("/said", data={"text": "x" * 5000, "_csrf_token": token})).status_code == 422


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:1",
        "",
        "/a\nb",
        "/" + "x" * 600,
    ],
)
def test_nobody_is_led_away(path: str) -> None:
    assert back_to(path, "/me") == "/me"
    assert back_to("/orders?x=1") == "/orders?x=1"


async def test_whoever_looks_is_woken_by_what_is_told(db: Database, clock: FixedClock) -> None:
    market = market_of(db, FakeProvider(), clock)
    news = News()
    heard = news.changes(market, frozenset({"ord_1"}))
    assert (await anext(heard)).comment == "listening"
    waiting = asyncio.ensure_future(anext(heard))
    async with db.transaction() as tx:
        await tx.execute("SELECT pg_notify('told', 'ord_0 ord_1')")
    assert (await asyncio.wait_for(waiting, 30)).data == "changed"
    await cast(Any, heard).aclose()
    assert not news._waiting


def test_the_near_cookie_survives_nonsense() -> None:
    assert sessions._near({"near": "31.299,120.585"}) is not None
    for wrong in ("", "x", "nan,1", "91,0", "1"):
        assert sessions._near({"near": wrong}) is None
