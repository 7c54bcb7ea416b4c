"""Health papers: sealed under a key of their own, which is itself sealed under the patient's, and bound to who may read them.

Without the patient's key the paper is gone; whoever rewrites whose patient or practitioner it is can no longer open it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from highstreet.kit import facts
from highstreet.kit.db import Tx
from highstreet.kit.errors import NotFound
from highstreet.kit.sealing import Seal
from highstreet.parties.errors import PaperAltered

Reader = Literal["patient", "practitioner", "pharmacist"]


async def key_of(tx: Tx, patient_id: str) -> bytes:
    """The wrapped key of a patient. Errors: NotFound when they were erased, and their papers with them."""
    key: bytes | None = await tx.fetchval("SELECT key FROM parties.seal WHERE party_id = $1", patient_id)
    if key is None:
        raise NotFound("paper")
    return key


def close_paper(
    seal: Seal, paper: str, patient: tuple[str, bytes], practitioner_id: str, plain: bytes
) -> tuple[bytes, bytes]:
    """(sealed key, sealed content) of a paper; `patient` with their wrapped key."""
    owner = f"{paper} {patient[0]} {practitioner_id}"
    wrapped = seal.new_key(owner)
    return seal.close(*patient, wrapped), seal.close(owner, wrapped, plain)


def open_paper(
    seal: Seal, paper: str, patient: tuple[str, bytes], practitioner_id: str, key: bytes, content: bytes
) -> bytes:
    """What a paper says. Errors: PaperAltered."""
    try:
        return seal.open(f"{paper} {patient[0]} {practitioner_id}", seal.open(*patient, key), content)
    except ValueError:
        raise PaperAltered from None


async def note_opening(
    tx: Tx, kind: Literal["record", "prescription"], paper: str, patient_id: str, by: str, as_what: Reader, now: datetime
) -> None:  # fmt: skip
    """Write down that a paper is opened, in the transaction that opens it."""
    await tx.execute(
        "INSERT INTO parties.opening (paper, patient_id, by, as_what, at) VALUES ($1, $2, $3, $4, $5)",
        paper, patient_id, by, as_what, now,
    )  # fmt: skip
    await facts.tell(tx, f"{kind}.opened", paper, by, now, {"as": as_what})
