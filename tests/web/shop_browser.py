"""A browser without a screen: follows forms as they stand on the page, token and all."""

from __future__ import annotations

import re
from html import unescape
from typing import Any, cast

import httpx
from litestar import Litestar


class Browser:
    """Keeps cookies and the last page."""

    def __init__(self, app: Litestar, lang: str = "en") -> None:
        transport = httpx.ASGITransport(cast(Any, app))
        self.client = httpx.AsyncClient(
            transport=transport, base_url="http://town.test", follow_redirects=False
        )
        self.client.cookies.set("lang", lang)
        self.text = ""
        self.status = 0
        self.path = "/"

    async def get(self, path: str, **headers: str) -> str:
        """A page, following redirects within the town."""
        return await self._follow(await self.client.get(path, headers=headers))

    async def post(self, path: str, fields: dict[str, Any] | None = None, **headers: str) -> str:
        """Send a form with the page's token."""
        return await self._follow(await self.client.post(path, data=self.with_token(fields), headers=headers))

    def with_token(self, fields: dict[str, Any] | None) -> dict[str, Any]:
        return {**(fields or {}), "_csrf_token": self.client.cookies.get("csrf", "")}

    async def send(self, action: str, fields: dict[str, Any]) -> str:
        """Fill in the form of the last page with this action: its hidden fields, and these."""
        return await self.post(unescape(action), {**self.hidden(action), **fields})

    def hidden(self, action: str) -> dict[str, str]:
        for form in re.findall(r"<form[^>]*>.*?</form>", self.text, re.S):
            found = re.search(r'action="([^"]*)"', form)
            if found and unescape(found[1]) == unescape(action):
                inputs = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', form)
                return {name: unescape(value) for name, value in inputs if name != "_csrf_token"}
        raise AssertionError(f"no form for {action} on {self.path}")

    def find(self, pattern: str) -> str:
        found = re.search(pattern, self.text)
        assert found, f"{pattern} is not on {self.path}: {self.text[:3000]}"
        return unescape(found[1])

    async def _follow(self, answer: httpx.Response) -> str:
        while answer.is_redirect:
            path = answer.headers["location"]
            if path.startswith("http"):
                break
            answer = await self.client.get(path)
        self.text, self.status = answer.text, answer.status_code
        self.path = answer.url.raw_path.decode()
        return self.text
