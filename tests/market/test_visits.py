"""Online visits: who writes and reads what, and what a prescription buys, once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from highstreet import parties
from highstreet.kit.errors import Malformed, NotAllowed, NotFound, Refusal, SignInFirst
from highstreet.market import privacy
from highstreet.market.fulfil import advance_order
from highstreet.orders import NotNow
from highstreet.parties import errors
from highstreet.parties.prescriptions import Medicine
from tests.market.lane import Lane
from tests.market.surgery import METFORMIN, NOTE, opened, signed_for


async def no(expected: type[Refusal], doing: Any) -> Refusal:
    with pytest.raises(expected) as refused:
        await doing
    assert refused.value.sentence("en") and refused.value.sentence("zh")
    return refused.value


async def test_a_record_opens_for_patient_and_practitioner_and_every_opening_is_seen(lane: Lane) -> None:
    here = await opened(lane)
    market, now = lane.market, lane.clock()
    await no(errors.FirstVisit, here.writes(msgspec.structs.replace(NOTE, before=" ")))
    await no(errors.NotThePractitioner, here.writes(by=here.nurse))
    await no(NotNow, here.prescribes())  # without a record nobody knows what for
    record = await here.writes()

    async def reads(by: str) -> parties.records.Note:
        async with market.db.transaction() as tx:
            return (await parties.records.read(tx, market.seal, record, by, lane.clock()))[1]

    assert await reads(here.patient) == await reads(here.doctor) == NOTE
    for stranger in (here.nurse, lane.made.people["owner"], lane.made.people["clerk"], here.pharmacist):
        await no(NotAllowed, reads(stranger))
    async with market.db.read() as tx:
        seen = [(one.by, one.as_what) for one in await parties.records.openings(tx, here.patient)]
        raw = await tx.fetchval("SELECT content || key FROM parties.record")
        told = [
            r["kind"]
            for r in await tx.fetch("SELECT kind FROM kit.fact WHERE subject = $1 ORDER BY id", record)
        ]
    assert seen == [(here.doctor, "practitioner"), (here.patient, "patient")]
    assert told == ["record.written", "record.opened", "record.opened"]
    assert b"diabetes" not in raw
    # The clinic's own staff cannot make themselves its practitioner, not even in the tables.
    async with market.db.transaction() as tx:
        await tx.execute("UPDATE parties.record SET practitioner_id = $1", here.nurse)
    await no(errors.PaperAltered, reads(here.nurse))
    async with market.db.transaction() as tx:
        await tx.execute("UPDATE parties.record SET practitioner_id = $1", here.doctor)
        kept = (await privacy.export(market, tx, here.patient))["health"]
    assert kept["records"][0]["says"] == NOTE
    await lane.tell(here.order, "visited")
    async with market.db.transaction() as tx:
        await privacy.erase(tx, here.patient, now)
    await no(NotFound, reads(here.doctor))


async def test_what_is_sold_on_prescription_needs_one_that_covers_it(lane: Lane) -> None:
    here = await opened(lane)
    await here.writes()
    for days, chronic, medicine in (
        (4, "", METFORMIN),
        (85, "stable", METFORMIN),
        (1, "", msgspec.structs.replace(METFORMIN, times=2)),
    ):
        await no(Malformed, here.prescribes(medicine, days=days, chronic=chronic))
    number = await here.prescribes(days=3)
    work = await lane.order(here.order)
    assert [told.body for told in work.told if told.kind == "prescribed"] == [{"reference": number}]

    await no(errors.PrescriptionNeeded, here.asks(""))
    await no(NotFound, here.asks("RX-20260101-00000000"))
    await no(errors.PrescriptionNotLooked, here.asks(number))
    await here.looked_at(number)
    await no(errors.AlreadyReviewed, here.looked_at(number))
    await no(errors.PrescriptionOther, here.asks(number, offer=here.other))
    assert (await no(errors.PrescriptionTooLittle, here.asks(number, packs=3))).values == {"most": 2}
    assert (await here.asks("", offer=here.plain)).quote.total == 3000
    await no(SignInFirst, here.buys(number, buyer=None))
    await no(errors.PrescriptionYours, here.buys(number, buyer=lane.made.people["owner"]))

    async with lane.market.db.transaction() as tx:  # somebody makes two packs four, in the tables
        await tx.execute("UPDATE parties.prescribed SET quantity = 4")
    await no(errors.PaperAltered, here.asks(number, packs=4))
    async with lane.market.db.transaction() as tx:
        await tx.execute("UPDATE parties.prescribed SET quantity = 2")

    placed = await here.buys(number, packs=2)
    assert await here.left(number) == 0
    await no(errors.PrescriptionUsed, here.buys(number))
    # Nobody pays: the order comes to nothing, and the prescription is good again. Twice changes nothing.
    for _ in range(2):
        await advance_order(lane.market, placed["orders"][0]["id"], lane.clock.forward(timedelta(hours=2)))
    assert await here.left(number) == 1
    again = await here.buys(number)
    await lane.pay(again)
    await lane.tell(again["orders"][0]["id"], "ready")
    await lane.tell(again["orders"][0]["id"], "handed_over")
    await lane.tell(again["orders"][0]["id"], "returned", lines={"1": 1})
    assert await here.left(number) == 0  # what left the pharmacy was dispensed, whatever becomes of it

    refused = await here.prescribes()
    await here.looked_at(refused, "dose")
    await no(errors.PrescriptionRefused, here.asks(refused))
    late = await here.prescribes(
        Medicine("Metformin", "Metformin", "one a day", times=3), days=14, chronic="stable for a year"
    )
    await here.looked_at(late)
    await here.buys(late)
    assert await here.left(late) == 2
    lane.clock.forward(timedelta(days=14))
    await no(errors.PrescriptionExpired, here.asks(late))


async def test_many_at_once_use_a_prescription_as_often_as_it_says(lane: Lane) -> None:
    """In one process the units are judged together; those of other buyers are not hurt by one that is refused."""
    here = await opened(lane)
    await here.writes()
    number = await signed_for(here, 3)
    doing = [here.buys(number) for _ in range(8)] + [lane.buy({"jam/collect": 1}) for _ in range(4)]
    answers = await asyncio.gather(*doing, return_exceptions=True)
    assert sum(isinstance(one, dict) for one in answers[:8]) == 3
    assert {type(one) for one in answers[:8]} == {dict, errors.PrescriptionUsed}
    assert all(isinstance(one, dict) for one in answers[8:])
    assert await here.left(number) == 0


def test_a_note_tells_nothing_by_accident() -> None:
    assert "diabetes" not in repr(NOTE)
