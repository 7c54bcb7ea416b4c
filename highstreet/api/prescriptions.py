"""Prescriptions: which one has, and showing one to a pharmacy. What papers say is opened by people on the pages, not by programs."""

from __future__ import annotations

from datetime import datetime

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody

from highstreet import parties
from highstreet.api import keys
from highstreet.api.shapes import Id
from highstreet.api.tokens import Call, market_of, must_have
from highstreet.kit.db import Tx
from highstreet.kit.errors import NotFound

_SHOW = "POST /api/prescriptions/{number}/showings"


class Shown(msgspec.Struct, frozen=True):
    """A pharmacy it was shown to: `accepted` once its pharmacist has said so."""

    pharmacy: str
    at: datetime
    accepted: bool | None
    reason: str | None


class PrescriptionTold(msgspec.Struct, frozen=True):
    """A prescription: until when it holds, and how many times something can still be had on it.

    A line for what is sold on prescription is quoted with its `number` as the choice `prescription`.
    """

    number: str
    issued_at: datetime
    valid_to: datetime
    left: int
    shown: list[Shown]


class ToPharmacy(msgspec.Struct, frozen=True):
    """The seller whose pharmacist is to look at it."""

    pharmacy: Id


@get("/api/prescriptions", tags=["buying"])
async def own_prescriptions(request: Call) -> list[PrescriptionTold]:
    """The prescriptions of the token's person, the latest first. Scope orders:write."""
    token = await must_have(request, "own")
    async with market_of(request).db.read() as tx:
        return await _told(tx, token.party_id)


@post("/api/prescriptions/{number:str}/showings", status_code=200, tags=["buying"])
async def show_prescription(
    request: Call, number: FromPath[str], data: JSONBody[ToPharmacy]
) -> PrescriptionTold:
    """Show it to a pharmacy, whose pharmacist then looks. Refuses prescription_not_yours, prescription_expired.

    Scope orders:write; needs an Idempotency-Key.
    """
    token = await must_have(request, "own")
    market = market_of(request)
    now = market.clock()
    if "\x00" in number:
        raise NotFound("prescription")

    async def go(tx: Tx) -> PrescriptionTold:
        local = now.astimezone(market.tz)
        await parties.prescriptions.show(tx, number, data.pharmacy, token.party_id, now, local)
        return next(one for one in await _told(tx, token.party_id) if one.number == number)

    key = keys.key_of(request, token.party_id, f"{_SHOW} {number}", data)
    return await keys.once(request, key, PrescriptionTold, go)


async def _told(tx: Tx, person_id: str) -> list[PrescriptionTold]:
    found = await parties.prescriptions.of_patient(tx, person_id)
    shown = await parties.prescriptions.showings(tx, person_id)
    return [
        PrescriptionTold(
            one.number,
            one.issued_at,
            one.valid_to,
            one.left,
            [Shown(s.pharmacy_id, s.at, s.accepted, s.reason) for s in shown if s.number == one.number],
        )
        for one in found
    ]
