"""What a refund form is worth, after trust-policy 8.3 and P6: Shanghai's portal, Aug 2025 (11 % for goods at 13 %, 8 % at 9 %, the
agency's fee 2 % of the invoice); six ministries, Apr 2025 (200 yuan a person, shop and day; cash up to 20,000)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from highstreet import policy
from highstreet.kit.errors import Malformed
from highstreet.kit.text import Words
from highstreet.policy import No
from highstreet.policy.refund_worth import Bought, Reckoned, reckon
from highstreet.policy.travellers import Traveller, checked

TZ = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 5, 1, 12, tzinfo=TZ)
CAME = date(2026, 4, 20)
SHOP = frozenset({"enrolled", "refund_shop"})
RULES = policy.instruments.read(
    (Path(policy.__file__).parent / "programmes" / "departure-tax-refund.toml").read_text(encoding="utf-8")
)


def bought(paid: int, vat: int = 1300, n: int = 1, *, public: bool = False) -> Bought:
    return Bought(f"ord_{n}", 1, Words("-"), 1, vat, paid, public)


def worth(
    *things: Bought, earlier: int = 0, came: date = CAME, seller: frozenset[str] = SHOP
) -> Reckoned | No:
    return reckon(RULES, things, came, seller, NOON, earlier, TZ)


@pytest.mark.parametrize(
    ("vat", "paid", "gross", "amount"),
    [(1300, 100_000, 11_000, 9_000), (900, 100_000, 8_000, 6_000), (1300, 20_000, 2_200, 1_800)],
)
def test_the_rate_follows_the_vat_and_the_fee_is_of_the_invoice(
    vat: int, paid: int, gross: int, amount: int
) -> None:
    found = worth(bought(paid, vat))
    assert isinstance(found, Reckoned)
    assert (found.gross, found.amount, found.total, found.cash_most) == (gross, amount, paid, 2_000_000)


def test_what_gives_nothing_and_why() -> None:
    codes = {
        "threshold": worth(bought(19_999)),
        "kind": worth(bought(100_000, 600)),
        "seller": worth(bought(100_000), seller=frozenset({"enrolled"})),
        "stay": worth(bought(100_000), came=NOON.date() - timedelta(days=184)),
    }
    assert {name: one.code for name, one in codes.items() if isinstance(one, No)} == {
        name: name for name in codes
    }
    taken = worth(bought(100_000), bought(100_000, n=2, public=True))
    assert isinstance(taken, Reckoned) and taken.total == 100_000, (
        "what other public money paid for gives nothing"
    )
    both = worth(bought(12_000), bought(9_000, n=2))
    assert isinstance(both, Reckoned) and both.amount == 1_890, (
        "two receipts of 120 and 90 of one shop and day"
    )
    assert isinstance(worth(bought(9_000), earlier=12_000), Reckoned)


@given(
    st.lists(st.tuples(st.sampled_from([1300, 900, 600]), st.integers(1, 5_000_000)), min_size=1, max_size=8),
    st.integers(0, 30_000),
)
def test_gross_is_the_refund_and_the_fee_and_every_line_has_its_part(
    things: list[tuple[int, int]], earlier: int
) -> None:
    found = worth(*(bought(paid, vat, n) for n, (vat, paid) in enumerate(things)), earlier=earlier)
    base = sum(paid for vat, paid in things if vat in (1300, 900))
    if base == 0 or base + earlier < 20_000:
        assert isinstance(found, No)
    elif isinstance(found, Reckoned):
        assert sum(part for _, part in found.parts) == found.amount
        assert 0 < found.amount <= found.gross <= found.total == base or found.total < base
        assert found.gross - found.amount == pytest.approx(base * 0.02, abs=2)


@pytest.mark.parametrize("wrong", [{"passport": "12"}, {"nationality": "CHN"}, {"nationality": "GB"}, {"name": " "},
                                   {"entered_on": date(2026, 5, 2)}])  # fmt: skip
def test_a_passport_is_looked_at(wrong: dict[str, object]) -> None:
    one = {"name": " Emma  Reed ", "passport": "70 41-22", "nationality": "gbr", "entered_on": CAME}
    assert checked(Traveller(**one), NOON.date()).passport == "704122"  # type: ignore[arg-type]
    with pytest.raises(Malformed):
        checked(Traveller(**(one | wrong)), NOON.date())  # type: ignore[arg-type]
