"""What an offer says besides its price: the questions its format asks, in a shopkeeper's words, and nothing else."""

from __future__ import annotations

from collections.abc import Container
from decimal import Decimal
from typing import Any

from highstreet import catalog
from highstreet.kit.db import Tx
from highstreet.kit.money import plain
from highstreet.market.format import Format, Term
from highstreet.market.openings import ROLES
from highstreet.market.views import goods as views
from highstreet.web.merchant import term_lists
from highstreet.web.merchant.desk import Desk
from highstreet.web.merchant.filled import Filled
from highstreet.web.merchant.hall import hall_said, seated


async def names_for(tx: Tx, desk: Desk, terms: dict[str, Any] | None = None) -> dict[str, str]:
    """Who may be named as earning too; whoever earns already stays, whatever became of them."""
    names = await term_lists.names_to_choose(tx, desk)
    left = {cut["party"] for cut in (terms or {}).get("cuts", [])} - set(names.values())
    return names | {party: party for party in left}


async def others_for(tx: Tx, desk: Desk, one: Format) -> list[tuple[str, str]]:
    """What can be ordered in a rhythm: the seller's own open offers of other ways."""
    if not term_lists.orders_again(one):
        return []
    found = await catalog.offers_of(tx, desk.id, state="open", most=200)
    others = [each for each in found.rows if each.format != one.name]
    return [(each.id, f"{desk.words(each.title)} · {each.sku}") for each in others]


def read_terms(f: Filled, one: Format, currency: str, names: dict[str, str]) -> dict[str, Any]:
    """What the form says; an empty field leaves the usual in force."""
    said = term_lists.read_lists(f, one, currency, term_lists.by_name(names))
    for term in one.hints.terms:
        field = f"t-{term.name}"
        if term.money:
            value = f.money(field, currency, required=False)
        elif term.share:
            value = f.share(field, required=False, least=0, most=min(term.most, 10_000))
        else:
            value = f.whole(field, most=term.most, required=False)
        if value is not None:
            said[term.name] = value
    return said


def told(term: Term, value: int, currency: str) -> str:
    """A term's number as one types it: money in whole units, a share in percent."""
    if term.money:
        return plain(value, currency)
    return format(Decimal(value) / 100, "f") if term.share else str(value)


def start_of(one: Format, terms: dict[str, Any], currency: str, names: dict[str, str]) -> dict[str, str]:
    """The fields as an offer states them."""
    numbers = {
        f"t-{term.name}": told(term, terms[term.name], currency)
        for term in one.hints.terms
        if term.name in terms
    }
    return numbers | term_lists.start_of(terms, currency, names)


def fields_read(form: Container[str], one: Format) -> set[str]:
    """The terms a form asked about, said or left empty: these it replaces, others stay as they were."""
    asked = (
        {*term_lists.asked(one), "cuts", "never", "slots_of", "of", "hall"}
        if "cuts-0-who" in form
        else set[str]()
    )
    return asked | {term.name for term in one.hints.terms if f"t-{term.name}" in form}


def drawn(
    desk: Desk,
    f: Filled,
    one: Format,
    names: dict[str, str],
    variants: list[views.VariantRow],
    others: list[tuple[str, str]],
) -> dict[str, Any]:
    """What the form's rows are drawn from."""
    currency = desk.market.currency
    quiet = Filled(desk.lang, f.form, f.start)
    options = term_lists.read_lists(quiet, one, currency, term_lists.by_name(names)).get("options", {})
    return {
        "asked": term_lists.asked(one),
        "windows": term_lists.windows_needed(one),
        "again": term_lists.orders_again(one),
        "seated": seated(one),
        "hall": hall_said(quiet, currency) if seated(one) else None,
        "others": [("", ""), *others],
        "variants": variants,
        "rows": lambda prefix, part: term_lists.rows_of(f, prefix, part),
        "usual": lambda term: told(term, term.usual, currency),
        "pairs": term_lists.pairs_of(options),
        "names": list(names),
        "roles": [(role, words.say(desk.lang)) for role, words in ROLES.items()],
    }
