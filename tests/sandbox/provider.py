"""The sandbox provider as a process of its own, and the market's side of it: an inbox for its notices."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

import httpx

from highstreet.bench.load import free_port
from highstreet.sandbox.notices import secret_bytes
from highstreet.sandbox.payments import api_token

SECRET = "whsec_cHJldGVuZCBzZWNyZXQgb2YgV2lsbG93IFN0cmVldA=="


async def until(true: Callable[[], object | Awaitable[object]], seconds: float = 30) -> None:
    """Asks again and again until it holds; fails after `seconds`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = true()
        if isinstance(found, Awaitable):
            found = await found
        if found:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("waited in vain")


@dataclass
class Told:
    """One request that reached the inbox."""

    headers: dict[str, str]
    body: bytes


@dataclass
class Inbox:
    """A loopback HTTP server that keeps what it is sent. It answers what `judge` says, or else the next of
    `answers` for the key the notice is about, or else 204.
    """

    url: str = ""
    told: list[Told] = field(default_factory=list)
    answers: dict[str, list[int]] = field(default_factory=dict)
    judge: Callable[[Told], int] | None = None
    server: asyncio.Server | None = None

    async def open(self) -> None:
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}/notices"

    async def close(self) -> None:
        assert self.server is not None
        self.server.close()
        await self.server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            lines = [line.split(": ", 1) for line in head.split("\r\n")[1:] if line]
            headers = {name.lower(): value for name, value in lines}
            told = Told(headers, await reader.readexactly(int(headers["content-length"])))
            self.told.append(told)
            left = self.answers.get(json.loads(told.body)["key"])
            status = left.pop(0) if left else 204
            if self.judge is not None:
                status = self.judge(told)
            writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
            await writer.drain()
        writer.close()

    def about(self, key: str) -> list[Told]:
        return [one for one in self.told if f'"{key}"'.encode() in one.body]


class RunningProvider:
    """`python -m highstreet.sandbox.payments` on a free port."""

    def __init__(self, *more: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.more = more
        self.process: subprocess.Popen[bytes] | None = None
        bearer = {"authorization": f"Bearer {api_token(secret_bytes(SECRET))}"}
        self.http = httpx.AsyncClient(base_url=self.url, headers=bearer, timeout=20, trust_env=False)

    async def start(self) -> None:
        self._spawn()
        await until(self._healthy, 30)

    def _spawn(self) -> None:
        words = ["-m", "highstreet.sandbox.payments", "--port", str(self.port), *self.more]
        env = os.environ | {"HIGHSTREET_SANDBOX_SECRET": SECRET}
        self.process = subprocess.Popen([sys.executable, *words], env=env, stdout=subprocess.DEVNULL)

    async def _healthy(self) -> bool:
        with suppress(httpx.HTTPError):
            return (await self.http.get("/health")).status_code == 200
        return False

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.wait(20)

    async def close(self) -> None:
        await self.http.aclose()
        if self.process is not None and self.process.poll() is None:
            self.stop()

    async def faults(self, **rates: float) -> None:
        assert (await self.http.put("/faults", json=rates)).status_code == 200

    async def plan(self, key: str, **times: int) -> None:
        assert (await self.http.put(f"/faults/{key}", json=times)).status_code == 200

    async def post(self, what: str, key: str, **body: str | int | float | bool | None) -> httpx.Response:
        return await self.http.post(f"/{what}", json=body, headers={"idempotency-key": key})

    async def charge(self, key: str, amount: int = 1000, token: str = "tok_ok") -> httpx.Response:
        return await self.post("charges", key, amount=amount, currency="CNY", token=token)

    async def notices(self, key: str) -> list[dict[str, str | int]]:
        return (await self.http.get("/notices", params={"key": key})).json()

    async def movements(self, key: str) -> list[dict[str, str | int]]:
        lines = (await self.http.get("/statement")).json()["lines"]
        return [line for line in lines if line["key"] == key]
