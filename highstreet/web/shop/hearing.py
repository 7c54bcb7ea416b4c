"""Asking a provider what became of money, when its notice has not come: its answer is taken like a notice."""

from __future__ import annotations

import logging

from highstreet.kit.errors import Refusal
from highstreet.ledger import Notice, ProviderAway
from highstreet.market import pay
from highstreet.market.desk import Market
from highstreet.web.frame import Visitor

_log = logging.getLogger(__name__)


async def hear(market: Market, visitor: Visitor, name: str, key: str, currency: str) -> None:
    """What the provider answers is believed once, and only for the amount asked."""
    provider = market.providers.get(name)
    if provider is None:
        return
    try:
        state = await provider.query(key)
    except (ProviderAway, Refusal) as away:
        _log.info("the provider gave no answer: %s", away)
        return
    if not state.seen or state.outcome == "unknown":
        return
    kind = "charge.succeeded" if state.outcome == "paid" else "charge.failed"
    notice = Notice(
        provider=provider.name, id=f"query {key}", key=key, kind=kind, amount=state.amount,
        currency=state.currency or currency, provider_ref=state.provider_ref, at=state.at or visitor.now,
    )  # fmt: skip
    await pay.told_charge(market, notice, visitor.now)
