"""What a loan costs: the lender's arithmetic against ours, over any sum; and how a refund reduces it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from highstreet import ledger
from highstreet.kit.text import Words
from highstreet.sandbox import loans

instalments = ledger.instalments
AMOUNTS = st.integers(loans.LEAST, loans.MOST)
DAYS = st.dates(date(2024, 1, 1), date(2032, 12, 31))
UNTIL = datetime(2026, 11, 22, 9, tzinfo=UTC)


def sheet_of(terms: loans.Terms) -> instalments.Sheet:
    return instalments.Sheet(
        terms.id, "text", "mark", Words("L"), terms.amount, terms.currency,
        [instalments.Payment(one.on, one.amount) for one in terms.payments],
        terms.interest, terms.fees, terms.annual_rate, Words(), Words(), terms.until,
    )  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(AMOUNTS, DAYS, st.sampled_from(loans.PLANS))
def test_every_sheet_adds_up_and_its_rate_is_the_internal_rate(
    amount: int, begins: date, plan: loans.Plan
) -> None:
    terms = loans.terms_of(amount, plan, begins, UNTIL)
    sheet = instalments.check(sheet_of(terms))
    assert sum(one.amount for one in sheet.payments) == sheet.total == amount + sheet.interest + sheet.fees
    assert sum(one.principal for one in terms.payments) == amount
    assert sheet.months == plan.months == len({one.on for one in sheet.payments})
    # Ours by Newton over decimals, theirs by halving: within a hundredth of a percentage point, as PBoC (2021) No. 3 wants it shown.
    ours = instalments.annual_rate(amount, [one.amount for one in sheet.payments])
    assert abs(ours - sheet.annual_rate) <= 1
    # All months but the last are alike to a fen: the fee's odd fen come first, the rest of rounding last.
    assert (
        max(one.amount for one in terms.payments[:-1]) - min(one.amount for one in terms.payments[:-1]) <= 1
    )
    assert abs(terms.payments[-1].amount - terms.payments[0].amount) <= plan.months


@settings(max_examples=60, deadline=None)
@given(
    AMOUNTS,
    DAYS,
    st.sampled_from(loans.PLANS),
    st.lists(st.integers(1, 10**6), max_size=3),
    st.integers(0, 500),
)
def test_a_refund_reduces_the_loan_in_any_order_and_the_whole_cancels_it(
    amount: int, begins: date, plan: loans.Plan, refunds: list[int], passed: int
) -> None:
    terms = loans.terms_of(amount, plan, begins, UNTIL)
    today = begins + timedelta(days=passed)
    left, backs = amount, list[tuple[date, int]]()
    before = loans.standing(terms, [], today)
    assert (
        before.left + sum(one.amount for one in before.parts if one.paid) == terms.total and before.back == 0
    )
    for n, refund in enumerate(refunds):
        backs.append((min(today, begins + timedelta(days=40 * n)), min(refund, left)))
        left -= backs[-1][1]
        now = loans.standing(terms, [one for one in backs if one[1]], today)
        assert now.amount == left and now.left <= before.left and now.back >= before.back
        assert sum(one.amount for one in now.parts if not one.paid) == now.left
        before = now
    assert loans.standing(terms, backs[::-1], today) == loans.standing(terms, backs, today)
    gone = loans.standing(terms, [*backs, (today, left)] if left else backs, today)
    assert gone.state == "cancelled" and gone.left == 0
    assert gone.back == sum(one.amount for one in gone.parts if one.paid)


@pytest.mark.parametrize(
    "wrong",
    [
        {"interest": 1},
        {"fees": -1},
        {"annual_rate": 100},
        {"amount": 0},
        {"payments": []},
        {"payments": [instalments.Payment(date(2026, 12, 22), 100_000)] * 3},
    ],
)
def test_terms_that_do_not_add_up_are_shown_to_nobody(wrong: dict[str, object]) -> None:
    true = sheet_of(loans.terms_of(100_000, loans.PLANS[0], date(2026, 11, 22), UNTIL))
    assert instalments.check(true) is true
    with pytest.raises(instalments.SheetNotTrue):
        instalments.check(msgspec.structs.replace(true, **wrong))


@pytest.mark.parametrize(
    ("born", "today", "grown"),
    [
        (date(2008, 11, 22), date(2026, 11, 22), True),
        (date(2008, 11, 23), date(2026, 11, 22), False),
        (date(2008, 2, 29), date(2026, 2, 28), False),
        (date(2008, 2, 29), date(2026, 3, 1), True),
        (date(1950, 12, 31), date(2026, 1, 1), True),
        (date(2030, 1, 1), date(2026, 1, 1), False),
    ],
)
def test_who_is_of_age(born: date, today: date, grown: bool) -> None:
    assert instalments.of_age(born, today) is grown


def test_a_known_loan() -> None:
    """12,000 yuan back in twelve months of 1,100: by the internal rate 1.498 % a month (13,200 in all, not 10 % a year)."""
    assert instalments.annual_rate(1_200_000, [110_000] * 12) == 1953
    assert instalments.annual_rate(1_200_000, [100_000] * 12) == 0
