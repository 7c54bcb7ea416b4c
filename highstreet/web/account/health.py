"""My health papers: what was written about me at visits, my prescriptions and where they are, and who opened any of it."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from highstreet import parties
from highstreet.kit.errors import NotFound, Refusal
from highstreet.market import visits as flow
from highstreet.market.desk import Market
from highstreet.market.views import visits as views
from highstreet.web.frame import (
    GivenForm,
    GivenMarket,
    GivenVisitor,
    Visitor,
    back_to,
    go,
    say,
    show,
    signed_in,
)


@get("/me/health")
async def health(market: GivenMarket, visitor: GivenVisitor) -> Response[str]:
    """Everything, unopened."""
    return await _page(market, visitor)


@post("/me/health/records/{record_id:str}", status_code=200)
async def open_record(market: GivenMarket, visitor: GivenVisitor, record_id: FromPath[str]) -> Response[Any]:
    """Open one of my records; that is written down too."""
    mine = signed_in(visitor).party_id
    async with market.db.transaction() as tx:
        told = await parties.records.read(tx, market.seal, _clean(record_id), mine, visitor.now)
    return await _page(market, visitor, record=told)


@post("/me/health/prescriptions/{number:str}", status_code=200)
async def open_prescription(
    market: GivenMarket, visitor: GivenVisitor, number: FromPath[str]
) -> Response[Any]:
    """Open one of my prescriptions."""
    mine, local = signed_in(visitor).party_id, visitor.now.astimezone(market.tz)
    async with market.db.transaction() as tx:
        told = await parties.prescriptions.read(tx, market.seal, _clean(number), mine, visitor.now, local)
    return await _page(market, visitor, prescription=told)


@post("/me/health/prescriptions/{number:str}/showings", status_code=200)
async def show_to(
    market: GivenMarket, visitor: GivenVisitor, number: FromPath[str], form: GivenForm
) -> Response[Any]:
    """Show one to a pharmacy."""
    mine, local = signed_in(visitor).party_id, visitor.now.astimezone(market.tz)
    back = back_to(form.get("back"), "/me/health")
    try:
        async with market.db.transaction() as tx:
            await parties.prescriptions.show(
                tx, _clean(number), form.get("pharmacy"), mine, visitor.now, local
            )
    except Refusal as refused:
        return go(visitor, back, say=refused.sentence(visitor.lang), kind="refusal")
    return go(visitor, back, say=say(visitor, "The pharmacist looks at it and tells you here."))


async def _page(
    market: Market,
    visitor: Visitor,
    record: tuple[parties.records.Record, parties.records.Note] | None = None,
    prescription: parties.prescriptions.Prescription | None = None,
) -> Response[str]:
    mine, local = signed_in(visitor).party_id, visitor.now.astimezone(market.tz)
    async with market.db.read() as tx:
        written = await parties.records.of_patient(tx, mine)
        signed = await parties.prescriptions.of_patient(tx, mine)
        shown = await parties.prescriptions.showings(tx, mine)
        seen = await parties.records.openings(tx, mine)
        pharmacies = await views.pharmacies(tx, local.date())
        to_book = await views.to_book(tx, _by_name(market))
        people = {one.practitioner_id for one in (*written, *signed)} | {one.by for one in seen}
        names = await parties.people.names(tx, market.seal, sorted(people))
        places = await views.names(
            tx, sorted({one.pharmacy_id for one in shown} | {one.clinic_id for one in signed})
        )
    return show(
        visitor,
        "account/health.html",
        mine=mine,
        written=written,
        signed=signed,
        shown={one.number: [s for s in shown if s.number == one.number] for one in signed},
        seen=seen,
        names=names,
        places=places,
        pharmacies=pharmacies,
        to_book=to_book,
        record=record,
        told=prescription,
    )


def _by_name(market: Market) -> list[str]:
    return sorted({market.format(code).name for code in flow.prescribing(market)})


def _clean(text: str) -> str:
    if "\x00" in text:
        raise NotFound("paper")
    return text
