"""Records of online visits: written by the practitioner who holds the visit, read by them and by the patient, and by nobody else here.

Interim Measures for Internet Diagnosis and Treatment (NHC and NATCM, 2018 no. 25): art. 16, only patients whom a doctor has already
diagnosed in person are seen online, for the same diagnosis; art. 17, every such visit has an electronic record.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from highstreet.kit import facts
from highstreet.kit.db import Row, Tx, rows
from highstreet.kit.errors import Malformed, NotAllowed, NotFound
from highstreet.kit.ids import new_id
from highstreet.kit.sealing import Seal
from highstreet.parties import licences, notices
from highstreet.parties._papers import Reader, close_paper, key_of, note_opening, open_paper
from highstreet.parties.errors import FirstVisit, NotThePractitioner, OwnPatient

_LONGEST = 4000


class Note(msgspec.Struct, frozen=True):
    """What is written at a visit. `before`: where, when and as what it was diagnosed in person; without that nobody is seen online."""

    complaint: str
    findings: str
    diagnosis: str
    advice: str
    before: str

    def __repr__(self) -> str:
        return "Note(...)"  # what is personal never reaches a log by accident


class Record(msgspec.Struct, frozen=True):
    """That there is a record; what it says is opened for each reading."""

    id: str
    order_id: str
    patient_id: str
    practitioner_id: str
    at: datetime


class Opening(msgspec.Struct, frozen=True):
    """Somebody opened a paper."""

    paper: str
    by: str
    as_what: Reader
    at: datetime


async def hold_visit(
    tx: Tx, order_id: str, clinic_id: str, patient_id: str, practitioner_id: str, day_of: datetime, now: datetime
) -> None:  # fmt: skip
    """The practitioner takes a visit on; the first to do so is the one who holds it. `day_of`: now, in the town's time.

    Errors: NotThePractitioner (no accepted licence at this clinic, or somebody else holds the visit), OwnPatient.
    """
    if not await licences.practises(tx, practitioner_id, clinic_id, "practitioner", day_of.date()):
        raise NotThePractitioner
    if patient_id == practitioner_id:
        raise OwnPatient
    await tx.execute(
        """INSERT INTO parties.visit (order_id, clinic_id, patient_id, practitioner_id, at) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (order_id) DO NOTHING""",
        order_id, clinic_id, patient_id, practitioner_id, now,
    )  # fmt: skip
    holds = await tx.fetchval("SELECT practitioner_id FROM parties.visit WHERE order_id = $1", order_id)
    if holds != practitioner_id:
        raise NotThePractitioner


async def write(
    tx: Tx, seal: Seal, order_id: str, patient_id: str, practitioner_id: str, note: Note, now: datetime
) -> str:
    """Seal a record of a visit that the practitioner holds (`hold_visit`); its id. What is written stays: a correction is another one.

    Errors: FirstVisit without an earlier diagnosis in person, Malformed, NotFound for an erased patient.
    """
    told = {name: text.strip() for name, text in msgspec.structs.asdict(note).items()}
    if not told["before"]:
        raise FirstVisit
    for name, text in told.items():
        if not text or len(text) > _LONGEST:
            raise Malformed(name, f"needs 1 to {_LONGEST:,} characters", f"须填写，不超过 {_LONGEST} 字")
    record = new_id("rec", now)
    patient = (patient_id, await key_of(tx, patient_id))
    key, content = close_paper(seal, record, patient, practitioner_id, msgspec.json.encode(Note(**told)))
    await tx.execute(
        """INSERT INTO parties.record (id, order_id, patient_id, practitioner_id, key, content, at)
           VALUES ($1, $2, $3, $4, $5, $6, $7)""",
        record, order_id, patient_id, practitioner_id, key, content, now,
    )  # fmt: skip
    await facts.tell(tx, "record.written", record, practitioner_id, now, {"order": order_id})
    await notices.tell(tx, patient_id, "record_written", record, {}, now)
    return record


async def read(tx: Tx, seal: Seal, record_id: str, by: str, now: datetime) -> tuple[Record, Note]:
    """Open a record, which is written down. Only for its patient and its practitioner: others are told NotAllowed, whoever they are.

    Errors: NotFound for an unknown record or one whose patient was erased, PaperAltered.
    """
    found = await tx.fetchrow(
        "SELECT id, order_id, patient_id, practitioner_id, key, content, at FROM parties.record WHERE id = $1",
        record_id,
    )
    if found is None:
        raise NotFound("record")
    if by not in (found["patient_id"], found["practitioner_id"]):
        raise NotAllowed
    patient = (found["patient_id"], await key_of(tx, found["patient_id"]))
    plain = open_paper(seal, record_id, patient, found["practitioner_id"], found["key"], found["content"])
    as_what: Reader = "patient" if by == found["patient_id"] else "practitioner"
    await note_opening(tx, "record", record_id, found["patient_id"], by, as_what, now)
    return _record(found), msgspec.json.decode(plain, type=Note)


async def of_patient(tx: Tx, patient_id: str, most: int = 100) -> list[Record]:
    """A patient's records, the latest first, unopened."""
    return await rows(
        tx,
        Record,
        """SELECT id, order_id, patient_id, practitioner_id, at FROM parties.record WHERE patient_id = $1
           ORDER BY at DESC, id DESC LIMIT $2""",
        patient_id,
        most,
    )


async def of_visit(tx: Tx, order_id: str) -> list[Record]:
    """The records of one visit, the first first, unopened."""
    return await rows(
        tx,
        Record,
        "SELECT id, order_id, patient_id, practitioner_id, at FROM parties.record WHERE order_id = $1 ORDER BY at, id",
        order_id,
    )


async def openings(tx: Tx, patient_id: str, most: int = 200) -> list[Opening]:
    """Who opened a patient's papers, the latest first."""
    return await rows(
        tx,
        Opening,
        "SELECT paper, by, as_what, at FROM parties.opening WHERE patient_id = $1 ORDER BY at DESC, id DESC LIMIT $2",
        patient_id,
        most,
    )


def _record(found: Row) -> Record:
    return Record(**{name: found[name] for name in Record.__struct_fields__})
