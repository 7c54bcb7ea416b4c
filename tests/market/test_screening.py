"""Screening over real orders: a planted ring and a raised price are asked about, and who leaves is linked to nobody."""

from __future__ import annotations

from datetime import timedelta

from highstreet import catalog, parties, policy
from highstreet.kit import readers
from highstreet.kit.clock import FixedClock
from highstreet.market import privacy, programmes, screening
from highstreet.market.contacts import Contact
from highstreet.market.place import Placing, place
from highstreet.market.quote import quote
from highstreet.market.views import screening as views
from highstreet.orders import Entry
from tests.market.lane import Lane
from tests.market.test_redeeming import claim, grant
from tests.town import lantern_ferry

PHONES = [f"138{n:08}" for n in range(40)]


async def people(lane: Lane, count: int) -> list[str]:
    async with lane.market.db.transaction() as tx:
        return [
            await parties.people.enrol(
                tx, lane.market.seal, name=f"Somebody {n}", lang="en", now=lane.clock()
            )
            for n in range(count)
        ]


async def redeem(lane: Lane, person: str, contact: Contact, offer: str = "tea/online") -> str:
    now = lane.clock()
    asked = await quote(lane.market, [Entry(lane.made.offers[offer], 1)], now, holder=person)
    assert any(order.spends for order in asked.quote.orders), "public money pays a part"
    placed = await place(lane.market, Placing(asked.quote, contact, "sandbox", person, person), now, None)
    await lane.pay(placed)
    return str(placed["orders"][0]["id"])


async def heard(lane: Lane) -> None:
    """What a worker's subscriber does, until there is no news."""
    while True:
        async with lane.market.db.transaction() as tx:
            facts = await readers.read(tx, "screening")
            await screening.hear(lane.market, tx, facts)
        if not facts:
            return


async def test_a_planted_ring_is_asked_about_and_an_honest_lane_is_not(lane: Lane) -> None:
    batch = await grant(lane, claims=12)
    folk = await people(lane, 11)
    await claim(lane, batch, *folk)
    for n in range(5):
        await redeem(lane, folk[n], Contact(f"Somebody {n}", PHONES[n], address=f"Ferry Street {n}"))
    await heard(lane)
    assert await screening.keep(lane.market, lane.clock()) == 1
    async with lane.market.db.read() as tx:
        assert await policy.alerts.listed(tx, ["open"]) == []
    # Six more with one telephone between them, written in three ways, at one address.
    ways = ("13900000001", "+86 139 0000 0001", "139-0000-0001")
    orders = [
        await redeem(
            lane,
            folk[n],
            Contact(f"Somebody {n}", ways[n % 3], address=("Reed Lane 4, 2F", "reed lane 4 2f")[n % 2]),
        )
        for n in range(5, 11)
    ]
    await heard(lane)
    assert await screening.keep(lane.market, lane.clock()) == 1
    assert await screening.keep(lane.market, lane.clock()) == 0  # nothing changed since
    async with lane.market.db.read() as tx:
        (one,) = await policy.alerts.listed(tx, ["open"])
        texts = [str(row[0]) for row in await tx.fetch("SELECT row_to_json(l) FROM policy.link l")]
        texts.append(str(await tx.fetchval("SELECT row_to_json(a) FROM policy.alert a")))
    assert one.people == sorted(folk[5:])
    assert [seen.order for seen in one.evidence] == orders
    assert one.money == 6_000
    assert not any(word in text for text in texts for word in ("139", "Reed", "reed", "Somebody"))


