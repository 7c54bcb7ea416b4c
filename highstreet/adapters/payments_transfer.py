"""Bank transfer and cash: money a person sees arrive, or hands over, and then says so. No network."""
# ruff: noqa: ARG002 - the port's methods take what providers with a network need

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from highstreet.kit.errors import Malformed
from highstreet.ledger import (
    ChargeState,
    Intent,
    MoveState,
    Notice,
    NoticeKind,
    ProviderRefused,
    StatementLine,
    WrongSignature,
)


class ConfirmedByPerson:
    """Answers `ledger.Provider` for money that moves where we cannot look: every outcome is `unknown` until
    a person who may do so confirms it, and `confirmed` turns that into the same notice a provider would send.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def confirmed(
        self, key: str, kind: NoticeKind, amount: int, currency: str, reference: str, at: datetime
    ) -> Notice:
        """What a person says happened: `reference` is the bank's number of the transfer, or the receipt's.

        The same reference for the same key is the same notice, so confirming twice has one effect.
        Errors: Malformed for an empty reference or an amount below 1.
        """
        reference = " ".join(reference.split())
        if not reference or len(reference) > 64:
            raise Malformed("reference", "write the number on the slip", "请填写回单上的编号")
        if amount < 1:
            raise Malformed("amount", "an amount is above zero", "金额必须大于零")
        return Notice(
            provider=self.name,
            id=f"{self.name}.{kind}.{key}.{reference}",
            key=key,
            kind=kind,
            amount=amount,
            currency=currency,
            provider_ref=reference,
            at=at,
        )

    def pay_url(self, intent: Intent, return_url: str) -> str:
        """Straight back to the order, which says where to pay and what to quote."""
        parts = urlsplit(return_url)
        query = [*parse_qsl(parts.query, keep_blank_values=True), ("key", intent.key), ("outcome", "unknown")]
        return urlunsplit(parts._replace(query=urlencode(query)))

    def read_notice(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Notice:
        """Nobody can confirm by network: always WrongSignature."""
        raise WrongSignature

    async def charge(self, intent: Intent, token: str) -> ChargeState:
        raise ProviderRefused(provider=self.name, reason="needs_a_person")

    async def query(self, key: str) -> ChargeState:
        return ChargeState(key=key, outcome="unknown")

    async def refund(self, key: str, charge_key: str, amount: int, currency: str) -> MoveState:
        return MoveState(key=key, outcome="unknown")

    async def query_refund(self, key: str) -> MoveState:
        return MoveState(key=key, outcome="unknown")

    async def payout(self, key: str, account: str, amount: int, currency: str) -> MoveState:
        return MoveState(key=key, outcome="unknown")

    async def query_payout(self, key: str) -> MoveState:
        return MoveState(key=key, outcome="unknown")

    async def statement(self, since: datetime, until: datetime) -> list[StatementLine]:
        """Empty: the bank's own statement is compared by a person."""
        return []


def bank_transfer() -> ConfirmedByPerson:
    """Money sent to the market's bank account."""
    return ConfirmedByPerson("transfer")


def cash() -> ConfirmedByPerson:
    """Coins and notes over a counter."""
    return ConfirmedByPerson("cash")
