"""The merchant of the replayed file: seller, place, items, offers, stock and customers, made once."""

from __future__ import annotations

import hashlib
from datetime import datetime

import msgspec

from highstreet import catalog
from highstreet.kit.db import Tx, value
from highstreet.market.desk import Market
from highstreet.replay.invoices import Book, is_goods

SCOPE = "import:online-retail"
CURRENCY = "GBP"
FORMAT = "counter"
CHUNK = 500  # items put into search by one transaction


class Merchant(msgspec.Struct, frozen=True):
    """Identifiers by stock code and by customer number."""

    seller_id: str
    place_id: str
    format: str
    currency: str
    offers: dict[str, str]
    variants: dict[str, str]
    supplies: dict[str, int]
    buyers: dict[str, str]

    async def done(self, market: Market) -> dict[str, str]:
        """The invoices earlier runs have replayed, with the order each sale became."""
        async with market.db.read() as tx:
            found = await tx.fetch(
                "SELECT key, coalesce(answer -> 'orders' -> 0 ->> 'id', '') AS order_id FROM kit.answer WHERE scope = $1",
                SCOPE,
            )
        return {r["key"]: r["order_id"] for r in found}


def _id(kind: str, text: str) -> str:
    """The same identifier for the same thing in every run: a resumed replay finds what the first one made."""
    number = int.from_bytes(hashlib.sha256(f"{SCOPE}:{kind}:{text}".encode()).digest()[:12], "big")
    letters = "0123456789abcdefghjkmnpqrstvwxyz"
    return f"{kind}_" + "".join(letters[(number >> (5 * place)) & 31] for place in range(20))


async def open_merchant(market: Market, book: Book) -> Merchant:
    """Make what is missing, in one transaction; a second call finds it."""
    now = book.invoices[0].at if book.invoices else market.clock()
    codes = sorted({row.code for one in book.invoices for row in one.taken})
    customers = sorted({one.customer for one in book.invoices if one.customer})
    merchant = Merchant(
        _id("pty", "seller"),
        _id("plc", "shop"),
        market.format(FORMAT).code,
        CURRENCY,
        {code: _id("ofr", code) for code in codes},
        {code: _id("var", code) for code in codes},
        {},
        {customer: _id("pty", customer) for customer in customers},
    )
    await market.accounts.know(
        [f"till:{merchant.seller_id}", f"seller:{merchant.seller_id}", "escrow:", "platform:"], CURRENCY
    )
    async with market.db.transaction() as tx:
        await tx.execute(_PARTIES, merchant.seller_id, list(merchant.buyers.values()), merchant.place_id, now)
        await tx.execute(
            _GOODS,
            codes,
            [_id("itm", code) for code in codes],
            [merchant.variants[code] for code in codes],
            [merchant.offers[code] for code in codes],
            [book.titles.get(code, code) for code in codes],
            ["goods" if is_goods(code) else "service" for code in codes],
            merchant.seller_id,
            merchant.place_id,
            now,
            [book.prices.get(code, 100) for code in codes],
        )
        goods = [code for code in codes if is_goods(code)]
        await _receive(tx, merchant, goods, book, now)
        found = await tx.fetch(
            "SELECT variant_id, id FROM inventory.supply WHERE place_id = $1 AND period IS NULL",
            merchant.place_id,
        )
    by_variant = {r["variant_id"]: r["id"] for r in found}
    merchant.supplies.update({code: by_variant[merchant.variants[code]] for code in goods})
    return merchant


async def show_goods(market: Market, merchant: Merchant) -> int:
    """Put the goods into search, those that are not there yet, a transaction for each chunk: killed, it goes on. How many cards it has."""
    items = sorted(_id("itm", code) for code in merchant.offers if is_goods(code))
    put = 0
    for start in range(0, len(items), CHUNK):
        async with market.db.transaction() as tx:
            found = await tx.fetch(
                """SELECT i FROM unnest($1::text[]) i
                   WHERE NOT EXISTS (SELECT FROM catalog.found f WHERE f.item_id = i)""",
                items[start : start + CHUNK],
            )
            await catalog.refresh_items(tx, [r["i"] for r in found])
            put += len(found)
    async with market.db.transaction() as tx:
        if put:
            await catalog.count_words(tx)
        return await value(
            tx, int, "SELECT count(*) FROM catalog.found WHERE seller_id = $1", merchant.seller_id
        )


async def _receive(tx: Tx, merchant: Merchant, goods: list[str], book: Book, now: datetime) -> None:
    """The opening stock: as much as the file sells. The file has no deliveries, so this one stands for them all."""
    await tx.execute(
        """WITH wanted AS (SELECT v, q FROM unnest($1::text[], $2::bigint[]) AS t (v, q)),
                made AS (INSERT INTO inventory.supply (variant_id, place_id, total) SELECT v, $3, q FROM wanted
                         ON CONFLICT DO NOTHING RETURNING id, total)
           INSERT INTO inventory.movement (supply_id, kind, quantity, by, note, at)
           SELECT id, 'received', total, $4, 'opening stock of the replay', $5 FROM made WHERE total > 0""",
        [merchant.variants[code] for code in goods],
        [book.received.get(code, 0) for code in goods],
        merchant.place_id,
        merchant.seller_id,
        now,
    )


_PARTIES = """
    WITH seller AS (
        INSERT INTO parties.party (id, kind, name, created_at) VALUES ($1, 'business', 'Online Retail (replayed)', $4)
        ON CONFLICT DO NOTHING
    ), buyers AS (
        INSERT INTO parties.party (id, kind, created_at) SELECT b, 'person', $4 FROM unnest($2::text[]) b ON CONFLICT DO NOTHING
    )
    INSERT INTO parties.place (id, party_id, kind, name, address, lat, lon)
    VALUES ($3, $1, 'depot', '{"en": "Warehouse", "zh": "仓库"}', '{"line": "Leicester"}', 52.6, -1.1) ON CONFLICT DO NOTHING"""

_GOODS = """
    WITH given AS (
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $10::bigint[])
            AS t (code, item, variant, offer, title, sells, price)
    ), category AS (
        INSERT INTO catalog.category (id, name) VALUES ('replayed', '{"en": "Gifts", "zh": "礼品"}') ON CONFLICT DO NOTHING
    ), items AS (
        INSERT INTO catalog.item (id, owner_id, category_id, sells, title, created_at)
        SELECT item, $7, 'replayed', sells, jsonb_build_object('en', title), $9 FROM given ON CONFLICT DO NOTHING
    ), variants AS (
        INSERT INTO catalog.variant (id, item_id, sku) SELECT variant, item, code FROM given ON CONFLICT DO NOTHING
    )
    INSERT INTO catalog.offer (id, seller_id, item_id, variant_id, place_id, format, currency, price, state, opened_at, changed_at)
    SELECT offer, $7, item, variant, $8, 'counter', 'GBP', price, 'open', $9, $9 FROM given ON CONFLICT DO NOTHING"""
