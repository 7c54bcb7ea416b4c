"""The sandbox payment provider's client: signs pay links, reads its notices, asks it to move money.

Speaks what `highstreet.sandbox.payments` serves; shares no code with it, as with any provider.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal, TypeVar
from urllib.parse import quote, urlencode

import httpx
import msgspec

from highstreet.kit.db import must_be_outside
from highstreet.kit.errors import Malformed
from highstreet.ledger import (
    TOLERANCE_SECONDS,
    About,
    ChargeState,
    Intent,
    MoveState,
    Notice,
    NoticeKind,
    ProviderAway,
    ProviderRefused,
    StaleNotice,
    StatementLine,
    WrongSignature,
)

T = TypeVar("T")
Amount = Annotated[int, msgspec.Meta(gt=0, le=10**15)]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Currency = Annotated[str, msgspec.Meta(min_length=3, max_length=3)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]

_What = Literal["charges", "refunds", "payouts", "authorisations", "captures", "voids"]

LARGEST_NOTICE = 20_000  # bytes; Standard Webhooks keeps below it
MOST_SIGNATURES = 8


class _Told(msgspec.Struct, frozen=True):
    id: Text
    key: Text
    kind: NoticeKind
    amount: Amount
    currency: Currency
    provider_ref: Text
    at: Moment
    payer: str = ""


class _Movement(msgspec.Struct, frozen=True):
    kind: About
    key: str
    of: str
    amount: Amount
    currency: Currency
    outcome: Literal["paid", "declined", "deciding"]
    provider_ref: str
    at: Moment
    refunded: int = 0


class _Statement(msgspec.Struct, frozen=True):
    lines: list[_Movement]


class _Problem(msgspec.Struct, frozen=True):
    code: str = ""


_told = msgspec.json.Decoder(_Told)


def secret_bytes(secret: str) -> bytes:
    """A shared secret as settings write it: `whsec_` and base64, or plain text."""
    if not secret.startswith("whsec_"):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error as error:
        raise ValueError("a secret that starts with whsec_ must go on in base64") from error


class SandboxProvider:
    """Answers `ledger.Provider`.

    `secrets`: the first signs our links and calls, any of them may sign a notice. `url` is where the provider
    listens, `notify_url` where it sends its notices, `market` the name the buyer reads.
    """

    name = "sandbox"

    def __init__(
        self,
        url: str,
        secrets: tuple[str, ...],
        notify_url: str,
        market: str,
        timeout: float = 10.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        if not secrets or not all(secrets):
            raise ValueError("the sandbox provider needs a shared secret")
        self._url = url.rstrip("/")
        self._secrets = tuple(secret_bytes(secret) for secret in secrets)
        self._notify_url = notify_url
        self._market = market
        token = hmac.digest(self._secrets[0], b"sandbox api token", hashlib.sha256).hex()
        self._http = httpx.AsyncClient(
            base_url=self._url,
            headers={"authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(timeout, connect=min(timeout, 3.0)),
            trust_env=False,
            follow_redirects=False,
            transport=transport,
        )

    async def close(self) -> None:
        await self._http.aclose()

    # --- without the network ---

    def pay_url(self, intent: Intent, return_url: str) -> str:
        asked = {
            "key": intent.key,
            "amount": intent.amount,
            "currency": intent.currency,
            "market": self._market,
            "return_url": return_url,
            "notify_url": self._notify_url,
            "expires": int(intent.expires.timestamp()),
            "sheet": intent.terms,
        }
        text = base64.urlsafe_b64encode(msgspec.json.encode(asked)).rstrip(b"=")
        sig = hmac.digest(self._secrets[0], text, hashlib.sha256).hex()
        return f"{self._url}/pay?{urlencode({'intent': text.decode(), 'sig': sig})}"

    def read_notice(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Notice:
        notice_id = headers.get("webhook-id", "")
        stamp = headers.get("webhook-timestamp", "")
        given = headers.get("webhook-signature", "")
        if not notice_id or not given or not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
            raise Malformed("webhook headers", "id, timestamp or signature missing", "缺少编号、时间戳或签名")
        if len(body) > LARGEST_NOTICE:
            raise Malformed("notice", "too long", "内容过长")
        self._verify(f"{notice_id}.{stamp}.".encode() + body, given.encode())
        if abs(now.timestamp() - int(stamp)) > TOLERANCE_SECONDS:
            raise StaleNotice
        try:
            told = _told.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Malformed("notice", str(error)) from error
        if told.id != notice_id:
            raise Malformed("notice", "its id differs from the header's", "编号与请求头不一致")
        return Notice(
            provider=self.name,
            id=told.id,
            key=told.key,
            kind=told.kind,
            amount=told.amount,
            currency=told.currency,
            provider_ref=told.provider_ref,
            at=told.at,
            payer=told.payer[:100],
        )

    def _verify(self, signed: bytes, given: bytes) -> None:
        parts = given.split(b" ", MOST_SIGNATURES)[:MOST_SIGNATURES]
        for secret in self._secrets:
            mark = b"v1," + binascii.b2a_base64(hmac.digest(secret, signed, "sha256"), newline=False)
            for part in parts:
                if hmac.compare_digest(mark, part):
                    return
        raise WrongSignature

    # --- over the network ---

    async def charge(self, intent: Intent, token: str) -> ChargeState:
        body = {"amount": intent.amount, "currency": intent.currency, "token": token}
        return _charge(await self._move("charges", intent.key, body))

    async def query(self, key: str) -> ChargeState:
        moved = await self._look("charges", key)
        return _charge(moved) if moved else ChargeState(key=key, outcome="unknown", seen=False)

    async def refund(self, key: str, charge_key: str, amount: int, currency: str) -> MoveState:
        body = {"charge_key": charge_key, "amount": amount, "currency": currency}
        return _moved(await self._move("refunds", key, body))

    async def query_refund(self, key: str) -> MoveState:
        moved = await self._look("refunds", key)
        return _moved(moved) if moved else MoveState(key=key, outcome="unknown", seen=False)

    async def payout(self, key: str, account: str, amount: int, currency: str) -> MoveState:
        body = {"account": account, "amount": amount, "currency": currency}
        return _moved(await self._move("payouts", key, body))

    async def query_payout(self, key: str) -> MoveState:
        moved = await self._look("payouts", key)
        return _moved(moved) if moved else MoveState(key=key, outcome="unknown", seen=False)

    async def authorise(self, key: str, token: str, amount: int, currency: str) -> MoveState:
        body = {"token": token, "amount": amount, "currency": currency}
        return _moved(await self._move("authorisations", key, body))

    async def capture(self, key: str, hold: str, amount: int, currency: str) -> MoveState:
        body = {"authorisation_key": hold, "amount": amount, "currency": currency}
        return _moved(await self._move("captures", key, body))

    async def void(self, key: str, hold: str, amount: int, currency: str) -> MoveState:
        body = {"authorisation_key": hold, "amount": amount, "currency": currency}
        return _moved(await self._move("voids", key, body))

    async def query_hold(self, about: Literal["authorisation", "capture", "void"], key: str) -> MoveState:
        ways: dict[str, _What] = {"authorisation": "authorisations", "capture": "captures", "void": "voids"}
        moved = await self._look(ways[about], key)
        return _moved(moved) if moved else MoveState(key=key, outcome="unknown", seen=False)

    async def statement(self, since: datetime, until: datetime) -> list[StatementLine]:
        params = {"from": since.isoformat(), "to": until.isoformat()}
        answer = await self._ask(self._http.build_request("GET", "/statement", params=params))
        self._raise_refusal(answer)
        return [
            StatementLine(
                about=line.kind,
                key=line.key,
                of=line.of,
                amount=line.amount,
                currency=line.currency,
                provider_ref=line.provider_ref,
                at=line.at,
            )
            for line in self._read(answer, _Statement).lines
        ]

    async def _move(self, what: str, key: str, body: dict[str, str | int]) -> _Movement:
        content = msgspec.json.encode(body | {"notify_url": self._notify_url})
        request = self._http.build_request(
            "POST", f"/{what}", content=content, headers={"idempotency-key": key}
        )
        answer = await self._ask(request)
        self._raise_refusal(answer)
        return self._about(key, self._read(answer, _Movement))

    async def _look(self, what: _What, key: str) -> _Movement | None:
        answer = await self._ask(self._http.build_request("GET", f"/{what}/{quote(key, safe='')}"))
        # a 404 of anybody else must not pass for "never seen": a paid order would be let go
        if answer.status_code == 404 and _reason(answer) == f"{what.removesuffix('s')}_unknown":
            return None
        self._raise_refusal(answer)
        return self._about(key, self._read(answer, _Movement))

    async def _ask(self, request: httpx.Request) -> httpx.Response:
        must_be_outside()
        try:
            answer = await self._http.send(request)
        except httpx.HTTPError as error:
            raise ProviderAway(self.name, type(error).__name__) from error
        if answer.status_code >= 500 or answer.status_code == 429:
            wait = answer.headers.get("retry-after", "")
            why = f"status {answer.status_code}"
            raise ProviderAway(self.name, why, int(wait) if wait.isdigit() else 0)
        return answer

    def _raise_refusal(self, answer: httpx.Response) -> None:
        if answer.status_code == 200:
            return
        reason = _reason(answer)
        # only a no in its own words is a refusal; a wrong secret or somebody else's page is not its answer
        known = answer.status_code in (400, 422) or reason.endswith("_unknown")
        if reason and known:
            raise ProviderRefused(provider=self.name, reason=reason)
        raise ProviderAway(self.name, f"status {answer.status_code}")

    def _read(self, answer: httpx.Response, shape: type[T]) -> T:
        try:
            return msgspec.json.decode(answer.content, type=shape)
        except msgspec.DecodeError as error:
            # the effect may well have happened
            raise ProviderAway(self.name, "its answer makes no sense") from error

    def _about(self, key: str, moved: _Movement) -> _Movement:
        if moved.key != key:
            raise ProviderAway(self.name, "its answer is about another key")
        return moved


def _reason(answer: httpx.Response) -> str:
    try:
        return msgspec.json.decode(answer.content, type=_Problem).code
    except msgspec.DecodeError:
        return ""


def _charge(moved: _Movement) -> ChargeState:
    return ChargeState(
        key=moved.key,
        outcome="unknown" if moved.outcome == "deciding" else moved.outcome,
        amount=moved.amount,
        currency=moved.currency,
        refunded=moved.refunded,
        provider_ref=moved.provider_ref,
        at=moved.at,
    )


def _moved(moved: _Movement) -> MoveState:
    return MoveState(
        key=moved.key,
        outcome="unknown" if moved.outcome == "deciding" else moved.outcome,
        amount=moved.amount,
        currency=moved.currency,
        provider_ref=moved.provider_ref,
        at=moved.at,
    )
