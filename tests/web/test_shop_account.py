"""One's own corner: signing in and up, what one tells and allows, taking data along, being forgotten."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
import pytest_asyncio
from litestar import Litestar
from pyotp.totp import TOTP

from highstreet.kit.clock import FixedClock
from highstreet.kit.mail import Letter
from tests.web.shop_browser import Browser
from tests.web.shop_world import PASSWORD, Street, app_of, street, street_template

__all__ = ["street", "street_template"]
CODE = r"<li>([0-9a-z]{5}-[0-9a-z]{5})</li>"
ADA = {"handle": "ada@example.com", "password": PASSWORD}


class Postbox:
    """Keeps what was sent."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []

    async def send(self, letter: Letter) -> None:
        self.letters.append(letter)

    def link(self) -> str:
        """The path and query of the link in the last letter."""
        found = urlsplit(self.letters[-1].text.split()[-1])
        return f"{found.path}?{found.query}"


@pytest_asyncio.fixture
async def app(street: Street) -> Litestar:
    return app_of(street.market)


@pytest.fixture
def post(app: Litestar) -> Postbox:
    app.state["mail"] = Postbox()
    return app.state["mail"]


@pytest_asyncio.fixture
async def browser(app: Litestar) -> Browser:
    one = Browser(app)
    await one.get("/sign-in")
    return one


async def signed_in(browser: Browser) -> Browser:
    await browser.post("/sign-in", ADA)
    assert browser.path == "/me" and "Lin Xiaohe" in browser.text
    return browser


async def test_signing_in_and_out(browser: Browser) -> None:
    await signed_in(browser)
    cookie = next(c for c in browser.client.cookies.jar if c.name == "session")
    assert cookie.has_nonstandard_attr("HttpOnly") and len(cookie.value or "") > 40
    await browser.post("/sign-out")
    await browser.get("/me")
    assert browser.path.startswith("/sign-in?next=%2Fme")


@pytest.mark.parametrize(
    "wrong",
    [{"password": "not this one"}, {"handle": "nobody@example.com"}, {"handle": "'; --"}, {"password": ""}],
)
async def test_a_wrong_sign_in_tells_nothing(browser: Browser, wrong: dict[str, str]) -> None:
    await browser.post("/sign-in", ADA | wrong)
    assert browser.status == 401 and "This does not match" in browser.text
    assert "session" not in browser.client.cookies


async def test_guessing_is_slowed_down(browser: Browser) -> None:
    for _ in range(6):
        await browser.post("/sign-in", ADA | {"password": "guess"})
    assert browser.status == 429 and "Too many tries" in browser.text and "ada@example.com" in browser.text


async def test_nobody_is_led_away_after_signing_in(browser: Browser) -> None:
    answer = await browser.client.post("/sign-in", data=browser.with_token(ADA | {"next": "//evil.example/"}))
    assert answer.headers["location"] == "/me"


async def test_one_click_in_the_demonstration_only(browser: Browser, street: Street) -> None:
    assert "Baker Wu" in browser.text
    await browser.post("/sign-in/demo", {"person": street.people["mill"], "next": "/me"})
    assert "Baker Wu" in browser.text and "Where I work" in browser.text
    street.market.demo = False
    await browser.post("/sign-in/demo", {"person": street.people["ada"]})
    assert browser.status == 404


async def test_signing_up_and_confirming(browser: Browser, post: Postbox) -> None:
    new = {"name": "Chen Yu", "handle": "chen@example.com", "password": "seven red lanterns"}
    await browser.post("/sign-up", new)
    assert browser.status == 422 and 'value="Chen Yu"' in browser.text and "seven red" not in browser.text
    await browser.post("/sign-up", new | {"password": "short", "agree": "1"})
    assert browser.status == 422 and "not easy to guess" in browser.text
    await browser.post("/sign-up", new | {"agree": "1"})
    assert browser.path == "/me" and "Chen Yu" in browser.text
    link = post.link()
    await browser.get(link)
    assert "Yes, this is my address" in browser.text
    await browser.send("/confirm", {})
    assert "Confirmed" in browser.text


async def test_a_known_address_is_answered_like_a_new_one_by_letter(browser: Browser, post: Postbox) -> None:
    known = {"name": "X", "handle": "ada@example.com", "password": "seven red lanterns", "agree": "1"}
    await browser.post("/sign-up", known)
    assert "If we know this address" in browser.text and "session" not in browser.client.cookies
    assert "account already" in post.letters[-1].subject and post.letters[-1].to == "ada@example.com"


