"""A line before a round: numbers by lot for who was there, by arrival for who comes later; one person stands once; budgets stay exact."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta

import pytest

from highstreet import parties, policy
from highstreet.kit.errors import NotFound, Refusal, TooOften
from highstreet.kit.ids import new_id
from highstreet.market import lining_up, programmes
from highstreet.policy import NotClaimable, lines
from highstreet.policy.errors import InLineBefore, NotYourTurn
from highstreet.policy.lines import TURN
from tests.market.lane import Lane
from tests.market.test_helping import account
from tests.market.test_redeeming import HE, SHE, grant, stands

SOON = timedelta(minutes=10)


async def a_line(lane: Lane, claims: int = 3, pace: int = 12) -> str:
    """A round that opens in ten minutes, with a line: two are called up every ten seconds."""
    db, now = lane.market.db, lane.clock()
    await grant(lane, claims=claims)
    one = await db.run(policy.budgets.propose, "tea", "budget", {"amount": claims * 1_000}, "more", HE, now)
    await db.run(programmes.decide, one.id, True, SHE, now)
    body = {
        "claims": claims, "amount": 1_000, "queue": True, "pace": pace,
        "opens_at": (now + SOON).isoformat(), "closes_at": (now + 2 * SOON + timedelta(hours=1)).isoformat(),
    }  # fmt: skip
    one = await db.run(policy.budgets.propose, "tea", "batch", body, "in turn", HE, now)
    await db.run(programmes.decide, one.id, True, SHE, now)
    async with db.read() as tx:
        return next(b.id for b in await policy.budgets.batches(tx, "tea") if b.pace)


async def test_numbers_by_lot_then_by_arrival_and_claimed_in_turn(lane: Lane) -> None:
    market = lane.market
    round_id = await a_line(lane)
    early = [f"pty_{n}" for n in range(5)]
    first = await asyncio.gather(
        *(lining_up.stand(market, round_id, one, None, lane.clock()) for one in early)
    )
    again = await lining_up.stand(market, round_id, early[0], None, lane.clock())
    assert again.id == first[0].id and all(one.nth is None for one in first)
    with pytest.raises(NotClaimable):
        await market.claims.claim(round_id, early[0], None, "k", lane.clock())
    async with market.db.read() as tx:
        told = await policy.budgets.batch(tx, round_id)
        assert told.seed is None and await lines.first_ones(tx, round_id) == []

    lane.clock.forward(SOON)
    late = await lining_up.stand(market, round_id, "pty_late", None, lane.clock())
    assert late.nth == 6, "who comes after the opening stands behind"
    turns = {one: await lining_up.stands(market, round_id, one, lane.clock()) for one in (*early, "pty_late")}
    async with market.db.read() as tx:
        told = await policy.budgets.batch(tx, round_id)
        there = await lines.first_ones(tx, round_id)
    assert told.seed and hashlib.sha256(told.seed.encode()).hexdigest() == told.seed_sha256
    numbers = {turn.id: turn.nth for turn in turns.values() if turn and turn.id != late.id}
    assert [numbers[one] for one in lines.order(told.seed, there)] == [1, 2, 3, 4, 5], (
        "anybody can order them again"
    )

    # Two every ten seconds: the third waits, and claims when called; all see how many come before them.
    by_number = {turn.nth: who for who, turn in turns.items() if turn}
    assert [turn.ahead(lane.clock()) for who, turn in turns.items() if turn and who == by_number[3]] == [2]
    await market.claims.claim(round_id, by_number[1], None, "one", lane.clock())
    for who, count in ((by_number[3], 2), (by_number[6], 4), ("pty_nobody", 3)):
        with pytest.raises(NotYourTurn) as no:
            await market.claims.claim(round_id, who, None, "k", lane.clock())
        assert no.value.values["ahead"] == count
    lane.clock.forward(timedelta(seconds=10))
    await market.claims.claim(round_id, by_number[3], None, "three", lane.clock())

    # A number that lets its turn pass stands behind the others; the one who claimed is answered as before.
    lane.clock.forward(TURN)
    assert (await market.claims.claim(round_id, by_number[1], None, "one", lane.clock())).again
    with pytest.raises(NotYourTurn):
        await market.claims.claim(round_id, by_number[2], None, "k", lane.clock())
    back = await lining_up.stands(market, round_id, by_number[2], lane.clock())
    assert back and back.nth == 7 and back.called(lane.clock()), "nobody else waits now"
    await market.claims.claim(round_id, by_number[2], None, "k", lane.clock())
    with pytest.raises(TooOften):
        for _ in range(30):
            with pytest.raises(NotYourTurn):
                await market.claims.claim(round_id, "pty_hammers", None, "k", lane.clock())
    with pytest.raises(NotFound):
        other = await grant(lane, "other")
        await lining_up.stand(market, other, early[0], None, lane.clock())
    assert (await stands(lane))["free"] == 0


NAIVE = """CREATE OR REPLACE FUNCTION policy.line_up(of_batch text, turn text, holder text, people jsonb, moment timestamptz)
RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM policy.turn_person p WHERE p.batch_id = of_batch AND p.person IN (SELECT jsonb_array_elements_text(people))) THEN
        RETURN 'had';
    END IF;
    PERFORM pg_sleep(0.05);
    INSERT INTO policy.turn_person SELECT of_batch, p, turn FROM jsonb_array_elements_text(people) AS t (p) ON CONFLICT DO NOTHING;
    INSERT INTO policy.turn (id, batch_id, holder_id, joined_at) VALUES (turn, of_batch, holder, moment);
    RETURN 'done';
