"""A question is asked once, decided once by a person, and whoever is accused is heard by another."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from highstreet import policy
from highstreet.kit.errors import Malformed
from highstreet.kit.text import Words
from highstreet.policy import AnotherOfficer, AppealOver, DecidedBefore
from highstreet.policy.screens import Found, Part, Seen
from tests.policy.conftest import DINING, HE, NOW, SHE, Office

THIRD = "pty_officer_third"


def found(*orders: int, people: tuple[str, ...] = ("pty_a", "pty_b"), subject: str = "pty_a") -> Found:
    evidence = tuple(Seen(f"ord_{n}", people[0], "pty_shop", NOW, 1_000, 5_000) for n in orders)
    return Found("ring", "ring", subject, people, (), (Part(40, Words("many", "多")),), evidence)


async def ask(office: Office, one: Found) -> str:
    """The id of the question; empty when there is none."""
    return (await office.db.run(policy.alerts.ask, DINING, one, NOW)) or ""


async def read(office: Office, alert_id: str) -> policy.Alert:
    async with office.db.read() as tx:
        return await policy.alerts.read(tx, alert_id)


async def upheld(office: Office) -> list[str]:
    async with office.db.read() as tx:
        return [one.order_id for one in await policy.alerts.upheld_rows(tx, DINING)]


async def test_a_question_grows_and_what_was_dismissed_stays_dismissed(office: Office) -> None:
    first = await ask(office, found(1, 2, 3))
    assert await ask(office, found(1, 2, 3)) == first
    # It grew by somebody who is earlier in the alphabet: still the same ring.
    assert await ask(office, found(1, 2, 3, 4, people=("pty_0", "pty_a", "pty_b"), subject="pty_0")) == first
    one = await read(office, first)
    assert [seen.order for seen in one.evidence] == ["ord_1", "ord_2", "ord_3", "ord_4"]
    assert one.people == ["pty_0", "pty_a", "pty_b"]
    with pytest.raises(Malformed):
        await office.db.run(policy.alerts.decide, one.id, False, "  ", HE, NOW)
    await office.db.run(policy.alerts.decide, one.id, False, "a choir on its outing", HE, NOW)
    assert await upheld(office) == []
    assert await ask(office, found(1, 2, 3, 4)) == ""
    assert await ask(office, found(1, 2, 3, 4, 5, 6)) == ""
    again = await ask(office, found(1, 2, 3, 4, 5, 6, 7))
    assert again not in ("", first)
    assert [seen.order for seen in (await read(office, again)).evidence] == ["ord_5", "ord_6", "ord_7"]


async def test_two_officers_decide_at_once_and_one_of_them_did(office: Office) -> None:
    one = await ask(office, found(1, 2, 3))
    said = await asyncio.gather(
        *(
            office.db.run(policy.alerts.decide, one, by == HE, "looked at it", by, NOW)
            for by in (HE, SHE, THIRD, HE, SHE, THIRD)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, DecidedBefore) for answer in said) == 5
    decided = await read(office, one)
    assert decided.state == ("upheld" if decided.decided_by == HE else "dismissed")
    async with office.db.read() as tx:
        kinds = await tx.fetchval(
            "SELECT count(*) FROM kit.fact WHERE subject = $1 AND kind <> 'alert.raised'", one
        )
    assert kinds == 1


async def test_a_twin_that_looks_before_it_decides_lets_two_decide(office: Office) -> None:
    one = await ask(office, found(1, 2, 3))
    looked = asyncio.Barrier(2)

    async def decide(by: str) -> str:
        async with office.db.transaction() as tx:
            if (await policy.alerts.read(tx, one)).state != "open":
                return "too late"
            await looked.wait()  # both have looked before either writes: what chance does now and then
            return await tx.execute(
                "UPDATE policy.alert SET state = 'upheld', decided_by = $2, decided_at = $3, reason = 'so' WHERE id = $1",
                one,
                by,
                NOW,
            )

    assert await asyncio.gather(decide(HE), decide(SHE)) == ["UPDATE 1", "UPDATE 1"]


async def test_the_accused_is_heard_by_somebody_else_and_all_is_undone(office: Office) -> None:
    db = office.db
    one = await ask(office, found(1, 2, 3, people=("pty_a", HE)))
    with pytest.raises(AnotherOfficer):
        await db.run(policy.alerts.decide, one, True, "myself", HE, NOW)
    until = NOW + timedelta(days=90)
    with pytest.raises(Malformed):
        await db.run(policy.alerts.decide, one, True, "it is so", SHE, NOW, ["pty_elsewhere"], until)
    await db.run(policy.alerts.decide, one, True, "it is so", SHE, NOW, ["pty_a"], until)
    assert await upheld(office) == ["ord_1", "ord_2", "ord_3"]
    async with db.read() as tx:
        assert await policy.alerts.bars(tx, ["pty_a", "pty_b"], NOW) == {(DINING, "pty_a")}
        assert await policy.alerts.bars(tx, ["pty_a"], until) == frozenset()
        assert [a.id for a in await policy.alerts.about(tx, person="pty_a")] == [one]
        assert await policy.alerts.about(tx, person="pty_b") == []
    appealed = await db.run(policy.alerts.appeal, one, "we are a choir", "pty_a", NOW)
    assert appealed.appeal_due_at == NOW + policy.alerts.DECIDE_WITHIN
    with pytest.raises(AppealOver):
        await db.run(policy.alerts.appeal, one, "once more", "pty_a", NOW)
    with pytest.raises(AnotherOfficer):
        await db.run(policy.alerts.decide_appeal, one, False, "I was right", SHE, NOW)
    await db.run(policy.alerts.decide_appeal, one, True, "they are a choir", THIRD, NOW)
    with pytest.raises(DecidedBefore):
        await db.run(policy.alerts.decide_appeal, one, False, "no", "pty_officer_fourth", NOW)
    assert await upheld(office) == []
    async with db.read() as tx:
        assert await policy.alerts.bars(tx, ["pty_a"], NOW) == frozenset()
    assert await ask(office, found(1, 2, 3)) == ""


async def test_an_appeal_comes_in_time_and_every_wait_ends(office: Office) -> None:
    db = office.db
    one = await ask(office, found(1, 2, 3))
    late = NOW + policy.alerts.DECIDE_WITHIN
    async with db.transaction() as tx:
        assert await policy.alerts.overdue(tx, late - timedelta(seconds=1)) == []
        assert [a.id for a in await policy.alerts.overdue(tx, late)] == [one]
    await db.run(policy.alerts.decide, one, True, "it is so", SHE, NOW)
    with pytest.raises(AppealOver):
        await db.run(policy.alerts.appeal, one, "too late", "pty_a", NOW + policy.alerts.APPEAL_WITHIN)
    await db.run(
        policy.alerts.appeal,
        one,
        "in time",
        "pty_a",
        NOW + policy.alerts.APPEAL_WITHIN - timedelta(seconds=1),
    )
    async with db.transaction() as tx:
        due = NOW + policy.alerts.APPEAL_WITHIN + policy.alerts.DECIDE_WITHIN
        assert [a.id for a in await policy.alerts.overdue(tx, due)] == [one]
