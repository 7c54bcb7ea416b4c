"""Prescriptions: signed at a visit, shown to a pharmacy by the patient, used up by the orders they are sold in.

- Measures for the Administration of Prescriptions (Ministry of Health order 53, 2007): art. 18, good on the day they are written,
  extended by the doctor to three days at most; art. 19, no more than a doctor gives reasons for.
- Rules for Long-Term Prescriptions (NHC 2021 no. 17), art. 15: for a chronic illness that is stable, twelve weeks at most.
- Internet Diagnosis and Treatment (2018 no. 25), art. 18: signed by the doctor, looked at by a pharmacist before anything is sent.
- Online Sale of Medicines (SAMR order 58, 2022), art. 9 and 13: a used prescription is marked so that it is not used again, and
  nothing can be bought before the pharmacist has said yes.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime, time, timedelta, tzinfo
from typing import Any, Literal, get_args

import msgspec

from highstreet.kit import facts
from highstreet.kit.db import Row, Tx, rows
from highstreet.kit.errors import Malformed, NotAllowed, NotFound
from highstreet.kit.ids import numbered
from highstreet.kit.sealing import Seal
from highstreet.parties import licences, notices
from highstreet.parties._papers import Reader, close_paper, key_of, note_opening, open_paper
from highstreet.parties.errors import (
    AlreadyReviewed,
    NotThePractitioner,
    PaperAltered,
    PrescriptionExpired,
    PrescriptionNotLooked,
    PrescriptionOther,
    PrescriptionRefused,
    PrescriptionTooLittle,
    PrescriptionUsed,
    PrescriptionYours,
)

MOST_DAYS = 3  # art. 18
MOST_DAYS_CHRONIC = 84  # twelve weeks
_BESIDE = ("number", "order_id", "clinic_id", "patient_id", "practitioner_id", "issued_at", "valid_to")
_MOST_MEDICINES = 5  # order 53, art. 6: five on a prescription
Reason = Literal["unclear", "dose", "interaction", "not_indicated", "not_here"]


class Medicine(msgspec.Struct, frozen=True):
    """One medicine: its active substance decides what may be sold for it. `packs` each time, `times` in all, `dose` in words."""

    substance: str
    name: str
    dose: str
    packs: int = 1
    times: int = 1


class Prescription(msgspec.Struct, frozen=True):
    """All a prescription says. `chronic`: why it holds longer than three days or is filled more than once."""

    number: str
    order_id: str
    clinic_id: str
    patient_id: str
    practitioner_id: str
    diagnosis: str
    medicines: tuple[Medicine, ...]
    issued_at: datetime
    valid_to: datetime
    chronic: str = ""

    def __repr__(self) -> str:
        return "Prescription(...)"  # what is personal never reaches a log by accident


class Use(msgspec.Struct, frozen=True):
    """What of a prescription an order line uses up."""

    number: str
    position: int
    patient_id: str


class Standing(msgspec.Struct, frozen=True):
    """A prescription as lists show it, unopened; `left`: of all its medicines, how many times altogether."""

    number: str
    order_id: str
    clinic_id: str
    patient_id: str
    practitioner_id: str
    issued_at: datetime
    valid_to: datetime
    left: int


class Showing(msgspec.Struct, frozen=True):
    """A prescription at a pharmacy; `accepted` is None until its pharmacist has looked."""

    number: str
    pharmacy_id: str
    at: datetime
    valid_to: datetime
    looked_by: str | None
    looked_at: datetime | None
    accepted: bool | None
    reason: str | None


class Covering(msgspec.Struct, frozen=True):
    """A prescription for one medicine: `packs` each time, how many times are `left`; what the pharmacy said, once it was shown to it."""

    number: str
    valid_to: datetime
    packs: int
    left: int
    shown: bool
    accepted: bool | None


def drawn_up(
    order_id: str,
    clinic_id: str,
    patient_id: str,
    practitioner_id: str,
    diagnosis: str,
    medicines: Sequence[Medicine],
    days: int,
    chronic: str,
    tz: tzinfo,
    now: datetime,
) -> Prescription:
    """A prescription as the law lets it be written; it holds until the end of its last day in the town. Errors: Malformed."""
    long, most = bool(chronic.strip()), MOST_DAYS_CHRONIC if chronic.strip() else MOST_DAYS
    if not 1 <= days <= most:
        raise Malformed("days", f"it holds 1 to {most} days", f"有效期须为 1 至 {most} 天")
    if not 1 <= len(medicines) <= _MOST_MEDICINES or not diagnosis.strip() or len(diagnosis) > 200:
        raise Malformed(
            "medicines", "name the diagnosis and one to five medicines", "请填写诊断和一至五种药品"
        )
    if len({plain(one.substance) for one in medicines}) < len(medicines):
        raise Malformed("medicines", "each substance only once", "同一成分只能出现一次")
    for one in medicines:
        if not all(0 < len(text.strip()) <= 200 for text in (one.substance, one.name, one.dose)):
            raise Malformed("dose", "say what to take, how much and how often", "请写明药品、用量和用法")
        if not (1 <= one.packs <= 20 and 1 <= one.times <= (12 if long else 1)):
            raise Malformed(
                "packs",
                "1 to 20 packs; more than once only for a chronic illness",
                "每次 1 至 20 盒；仅慢性病可多次取药",
            )
    last = now.astimezone(tz).date() + timedelta(days=days - 1)
    return Prescription(
        numbered("RX", now.astimezone(tz)), order_id, clinic_id, patient_id, practitioner_id, diagnosis.strip(),
        tuple(medicines), now, datetime.combine(last, time(23, 59, 59), tz), chronic.strip(),
    )  # fmt: skip


async def signed(tx: Tx, seal: Seal, one: Prescription) -> dict[str, list[dict[str, Any]]]:
    """The rows of a prescription, sealed, for the writer of orders. Errors: NotThePractitioner unless they hold the visit, NotFound."""
    holds = await tx.fetchval("SELECT practitioner_id FROM parties.visit WHERE order_id = $1", one.order_id)
    if holds != one.practitioner_id:
        raise NotThePractitioner
    patient = (one.patient_id, await key_of(tx, one.patient_id))
    key, content = close_paper(seal, one.number, patient, one.practitioner_id, msgspec.json.encode(one))
    beside = {
        name: getattr(one, name)
        for name in (
            "number",
            "order_id",
            "clinic_id",
            "patient_id",
            "practitioner_id",
            "issued_at",
            "valid_to",
        )
    }
    sealed = {"key": base64.b64encode(key).decode(), "content": base64.b64encode(content).decode()}
    medicines = [
        {
            "prescription": one.number,
            "position": position,
            "drug": base64.b64encode(_drug(seal, one.number, medicine.substance)).decode(),
            "quantity": medicine.packs,
            "uses": medicine.times,
        }
        for position, medicine in enumerate(one.medicines, start=1)
    ]
    return {"prescription": [beside | sealed], "prescribed": medicines}


async def read(tx: Tx, seal: Seal, number: str, by: str, now: datetime, day_of: datetime) -> Prescription:
    """Open a prescription, which is written down: for its patient, who signed it, and pharmacists of a pharmacy it was shown to.

    Errors: NotFound, NotAllowed, PaperAltered when what stands beside it does not agree with what was signed.
    """
    found = await _row(tx, number)
    as_what: Reader
    if by == found["patient_id"]:
        as_what = "patient"
    elif by == found["practitioner_id"]:
        as_what = "practitioner"
    elif await _as_pharmacist(tx, number, by, day_of):
        as_what = "pharmacist"
    else:
        raise NotAllowed
    told = await _opened(tx, seal, found)
    await note_opening(tx, "prescription", number, found["patient_id"], by, as_what, now)
    return told


async def show(tx: Tx, number: str, pharmacy_id: str, by: str, now: datetime, day_of: datetime) -> None:
    """The patient shows it to a pharmacy; showing it again changes nothing. Errors: PrescriptionYours, NotFound, PrescriptionExpired."""
    found = await _row(tx, number)
    if found["patient_id"] != by:
        raise PrescriptionYours
    if found["valid_to"] <= now:
        raise PrescriptionExpired
    if not await licences.holds(tx, pharmacy_id, "drugs", day_of.date()):
        raise NotFound("pharmacy")
    shown = await tx.execute(
        "INSERT INTO parties.showing (prescription, pharmacy_id, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        number, pharmacy_id, now,
    )  # fmt: skip
    if shown == "INSERT 0 1":
        await facts.tell(tx, "prescription.shown", number, by, now, {"pharmacy": pharmacy_id})


async def look(
    tx: Tx, number: str, pharmacy_id: str, by: str, reason: str, now: datetime, day_of: datetime
) -> None:
    """The pharmacist's yes (no reason), or no with one of `Reason`. Said once.

    Errors: NotThePractitioner without a pharmacist's licence here, Malformed, NotFound, AlreadyReviewed.
    """
    if not await licences.practises(tx, by, pharmacy_id, "pharmacist", day_of.date()):
        raise NotThePractitioner
    if reason and reason not in get_args(Reason):
        raise Malformed("reason", "choose one of those offered", "请选择所列原因")
    said = await tx.execute(
        """UPDATE parties.showing SET looked_by = $3, looked_at = $4, accepted = $5, reason = $6
           WHERE prescription = $1 AND pharmacy_id = $2 AND accepted IS NULL""",
        number, pharmacy_id, by, now, not reason, reason or None,
    )  # fmt: skip
    if said == "UPDATE 0":
        known = "SELECT EXISTS (SELECT FROM parties.showing WHERE prescription = $1 AND pharmacy_id = $2)"
        if not await tx.fetchval(known, number, pharmacy_id):
            raise NotFound("prescription")
        raise AlreadyReviewed
    kind = "refused" if reason else "accepted"
    await facts.tell(tx, f"prescription.{kind}", number, by, now, {"pharmacy": pharmacy_id})
    patient = (await _row(tx, number))["patient_id"]
    await notices.tell(
        tx, patient, f"prescription_{kind}", f"{number} {pharmacy_id}", {"number": number}, now
    )


async def usable(
    tx: Tx, seal: Seal, number: str, pharmacy_id: str, substance: str, packs: int, now: datetime, buyer_id: str | None = None
) -> Use:  # fmt: skip
    """What of a prescription covers so many packs of a substance at a pharmacy now; `buyer_id` None while nobody buys yet.

    Errors: NotFound, PrescriptionYours, PrescriptionExpired, PrescriptionNotLooked, PrescriptionRefused, PrescriptionOther,
    PrescriptionTooLittle, PrescriptionUsed, PaperAltered. Whether it is still so is judged again where it is used up.
    """
    found = await _row(tx, number)
    if buyer_id is not None and found["patient_id"] != buyer_id:
        raise PrescriptionYours
    if found["valid_to"] <= now:
        raise PrescriptionExpired
    await _opened(tx, seal, found)
    said = await tx.fetchrow(
        "SELECT accepted FROM parties.showing WHERE prescription = $1 AND pharmacy_id = $2",
        number,
        pharmacy_id,
    )
    if said is None or said["accepted"] is None:
        raise PrescriptionNotLooked
    if not said["accepted"]:
        raise PrescriptionRefused
    medicine = await tx.fetchrow(
        "SELECT position, quantity, uses_left FROM parties.prescribed WHERE prescription = $1 AND drug = $2",
        number, _drug(seal, number, substance),
    )  # fmt: skip
    if medicine is None:
        raise PrescriptionOther
    if medicine["uses_left"] < 1:
        raise PrescriptionUsed
    if packs > medicine["quantity"]:
        raise PrescriptionTooLittle(most=medicine["quantity"])
    return Use(number, medicine["position"], found["patient_id"])


async def covering(
    tx: Tx, seal: Seal, patient_id: str, substance: str, pharmacy_id: str, now: datetime
) -> list[Covering]:
    """A patient's prescriptions that still cover a substance, and what this pharmacy said of each."""
    found = await tx.fetch(
        """SELECT p.number, p.valid_to, i.drug, i.quantity, i.uses_left, s.prescription IS NOT NULL AS shown, s.accepted
           FROM parties.prescription p JOIN parties.prescribed i ON i.prescription = p.number AND i.uses_left > 0
           LEFT JOIN parties.showing s ON s.prescription = p.number AND s.pharmacy_id = $2
           WHERE p.patient_id = $1 AND p.valid_to > $3 ORDER BY p.valid_to LIMIT 50""",
        patient_id, pharmacy_id, now,
    )  # fmt: skip
    return [
        Covering(r["number"], r["valid_to"], r["quantity"], r["uses_left"], r["shown"], r["accepted"])
        for r in found
        if r["drug"] == _drug(seal, r["number"], substance)
    ]


