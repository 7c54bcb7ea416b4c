"""A real browser on the street of three shops: served in this process, watched for errors, judged by axe."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from litestar import Response, get
from litestar.params import FromPath
from playwright.async_api import Browser

from highstreet.ledger import Intent
from highstreet.web.sessions import AnyRequest
from tests.browser.tab import LOOKS, Eyes, a_tab, name_of, served
from tests.web.shop_world import Street, app_of


@get("/pretend/{key:str}")
async def pretend(request: AnyRequest, key: FromPath[str]) -> Response[str]:
    """The payment provider's page: one button, which leads back."""
    back = request.query_params["back"]
    onward = f"{back}&key={key}&outcome=unknown"
    html = f'<!doctype html><html lang="en"><title>Pay</title><h1>Pay {key}</h1><a id="pay" href="{onward}">Pay</a></html>'
    return Response(html, media_type="text/html")


def _paid_here(street: Street, url: str) -> None:
    def pay_url(intent: Intent, return_url: str) -> str:
        street.provider.amounts[intent.key] = intent.amount
        return f"{url}/pretend/{intent.key}?back={return_url.replace('&', '%26').replace('?', '%3F')}"

    street.provider.pay_url = pay_url


@pytest_asyncio.fixture(params=LOOKS, ids=name_of)
async def eyes(request: pytest.FixtureRequest, street: Street, chromium: Browser) -> AsyncIterator[Eyes]:
    """A tab that looks at the street in one of the ways people do."""
    async with served(app_of(street.market, pretend)) as url, a_tab(chromium, url, request.param) as eyes:
        _paid_here(street, url)
        yield eyes
