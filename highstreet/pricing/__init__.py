"""What a basket costs and why. Owns the schema `pricing`: listed prices, promotions, tax rates.

Always true of it: 0 <= paid <= amount <= list price; the steps of a line add up to what the buyer pays; each
adjustment names its funder; one more promotion makes no basket dearer; the order of lines changes nothing.
Words: list price (the offer's own), listed price (another by channel, tier or time), adjustment (a signed
part of a price), promotion (a rule that makes adjustments), alone (with no other on the same goods).
"""

from __future__ import annotations

from highstreet.pricing.errors import (
    MixedCurrencies,
    PromotionOver,
    TooMuch,
    UnknownTax,
    WrongPrice,
    WrongRule,
)
from highstreet.pricing.price_lists import (
    CHANNELS,
    ListedPrice,
    load_prices,
    prices_of,
    remove_price,
    set_price,
)
from highstreet.pricing.promotions import (
    CHINA,
    EUROPE,
    KINDS,
    NewPromotion,
    PriceAt,
    Promotion,
    Rule,
    load_promotions,
    promotions_of,
    read_rule,
    reference_price,
    running,
    start,
    stop,
)
from highstreet.pricing.quotes import Adjustment, Priced, PricedLine, Step, Want, price_lines
from highstreet.pricing.tax import TaxRule, load_tax, rate, seed_tax

# fmt: off
__all__ = [
    "CHANNELS", "CHINA", "EUROPE", "KINDS", "Adjustment", "ListedPrice", "MixedCurrencies", "NewPromotion",
    "PriceAt", "Priced", "PricedLine", "Promotion", "PromotionOver", "Rule", "Step", "TaxRule", "TooMuch",
    "UnknownTax", "Want", "WrongPrice", "WrongRule", "load_prices", "load_promotions", "load_tax",
    "price_lines", "prices_of", "promotions_of", "rate", "read_rule", "reference_price", "remove_price",
    "running", "seed_tax", "set_price", "start", "stop",
]
