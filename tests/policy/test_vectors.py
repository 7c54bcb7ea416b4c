"""The published figures of each programme, one by one, with where they were published."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from highstreet import policy
from highstreet.policy import Asked, Award, No, Programme, Thing, Used

TZ = ZoneInfo("Asia/Shanghai")
FILES = Path(policy.__file__).parent / "programmes"
ENROLLED = frozenset({"enrolled", "price_filed", "food", "refund_shop", "care"})
PEOPLE = frozenset({"verified", "visitor", "here", "disability_moderate", "person"})


def programme(name: str) -> Programme:
    return policy.instruments.read((FILES / f"{name}.toml").read_text(encoding="utf-8"))


def at(day: str) -> datetime:
    return datetime.fromisoformat(day + "T12:00:00+08:00")


def thing(yuan: str, kind: str = "goods", position: int = 1, **more: object) -> Thing:
    whole, _, rest = yuan.partition(".")
    minor = int(whole) * 100 + int((rest or "0").ljust(2, "0"))
    more = {"filed": minor} | more  # as the seller filed it, where a rule asks
    return Thing(position, (kind,), 1, minor, minor, minor, **more)  # type: ignore[arg-type]


def asked(day: str, *things: Thing, **more: object) -> Asked:
    return Asked(things, at(day), PEOPLE, ENROLLED, handed_over=True, **more)  # type: ignore[arg-type]


def amount(name: str, asking: Asked, schedule: int | None = None) -> int | str:
    """What is awarded, in minor units, or why not."""
    found = policy.judge(programme(name), asking, TZ, schedule)
    return found.amount if isinstance(found, Award) else found.code


# Trade-in: Shangban Liutong (2025) 469 for 2026; the notices of August 2024 and January 2025 for the years before (trust-policy 8.2).


@pytest.mark.parametrize(
    ("yuan", "award"), [("9999.00", 149_985), ("10000.00", 150_000), ("10001.00", 150_000), ("0.03", 0)]
)
def test_trade_in_2026_is_fifteen_percent_of_what_is_paid_up_to_1500(yuan: str, award: int) -> None:
    found = amount("trade-in", asked("2026-03-01", thing(yuan, "fridge", grade=1)))
    assert found == (award or "nothing")


def test_the_same_fridge_is_judged_by_the_rule_of_its_day() -> None:
    best, good = thing("5000.00", "fridge", grade=1), thing("5000.00", "fridge", grade=2)
    years = ["2024-08-23", "2024-12-31", "2025-01-01", "2025-12-31", "2026-01-01", "2026-12-31", "2027-01-01"]
    assert [amount("trade-in", asked(day, best)) for day in years] == [
        "not_in_force", 100_000, 100_000, 100_000, 75_000, 75_000, "not_in_force",
    ]  # fmt: skip
    assert [amount("trade-in", asked(day, good)) for day in years[1:6]] == [
        75_000,
        75_000,
        75_000,
        "kind",
        "kind",
    ]
    dishwasher = thing("3000.00", "dishwasher", grade=1)
    assert [amount("trade-in", asked(day, dishwasher)) for day in ("2024-10-01", "2025-10-01", "2026-10-01")] == [
        "kind", 60_000, "kind",
    ]  # fmt: skip
    assert amount("trade-in", asked("2025-06-01", thing("20000.00", "tv", grade=1))) == 200_000


def test_midnight_belongs_to_the_town_not_to_greenwich() -> None:
    fridge = thing("5000.00", "fridge", grade=1)
    for moment, award in (("2025-12-31T15:59:59+00:00", 100_000), ("2025-12-31T16:00:00+00:00", 75_000)):
        asking = Asked((fridge,), datetime.fromisoformat(moment), PEOPLE, ENROLLED, handed_over=True)
        assert amount("trade-in", asking) == award


@pytest.mark.parametrize(
    ("yuan", "award"),
    [
        ("5999.00", 50_000),
        ("6000.00", 50_000),
        ("6000.01", "ceiling"),
        ("3333.30", 50_000),
        ("3333.00", 49_995),
    ],
)
def test_phones_get_fifteen_percent_up_to_500_and_only_up_to_a_price_of_6000(
    yuan: str, award: int | str
) -> None:
    for day in ("2025-06-01", "2026-06-01"):
        assert amount("digital-subsidy", asked(day, thing(yuan, "phone"))) == award
    assert amount("digital-subsidy", asked("2025-01-19", thing(yuan, "phone"))) == "not_in_force"
    glasses = thing("2000.00", "smart_glasses")
    assert amount("digital-subsidy", asked("2025-06-01", glasses)) == "kind"
    assert amount("digital-subsidy", asked("2026-06-01", glasses)) == 30_000


def test_one_of_a_kind_and_only_for_whom_it_is_meant() -> None:
    phone, tablet = thing("2000.00", "phone"), thing("3000.00", "tablet", 2)
    had = {"each/year/phone": Used(1, 30_000)}
    assert amount("digital-subsidy", asked("2026-06-01", phone, used=had)) == "limit"
    assert amount("digital-subsidy", asked("2026-06-01", phone, tablet, used=had)) == 45_000
    two = Thing(1, ("phone",), 2, 400_000, 400_000, 400_000, filed=200_000)
    assert amount("digital-subsidy", asked("2026-06-01", two)) == 30_000, "of two in one line one is paid for"
    assert amount("digital-subsidy", asked("2026-06-01", phone, thing("2500.00", "phone", 3))) == 30_000
    stranger = Asked((phone,), at("2026-06-01"), frozenset(), ENROLLED)
    assert amount("digital-subsidy", stranger) == "person"
    elsewhere = Asked((phone,), at("2026-06-01"), PEOPLE, frozenset({"enrolled"}))
    assert amount("digital-subsidy", elsewhere) == "seller"
    kept = Asked((thing("5000.00", "fridge", grade=1),), at("2026-06-01"), PEOPLE, ENROLLED)
    assert amount("trade-in", kept) == "old"


# Departure tax refund: Shanghai portal, August 2025; six ministries, April 2025 (trust-policy 8.3).


def test_tax_refund_is_paid_less_the_fee_of_the_invoice() -> None:
    def refund(day: str, *things: Thing, **more: object) -> int | str:
        return amount("departure-tax-refund", asked(day, *things, **more))

    assert refund("2026-05-01", thing("1000.00", vat=1300)) == 9_000
    assert refund("2026-05-01", thing("1000.00", vat=900)) == 6_000
    assert refund("2026-05-01", thing("199.99", vat=1300)) == "threshold"
    assert refund("2026-05-01", thing("200.00", vat=1300)) == 1_800
    assert refund("2025-04-25", thing("499.99", vat=1300)) == "threshold"
    assert refund("2025-04-26", thing("499.99", vat=1300)) == 4_500, "55.00 less 10.00"
    both = (thing("150.00", vat=1300), thing("100.00", position=2, vat=900))
    assert refund("2026-05-01", *both) == 1_350 + 600, (
        "the least amount is of the shop's day, whatever the rate"
    )
    assert refund("2026-05-01", thing("150.00", vat=1300), earlier=5_000) == 1_350
    assert refund("2026-05-01", thing("1000.00", vat=600)) == "kind"


# Dining vouchers: 50 off 300 (Shanghai 2024); dine-in only and after all other discounts (Pudong 2024-25) (trust-policy 8.1).


@pytest.mark.parametrize(("yuan", "award"), [("299.99", "threshold"), ("300.00", 5_000), ("301.00", 5_000)])
def test_a_voucher_of_50_needs_300(yuan: str, award: int | str) -> None:
    assert amount("dining-shanghai-2024", asked("2024-10-01", thing(yuan)), 0) == award


def test_the_least_amount_is_tested_after_other_discounts() -> None:
    before = Thing(1, ("meal",), 1, listed=32_000, seller=30_000, final=29_999)
    assert amount("dining-shanghai-2024", asked("2024-10-01", before), 0) == "threshold"
    assert (
        amount("dining-shanghai-2024", asked("2024-10-01", Thing(1, ("meal",), 1, 32_000, 31_000, 30_000)), 0)
        == 5_000
    )


def test_a_voucher_is_spread_over_its_lines_to_the_last_fen_and_eaten_where_it_is_cooked() -> None:
    lines = [thing("100.00", "meal", n) for n in (1, 2, 3)]
    found = policy.judge(programme("dining-shanghai-2024"), asked("2024-10-01", *lines), TZ, 0)
    assert isinstance(found, Award)
    assert found.parts == ((1, 1667), (2, 1667), (3, 1666))
    assert found.source.startswith("“乐品上海”")
    meal = thing("250.00", "meal")
    assert (
        amount("dining-pudong-2024", asked("2025-01-05", meal, district="pudong", way="in_person"), 0)
        == 6_000
    )
    assert (
        amount("dining-pudong-2024", asked("2025-01-05", meal, district="pudong", way="online"), 0) == "way"
    )
    assert (
        amount("dining-pudong-2024", asked("2025-01-05", meal, district="xuhui", way="in_person"), 0)
        == "district"
    )
    assert (
        amount("dining-shanghai-2024", asked("2024-10-01", thing("300.00"), taken=frozenset({1})), 0)
        == "kind"
    )


# Care vouchers 2026, prize invoices, interest on consumer loans (trust-policy 8.4).


def test_care_is_half_at_home_and_ends_at_800_a_month() -> None:
    home, ward = thing("1000.00", "care", setting="home"), thing("1000.00", "care", setting="institution")
    assert amount("elderly-care", asked("2026-02-01", home)) == 50_000
    assert amount("elderly-care", asked("2026-02-01", ward)) == 40_000
    assert amount("elderly-care", asked("2026-02-01", home, used={"person/month": Used(1, 50_000)})) == 30_000
    assert (
        amount("elderly-care", asked("2026-02-01", home, used={"person/month": Used(2, 80_000)})) == "limit"
    )
    assert amount("elderly-care", asked("2025-12-31", home)) == "not_in_force"


def test_prizes_need_a_hundred_and_end_at_800() -> None:
    assert amount("prize-invoices", asked("2025-11-01", thing("99.99"))) == "threshold"
    assert amount("prize-invoices", asked("2025-11-01", thing("100.00"))) == 10_000
    assert amount("prize-invoices", asked("2025-11-01", thing("5000.00"))) == 80_000


def test_a_loan_gets_one_point_for_the_days_it_runs() -> None:
    year = thing("40000.00")
    assert amount("consumer-loan-interest", asked("2025-10-01", year)) == 40_000
    assert amount("consumer-loan-interest", asked("2025-10-01", thing("80000.00"))) == 50_000, (
        "the cap per purchase"
    )
    assert amount("consumer-loan-interest", asked("2026-10-01", thing("80000.00"))) == 80_000, (
        "is gone in 2026"
    )
    half = thing("80000.00", days=73)
    assert amount("consumer-loan-interest", asked("2026-10-01", half)) == 16_000
    used = {"person/year": Used(3, 299_900)}
    assert amount("consumer-loan-interest", asked("2026-10-01", year, used=used)) == 100


def test_a_no_says_why_in_both_languages() -> None:
    found = policy.judge(programme("digital-subsidy"), asked("2026-06-01", thing("6000.01", "phone")), TZ)
    assert isinstance(found, No)
    assert "6000.00" in found.why.en
    assert "6000.00" in found.why.zh
