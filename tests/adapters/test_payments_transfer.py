"""Bank transfer and cash: unknown until a person says so."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from highstreet.adapters.payments_transfer import bank_transfer, cash
from highstreet.kit.errors import Malformed
from highstreet.ledger import Intent, Provider, ProviderRefused, WrongSignature

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
INTENT = Intent(key="col_1", amount=500, currency="CNY", expires=NOW)


async def test_nothing_is_known_before_a_person_confirms() -> None:
    for provider in (bank_transfer(), cash()):
        port: Provider = provider
        assert (await port.query("col_1")).outcome == "unknown"
        assert (await port.refund("ref_1", "col_1", 500, "CNY")).outcome == "unknown"
        assert (await port.query_refund("ref_1")).outcome == "unknown"
        assert (await port.payout("pay_1", "acct", 500, "CNY")).outcome == "unknown"
        assert (await port.query_payout("pay_1")).outcome == "unknown"
        assert list(await port.statement(NOW, NOW)) == []
        with pytest.raises(ProviderRefused, match="needs_a_person"):
            await port.charge(INTENT, "tok_ok")
        with pytest.raises(WrongSignature):
            port.read_notice({}, b"{}", NOW)


def test_the_buyer_goes_straight_back_to_the_order() -> None:
    url = urlsplit(bank_transfer().pay_url(INTENT, "http://127.0.0.1:8000/orders/K7M4?lang=zh#pay"))
    assert (url.path, url.fragment) == ("/orders/K7M4", "pay")
    assert parse_qs(url.query) == {"lang": ["zh"], "key": ["col_1"], "outcome": ["unknown"]}


def test_confirming_twice_is_one_notice() -> None:
    provider = bank_transfer()
    first = provider.confirmed("col_1", "charge.succeeded", 500, "CNY", " ICBC  7781 ", NOW)
    again = provider.confirmed("col_1", "charge.succeeded", 500, "CNY", "ICBC 7781", NOW)
    assert first == again
    assert (first.provider, first.outcome, first.provider_ref) == ("transfer", "paid", "ICBC 7781")
    assert cash().confirmed("col_1", "charge.succeeded", 500, "CNY", "ICBC 7781", NOW).id != first.id


@pytest.mark.parametrize(("amount", "reference"), [(0, "7"), (-1, "7"), (5, " "), (5, ""), (5, "7" * 65)])
def test_a_slip_without_number_or_amount(amount: int, reference: str) -> None:
    with pytest.raises(Malformed):
        bank_transfer().confirmed("col_1", "charge.succeeded", amount, "CNY", reference, NOW)
