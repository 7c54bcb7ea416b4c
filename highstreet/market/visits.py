"""Visits: what a practitioner writes at an online visit, its record and its prescriptions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from highstreet import parties
from highstreet.kit.db import Tx
from highstreet.kit.errors import NotFound, Refusal
from highstreet.market.desk import Market
from highstreet.market.fulfil import Telling, tell
from highstreet.market.units import Key, Unit
from highstreet.market.views.visits import Visit, visit
from highstreet.market.work import Work
from highstreet.orders import NotNow


class PatientUnknown(Refusal):
    """A paper is sealed to a person; a guest is nobody it could be sealed to."""

    code = "patient_unknown"
    status = 422
    en = "This visit was booked without signing in, so there is nobody a record could be sealed to."
    zh = "该预约未登录下单，无法建立仅对患者可见的病历。"


class Wanted(msgspec.Struct, frozen=True):
    """What is to be prescribed, for how many days; `chronic`: why for longer than three, or more than once."""

    diagnosis: str
    medicines: tuple[parties.prescriptions.Medicine, ...]
    days: int = 1
    chronic: str = ""

    def __repr__(self) -> str:
        return "Wanted(...)"  # what is personal never reaches a log by accident


def prescribing(market: Market) -> list[str]:
    """The formats (with their versions) of visits at which something can be prescribed."""
    return [code for code, one in market.formats.items() if "prescribed" in one.facts]


async def write_record(
    market: Market, tx: Tx, clinic_id: str, order_id: str, by: str, note: parties.records.Note, now: datetime
) -> str:
    """Write the record of a visit from its time on; its id. Errors: NotNow, PatientUnknown, NotFound, and as `parties.records`."""
    found, patient = await _held_now(market, tx, clinic_id, order_id, now)
    local = now.astimezone(market.tz)
    await parties.records.hold_visit(tx, found.order_id, clinic_id, patient, by, local, now)
    return await parties.records.write(tx, market.seal, order_id, patient, by, note, now)


async def prescribe(
    market: Market, clinic_id: str, order_id: str, by: str, wanted: Wanted, now: datetime, key: Key | None
) -> str:
    """Sign a prescription at a visit whose record was written; its number, which is all the order is told.

    Errors: NotNow without a record, NotThePractitioner, Malformed, PatientUnknown, NotFound.
    """
    async with market.db.read() as tx:
        _, patient = await _held_now(market, tx, clinic_id, order_id, now)
        if not await parties.licences.practises(
            tx, by, clinic_id, "practitioner", now.astimezone(market.tz).date()
        ):
            raise parties.errors.NotThePractitioner
        if not await parties.records.of_visit(tx, order_id):
            raise NotNow
        one = parties.prescriptions.drawn_up(
            order_id, clinic_id, patient, by, wanted.diagnosis, wanted.medicines, wanted.days, wanted.chronic, market.tz, now
        )  # fmt: skip
        sealed = await parties.prescriptions.signed(tx, market.seal, one)

    def also(_work: Work, unit: Unit) -> None:
        for table, rows in sealed.items():
            for row in rows:
                unit.add(table, **row)
        unit.fact("prescription.written", one.number, by, now, {"order": order_id})

    telling = Telling(order_id, "prescribed", "seller", by, {"reference": one.number})
    told = await tell(market, telling, now, key, also, answer={"prescription": one.number})
    return str(told["prescription"])


async def _held_now(
    market: Market, tx: Tx, clinic_id: str, order_id: str, now: datetime
) -> tuple[Visit, str]:
    found = await visit(tx, order_id)
    if found is None or found.seller_id != clinic_id or found.format not in prescribing(market):
        raise NotFound("visit")
    if found.stage not in ("committed", "done") or found.starts is None or now < found.starts:
        raise NotNow
    if found.buyer_id is None:
        raise PatientUnknown
    return found, found.buyer_id


async def papers(market: Market, tx: Tx, person_id: str, now: datetime) -> dict[str, Any]:
    """All health papers of a patient, opened for them, and who opened them: for taking along."""
    records: Sequence[Any] = await parties.records.of_patient(tx, person_id)
    signed = await parties.prescriptions.of_patient(tx, person_id)
    day_of = now.astimezone(market.tz)
    return {
        "records": [
            {"record": one, "says": (await parties.records.read(tx, market.seal, one.id, person_id, now))[1]}
            for one in records
        ],
        "prescriptions": [
            await parties.prescriptions.read(tx, market.seal, one.number, person_id, now, day_of)
            for one in signed
        ],
        "showings": await parties.prescriptions.showings(tx, person_id),
        "openings": await parties.records.openings(tx, person_id),
    }