async def test_a_forgotten_password(browser: Browser, post: Postbox) -> None:
    await browser.post("/password/forgotten", {"handle": "nobody@example.com"})
    assert "If we know this address" in browser.text and not post.letters
    await browser.post("/password/forgotten", {"handle": "ada@example.com"})
    assert "If we know this address" in browser.text
    await browser.get(post.link())
    await browser.send("/password/new", {"password": "a boat under the bridge"})
    assert "new password is set" in browser.text
    used = parse_qs(urlsplit(post.link()).query)["link"][0]
    await browser.post("/password/new", {"link": used, "password": "another boat on the river"})
    assert browser.status == 410
    await browser.post("/sign-in", ADA)
    assert browser.status == 401
    await browser.post("/sign-in", ADA | {"password": "a boat under the bridge"})
    assert browser.path == "/me"


async def test_the_second_factor(browser: Browser, clock: FixedClock) -> None:
    await signed_in(browser)
    await browser.post("/me/security/totp")
    key = browser.find(r'name="key" value="([A-Z2-7]+)"')
    await browser.send("/me/security/totp/confirm", {"code": "000000"})
    assert browser.status == 401 and "<svg" in browser.text
    await browser.send("/me/security/totp/confirm", {"code": TOTP(key).at(clock())})
    assert "protected twice" in browser.text
    codes = re.findall(CODE, browser.text)
    assert len(codes) == 10
    await browser.post("/sign-out")
    await browser.post("/sign-in", ADA)
    assert browser.status == 401 and "Six digits" in browser.text and PASSWORD not in browser.text
    clock.forward(timedelta(minutes=1))
    await browser.post("/sign-in", ADA | {"totp": TOTP(key).at(clock())})
    assert browser.path == "/me"
    # The phone is lost: a code from the drawer does, once.
    for code, status in ((codes[3], 200), (codes[3], 401)):
        await browser.post("/sign-out")
        await browser.post("/sign-in", ADA | {"totp": code})
        assert browser.status == status
    await browser.post("/sign-in", ADA | {"totp": codes[4]})
    await browser.get("/me/security")
    assert "8 recovery codes are left" in browser.text and codes[5] not in browser.text
    await browser.post("/me/security/codes")
    fresh = re.findall(CODE, browser.text)
    assert len(fresh) == 10 and not set(fresh) & set(codes)
    clock.forward(timedelta(minutes=20))
    await browser.post("/me/security/codes")
    assert browser.path.startswith("/sign-in?") and "again=1" in browser.path


async def test_changing_what_signs_in_needs_a_fresh_sign_in(browser: Browser, clock: FixedClock) -> None:
    await signed_in(browser)
    await browser.get("/me/profile")
    told = {
        "name": "Lin He",
        "email": "ada@example.com",
        "phone": "",
        "lang": "zh",
        "picture": "person-student",
    }
    clock.forward(timedelta(minutes=20))
    await browser.send("/me/profile", told)
    assert "已保存" in browser.text and "Lin He" in browser.text, (
        "the page speaks the chosen language at once"
    )
    await browser.send("/me/profile", told | {"email": "lin@example.com"})
    assert browser.path.startswith("/sign-in?") and "again=1" in browser.path
    await browser.post("/sign-in", ADA | {"next": "/me/profile"})
    await browser.send("/me/profile", told | {"email": "not an address"})
    assert browser.status == 422 and 'value="not an address"' in browser.text
    await browser.send("/me/profile", told | {"email": "lin@example.com"})
    assert "lin@example.com" in browser.text


async def test_the_address_book(browser: Browser) -> None:
    await signed_in(browser)
    await browser.get("/me/addresses")
    await browser.post("/me/addresses", {"line": "Canal Road 5", "label": "home", "town": "Qinghe"})
    await browser.post("/me/addresses", {"line": "Mill Lane 2", "label": "grandmother"})
    await browser.post("/me/addresses", {"at": "1", "do": "first"})
    assert browser.text.index("Mill Lane 2") < browser.text.index("Canal Road 5")
    await browser.post("/me/addresses", {"at": "1", "line": "Canal Road 7", "label": "home"})
    assert "Canal Road 7" in browser.text and "Canal Road 5" not in browser.text
    await browser.post("/me/addresses", {"line": " ", "label": "empty"})
    assert browser.status == 422 and 'value="empty"' in browser.text
    await browser.post("/me/addresses", {"at": "0", "do": "away"})
    assert "Mill Lane 2" not in browser.text
    await browser.post("/me/addresses", {"at": "7", "do": "away"})
    assert browser.status == 422