async def of_patient(tx: Tx, patient_id: str, most: int = 100) -> list[Standing]:
    """A patient's prescriptions, the latest first, unopened."""
    return await rows(
        tx,
        Standing,
        _STANDING + " WHERE p.patient_id = $1 ORDER BY p.issued_at DESC LIMIT $2",
        patient_id,
        most,
    )


async def of_visit(tx: Tx, order_id: str) -> list[Standing]:
    """The prescriptions of one visit, the first first, unopened."""
    return await rows(
        tx, Standing, _STANDING + " WHERE p.order_id = $1 ORDER BY p.issued_at, p.number", order_id
    )


async def at_pharmacy(tx: Tx, pharmacy_id: str, most: int = 100) -> list[Showing]:
    """What was shown to a pharmacy: what waits for its pharmacist first, longest waiting first."""
    return await rows(
        tx,
        Showing,
        _SHOWING
        + " WHERE s.pharmacy_id = $1 ORDER BY s.accepted IS NULL DESC, s.looked_at DESC, s.at LIMIT $2",
        pharmacy_id,
        most,
    )


async def showings(tx: Tx, patient_id: str) -> list[Showing]:
    """To which pharmacies a patient showed what, and what was said, the latest first."""
    return await rows(tx, Showing, _SHOWING + " WHERE p.patient_id = $1 ORDER BY s.at DESC", patient_id)