END $$"""


async def _by_many_accounts(lane: Lane, round_id: str, device: str) -> tuple[int, int]:
    """One telephone with six accounts comes at once while the round opens: how many stand in the line, and how many heard no."""
    people = [new_id("pty", lane.clock()) for _ in range(6)]
    done = await asyncio.gather(
        *(lining_up.stand(lane.market, round_id, one, device, lane.clock()) for one in people),
        return_exceptions=True,
    )
    async with lane.market.db.read() as tx:
        count = await tx.fetchval("SELECT count(*) FROM policy.turn WHERE holder_id = ANY ($1)", people)
    assert all(isinstance(one, lines.Turn | InLineBefore) for one in done), done
    return count, sum(isinstance(one, Refusal) for one in done)


@pytest.mark.race
async def test_one_person_never_gets_two_places(lane: Lane) -> None:
    """Before and after the opening, by device and by telephone number; the twin that looks first lets several in."""
    market = lane.market
    round_id = await a_line(lane)
    mine = await account(lane, "13800138999")
    await lining_up.stand(market, round_id, mine, None, lane.clock())
    async with market.db.read() as tx:
        (known,) = (await parties.people.known_as(tx, [mine]))[mine]
    with pytest.raises(InLineBefore):
        await lining_up.stand(market, round_id, "pty_other", None, lane.clock(), also=[known])
    assert await _by_many_accounts(lane, round_id, "before") == (1, 5)
    async with market.db.transaction() as tx:
        kept = await tx.fetchval(
            "SELECT pg_get_functiondef('policy.line_up(text, text, text, jsonb, timestamptz)'::regprocedure)"
        )
        await tx.execute(NAIVE)
    assert (await _by_many_accounts(lane, round_id, "twin"))[0] > 1, (
        "a judgement that cannot fail proves nothing"
    )
    async with market.db.transaction() as tx:
        await tx.execute(kept)
    lane.clock.forward(SOON)
    assert await _by_many_accounts(lane, round_id, "after") == (1, 5)
    async with market.db.read() as tx:
        numbers = [row["nth"] for row in await tx.fetch("SELECT nth FROM policy.turn ORDER BY nth")]
    assert numbers == list(range(1, len(numbers) + 1)), "no number twice, none left out"