async def test_allowing_and_stopping_to(browser: Browser) -> None:
    await signed_in(browser)
    await browser.get("/me/consents")
    assert browser.text.count("Allow this") == 4
    await browser.post("/me/consents", {"purpose": "personalisation", "give": "1"})
    assert browser.text.count("Allow this") == 3 and "Turn off" in browser.text
    await browser.post("/me/consents", {"purpose": "personalisation", "give": "0"})
    assert browser.text.count("Allow this") == 4 and "What I allowed before" in browser.text
    await browser.post("/me/consents", {"purpose": "everything", "give": "1"})
    assert browser.status == 422


async def test_taking_data_along_and_being_forgotten(browser: Browser, street: Street) -> None:
    await signed_in(browser)
    await browser.post("/basket", {"offer": street.offers["bread/collect"], "quantity": "1", "add": "1"})
    await browser.get("/checkout")
    await browser.send(
        "/checkout", {"name": "Lin Xiaohe", "phone": "13800138000", "method": "cash", "agree": "1"}
    )
    cancel = browser.find(r'action="(/orders/ord_\w+/cancel[^"]*)"')
    answer = await browser.client.get("/me/data/export")
    told: dict[str, Any] = msgspec.json.decode(answer.content)
    assert told["profile"]["name"] == "Lin Xiaohe" and told["orders"][0]["contact"]["phone"] == "13800138000"
    assert "password" not in answer.text and "argon2" not in answer.text
    await browser.post("/me/data/erase", {"sure": "no"})
    assert browser.status == 422
    await browser.post("/me/data/erase", {"sure": "erase"})
    assert browser.status == 409 and "still under way" in browser.text
    await browser.get(cancel.replace("/cancel", ""))
    await browser.send(cancel, {"line-1": "1"})
    await browser.post("/me/data/erase", {"sure": "erase"})
    assert "You are forgotten" in browser.text
    await browser.post("/sign-in", ADA)
    assert browser.status == 401


async def test_everything_personal_needs_a_sign_in_and_is_never_stored(browser: Browser) -> None:
    paths = (
        "/me",
        "/me/profile",
        "/me/addresses",
        "/me/consents",
        "/me/data",
        "/me/data/export",
        "/me/security",
        "/me/notices",
    )
    for path in paths:
        await browser.get(path)
        assert browser.path.startswith("/sign-in?next="), path
    await signed_in(browser)
    for path in paths:
        answer = await browser.client.get(path)
        assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store", path


async def test_the_look_is_kept_and_read_from_the_browser(app: Litestar) -> None:
    browser = Browser(app, "")
    await browser.get("/", **{"accept-language": "zh-CN,zh;q=0.9"})
    assert 'lang="zh-Hans"' in browser.text
    await browser.post("/look", {"lang": "en", "back": "/ask"})
    assert browser.path == "/ask" and 'lang="en"' in browser.text
    await browser.post("/look", {"elder": "1", "theme": "<b>", "back": "https://evil.example"})
    assert browser.path == "/" and "data-elder" in browser.text and 'data-theme="auto"' in browser.text


async def test_signing_out_everywhere_else(browser: Browser, app: Litestar) -> None:
    other = Browser(app)
    await other.get("/sign-in")
    await asyncio.gather(signed_in(browser), signed_in(other))
    await browser.get("/me/security")
    await browser.post("/me/security/elsewhere")
    await other.get("/me")
    assert other.path.startswith("/sign-in") and (await browser.get("/me")) and browser.path == "/me"
    await browser.get("/me/security")
    await browser.send(
        "/me/security/password",
        {"old": "wrong", "new": "a boat under the bridge", "again": "a boat under the bridge"},
    )
    assert browser.status == 401
    await browser.send(
        "/me/security/password", {"old": PASSWORD, "new": "a boat under the bridge", "again": "different"}
    )
    assert browser.status == 422
    await browser.send(
        "/me/security/password",
        {"old": PASSWORD, "new": "a boat under the bridge", "again": "a boat under the bridge"},
    )
    assert "new password is set" in browser.text
