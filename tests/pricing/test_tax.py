"""The rate of a day, and where it is written."""

from __future__ import annotations

from datetime import date

import pytest

from highstreet.kit.db import Database
from highstreet.pricing import UnknownTax, load_tax, rate, seed_tax
from highstreet.pricing.tax import RATES


@pytest.mark.parametrize(
    ("country", "code", "day", "bps"),
    [
        ("CN", "standard", date(2026, 11, 23), 1300),
        ("CN", "reduced", date(2025, 12, 31), 900),
        ("CN", "services", date(2026, 1, 1), 600),
        ("CN", "zero", date(2026, 11, 23), 0),
        ("GB", "standard", date(2009, 12, 31), 1500),
        ("GB", "standard", date(2010, 1, 1), 1750),
        ("GB", "standard", date(2011, 1, 3), 1750),
        ("GB", "standard", date(2011, 1, 4), 2000),
        ("GB", "reduced", date(2026, 11, 23), 500),
        ("GB", "zero", date(2026, 11, 23), 0),
    ],
)
def test_the_latest_rule_of_a_day_holds(country: str, code: str, day: date, bps: int) -> None:
    assert rate(RATES, country, code, day) == bps
    assert rate(RATES[::-1], country, code, day) == bps


@pytest.mark.parametrize(
    ("country", "code", "day"),
    [
        ("CN", "luxury", date(2026, 1, 1)),
        ("XX", "standard", date(2026, 1, 1)),
        ("CN", "standard", date(2019, 3, 31)),
    ],
)
def test_an_unknown_rate_is_refused(country: str, code: str, day: date) -> None:
    with pytest.raises(UnknownTax) as no:
        rate(RATES, country, code, day)
    assert code in no.value.sentence("zh")


def test_every_rate_names_its_source() -> None:
    assert all(len(rule.source) > 15 and rule.name.en and rule.name.zh for rule in RATES)


async def test_rates_are_put_in_once_and_a_towns_own_stay(db: Database) -> None:
    async with db.transaction() as tx:
        await tx.execute(
            """
            INSERT INTO pricing.tax (country, code, bps, valid_from, name, source)
            VALUES ('CN', 'standard', 1200, '2026-01-01', '{}', 'decree of this town')
            """
        )
    await db.run(seed_tax)
    await db.run(seed_tax)
    async with db.read() as tx:
        rules = await load_tax(tx)
    assert len(rules) == len(RATES)
    assert rate(rules, "CN", "standard", date(2026, 11, 23)) == 1200
    assert rate(rules, "GB", "standard", date(2026, 11, 23)) == 2000
