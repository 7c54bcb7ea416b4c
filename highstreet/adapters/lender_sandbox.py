"""The sandbox lender's client: everything the sandbox payment provider's does, and term sheets and loans.

Speaks what `highstreet.sandbox.lender` serves; shares no code with it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from datetime import date
from urllib.parse import quote, urlencode

import httpx
import msgspec

from highstreet import ledger
from highstreet.adapters.payments_sandbox import Amount, Currency, Moment, SandboxProvider, T, Text
from highstreet.kit.clock import Clock, system_clock
from highstreet.kit.text import Words
from highstreet.ledger import ChargeState, Intent, ProviderAway, ProviderRefused

Loan = ledger.instalments.Loan
Reach = ledger.instalments.Reach
Sheet = ledger.instalments.Sheet
SheetUnknown = ledger.instalments.SheetUnknown

LONGEST_SHEET = 8_000  # characters; twelve months take about 2,500
REMEMBERED_SECONDS, AWAY_SECONDS = 300, 20
PATIENCE = 2.0  # somebody waits for a page


class _Payment(msgspec.Struct, frozen=True):
    on: date
    amount: Amount


class _Terms(msgspec.Struct, frozen=True):
    id: Text
    lender: Words
    amount: Amount
    currency: Currency
    payments: list[_Payment]
    interest: int
    fees: int
    total: int
    annual_rate: int
    rounding: Words
    on_return: Words
    until: Moment


class _Sheets(msgspec.Struct, frozen=True):
    sheets: list[str]


class SandboxLender(SandboxProvider):
    """Answers `ledger.instalments.Lender`. `clock` says how long what it lends is remembered."""

    name = "lender"

    def __init__(
        self,
        url: str,
        secrets: tuple[str, ...],
        notify_url: str,
        market: str,
        timeout: float = 10.0,
        clock: Clock = system_clock,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        super().__init__(url, secrets, notify_url, market, timeout, transport)
        self._clock = clock
        self._reach: Reach | None = None
        self._asked_at = 0.0

    # --- without the network ---

    def read_sheet(self, text: str) -> Sheet:
        body, _, mark = text.partition(".")
        known = [hmac.digest(one, body.encode(), hashlib.sha256).hex().encode() for one in self._secrets]
        if len(text) > LONGEST_SHEET or not any(hmac.compare_digest(mark.encode(), one) for one in known):
            raise SheetUnknown
        try:
            terms = msgspec.json.decode(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)), type=_Terms)
        except (msgspec.DecodeError, binascii.Error) as error:
            raise SheetUnknown from error
        payments = [ledger.instalments.Payment(one.on, one.amount) for one in terms.payments]
        return Sheet(
            terms.id, text, hashlib.sha256(text.encode()).hexdigest(), terms.lender, terms.amount, terms.currency,
            payments, terms.interest, terms.fees, terms.annual_rate, terms.rounding, terms.on_return, terms.until,
        )  # fmt: skip

    # --- over the network ---

    async def charge(self, intent: Intent, token: str) -> ChargeState:  # noqa: ARG002 - the port's method
        """Nobody borrows without being there."""
        raise ProviderRefused(provider=self.name, reason="needs_the_borrower")

    async def reach(self) -> Reach:
        now = self._clock().timestamp()
        if self._reach is None and now - self._asked_at < AWAY_SECONDS:
            raise ProviderAway(self.name, "was away a moment ago")
        if self._reach is None or now - self._asked_at > REMEMBERED_SECONDS:
            self._asked_at = now
            try:
                self._reach = await self._get("/plans", Reach)
            except ProviderAway:
                self._reach = None
                raise
        return self._reach

    async def sheets(self, amount: int, currency: str) -> Sequence[Sheet]:
        found = await self._get(f"/sheets?{urlencode({'amount': amount, 'currency': currency})}", _Sheets)
        try:
            return [self.read_sheet(text) for text in found.sheets]
        except SheetUnknown as error:
            raise ProviderAway(self.name, "its terms make no sense") from error

    async def loan(self, key: str) -> Loan | None:
        try:
            return await self._get(f"/loans/{quote(key, safe='')}", Loan)
        except ProviderRefused as refused:
            if refused.values.get("reason") == "loan_unknown":
                return None
            raise

    async def _get(self, path: str, shape: type[T]) -> T:
        answer = await self._ask(self._http.build_request("GET", path, timeout=PATIENCE))
        self._raise_refusal(answer)
        return self._read(answer, shape)
