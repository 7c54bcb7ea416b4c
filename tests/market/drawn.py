"""A round drawn among made people, with what each spent before and after written straight into the tables."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import msgspec

from highstreet.kit.db import Database, Tx
from highstreet.kit.ids import new_id

DRAWN = datetime(2026, 11, 1, 4, tzinfo=UTC)
DAYS = 7
BATCH = "bat_drawn"
RULES = """
id = "spring-lots"
name = { en = "Spring vouchers by lot", zh = "春日摇号消费券" }
kind = "voucher"
currency = "CNY"
[[rule]]
from = 2026-01-01
to = 2027-01-01
source = "made for the tests"
[[rule.schedule]]
of = "basket"
least = "60.00"
off = "20.00"
"""


class Person(msgspec.Struct):
    """Amounts in minor units; small: whether they buy at the small seller."""

    name: str
    won: bool
    before: int
    after: int
    used: int
    small: bool
    elderly: bool
    rural: bool


def people(
    seed: int, count: int, winners: int, gain: int, gain_of_elderly: int | None = None
) -> list[Person]:
    """Everybody spends by chance; who won spends so much more, and uses 20.00 of public money in seven of ten cases."""
    chance = random.Random(seed)
    lucky = set(chance.sample(range(count), winners))
    found: list[Person] = []
    for n in range(count):
        elderly, won = chance.random() < 0.3, n in lucky
        more = gain_of_elderly if elderly and gain_of_elderly is not None else gain
        before, after = (
            (int(chance.expovariate(1 / 8000)) if chance.random() < 0.6 else 0) for _ in range(2)
        )
        used = 2000 if won and chance.random() < 0.7 else 0
        small, rural = chance.random() < 0.4, chance.random() < 0.2
        found.append(Person(f"pty_{n:04}", won, before, after + more * won, used, small, elderly, rural))
    return found


async def write(db: Database, some: list[Person], large: str = "pty_large", small: str = "pty_small") -> None:
    """The round, its entries and claims, and an order for each time somebody spent."""
    async with db.transaction() as tx:
        await tx.execute(
            """INSERT INTO policy.programme (id, office_id, currency, rules, state, allocated, free, drafted_at)
               VALUES ('spring-lots', 'pty_city', 'CNY', $1, 'running', 100000000, 100000000, $2)""",
            RULES,
            DRAWN - timedelta(days=60),
        )
        await tx.execute(
            """INSERT INTO policy.batch (id, programme_id, schedule, amount, claims, way, opens_at, closes_at, days, seed, seed_sha256,
                                         drawn_at)
               VALUES ($1, 'spring-lots', 0, 2000, $2, 'draw', $3, $4, $5, 'a', 'b', $4)""",
            BATCH,
            sum(one.won for one in some),
            DRAWN - timedelta(days=3),
            DRAWN,
            DAYS,
        )
        await tx.executemany(
            "INSERT INTO policy.entry (id, batch_id, holder_id, entered_at, won) VALUES ($1, $2, $3, $4, $5)",
            [(f"clm_{one.name}", BATCH, one.name, DRAWN - timedelta(days=1), one.won) for one in some],
        )
        await tx.executemany(
            """INSERT INTO policy.quality (person_id, quality, until, by, at) VALUES ($1, $2, $3, 'pty_off', $4)""",
            [
                (one.name, quality, DRAWN + timedelta(days=900), DRAWN - timedelta(days=90))
                for one in some
                for quality, is_so in (("elderly", one.elderly), ("rural", one.rural))
                if is_so
            ],
        )
        for n, one in enumerate(some):
            seller = small if one.small else large
            if one.before:
                await _order(tx, one, seller, one.before, DRAWN - timedelta(days=1 + n % 6), 0)
            if one.after:
                await _order(tx, one, seller, one.after, DRAWN + timedelta(days=n % 7, hours=1), one.used)
        # What made one of the two large: a year of sales to others.
        stranger = Person("pty_stranger", False, 0, 0, 0, False, False, False)
        await _order(tx, stranger, large, 600_000_000, DRAWN - timedelta(days=100), 0)


async def _order(tx: Tx, one: Person, seller: str, amount: int, at: datetime, used: int) -> None:
    order = new_id("ord", at)
    await tx.execute(
        """INSERT INTO orders."order" (id, number, purchase_id, seller_id, buyer_id, place_id, format, stage, currency, total, agreed,
                                       placed_at, committed_at, ended_at)
           VALUES ($1, nextval('orders.number'), 'pur', $2, $3, 'plc', 'counter@1', 'done', 'CNY', $4, '{}', $5, $5, $5)""",
        order, seller, one.name, amount, at,
    )  # fmt: skip
    used = min(used, amount)
    await tx.execute(
        """INSERT INTO orders.line (order_id, position, offer_id, variant_id, title, quantity, price, amount, paid, fulfilled)
           VALUES ($1, 0, 'ofr', 'var', '{"en": "Tea"}', 1, $2, $2, $3, 1)""",
        order,
        amount,
        amount - used,
    )
    if used:
        await tx.execute(
            """INSERT INTO policy.claim (id, batch_id, programme_id, holder_id, key, schedule, amount, state, claimed_at, valid_until,
                                         order_id, spent, taken_at)
               VALUES ($1, $2, 'spring-lots', $3, $1, 0, 2000, 'taken', $4, $5, $6, $7, $4)""",
            f"clm_{one.name}", BATCH, one.name, DRAWN, DRAWN + timedelta(days=DAYS), order, used,
        )  # fmt: skip
