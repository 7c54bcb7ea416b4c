"""Loading the town: founded once, with a week behind it; and grown by as many people as wanted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from highstreet import parties
from highstreet.kit import facts
from highstreet.market.desk import Market
from highstreet.town import boxes, crowd, live, past, settled, surgery, tax_refunds, trade_in, vouchers
from highstreet.town.founding import Town, found
from highstreet.town.opening_ways import open_ways
from highstreet.town.people import PEOPLE
from highstreet.town.shops import SHOPS

Note = Callable[[str], None]
BEFORE = timedelta(days=30)  # how long the shops have been open when somebody first looks


def _silent(_: str) -> None:
    """Nobody listens."""


async def load(
    market: Market, *, people: int = 0, seed: int = 7, note: Note = _silent, now: datetime | None = None
) -> dict[str, int]:
    """Load the named town if it is not there, and so many people around it; how much there is of what.

    Doing it again changes nothing; one that was killed goes on where it stopped.
    """
    moment = now or market.clock()
    if not await _is_told(market, "town.boxes_filled") or not await live.is_on(market, moment):
        note("Opening the town ...")
        await load_named(market, moment)
    if people:
        await crowd.grow(market, people, seed, moment, note)
    return await _count(market)


async def load_named(market: Market, now: datetime) -> Town:
    """The named town with its week of trade before `now`; its identifiers."""
    # Whoever loads at the same moment waits for this transaction, which holds nothing else, and then finds it all done.
    async with market.db.transaction() as turn:
        await turn.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        await turn.execute("SET LOCAL statement_timeout = 0")
        await turn.execute("SET LOCAL lock_timeout = '2min'")
        await turn.execute("SELECT pg_advisory_xact_lock(hashtext('town'))")
        if not await _is_told(market, "town.founded"):
            async with market.db.transaction() as tx:
                town = await found(tx, market.seal, market.currency, now - BEFORE)
                await facts.tell(tx, "town.founded", "town", town.sellers["city"], now)
        town = await read_town(market)
        if not await _is_told(market, "town.lived"):
            await past.live(market, town, await _founded(market))
            async with market.db.transaction() as tx:
                await facts.tell(tx, "town.lived", "town", town.sellers["city"], now)
        if not await _is_told(market, "town.ways_opened"):
            await open_ways(market, town, now)
        if not await _is_told(market, "town.seen_by_doctor"):
            await surgery.see(market, await read_town(market), now)
        if not await _is_told(market, "town.vouchers_given"):
            await vouchers.launch(market, await read_town(market), now)
        if not await _is_told(market, "town.fair_settled"):
            await settled.hold_fair(market, await read_town(market), now)
        if not await _is_told(market, "town.refunds_begun"):
            await tax_refunds.begin(market, await read_town(market), now)
        if not await _is_told(market, "town.trade_in_begun"):
            await trade_in.launch(market, await read_town(market), now)
        if not await live.is_on(market, now):
            await live.open_rooms(market, town, now)
        if not await _is_told(market, "town.boxes_filled"):
            await boxes.fill(market, await read_town(market), now)
    return town


async def read_town(market: Market) -> Town:
    """The identifiers of the named town as it stands in the database. Errors: LookupError when it is not there."""
    async with market.db.read() as tx:
        names = {person.name: person.key for person in PEOPLE}
        folk = {
            names[one.name]: one.party_id
            for one in await parties.people.demo_people(tx, market.seal)
            if one.name in names
        }
        shops = await tx.fetch(
            """SELECT b.id, b.name, p.id AS place_id FROM parties.party b LEFT JOIN parties.place p ON p.party_id = b.id
               WHERE b.kind = 'city' OR b.demo AND b.kind = 'business' ORDER BY p.id"""
        )
        offers = await tx.fetch(
            """SELECT o.id, v.sku, o.format FROM catalog.offer o JOIN catalog.variant v ON v.id = o.variant_id
               WHERE o.seller_id = ANY ($1)""",
            [r["id"] for r in shops],
        )
    by_name = {r["name"]: r for r in shops}
    city = next((r["id"] for r in shops if r["place_id"] is None), None)
    if len(folk) < len(PEOPLE) or city is None:
        raise LookupError("the named town is not in this database")
    sellers = {shop.key: by_name[shop.name.zh] for shop in SHOPS}
    return Town(
        folk,
        {"city": city, **{key: r["id"] for key, r in sellers.items()}},
        {key: r["place_id"] for key, r in sellers.items()},
        {f"{r['sku']}/{r['format']}": r["id"] for r in offers},
    )


async def _founded(market: Market) -> datetime:
    async with market.db.read() as tx:
        at: datetime = await tx.fetchval(
            "SELECT at FROM kit.fact WHERE subject = 'town' AND kind = 'town.founded'"
        )
    return at


async def _is_told(market: Market, kind: str) -> bool:
    async with market.db.read() as tx:
        return bool(
            await tx.fetchval(
                "SELECT EXISTS (SELECT FROM kit.fact WHERE subject = 'town' AND kind = $1)", kind
            )
        )


async def _count(market: Market) -> dict[str, int]:
    async with market.db.read() as tx:
        r = await tx.fetchrow(
            """SELECT (SELECT count(*) FROM parties.party WHERE kind = 'person') AS people,
                      (SELECT count(*) FROM parties.party WHERE kind = 'business') AS businesses,
                      (SELECT count(*) FROM catalog.item) AS items, (SELECT count(*) FROM catalog.offer) AS offers,
                      (SELECT count(*) FROM orders."order") AS orders"""
        )
    return {} if r is None else {name: int(r[name]) for name in r.keys()}  # noqa: SIM118
