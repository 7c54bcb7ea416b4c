"""What can be offered, and how it is found. Owns the schema catalog: the tree of kinds, items with variants and
pictures, labels, offers, curated directories, scenarios and live rooms, search, and the spreadsheets a seller lists goods by.

Always true: an item is described once and offered by many; nothing an order names goes away (items retire,
offers close); an offer opens only when its seller holds the licence its kind needs; what search sees changes in
the offer's own transaction; a change of an offer, item, price, promotion, place or seller is told on the channel
"offer" as the offer's id, "item:<id>", "seller:<id>", "kind:<id>", or "*" for "load everything afresh"; of what
search sees on the channel "found" (at_hand.py).
Words: kind (category), card (what search shows of an item a seller offers at a place in a format), sheet (a
seller's spreadsheet), intake (its reading). Functions take a `Tx` first; those that change something take who asks
(`owner_id`, `seller_id`, `curator_id`): somebody else's is `NotFound`. Refusals: errors.py.
"""

# fmt: off
# ruff: noqa: I001, RUF022  (grouped by what they are about)
from highstreet.catalog.categories import (
    LICENCES, NO_RETURN, Attribute, Categories, Category, Choice, built_in, categories,
    load_categories)
from highstreet.catalog.directories import (
    Directory, Listed, add_to_directory, close_directory, directories, directories_of, open_directory,
    read_directory, remove_from_directory)
from highstreet.catalog import chat, consenting, rooms, video
from highstreet.catalog.at_hand import AtHand, Match, Matches
from highstreet.catalog.errors import OfferClosed, RoomOver, ScenarioBroken
from highstreet.catalog.identifiers import gtin14, shown_gtin
from highstreet.catalog.intake import (
    Intake, Preview, RowError, drop_intake, keep_preview, preview, read_intake, take)
from highstreet.catalog.items import (
    Described, Item, Picture, Variant, change_item, describe, items_of, read_item, retire)
from highstreet.catalog.labels import LABELS, Label
from highstreet.catalog.offers import (
    Offer, change_price, change_terms, close_offer, draft_offer, offer_by_code, offers_of, open_offer,
    open_offers_of, other_offers, pause_offer, read_offer, read_offers)
from highstreet.catalog.pictures import (
    SIZES, Pictures, add_picture, order_pictures, picture_path, read_picture, remove_picture, store)
from highstreet.catalog.rooms import Drop, NewRoom, Room
from highstreet.catalog.scenarios import (
    Part, Scenario, Wanted, agree_to_fund, close_scenario, describe_scenario, open_scenario, read_scenario, scenarios)
from highstreet.catalog.search import Facet, Query, Result, search
from highstreet.catalog.sheets import COLUMNS, Column, Sheet, read_sheet, template_csv, template_xlsx
from highstreet.catalog.shelf import BANDS, Card, Way, count_words, rebuild, rebuild_some, refresh, refresh_items, set_scores
from highstreet.catalog._taking import Received, Taken, TakenRow

__all__ = [
    "LICENCES", "NO_RETURN", "Attribute", "Categories", "Category", "Choice", "built_in", "categories",
    "load_categories",
    "Directory", "Listed", "add_to_directory", "close_directory", "directories", "directories_of",
    "open_directory", "read_directory", "remove_from_directory", "gtin14", "shown_gtin",
    "Intake", "Preview", "Received", "RowError", "Taken", "TakenRow", "drop_intake", "keep_preview", "preview",
    "read_intake", "take", "COLUMNS", "Column", "Sheet", "read_sheet", "template_csv", "template_xlsx",
    "Described", "Item", "Picture", "Variant", "change_item", "describe", "items_of", "read_item", "retire",
    "LABELS", "Label", "Offer", "OfferClosed", "change_price", "change_terms", "close_offer", "draft_offer", "offer_by_code",
    "offers_of", "open_offer", "open_offers_of", "other_offers", "pause_offer", "read_offer", "read_offers",
    "SIZES", "Pictures", "add_picture", "order_pictures", "picture_path", "read_picture", "remove_picture", "store",
    "Part", "Scenario", "ScenarioBroken", "Wanted", "agree_to_fund", "close_scenario", "describe_scenario", "open_scenario",
    "read_scenario", "scenarios", "Drop", "NewRoom", "Room", "RoomOver",
    "chat", "consenting", "rooms", "video", "AtHand", "Match", "Matches", "Facet", "Query", "Result", "search",
    "BANDS", "Card", "Way", "count_words", "rebuild", "rebuild_some", "refresh", "refresh_items", "set_scores",
]
