"""A business' particulars: looked at when it comes and every six months after, reminded of, overdue, and kept on record."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from highstreet import parties
from highstreet.kit.db import Database
from highstreet.kit.errors import NotFound
from highstreet.kit.sealing import Seal
from highstreet.parties.errors import AlreadyReviewed, OwnReview
from tests.parties.folk import NOW, person, shop

DUE = datetime(2027, 5, 23, 2, 0, tzinfo=UTC)  # six months after NOW


async def accepted(db: Database, seal: Seal) -> tuple[str, str, str]:
    """An owner, an accepted business, and whoever accepted it."""
    owner, officer = await person(db, seal, "mei@example.com"), await person(db, seal, "zhou@example.com")
    business = await shop(db, owner)
    async with db.transaction() as tx:
        assert await parties.particulars.of(tx, business) is None
        await parties.businesses.review(tx, business, True, officer, "", NOW)
    return owner, business, officer


async def remind(db: Database, now: datetime) -> int:
    return await db.run(parties.particulars.remind, now)


async def told(db: Database, who: str) -> list[str]:
    async with db.read() as tx:
        return [one.kind for one in reversed(await parties.notices.latest(tx, who, 20))]


async def test_accepting_is_the_first_look_and_six_months_are_the_time(db: Database, seal: Seal) -> None:
    _, business, officer = await accepted(db, seal)
    async with db.read() as tx:
        due = await parties.particulars.of(tx, business)
        assert due is not None
        assert (due.due_at, due.looked_at, due.looked_by) == (DUE, NOW, officer)
        assert not due.overdue(DUE - timedelta(seconds=1)) and due.overdue(DUE)
        assert await parties.particulars.to_check(tx, DUE - timedelta(days=31)) == []
        assert await parties.particulars.to_check(tx, DUE - timedelta(days=30)) == [due]


async def test_owners_are_reminded_once_and_told_once_when_it_is_overdue(db: Database, seal: Seal) -> None:
    owner, business, officer = await accepted(db, seal)
    for days, kinds in (
        (-31, []),
        (-30, ["due"]),
        (-29, ["due"]),
        (0, ["due", "overdue"]),
        (1, ["due", "overdue"]),
    ):
        await remind(db, DUE + timedelta(days=days))
        assert [kind for kind in await told(db, owner) if kind.startswith("particulars")] == [
            f"particulars_{kind}" for kind in kinds
        ]
    again = DUE + timedelta(days=2)
    await db.run(parties.particulars.confirm, business, officer, again)
    assert (await told(db, owner))[-1] == "particulars_confirmed"
    assert await remind(db, again) == 0
    async with db.read() as tx:
        found = await parties.particulars.history(tx, business)
        due = await parties.particulars.of(tx, business)
    assert [(one.at, one.by) for one in found] == [(again, officer), (NOW, officer)]
    assert due is not None and due.due_at == found[0].until == datetime(2027, 11, 25, 2, 0, tzinfo=UTC)


async def test_nobody_confirms_their_own_too_early_or_what_is_not_there(db: Database, seal: Seal) -> None:
    owner, business, officer = await accepted(db, seal)
    for who, what, now, refused in (
        (owner, business, DUE, OwnReview),
        (officer, business, DUE - timedelta(days=31), AlreadyReviewed),
        (officer, "pty_nobody", DUE, NotFound),
    ):
        with pytest.raises(refused):
            await db.run(parties.particulars.confirm, what, who, now)


@pytest.mark.race
async def test_two_clicks_at_once_are_one_look(db: Database, seal: Seal) -> None:
    _, business, officer = await accepted(db, seal)
    calls = (db.run(parties.particulars.confirm, business, officer, DUE) for _ in range(4))
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(isinstance(one, AlreadyReviewed) for one in answers) == 3
    async with db.read() as tx:
        assert len(await parties.particulars.history(tx, business)) == 2


async def test_who_came_another_way_has_a_time_too_and_who_left_has_none(db: Database, seal: Seal) -> None:
    _, business, _ = await accepted(db, seal)
    async with db.transaction() as tx:
        await tx.execute("DELETE FROM parties.particulars")
    assert await remind(db, DUE + timedelta(days=1)) == 2, "reminded and told, in one go"
    async with db.transaction() as tx:
        await tx.execute("UPDATE parties.party SET state = 'closed' WHERE id = $1", business)
        assert await parties.particulars.to_check(tx, DUE + timedelta(days=1)) == []
