"""What can be offered, and how it is found.

Owns: the tree of kinds (`Categories`), items with their variants and pictures, labels, offers, curated directories, search, and
spreadsheets a seller lists goods by. Tables: schema catalog.
Always true: an item is described once and offered by many; nothing an order names ever goes away (items retire, offers close);
an offer opens only when its seller holds the licence its kind needs; `catalog.found` (what search sees) changes in the transaction
of the offer; every change of an offer, item, price, promotion or seller is told on the channel "offer" as an offer's id,
"item:<id>", "seller:<id>", or "*" for "load everything afresh".
Words: item, variant, offer, kind (category), label, picture, directory; a card is what search shows of an item a seller offers at
a place in a format; a sheet is a seller's spreadsheet, and an intake its reading.
Every function takes a `Tx` first; those that change something take who asks (`owner_id`, `seller_id`): somebody else's is `NotFound`.
"""

# fmt: off
# ruff: noqa: I001, RUF022  (grouped by what they are about)
from highstreet.catalog.categories import (LICENCES, NO_RETURN, Attribute, Categories, Category, Choice, categories,
                                           load_categories)
from highstreet.catalog.identifiers import gtin14, shown_gtin
from highstreet.catalog.items import (Described, Item, Picture, Variant, change_item, describe, items_of, read_item, retire)
from highstreet.catalog.labels import LABELS, Label
from highstreet.catalog.offers import (Offer, change_price, change_terms, close_offer, draft_offer, offer_by_code, offers_of,
                                       open_offer, open_offers_of, other_offers, pause_offer, read_offer, read_offers)
from highstreet.catalog.search import Facet, Query, Result, search
from highstreet.catalog.shelf import BANDS, Card, rebuild, refresh, refresh_items, set_scores

__all__ = [
    "LICENCES", "NO_RETURN", "Attribute", "Categories", "Category", "Choice", "categories", "load_categories",
    "gtin14", "shown_gtin",
    "Described", "Item", "Picture", "Variant", "change_item", "describe", "items_of", "read_item", "retire",
    "LABELS", "Label",
    "Offer", "change_price", "change_terms", "close_offer", "draft_offer", "offer_by_code", "offers_of", "open_offer",
    "open_offers_of", "other_offers", "pause_offer", "read_offer", "read_offers",
    "Facet", "Query", "Result", "search",
    "BANDS", "Card", "rebuild", "refresh", "refresh_items", "set_scores",
]
