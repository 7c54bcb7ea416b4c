"""Controls of the 2026 notice on trade-in (商办流通函〔2025〕469 号; trust-policy 8.2): price promise, one person, evidence."""

from __future__ import annotations

import msgspec
import pytest

from highstreet import policy
from highstreet.policy import No
from tests.policy.test_vectors import ENROLLED, PEOPLE, TZ, amount, asked, programme, thing

DAY = "2026-03-01"


def why(found: policy.Award | No) -> tuple[str, str, str]:
    assert isinstance(found, No)
    return found.code, found.why.en, found.why.zh


@pytest.mark.parametrize(
    ("yuan", "filed", "lowest", "award"),
    [
        ("5000.00", 500_000, None, 75_000),
        ("5000.00", 500_000, 500_000, 75_000),
        ("4999.99", 500_000, 499_999, 75_000),
        ("5000.00", None, 500_000, "unfiled"),
        ("5000.01", 500_000, None, "price_raised"),
        ("5000.00", 600_000, 499_999, "price_raised"),
    ],
)
def test_a_price_that_was_raised_is_not_subsidised(
    yuan: str, filed: int | None, lowest: int | None, award: int | str
) -> None:
    fridge = thing(yuan, "fridge", grade=1, filed=filed, lowest=lowest)
    assert amount("trade-in", asked(DAY, fridge)) == award
    # Before 2026 no price was filed.
    old = {499_999: 100_000, 500_000: 100_000, 500_001: 100_000}[fridge.final]
    assert amount("trade-in", asked("2025-03-01", fridge)) == old


def test_the_refusal_names_both_prices_and_the_other_things_are_still_paid_for() -> None:
    raised = thing("5500.00", "fridge", grade=1, filed=500_000)
    tv = thing("3000.00", "tv", 2, grade=1, filed=300_000, lowest=300_000)
    assert amount("trade-in", asked(DAY, raised, tv)) == 45_000
    code, en, zh = why(policy.judge(programme("trade-in"), asked(DAY, raised), TZ))
    assert code == "price_raised"
    assert "Raised, then subsidised: 5500.00" in en
    assert "先涨后补" in zh
    assert "5000.00" in zh


def test_of_two_pieces_each_is_compared_after_the_sellers_own_discount() -> None:
    pair = policy.Thing(1, ("phone",), 2, listed=440_000, seller=400_000, final=400_000, filed=200_000)
    assert amount("digital-subsidy", asked(DAY, pair)) == 30_000
    dearer = msgspec.structs.replace(pair, seller=400_002)
    assert amount("digital-subsidy", asked(DAY, dearer)) == "price_raised"


def test_who_claims_pays_and_receives() -> None:
    phone = thing("2000.00", "phone")
    cases = (("", "", 30_000), ("a", "a", 30_000), ("b", "a", "person_differs"), ("a", "b", "person_differs"))
    for payer, recipient, found in cases:
        asking = policy.Asked(
            (phone,), asked(DAY).at, PEOPLE, ENROLLED, claimant="a", payer=payer, recipient=recipient
        )
        assert amount("digital-subsidy", asking) == found


def test_evidence_without_hours_is_refused_with_its_line() -> None:
    text = """id = "xx"
name = { en = "X", zh = "某" }
kind = "subsidy"
currency = "CNY"
[[rule]]
from = 2026-01-01
to = 2027-01-01
source = "made"
evidence = ["serial"]
[[rule.schedule]]
rate = "15%"
"""
    with pytest.raises(policy.WrongProgramme, match="Line 9"):
        policy.instruments.read(text)
    with pytest.raises(policy.WrongProgramme, match="Line 9"):
        policy.instruments.read(text.replace('["serial"]', '["a good story"]'))
    for name in ("trade-in", "digital-subsidy"):
        rule = programme(name).rules[-1]
        assert (rule.same_person, rule.filed_price, rule.unique_serial, rule.evidence_hours) == (True, True, True, 72)  # fmt: skip
