"""Asking the outside to take, return or pay out money: the port that every payment provider answers.

The order of things, always: write the intent (a row of our own, with its key), commit, and only then call,
from a job, with that key. What is not known is asked for with `query`; a call may be repeated with its key; a
second key for the same money is never made while the first one's outcome is unknown.

Amounts are positive whole minor units. All times are aware and in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol, runtime_checkable

import msgspec

from highstreet.kit.errors import Refusal

Outcome = Literal["paid", "declined", "unknown"]
About = Literal["charge", "refund", "payout", "authorisation", "capture", "void"]
NoticeKind = Literal[
    "charge.succeeded",
    "charge.failed",
    "refund.succeeded",
    "refund.failed",
    "payout.succeeded",
    "payout.failed",
    "authorisation.succeeded",
    "authorisation.failed",
    "capture.succeeded",
    "capture.failed",
    "void.succeeded",
    "void.failed",
]

TOLERANCE_SECONDS = 300  # how old or how far ahead a notice may be, as Standard Webhooks advises


class Intent(msgspec.Struct, frozen=True):
    """Money asked of a buyer. `key` is ours, stored before it is told; it cannot be paid after `expires`.

    `terms`: what the buyer agreed to with a lender, as the lender signed it.
    """

    key: str
    amount: int
    currency: str
    expires: datetime
    terms: str = ""


class Notice(msgspec.Struct, frozen=True):
    """What a provider told us, proven to come from it. The same `id` may be told many times and in any order.

    `amount` is what the provider says, which may differ from what was asked: compare before believing. `payer`: by what it tells the
    payment account again, never its number; "" when it does not say.
    """

    provider: str
    id: str
    key: str
    kind: NoticeKind
    amount: int
    currency: str
    provider_ref: str
    at: datetime
    payer: str = ""

    @property
    def about(self) -> About:
        """Which of our intents `key` names."""
        about: dict[str, About] = {
            "charge": "charge", "refund": "refund", "payout": "payout",
            "authorisation": "authorisation", "capture": "capture", "void": "void",
        }  # fmt: skip
        return about[self.kind.partition(".")[0]]

    @property
    def outcome(self) -> Outcome:
        return "paid" if self.kind.endswith("succeeded") else "declined"


class ChargeState(msgspec.Struct, frozen=True):
    """What became of money asked of a buyer. `seen` is false when the provider has never heard of the key:
    the buyer has not paid, and cannot any more once the intent has expired.
    """

    key: str
    outcome: Outcome
    seen: bool = True
    amount: int = 0
    currency: str = ""
    refunded: int = 0
    provider_ref: str = ""
    at: datetime | None = None


class MoveState(msgspec.Struct, frozen=True):
    """What became of a refund or a payout; `paid` means the money has left for its receiver."""

    key: str
    outcome: Outcome
    seen: bool = True
    amount: int = 0
    currency: str = ""
    provider_ref: str = ""
    at: datetime | None = None


class StatementLine(msgspec.Struct, frozen=True):
    """Money the provider says it moved. `of`: the charge of a refund, or the account of a payout."""

    about: About
    key: str
    of: str
    amount: int
    currency: str
    provider_ref: str
    at: datetime


class ProviderAway(Exception):
    """No usable answer came. Whether anything happened is NOT known: query, or call again with the same key.

    `wait` is the number of seconds the provider asked us to leave it alone, 0 when it said nothing.
    """

    def __init__(self, provider: str, why: str, wait: float = 0) -> None:
        super().__init__(f"{provider}: {why}")
        self.provider = provider
        self.why = why
        self.wait = wait


class ProviderRefused(Refusal):
    """The provider understood and said no; nothing moved. `values['reason']` is its own stable code."""

    code = "provider_refused"
    status = 502
    en = "The payment provider refused this ({reason})."
    zh = "支付机构拒绝了此操作（{reason}）。"


class WrongSignature(Refusal):
    code = "notice_wrong_signature"
    status = 401
    en = "The signature of this notice is not from the payment provider."
    zh = "此通知的签名不是支付机构的签名。"


class StaleNotice(Refusal):
    code = "notice_stale"
    status = 400
    en = "This notice was signed too long ago, or its clock is ahead of ours."
    zh = "此通知的签名时间过早，或其时钟快于本系统。"


class Provider(Protocol):
    """A payment provider. The async methods call the outside: never inside a transaction (they raise
    RuntimeError there). They raise ProviderAway when the outcome is unknown and ProviderRefused when nothing
    moved. Repeating a call with the same key and content has no second effect and gives the first answer.
    """

    @property
    def name(self) -> str:
        """How the ledger's rows name it."""
        ...

    def pay_url(self, intent: Intent, return_url: str) -> str:
        """Where to send the buyer. Pure: no network. The buyer comes back to `return_url` with `key` and
        `outcome` in its query, which is a hint for the page and never proof of payment.
        """
        ...

    def read_notice(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Notice:
        """The notice in a request (header names in lower case), once its signature is found true.

        Errors: WrongSignature, StaleNotice, kit.errors.Malformed.
        """
        ...

    async def charge(self, intent: Intent, token: str) -> ChargeState:
        """Takes the money from a saved card, without the buyer."""
        ...

    async def query(self, key: str) -> ChargeState:
        """What became of a charge."""
        ...

    async def refund(self, key: str, charge_key: str, amount: int, currency: str) -> MoveState:
        """Returns part or all of a charge the way it came; never more than was charged."""
        ...

    async def query_refund(self, key: str) -> MoveState:
        """What became of a refund."""
        ...

    async def payout(self, key: str, account: str, amount: int, currency: str) -> MoveState:
        """Sends money to the bank account of a seller or courier."""
        ...

    async def query_payout(self, key: str) -> MoveState:
        """What became of a payout."""
        ...

    async def statement(self, since: datetime, until: datetime) -> Sequence[StatementLine]:
        """All money moved from `since` (included) to `until` (excluded), oldest first."""
        ...


@runtime_checkable
class HoldsCards(Provider, Protocol):
    """A provider that can hold an amount on a card (pre-authorisation). Calls and errors as `Provider`'s; a hold ends by itself one day."""

    async def authorise(self, key: str, token: str, amount: int, currency: str) -> MoveState:
        """Holds an amount on a card, taking nothing."""
        ...

    async def capture(self, key: str, hold: str, amount: int, currency: str) -> MoveState:
        """Takes what is held, once. ProviderRefused when it was released or captured before, or the hold has ended."""
        ...

    async def void(self, key: str, hold: str, amount: int, currency: str) -> MoveState:
        """Releases a hold. ProviderRefused as for `capture`."""
        ...

    async def query_hold(self, about: Literal["authorisation", "capture", "void"], key: str) -> MoveState:
        """What became of one of the three."""
        ...