async def test_an_upheld_question_bars_and_an_appeal_nobody_decides_undoes_it(lane: Lane) -> None:
    batch = await grant(lane, claims=7)
    folk = await people(lane, 6)
    await claim(lane, batch, *folk)
    orders = [await redeem(lane, one, Contact("Somebody", PHONES[0])) for one in folk]
    await heard(lane)
    (asked,) = await screening.screen(lane.market, "tea", lane.clock())
    db, now, barred = lane.market.db, lane.clock(), folk[5]
    await db.run(
        screening.decide, asked, True, "one hand", "pty_officer", now, [barred], now + timedelta(days=60)
    )
    async with db.read() as tx:
        assert {row.order_id for row in await policy.alerts.upheld_rows(tx, "tea")} == set(orders)
        assert [n.kind for n in await parties.notices.latest(tx, barred)] == ["alert_upheld"]
        assert await policy.alerts.bars(tx, folk, now) == {("tea", barred)}
    await db.run(policy.alerts.appeal, asked, "we are a choir", barred, now)
    # Nobody decides on it in time: it falls for the accused.
    later = lane.clock.forward(timedelta(days=16))
    assert await screening.keep(lane.market, later) == 1
    async with db.read() as tx:
        assert (await policy.alerts.read(tx, asked)).outcome == "overturned"
        assert await policy.alerts.upheld_rows(tx, "tea") == []
        assert await policy.alerts.bars(tx, folk, now) == frozenset()
        assert "alert_overturned" in {n.kind for n in await parties.notices.latest(tx, barred)}

    # Who leaves is linked to nobody any more.
    assert (await lane.later(orders[0], minutes=1)).order.stage == "undone"  # never sent
    await heard(lane)
    async with db.read() as tx:
        back = await tx.fetch("SELECT order_id FROM policy.redemption WHERE back_at IS NOT NULL")
        assert [row["order_id"] for row in back] == orders[:1]
        assert await policy.redemptions.links(tx, [folk[0]]) != []
    await db.run(privacy.erase, folk[0], later)
    async with db.read() as tx:
        assert await policy.redemptions.links(tx, [folk[0]]) == []
        assert await views.known(tx, "tea", [folk[0]]) == []


async def test_barred_from_a_programme_neither_person_nor_seller_has_its_money(lane: Lane) -> None:
    batch = await grant(lane, claims=4)
    mei, lin = await people(lane, 2)
    await claim(lane, batch, mei, lin)
    db, now = lane.market.db, lane.clock()

    async def pays(person: str) -> bool:
        asked = await quote(
            lane.market, [Entry(lane.made.offers["tea/online"], 1)], lane.clock(), holder=person
        )
        return any(order.spends for order in asked.quote.orders)

    async def bar(party: str, days: int) -> None:
        async with db.transaction() as tx:
            await tx.execute(
                """INSERT INTO policy.alert (id, pattern, programme_id, kind, subject_id, people, sellers, first_seen, last_seen,
                                             score, parts, evidence, due_at)
                   VALUES ($1, 'self', 'tea', 'seller', $1, '{}', '{}', $2, $2, 1, '[]', '[]', $2)""",
                f"alt_{party}",
                now,
            )
            await tx.execute(
                "INSERT INTO policy.bar (programme_id, party_id, alert_id, until) VALUES ('tea', $1, $2, $3)",
                party,
                f"alt_{party}",
                now + timedelta(days=days),
            )

    assert await pays(mei)
    await bar(mei, 1)
    assert (await pays(mei), await pays(lin)) == (False, True)
    await bar(lane.made.sellers["tea"], 2)
    assert not await pays(lin)
    lane.clock.forward(timedelta(days=2, seconds=1))
    async with db.read() as tx:
        assert await policy.alerts.bars(tx, [mei, lane.made.sellers["tea"]], lane.clock()) == frozenset()


async def test_what_was_raised_before_it_was_subsidised_is_seen_with_both_prices(lane: Lane) -> None:
    batch = await grant(lane, claims=4)
    folk = await people(lane, 3)
    await claim(lane, batch, *folk)
    offer, seller = lane.made.offers["tea/online"], lane.made.sellers["tea"]
    lane.clock.forward(timedelta(minutes=10))
    async with lane.market.db.transaction() as tx:
        await catalog.change_price(tx, seller, offer, 9_900, now=lane.clock())
    for n, person in enumerate(folk):
        lane.clock.forward(timedelta(minutes=5))
        await redeem(lane, person, Contact(f"Somebody {n}", PHONES[n]))
    await heard(lane)
    (asked,) = await screening.screen(lane.market, "tea", lane.clock())
    async with lane.market.db.read() as tx:
        one = await policy.alerts.read(tx, asked)
        lines = await views.price_lines(tx, [seen.order for seen in one.evidence])
    assert (one.pattern, one.sellers) == ("raise", [seller])
    assert {(seen.before, seen.price) for seen in one.evidence} == {(8_800, 9_900)}
    assert [(told.price, told.sold) for told in lines] == [
        (8_800, False),
        (9_900, False),
        *[(9_900, True)] * 3,
    ]


async def test_the_named_town_raises_no_question(server_url: str, template: str, clock: FixedClock) -> None:
    async with lantern_ferry(server_url, template, clock) as ferry:
        async with ferry.market.db.transaction() as tx:
            while facts := await readers.read(tx, "screening"):
                await screening.hear(ferry.market, tx, facts)
        await screening.keep(ferry.market, clock())
        await programmes.keep(ferry.market, clock())
        async with ferry.market.db.read() as tx:
            assert await policy.alerts.listed(tx, ["open", "upheld"]) == []
