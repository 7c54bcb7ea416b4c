"""Offers: a variant sold by a seller at a place, in a format, for a price. Draft, open, paused, closed; only open ones sell.

Every change is told on the channel "offer" by the database itself (see the migration shelf_news) and search follows in the
same transaction.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

from highstreet.catalog.categories import LICENCES, categories
from highstreet.catalog.errors import ItemRetired, LicenceNeeded, OfferClosed, OfferNotYours
from highstreet.catalog.shelf import refresh
from highstreet.kit import db, money
from highstreet.kit.db import Tx
from highstreet.kit.errors import Malformed, NotFound
from highstreet.kit.ids import new_id
from highstreet.kit.paging import Page, cut, read_cursor
from highstreet.kit.text import Words

State = Literal["draft", "open", "paused", "closed"]
_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")


class Offer(msgspec.Struct, frozen=True):
    """An offer with what it is of: all a basket, a quote or a page needs. `price` in minor units per `step`, tax included.

    `sellable` is false while it is not open, its item retired, its place closed or its seller not active.
    """

    id: str
    seller_id: str
    seller: str | None
    place_id: str
    place: Words
    item_id: str
    variant_id: str
    format: str
    currency: str
    price: int
    tax: str
    terms: dict[str, Any]
    most_per_order: int | None
    state: State
    opened_at: datetime | None
    changed_at: datetime
    sellable: bool
    category_id: str
    sells: str
    title: Words
    about: Words
    brand: str | None
    attributes: dict[str, str]
    labels: list[str]
    no_return: str | None
    sku: str
    gtin: str | None
    options: dict[str, str]
    unit: str
    step: int
    weight_g: int
    picture: str | None


async def draft_offer(
    tx: Tx,
    *,
    seller_id: str,
    variant_id: str,
    place_id: str,
    format: str,  # noqa: A002  the word of the design
    currency: str,
    price: int,
    now: datetime,
    tax: str = "standard",
    terms: Mapping[str, object] | None = None,
    most_per_order: int | None = None,
) -> str:
    """A new offer, still a draft; its identifier. The caller has checked that the format exists.

    Errors: `NotFound` (variant), `ItemRetired`, `OfferNotYours` (a place of somebody else), `Malformed`.
    """
    for field, code in (("format", format), ("tax", tax)):
        if not _CODE.fullmatch(code):
            raise Malformed(field, "is not a name of ours", "不是有效的名称")
    found = await tx.fetchrow(
        """SELECT i.id, i.retired_at, p.party_id, p.closed_at
           FROM catalog.variant v JOIN catalog.item i ON i.id = v.item_id
           LEFT JOIN parties.place p ON p.id = $2 WHERE v.id = $1""",
        variant_id, place_id,
    )  # fmt: skip
    if found is None:
        raise NotFound("variant")
    if found["retired_at"] is not None:
        raise ItemRetired
    if found["party_id"] != seller_id or found["closed_at"] is not None:
        raise OfferNotYours
    offer_id = new_id("ofr", now)
    await tx.execute(
        """INSERT INTO catalog.offer (id, seller_id, item_id, variant_id, place_id, format, currency, price, tax, terms,
               most_per_order, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)""",
        offer_id, seller_id, found["id"], variant_id, place_id, format, currency, _priced(price, currency), tax, dict(terms or {}),
        _most(most_per_order), now,
    )  # fmt: skip
    return offer_id


async def open_offer(
    tx: Tx, seller_id: str, offer_id: str, *, licences: Container[str], now: datetime
) -> None:
    """Put a draft or paused offer on sale. `licences`: the kinds the seller holds, accepted and in force today.

    Errors: `NotFound` for somebody else's, `OfferClosed`, `ItemRetired`, `LicenceNeeded`.
    """
    found = await _own(tx, seller_id, offer_id)
    if found["retired_at"] is not None:
        raise ItemRetired
    known = await categories(tx)
    licence = known.licence(found["category_id"])
    if licence is not None and licence not in licences:
        name, said = known.get(found["category_id"]).name, LICENCES.get(licence, Words(licence, licence))
        raise LicenceNeeded(name=name.say("en"), name_zh=name.say("zh"), licence=said.en, licence_zh=said.zh)
    await _move(tx, offer_id, "open", now)


async def pause_offer(tx: Tx, seller_id: str, offer_id: str, *, now: datetime) -> None:
    """Take an offer off sale for a while. Errors: `NotFound`, `OfferClosed`."""
    await _own(tx, seller_id, offer_id)
    await _move(tx, offer_id, "paused", now)


async def close_offer(tx: Tx, seller_id: str, offer_id: str, *, now: datetime) -> None:
    """Take an offer off sale for good. Closing a closed one changes nothing. Errors: `NotFound`."""
    found = await _own(tx, seller_id, offer_id, closed=True)
    if found["state"] != "closed":
        await _move(tx, offer_id, "closed", now)


async def change_price(tx: Tx, seller_id: str, offer_id: str, price: int, *, now: datetime) -> None:
    """Another price, from now on; orders keep the one they agreed. Errors: `NotFound`, `OfferClosed`, `Malformed`."""
    found = await _own(tx, seller_id, offer_id)
    await tx.execute(
        "UPDATE catalog.offer SET price = $2, changed_at = $3 WHERE id = $1",
        offer_id,
        _priced(price, found["currency"]),
        now,
    )
    await refresh(tx, [offer_id])


async def change_terms(
    tx: Tx, seller_id: str, offer_id: str, *, now: datetime, tax: str | None = None,
    terms: Mapping[str, object] | None = None, most_per_order: int | None = None,
) -> None:  # fmt: skip
    """Change what is given. Errors: `NotFound`, `OfferClosed`, `Malformed`."""
    await _own(tx, seller_id, offer_id)
    if tax is not None and not _CODE.fullmatch(tax):
        raise Malformed("tax", "is not a name of ours", "不是有效的名称")
    await tx.execute(
        """UPDATE catalog.offer SET tax = coalesce($2, tax), terms = coalesce($3, terms),
               most_per_order = coalesce($4, most_per_order), changed_at = $5 WHERE id = $1""",
        offer_id, tax, None if terms is None else dict(terms), _most(most_per_order), now,
    )  # fmt: skip


async def read_offers(tx: Tx, offer_ids: Sequence[str]) -> dict[str, Offer]:
    """Those of the offers that exist, by identifier, in any state."""
    found = await db.rows(tx, Offer, _OFFER + " WHERE o.id = ANY ($1)", list(offer_ids))
    return {offer.id: offer for offer in found}


async def read_offer(tx: Tx, offer_id: str) -> Offer:
    """Errors: `NotFound`."""
    found = await db.row_or_none(tx, Offer, _OFFER + " WHERE o.id = $1", offer_id)
    if found is None:
        raise NotFound("offer")
    return found


async def offers_of(
    tx: Tx,
    seller_id: str,
    cursor: str | None = None,
    *,
    state: State | None = None,
    text: str = "",
    most: int = 50,
) -> Page[Offer]:
    """A seller's own offers, newest first; closed ones only when asked for. `text`: part of a title, a stock or bar code number."""
    before = read_cursor(cursor, str)
    part = text.strip()
    like = "%" + part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%" if part else None
    found = await db.rows(
        tx,
        Offer,
        _OFFER
        + """ WHERE o.seller_id = $1 AND ($2::text IS NULL OR o.id < $2)
               AND ($3::text IS NULL AND o.state <> 'closed' OR o.state = $3)
               AND ($4::text IS NULL OR o.title ->> 'en' ILIKE $4 OR o.title ->> 'zh' ILIKE $4 OR o.sku ILIKE $4 OR o.gtin LIKE $4)
             ORDER BY o.id DESC LIMIT $5""",
        seller_id, before[0] if before else None, state, like, most + 1,
    )  # fmt: skip
    return cut(found, most, lambda offer: [offer.id])


