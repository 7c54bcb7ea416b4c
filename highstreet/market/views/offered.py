"""What stands behind offers, and what the page of one shows: read for many at once (`market/looking.py`)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple

import msgspec

from highstreet.catalog import Offer, Picture
from highstreet.kit.db import Tx
from highstreet.kit.text import Words
from highstreet.market.views.selling import Sold
from highstreet.parties import Business, Licence


class Standing(msgspec.Struct, frozen=True):
    """What is free to promise by supply; by seller, the licences in force and what it calls itself."""

    free: dict[str, int]
    licences: dict[str, list[str]]
    names: dict[str, Words]


_standing = msgspec.json.Decoder(Standing)


async def standing(tx: Tx, supply_ids: Collection[int], seller_ids: Collection[str], day: date) -> Standing:
    """For the offers of a list, in one look."""
    return _standing.decode(
        await tx.fetchval("SELECT market.standing($1, $2, $3)", list(supply_ids), list(seller_ids), day)
    )


class Listing(msgspec.Struct, frozen=True):
    """A directory that lists a thing, and whose choice it is."""

    id: str
    name: Words
    curator: str | None


class OfferPage(msgspec.Struct, frozen=True):
    """An offer, and everything else the thing can be had as now; `licences` are those in force on the day.

    `goods`: all these offers as the shelf keeps them, when that was asked for.
    """

    here: Offer
    others: list[Offer]
    pictures: list[Picture]
    seller: Business
    licences: list[Licence]
    lists: list[Listing]
    standing: Standing
    goods: list[Sold] | None


class AskedPage(NamedTuple):
    """The offer whose page is asked for, and the day. With a country, also for what the shelf keeps, taxed as for a buyer there."""

    offer_id: str
    day: date
    country: str | None = None


_offer_page = msgspec.json.Decoder(OfferPage)


async def offer_pages(tx: Tx, asked: Sequence[AskedPage]) -> list[OfferPage | None]:
    """All that the pages of these offers show, in one look; None where there is no such offer."""
    found = await tx.fetch(
        """SELECT market.offer_page(a.id, a.day, a.country) AS page
           FROM unnest($1::text[], $2::date[], $3::text[]) WITH ORDINALITY a (id, day, country, n) ORDER BY a.n""",
        *zip(*asked, strict=True),
    )
    return [None if row["page"] is None else _offer_page.decode(row["page"]) for row in found]
