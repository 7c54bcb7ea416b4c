"""The sandbox devices' client: asks locks and cabinets, and reads what devices tell. Speaks what `highstreet.sandbox.devices` serves.

Both directions are signed with the device's own key, as Standard Webhooks has it: `v1,<base64 of HMAC-SHA-256 over id.timestamp.body>`.
"""

from __future__ import annotations

import binascii
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated
from urllib.parse import quote

import httpx
import msgspec

from highstreet import logistics
from highstreet.kit.clock import Clock, system_clock
from highstreet.kit.db import must_be_outside
from highstreet.kit.errors import Malformed
from highstreet.logistics import DeviceAway, DeviceForged, DeviceStale, Report

LARGEST = 20_000  # bytes of a report
_MOST_MARKS = 8

Text = Annotated[str, msgspec.Meta(max_length=400)]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=80, pattern=r"\A[!-~]+\Z")]
Position = Annotated[str, msgspec.Meta(pattern=r"\A[1-9][0-9]{0,3}\Z")]
Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]


class _Told(msgspec.Struct, frozen=True):
    id: Id
    kind: logistics.devices.Happening
    at: Annotated[datetime, msgspec.Meta(tz=True)]
    command: Text = ""
    lines: Annotated[dict[Position, Count], msgspec.Meta(max_length=100)] = {}
    grams: Count | None = None
    code: Text = ""
    battery: Annotated[int, msgspec.Meta(ge=0, le=100)] | None = None
    lat: Annotated[float, msgspec.Meta(ge=-90, le=90)] | None = None
    lon: Annotated[float, msgspec.Meta(ge=-180, le=180)] | None = None


class _Answered(msgspec.Struct, frozen=True):
    key: str
    outcome: logistics.devices.Outcome
    reason: Text = ""
    at: datetime | None = None


_told = msgspec.json.Decoder(_Told)


def mark(secret: str, message: str, stamp: int, body: bytes) -> bytes:
    """The signature of a message under a device's key."""
    signed = f"{message}.{stamp}.".encode() + body
    return b"v1," + binascii.b2a_base64(hmac.digest(secret.encode(), signed, "sha256"), newline=False)


def verify(headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> str:
    """The id of a message that was signed with this key, now. Errors: Malformed, DeviceForged, DeviceStale."""
    message, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    given = headers.get("webhook-signature", "").encode()
    if not message or not given or not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        raise Malformed("webhook headers", "id, timestamp or signature missing", "缺少编号、时间戳或签名")
    if len(body) > LARGEST:
        raise Malformed("report", "too long", "内容过长")
    known = mark(secret, message, int(stamp), body)
    if not any(hmac.compare_digest(known, one) for one in given.split(b" ", _MOST_MARKS)[:_MOST_MARKS]):
        raise DeviceForged
    if abs(now.timestamp() - int(stamp)) > logistics.devices.TOLERANCE_SECONDS:
        raise DeviceStale
    return message


class SandboxDevices:
    """Answers `logistics.DevicePort`. `url` is where the devices' maker listens."""

    def __init__(
        self,
        url: str,
        clock: Clock = system_clock,
        timeout: float = 5.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._clock = clock
        self._url = url.rstrip("/")
        self._http = httpx.AsyncClient(
            base_url=url.rstrip("/"),
            timeout=httpx.Timeout(timeout, connect=min(timeout, 2.0)),
            trust_env=False,
            follow_redirects=False,
            transport=transport,
        )

    async def close(self) -> None:
        await self._http.aclose()

    def read(self, headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> Report:
        """Errors: DeviceForged, DeviceStale, Malformed."""
        message = verify(headers, body, secret, now)
        try:
            told = _told.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as e:
            raise Malformed("report", str(e)) from e
        if told.id != message:
            raise Malformed("report", "its id differs from the header's", "编号与请求头不一致")
        return msgspec.convert(msgspec.to_builtins(told), Report)

    def seen_at(self, device_id: str) -> str:
        return f"{self._url}/devices/{quote(device_id)}"

    async def ask(
        self, device_id: str, secret: str, asked: logistics.devices.Asked
    ) -> logistics.devices.Answer:
        body = msgspec.json.encode(asked)
        return await self._send("POST", f"/devices/{quote(device_id)}/commands", asked.key, secret, body)

    async def query(self, device_id: str, secret: str, key: str) -> logistics.devices.Answer:
        path = f"/devices/{quote(device_id)}/commands/{quote(key, safe='')}"
        return await self._send("GET", path, key, secret, b"")

    async def _send(
        self, method: str, path: str, key: str, secret: str, body: bytes
    ) -> logistics.devices.Answer:
        must_be_outside()
        stamp = int(self._clock().timestamp())
        signed = {
            "webhook-id": key,
            "webhook-timestamp": str(stamp),
            "webhook-signature": mark(secret, key, stamp, body).decode(),
            "idempotency-key": key,
        }
        try:
            answer = await self._http.request(method, path, content=body, headers=signed)
        except httpx.HTTPError as e:
            raise DeviceAway(type(e).__name__) from e
        if answer.status_code != 200:
            raise DeviceAway(f"status {answer.status_code}")
        # Whoever sits in between must not say for a lock that it opened.
        try:
            verify(answer.headers, answer.content, secret, self._clock())
            said = msgspec.json.decode(answer.content, type=_Answered)
        except (msgspec.DecodeError, Malformed, DeviceForged, DeviceStale) as e:
            raise DeviceAway("its answer makes no sense") from e
        if said.key != key:
            raise DeviceAway("its answer is about another key")
        return logistics.devices.Answer(said.outcome, said.reason, said.at)
