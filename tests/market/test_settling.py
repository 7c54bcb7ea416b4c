"""Public money settled: each fen once, with its evidence, to the fen what the ledger says; what comes back later is taken off next time."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import random
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from highstreet import ledger, policy
from highstreet.kit.errors import Malformed
from highstreet.market import clawing_back, programmes, settling
from highstreet.policy import Settlement
from tests.market.lane import Lane
from tests.market.test_redeeming import HE, SHE, bought, claim, grant

SHE_TOO = "pty_officer_third"


async def midnight(lane: Lane) -> datetime:
    """Time passes until the next midnight of the town, and a minute more."""
    day = lane.clock().astimezone(lane.market.tz).date() + timedelta(days=1)
    end = datetime.combine(day, datetime.min.time(), lane.market.tz)
    lane.clock.forward(end - lane.clock() + timedelta(minutes=1))
    return end


async def drawn(lane: Lane, name: str = "tea", by: str = HE) -> Settlement:
    """The day is over, and settled."""
    end = await midnight(lane)
    return await settling.draw_up(lane.market, name, end, by, lane.clock())


async def done(lane: Lane, holder: str, wanted: dict[str, int], name: str = "tea") -> str:
    """An order that is paid, delivered and kept."""
    order_id = await bought(lane, wanted, holder)
    await lane.tell(order_id, "shipped", tracking="SF1")
    await lane.tell(order_id, "delivered")
    await lane.tell(order_id, "received", "buyer")
    return order_id


async def rows(lane: Lane, one: Settlement) -> list[policy.SettlementRow]:
    async with lane.market.db.read() as tx:
        return await policy.settlements.rows_of(tx, one.id)


async def files(lane: Lane, one: Settlement) -> dict[str, str]:
    async with lane.market.db.read() as tx:
        return await settling.files(tx, one)


async def owed(lane: Lane) -> int:
    async with lane.market.db.read() as tx:
        return int(
            await tx.fetchval(
                """SELECT coalesce(sum(CASE WHEN t.to_id = a.id THEN t.amount ELSE -t.amount END), 0) FROM ledger.account a
                   JOIN ledger.transfer t ON a.id IN (t.from_id, t.to_id) WHERE a.kind = 'seller' AND a.party_id = $1""",
                lane.made.sellers["tea"],
            )
        )


async def test_each_fen_is_settled_once_with_its_evidence(lane: Lane) -> None:
    await claim(lane, await grant(lane, claims=4), "pty_ada", "pty_leaf", "pty_mo")
    assert await settling.tell_seeds(lane.market, lane.clock()) == 1
    assert await settling.tell_seeds(lane.market, lane.clock()) == 0
    ada = await done(lane, "pty_ada", {"tea/online": 3})
    await bought(lane, {"tea/online": 1}, "pty_leaf")  # under way when the day ends
    first = await drawn(lane)
    assert (first.went_in, first.amount, first.held) == (2000, 1000, 1000)
    assert (first.withheld, first.difference) == (0, 0)
    (row,) = await rows(lane, first)
    assert (row.order_id, row.amount, row.sampled) == (ada, 1000, True)
    e = row.evidence
    assert e["rule"]["from"] == "2020-01-01"
    assert e["rule"]["source"] == "a made programme of the tests"
    (line,) = e["lines"]
    assert (line["base"], line["terms"], line["kept_amount"]) == (26400, "10.00 off from 50.00", 1000)
    assert e["paid"] == [{"how": "provider", "reference": "ref_1", "amount": 25400}, *e["paid"][1:]]
    assert e["proof"][0]["kind"] == "parcel"
    assert '"pty_ada"' not in msgspec.json.encode(e).decode()

    # Again, and for a day that is not the next: the one there is, or a plain no.
    again = await settling.draw_up(lane.market, "tea", first.until, SHE, lane.clock())
    assert again.id == first.id
    for wrong in (first.since, first.until + timedelta(days=1), first.until + timedelta(hours=3)):
        with pytest.raises(policy.errors.NotNext):
            await settling.draw_up(lane.market, "tea", wrong, HE, lane.clock())

    # Later a third of it comes back: a row below zero of the next one; the first stays as it is.
    before = await files(lane, first)
    await lane.tell(ada, "return_wanted", "buyer", lines={"1": 1}, reason="damaged")
    await lane.tell(ada, "returned")
    await programmes.keep(lane.market, lane.clock())
    second = await drawn(lane)
    assert (second.since, second.came_back, second.amount, second.held) == (first.until, 334, -334, 1000)
    assert [r.amount for r in await rows(lane, second)] == [-334]
    assert await files(lane, first) == before

    # The files are what their hashes say, and the treasury's sheet comes to the same.
    for name, text in before.items():
        assert hashlib.sha256(text.encode()).hexdigest() == first.files[name]
    assert set(before) == {
        "all.csv",
        "all.jsonl",
        "treasury.csv",
        *(f"{lane.made.sellers['tea']}.{end}" for end in ("csv", "jsonl")),
    }
    sheet = list(csv.DictReader(io.StringIO(before["all.csv"].lstrip("\ufeff"))))
    assert [(r["order"], r["amount"], r["claims"]) for r in sheet] == [
        (str(e["order"]), "10.00", e["claims"][0]["id"])
    ]
    assert "settled now,10.00" in before["treasury.csv"]
    assert policy.settlement_files.sha256(before[f"{row.seller_id}.csv"]) in before["treasury.csv"]
    async with lane.market.db.transaction() as tx:
        with pytest.raises(Exception, match="never change"):
            await tx.execute("UPDATE policy.settlement_row SET amount = 1, moved = 1")


async def test_a_second_person_checks_and_the_treasury_accepts(lane: Lane) -> None:
    await claim(lane, await grant(lane), "pty_ada")
    await done(lane, "pty_ada", {"tea/online": 1})
    one, run, now = await drawn(lane), lane.market.db.run, lane.clock()
    with pytest.raises(policy.TwoPersons):
        await run(policy.settlements.check, one.id, "", HE, now)
    with pytest.raises(policy.errors.CheckedBefore):
        await run(policy.settlements.accept, one.id, "财金〔2026〕8 号", SHE, now)
    assert (await run(policy.settlements.check, one.id, "", SHE, now)).state == "checked"
    with pytest.raises(policy.errors.CheckedBefore):
        await run(policy.settlements.check, one.id, "", SHE, now)
    assert (
        await run(policy.settlements.accept, one.id, "财金〔2026〕8 号", HE, now)
    ).reference == "财金〔2026〕8 号"
    (row,) = await rows(lane, one)
    with pytest.raises(Malformed):
        await run(policy.audits.record, one.id, row.n, False, "desk", "", "", SHE, now)
    await run(policy.audits.record, one.id, row.n, False, "on_site", "no such shop", "photo 7", SHE, now)
    with pytest.raises(policy.errors.AuditedBefore):
        await run(policy.audits.record, one.id, row.n, True, "desk", "", "", HE, now)


_UPHELD = """
    INSERT INTO policy.alert (id, pattern, programme_id, kind, subject_id, people, sellers, first_seen, last_seen, score, parts,
                              evidence, state, due_at, decided_by, decided_at, reason)
    VALUES ('alr_1', 'self', 'tea', 'seller', 'pty_x', '{}', '{}', $2, $2, 90, '[]', $1, 'upheld', $2, 'pty_q', $2, 'seen')"""


async def test_what_lacks_evidence_or_may_come_back_waits(lane: Lane) -> None:
    await claim(lane, await grant(lane, claims=2), "pty_ada", "pty_leaf")
    ada = await bought(lane, {"tea/online": 1}, "pty_ada")
    await lane.tell(ada, "shipped", tracking="SF1")
    await lane.tell(ada, "received", "buyer")
    async with lane.market.db.transaction() as tx:
        await tx.execute("UPDATE logistics.leg SET state = 'void' WHERE order_id = $1", ada)
    leaf = await done(lane, "pty_leaf", {"tea/online": 1})
    await lane.tell(leaf, "return_wanted", "buyer", lines={"1": 1}, reason="damaged")
    first = await drawn(lane)
    assert (first.amount, first.withheld) == (0, 2000)
    assert {r.order_id: r.withheld for r in await rows(lane, first)} == {ada: "evidence", leaf: "return"}
    await lane.market.db.run(policy.settlements.excuse, "tea", ada, "saw the signed slip", SHE, lane.clock())
    await lane.tell(leaf, "return_refused", reason="used")
    seen = {
        "order": leaf,
        "person": None,
        "seller": "pty_x",
        "at": "2026-11-23T00:00:00Z",
        "amount": 1000,
        "price": 8800,
    }
    async with lane.market.db.transaction() as tx:
        await tx.execute(_UPHELD, [seen], lane.clock())
    second = await drawn(lane)
    assert (second.amount, second.withheld, second.difference) == (1000, 1000, 0)
    assert {r.order_id: r.withheld for r in await rows(lane, second)} == {ada: "", leaf: "alert"}
    async with lane.market.db.transaction() as tx:
        await tx.execute("UPDATE policy.alert SET state = 'dismissed'")
    third = await drawn(lane)
    assert (third.amount, third.withheld, third.difference) == (1000, 0, 0)


async def test_two_who_draw_up_the_same_day_at_once_make_one_settlement(lane: Lane) -> None:
    """And without the constraint behind it they make two, in which the same money is settled twice: the twin of a careful reader."""
    await claim(lane, await grant(lane, claims=2), "pty_ada", "pty_leaf")
    await done(lane, "pty_ada", {"tea/online": 1})
    end = await midnight(lane)
    both = [settling.draw_up(lane.market, "tea", end, who, lane.clock()) for who in (HE, SHE) * 3]
    found = await asyncio.gather(*both)
    assert len({one.id for one in found}) == 1
    async with lane.market.db.read() as tx:
        assert await tx.fetchval("SELECT sum(amount) FROM policy.settlement_row") == 1000

    head, kept = found[0], await rows(lane, found[0])
    twin = msgspec.structs.replace(head, id="stl_twin")

    async def careless(tx: Any) -> None:
        await tx.execute("ALTER TABLE policy.settlement DROP CONSTRAINT settlements_follow_each_other")
        await tx.execute(
            "ALTER TABLE policy.settlement ADD CONSTRAINT settlements_follow_each_other UNIQUE (id)"
        )
        assert await policy.settlements.keep(tx, twin, "1", kept)
        broken = await tx.fetchval("SELECT sum(amount) FROM policy.settlement_row")
        raise _Undone(broken)

    with pytest.raises(_Undone, match="2000"):
        await lane.market.db.run(careless)


class _Undone(Exception):
    pass


async def _a_day(
    lane: Lane, chance: random.Random, people: list[str], open_: list[str], finished: list[str]
) -> None:
    for _ in range(chance.randrange(4)):
        order_id = await bought(lane, {"bowl/online": 1 + chance.randrange(2)}, people.pop())
        open_.append(order_id)
    for order_id in list(open_):
        step = chance.random()
        if step < 0.15:
            await lane.tell(order_id, "cancelled", "buyer", lines={"1": 1})
            if (await lane.order(order_id)).order.stage == "undone":
                open_.remove(order_id)
        elif step < 0.75:
            await lane.tell(order_id, "shipped", tracking="SF1")
            await lane.tell(order_id, "delivered")
            await lane.tell(order_id, "received", "buyer")
            open_.remove(order_id)
            finished.append(order_id)
    for order_id in finished:
        work = await lane.order(order_id)
        if chance.random() < 0.3 and work.lines[0].kept:
            await lane.tell(order_id, "return_wanted", "buyer", lines={"1": 1}, reason="damaged")
            if chance.random() < 0.7:
                await lane.tell(order_id, "returned")
            else:
                await lane.tell(order_id, "return_refused", reason="used")
    if chance.random() < 0.8:
        await drawn(lane)
    else:
        await midnight(lane)


async def test_files_come_to_what_the_ledger_says_whatever_happens(lane: Lane) -> None:
    """Random days: claims, orders, cancellations, returns before and after the end, days without anything; five seeds in one market."""
    chance = random.Random(20261122)
    people = [f"pty_p{n}" for n in range(24)]
    await claim(lane, await grant(lane, claims=24), *people)
    open_: list[str] = []
    finished: list[str] = []
    for _ in range(6):
        await _a_day(lane, chance, people, open_, finished)
    await programmes.keep(lane.market, lane.clock())
    last = await drawn(lane)
    assert last.difference == 0
    total, opened = 0, 0
    async with lane.market.db.read() as tx:
        every = await policy.settlements.settlements(tx, "tea")
        texts = [await settling.files(tx, one) for one in every]
        moved = await tx.fetchval(
            """SELECT sum(CASE WHEN t.from_id = a.id THEN t.amount ELSE -t.amount END) FROM ledger.account a
               JOIN ledger.transfer t ON a.id IN (t.from_id, t.to_id) WHERE a.kind = 'programme' AND t.purpose <> 'budget'"""
        )
    for one, found in zip(every, texts, strict=True):
        told = [msgspec.json.decode(line) for line in found["all.jsonl"].splitlines()[1:]]
        total += sum(row["amount"] for row in told if not row["withheld"])
        opened += len(told)
        assert sum(row["amount"] for row in told if not row["withheld"]) == one.amount
        # The sample again, by whoever has the file and the seed: ten lines that know nothing of ours.
        async with lane.market.db.read() as tx:
            seed = await policy.settlements.seed_of(tx, "tea", one.n)
        assert seed is not None
        assert hashlib.sha256(seed.seed.encode()).hexdigest() == seed.seed_sha256
        lots = sorted(
            (hashlib.sha256(f"{seed.seed}:{row['name']}".encode()).hexdigest(), row["name"]) for row in told
        )
        assert [row["name"] for row in told if row["sampled"]] == ([lots[0][1]] if lots else [])
    assert opened >= 8
    assert total + last.held + last.withheld == moved


def test_the_sample_is_one_in_a_hundred_and_one_of_each_seller() -> None:
    """2026 elderly-care vouchers: an audit on site of at least 1 %."""
    named = [(f"1/{n}", f"seller{n % 7 if n < 1400 else 7}") for n in range(1401)]
    chosen = policy.audits.sample("the seed", named)
    assert len(chosen) == 15
    assert {seller for name, seller in named if name in chosen} == {f"seller{n}" for n in range(8)}
    assert chosen == policy.audits.sample("the seed", reversed(named))
    assert policy.audits.sample("another", named) != chosen


async def test_a_claw_back_is_heard_decided_by_another_and_taken_once(lane: Lane) -> None:
    await claim(lane, await grant(lane, claims=4), "pty_ada", "pty_leaf")
    order_id = await done(lane, "pty_ada", {"tea/online": 1})
    run, seller = lane.market.db.run, lane.made.sellers["tea"]
    rich = await owed(lane)
    with pytest.raises(policy.errors.NothingToClawBack):
        await run(
            clawing_back.open_case, lane.market, "tea", order_id, 1001, "raised first", "", HE, lane.clock()
        )
    case = await run(
        clawing_back.open_case, lane.market, "tea", order_id, 1000, "raised first", "list 7", HE, lane.clock()
    )
    with pytest.raises(policy.errors.AskedBefore):
        await run(clawing_back.open_case, lane.market, "tea", order_id, 1, "again", "", HE, lane.clock())
    waits = await drawn(lane)
    assert [r.withheld for r in await rows(lane, waits)] == ["clawback"]
    with pytest.raises(policy.TwoPersons):
        await run(clawing_back.decide, case.id, 1000, "proven", HE, lane.clock())
    with pytest.raises(policy.errors.CaseElsewhere):  # not heard yet, and there is time
        await run(clawing_back.decide, case.id, 1000, "proven", SHE, lane.clock())
    with pytest.raises(policy.errors.CaseElsewhere):  # somebody else's case
        await run(policy.clawbacks.answer, case.id, "pty_other", "no", "pty_x", lane.clock())
    await run(policy.clawbacks.answer, case.id, seller, "it was a misprint", "pty_owner", lane.clock())
    decided = await run(clawing_back.decide, case.id, 1000, "proven", SHE, lane.clock())
    assert (decided.state, decided.taken) == ("decided", 1000)
    with pytest.raises(policy.errors.CaseElsewhere):
        await run(clawing_back.decide, case.id, 1000, "proven", SHE, lane.clock())
    assert await owed(lane) == rich - 1000
    assert await clawing_back.keep(lane.market, lane.clock()) == 0
    assert (await run(policy.budgets.standing, "tea")).free == 1000, (
        "what comes back is the budget's, by the rule"
    )

    # The order gives its public money back after all: nobody pays it twice.
    await lane.tell(order_id, "return_wanted", "buyer", lines={"1": 1}, reason="damaged")
    await lane.tell(order_id, "returned")
    assert await clawing_back.keep(lane.market, lane.clock()) == 1
    assert await clawing_back.keep(lane.market, lane.clock()) == 0
    found = await run(policy.clawbacks.case, case.id)
    assert (found.owed, found.taken) == (0, 0)
    assert (await run(policy.budgets.standing, "tea")).free == 0
    await drawn(lane)


async def test_what_takings_cannot_pay_is_taken_of_what_comes_in_next_and_an_appeal_gives_it_back(
    lane: Lane,
) -> None:
    await claim(lane, await grant(lane, claims=3, back="treasury"), "pty_ada", "pty_leaf")
    order_id = await done(lane, "pty_ada", {"tea/online": 1})
    run, seller = lane.market.db.run, lane.made.sellers["tea"]
    await run(ledger.payouts.want_payout, seller, await owed(lane) - 300, lane.clock(), by="pty_owner")
    case = await run(
        clawing_back.open_case, lane.market, "tea", order_id, 900, "resold", "", HE, lane.clock()
    )
    lane.clock.forward(timedelta(days=16))  # no answer in time
    with pytest.raises(policy.errors.CaseElsewhere):
        await run(policy.clawbacks.answer, case.id, seller, "late", "pty_owner", lane.clock())
    decided = await run(clawing_back.decide, case.id, 900, "no answer", SHE, lane.clock())
    assert (decided.taken, await owed(lane)) == (300, 0)
    round_two = await grant(lane, "two")
    await claim(lane, round_two, "pty_mo")
    await done(lane, "pty_mo", {"tea/online": 1})
    rich = await owed(lane)
    assert rich > 600
    said = await asyncio.gather(*(clawing_back.keep(lane.market, lane.clock()) for _ in range(3)))
    assert sum(said) == 1
    assert await owed(lane) == rich - 600
    with pytest.raises(policy.errors.CaseElsewhere):
        await run(clawing_back.hear, case.id, False, "wrong person", SHE_TOO, lane.clock())
    await run(
        policy.clawbacks.appeal, case.id, seller, "we sold it to a neighbour", "pty_owner", lane.clock()
    )
    for who in (HE, SHE):
        with pytest.raises(policy.TwoPersons):
            await run(clawing_back.hear, case.id, False, "right", who, lane.clock())
    heard = await run(clawing_back.hear, case.id, False, "the neighbour was found", SHE_TOO, lane.clock())
    assert (heard.state, heard.taken, await owed(lane)) == ("overturned", 0, rich + 300)
    assert await clawing_back.keep(lane.market, lane.clock()) == 0
