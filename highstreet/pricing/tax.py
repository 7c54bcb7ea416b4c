"""Tax rates by country, code and day, each with its source. Prices contain their tax.

Codes: 'standard', 'reduced', 'zero'; in China also 'services' (the 6 % of modern services).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec

from highstreet.kit.db import Tx, rows
from highstreet.kit.text import Words
from highstreet.pricing.errors import UnknownTax


class TaxRule(msgspec.Struct, frozen=True):
    """bps: basis points of the price before tax; in force from a day until a later rule of the same country
    and code."""

    country: str
    code: str
    bps: int
    valid_from: date
    name: Words
    source: str


_CN_STANDARD = Words("VAT 13%", "增值税 13%")
_CN_REDUCED = Words("VAT 9%", "增值税 9%")
_CN_SERVICES = Words("VAT 6%", "增值税 6%")
_CN_ZERO = Words("VAT 0%", "增值税零税率")
_CN_2019 = "MOF, STA and GACC Announcement 39 of 2019 (财政部 税务总局 海关总署公告2019年第39号)"
_CN_2016 = "Cai Shui [2016] 36 (财税〔2016〕36号), annex 1 art. 15"
_CN_LAW = "Value-Added Tax Law of the PRC (增值税法, in force 2026-01-01), art. 10"
_GB_ACT = "Value Added Tax Act 1994"

RATES = (
    TaxRule("CN", "standard", 1300, date(2019, 4, 1), _CN_STANDARD, _CN_2019),
    TaxRule("CN", "reduced", 900, date(2019, 4, 1), _CN_REDUCED, _CN_2019),
    TaxRule("CN", "services", 600, date(2016, 5, 1), _CN_SERVICES, _CN_2016),
    TaxRule("CN", "zero", 0, date(2016, 5, 1), _CN_ZERO, _CN_2016),
    TaxRule("CN", "standard", 1300, date(2026, 1, 1), _CN_STANDARD, _CN_LAW),
    TaxRule("CN", "reduced", 900, date(2026, 1, 1), _CN_REDUCED, _CN_LAW),
    TaxRule("CN", "services", 600, date(2026, 1, 1), _CN_SERVICES, _CN_LAW),
    TaxRule("CN", "zero", 0, date(2026, 1, 1), _CN_ZERO, _CN_LAW),
    # The real sales file is of 2009 to 2011, when the British standard rate changed twice.
    TaxRule(
        "GB",
        "standard",
        1500,
        date(2008, 12, 1),
        Words("VAT 15%", "英国增值税 15%"),
        "Value Added Tax (Change of Rate) Order 2008 (SI 2008/3020)",
    ),
    TaxRule(
        "GB",
        "standard",
        1750,
        date(2010, 1, 1),
        Words("VAT 17.5%", "英国增值税 17.5%"),
        f"{_GB_ACT}, s. 2(1), after the end of SI 2008/3020 (Finance Act 2009, s. 9)",
    ),
    TaxRule(
        "GB",
        "standard",
        2000,
        date(2011, 1, 4),
        Words("VAT 20%", "英国增值税 20%"),
        f"{_GB_ACT}, s. 2(1), as changed by Finance (No. 2) Act 2010, s. 3",
    ),
    TaxRule(
        "GB",
        "reduced",
        500,
        date(2001, 11, 1),
        Words("VAT 5%", "英国增值税 5%"),
        f"{_GB_ACT}, s. 29A and sch. 7A",
    ),
    TaxRule(
        "GB", "zero", 0, date(1994, 9, 1), Words("VAT 0%", "英国增值税零税率"), f"{_GB_ACT}, s. 30 and sch. 8"
    ),
)


def rate(rules: Sequence[TaxRule], country: str, code: str, day: date) -> int:
    """The rate in basis points in force on a day (of the town). Errors: UnknownTax."""
    found: TaxRule | None = None
    for rule in rules:
        if (rule.country, rule.code) == (country, code) and rule.valid_from <= day:
            found = rule if found is None or rule.valid_from > found.valid_from else found
    if found is None:
        raise UnknownTax(tax=code, country=country, day=day.isoformat())
    return found.bps


async def seed_tax(tx: Tx) -> None:
    """Put in the rates this file knows and are not there yet; rates a town changed or added stay."""
    await tx.executemany(
        """
        INSERT INTO pricing.tax (country, code, bps, valid_from, name, source) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT DO NOTHING
        """,
        [msgspec.structs.astuple(rule) for rule in RATES],
    )


async def load_tax(tx: Tx) -> tuple[TaxRule, ...]:
    """All rates, of all days."""
    return tuple(
        await rows(
            tx,
            TaxRule,
            """
            SELECT country, code, bps, valid_from, name, source FROM pricing.tax
            ORDER BY country, code, valid_from
            """,
        )
    )