_STANDING = """SELECT p.number, p.order_id, p.clinic_id, p.patient_id, p.practitioner_id, p.issued_at, p.valid_to,
    (SELECT sum(i.uses_left)::int FROM parties.prescribed i WHERE i.prescription = p.number) AS left FROM parties.prescription p"""
_SHOWING = """SELECT s.prescription AS number, s.pharmacy_id, s.at, p.valid_to, s.looked_by, s.looked_at, s.accepted, s.reason
    FROM parties.showing s JOIN parties.prescription p ON p.number = s.prescription"""


def plain(substance: str) -> str:
    """How substances are compared."""
    return " ".join(substance.split()).casefold()


def _drug(seal: Seal, number: str, substance: str) -> bytes:
    # With the number: the same medicine of two people looks different.
    return seal.blind(f"medicine {number}", plain(substance))


async def _row(tx: Tx, number: str) -> Row:
    found = await tx.fetchrow("SELECT * FROM parties.prescription WHERE number = $1", number)
    if found is None:
        raise NotFound("prescription")
    return found


async def _opened(tx: Tx, seal: Seal, found: Row) -> Prescription:
    patient = (found["patient_id"], await key_of(tx, found["patient_id"]))
    told = msgspec.json.decode(
        open_paper(seal, found["number"], patient, found["practitioner_id"], found["key"], found["content"]), type=Prescription
    )  # fmt: skip
    beside = await tx.fetch(
        "SELECT drug, quantity, uses FROM parties.prescribed WHERE prescription = $1 ORDER BY position",
        found["number"],
    )
    signed_for = [(_drug(seal, told.number, one.substance), one.packs, one.times) for one in told.medicines]
    if (
        told.valid_to != found["valid_to"]
        or [(r["drug"], r["quantity"], r["uses"]) for r in beside] != signed_for
    ):
        raise PaperAltered
    return told


async def _as_pharmacist(tx: Tx, number: str, by: str, day_of: datetime) -> bool:
    shown = await tx.fetch("SELECT pharmacy_id FROM parties.showing WHERE prescription = $1", number)
    return any(
        [await licences.practises(tx, by, r["pharmacy_id"], "pharmacist", day_of.date()) for r in shown]
    )