async def open_offers_of(tx: Tx, seller_id: str, cursor: str | None = None, *, most: int = 50) -> Page[Offer]:
    """What a seller has on sale now, newest first."""
    return await offers_of(tx, seller_id, cursor, state="open", most=most)


async def other_offers(tx: Tx, item_id: str, *, most: int = 50) -> list[Offer]:
    """Everything an item can be bought as now: its variants, sellers, places and formats, cheapest first."""
    return await db.rows(
        tx,
        Offer,
        _OFFER
        + """ WHERE o.item_id = $1 AND o.sellable
             ORDER BY o.price, o.id LIMIT $2""",
        item_id, most,
    )  # fmt: skip


async def offer_by_code(tx: Tx, seller_id: str, place_id: str, code: str) -> list[Offer]:
    """What a scanner at a till read: a seller's open offers at a place with this bar code or stock number."""
    digits = code.strip().zfill(14) if code.strip().isdigit() else None
    return await db.rows(
        tx,
        Offer,
        _OFFER
        + """ WHERE o.seller_id = $1 AND o.place_id = $2 AND o.state = 'open' AND (o.gtin = $3 OR o.sku = $4)
             ORDER BY o.id LIMIT 20""",
        seller_id, place_id, digits, code.strip(),
    )  # fmt: skip


_OFFER = "SELECT * FROM catalog.offered o"


async def _own(tx: Tx, seller_id: str, offer_id: str, *, closed: bool = False) -> db.Row:
    # The item before the offer, as everybody does: offers of one item share a card.
    await tx.execute(
        """SELECT FROM catalog.item WHERE id = (SELECT item_id FROM catalog.offer WHERE id = $1 AND seller_id = $2)
           FOR NO KEY UPDATE""",
        offer_id,
        seller_id,
    )
    found = await tx.fetchrow(
        """SELECT o.seller_id, o.state, o.currency, i.category_id, i.retired_at
           FROM catalog.offer o JOIN catalog.item i ON i.id = o.item_id WHERE o.id = $1 FOR UPDATE OF o""",
        offer_id,
    )
    if found is None or found["seller_id"] != seller_id:
        raise NotFound("offer")
    if found["state"] == "closed" and not closed:
        raise OfferClosed
    return found


async def _move(tx: Tx, offer_id: str, state: State, now: datetime) -> None:
    await tx.execute(
        """UPDATE catalog.offer SET state = $2, changed_at = $3,
               opened_at = CASE WHEN $2 = 'open' THEN coalesce(opened_at, $3) ELSE opened_at END
           WHERE id = $1 AND state <> $2""",
        offer_id, state, now,
    )  # fmt: skip
    await refresh(tx, [offer_id])


def _priced(price: int, currency: str) -> int:
    money.digits(currency)
    if isinstance(price, bool) or not isinstance(price, int):  # pyright: ignore[reportUnnecessaryIsInstance]  a JSON body may say anything
        raise Malformed("price", "must be a whole number of minor units", "必须是最小货币单位的整数")
    if not 0 <= price <= money.MOST:
        raise Malformed("price", "must be between nothing and a billion", "应在合理范围内")
    return price


def _most(most_per_order: int | None) -> int | None:
    if most_per_order is not None and not 0 < most_per_order <= 1_000_000_000:
        raise Malformed("most_per_order", "must be at least 1", "至少为 1")
    return most_per_order
