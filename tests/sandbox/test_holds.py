"""Holds on a card: authorised, then captured or released whole and once, gone by themselves one day; and what goes wrong on demand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from highstreet.adapters.payments_sandbox import SandboxProvider
from highstreet.ledger import HoldsCards, ProviderAway, ProviderRefused
from highstreet.sandbox.bank import HELD_DAYS, Ask, Bank, BankRefuses
from tests.sandbox.provider import SECRET, Inbox, RunningProvider, until


async def test_a_hold_is_captured_or_released_once(provider: RunningProvider, inbox: Inbox, key: str) -> None:
    client = SandboxProvider(provider.url, (SECRET,), inbox.url, "Qinghe", timeout=1.0)
    assert isinstance(client, HoldsCards)
    hold, other = f"txh_{key}", f"txh_{key}_b"
    await provider.faults(seed=7, hang_ms=1)
    await provider.plan(hold, timeout_then_success=1, duplicate_notices=1)
    with pytest.raises(ProviderAway):
        await client.authorise(hold, "tok_ok", 2376, "CNY")
    assert (await client.query_hold("authorisation", hold)).outcome == "paid"
    assert (await client.authorise(hold, "tok_ok", 2376, "CNY")).amount == 2376
    with pytest.raises(ProviderRefused, match="amount_differs"):
        await client.capture(f"txc_{key}_part", hold, 2375, "CNY")
    await provider.plan(f"txc_{key}", capture_fail=1)
    assert (await client.capture(f"txc_{key}", hold, 2376, "CNY")).outcome == "declined"
    taken = await client.capture(f"txc_{key}_2", hold, 2376, "CNY")
    assert taken.outcome == "paid" and await client.capture(f"txc_{key}_2", hold, 2376, "CNY") == taken
    with pytest.raises(ProviderRefused, match="authorisation_over"):
        await client.void(f"txv_{key}", hold, 2376, "CNY")
    assert not (await client.query_hold("void", f"txv_{key}")).seen
    assert (await client.authorise(other, "tok_declined", 10, "CNY")).outcome == "declined"
    with pytest.raises(ProviderRefused, match="authorisation_declined"):
        await client.void(f"txv_{other}", other, 10, "CNY")
    # The bank's statement tells of money that moved: a hold is none.
    assert [one["kind"] for one in await provider.movements(f"txc_{key}_2")] == ["capture"]
    assert await provider.movements(hold) == []
    await until(lambda: len(inbox.about(hold)) >= 2)
    (first, *_) = inbox.about(hold)
    told = client.read_notice(first.headers, first.body, datetime.now(UTC))
    assert (told.kind, told.about, told.outcome) == ("authorisation.succeeded", "authorisation", "paid")
    await client.close()


def test_a_hold_ends_by_itself() -> None:
    bank, at = Bank(), datetime(2026, 11, 23, tzinfo=UTC)
    bank.move(Ask("authorisation", "txh_1", "", 100, "CNY"), 100, "paid", at)
    with pytest.raises(BankRefuses, match="ended by itself"):
        bank.move(
            Ask("capture", "txc_1", "txh_1", 100, "CNY"),
            100,
            "paid",
            at + timedelta(days=HELD_DAYS, seconds=1),
        )
    bank.move(Ask("void", "txv_1", "txh_1", 100, "CNY"), 100, "paid", at + timedelta(days=HELD_DAYS))
    bank.close()
