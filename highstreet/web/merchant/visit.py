"""One visit: its record and its prescriptions. Only whoever holds it opens what was written."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from highstreet import parties
from highstreet.kit.errors import NotFound, Refusal
from highstreet.kit.ids import spoken
from highstreet.market import visits as flow
from highstreet.market.views import visits as views
from highstreet.web.frame import Form, GivenForm
from highstreet.web.merchant.desk import Desk, GivenDesk
from highstreet.web.merchant.filled import Filled
from highstreet.web.merchant.visits import licensed_here

_ROWS = 3
_FIELDS = ("before", "complaint", "findings", "diagnosis", "advice")


@get("/visits/{order_id:str}")
async def visit(desk: GivenDesk, order_id: FromPath[str], q: FromQuery[str] = "") -> Response[str]:
    return await _page(desk, order_id, q=q)


@post("/visits/{order_id:str}/record", status_code=200)
async def write(desk: GivenDesk, order_id: FromPath[str], form: GivenForm) -> Response[Any]:
    """Seal a record; nothing typed is lost when it is refused."""
    f = Filled(desk.lang, form)
    note = parties.records.Note(**{name: form.get(name) for name in _FIELDS})
    try:
        async with desk.market.db.transaction() as tx:
            await flow.write_record(
                desk.market, tx, desk.id, order_id, desk.session.party_id, note, desk.visitor.now
            )
    except Refusal as no:
        f.refused(no, "before" if no.code == "first_visit" else "")
        return await _page(desk, order_id, record=f)
    return desk.go(
        f"/visits/{order_id}", "Sealed. Only the patient and you can open it; every opening is written down."
    )


@post("/visits/{order_id:str}/records/{record_id:str}", status_code=200)
async def open_record(desk: GivenDesk, order_id: FromPath[str], record_id: FromPath[str]) -> Response[Any]:
    """Open what was written, which is written down."""
    async with desk.market.db.transaction() as tx:
        found, note = await parties.records.read(
            tx, desk.market.seal, record_id, desk.session.party_id, desk.visitor.now
        )
    if found.order_id != order_id:
        raise NotFound("record")
    return await _page(desk, order_id, opened=(found, note))


@post("/visits/{order_id:str}/prescriptions", status_code=200)
async def prescribe(desk: GivenDesk, order_id: FromPath[str], form: GivenForm) -> Response[Any]:
    """Sign a prescription."""
    f = Filled(desk.lang, form)
    try:
        if form.get("sign") != "1":
            f.wrong("sign", "Please sign it.", "请确认签名。")
            return await _page(desk, order_id, rx=f)
        async with desk.market.db.read() as tx:
            known = {one.substance: one for one in await views.drugs(tx, "", 500)}
        wanted = flow.Wanted(
            form.get("for"),
            tuple(_medicines(desk, form, known)),
            int(f.whole("days", least=1, most=parties.prescriptions.MOST_DAYS_CHRONIC) or 0),
            form.get("chronic"),
        )
        number = await flow.prescribe(
            desk.market, desk.id, order_id, desk.session.party_id, wanted, desk.visitor.now, desk.key(form, order_id)
        )  # fmt: skip
    except Refusal as no:
        f.refused(no)
        return await _page(desk, order_id, rx=f)
    return desk.go(f"/visits/{order_id}", "Signed: %(number)s. The patient has it now.", number=number)


def _medicines(desk: Desk, form: Form, known: dict[str, views.Drug]) -> list[parties.prescriptions.Medicine]:
    found: list[parties.prescriptions.Medicine] = []
    for n in range(1, _ROWS + 1):
        substance = form.get(f"drug{n}")
        if not substance:
            continue
        if substance not in known:
            raise NotFound("medicine")
        name = known[substance].title.say(desk.lang)
        packs, times = form.whole(f"packs{n}", 1), form.whole(f"times{n}", 1)
        found.append(parties.prescriptions.Medicine(substance, name, form.get(f"dose{n}"), packs, times))
    return found


async def _page(
    desk: Desk,
    order_id: str,
    *,
    record: Filled | None = None,
    rx: Filled | None = None,
    opened: tuple[parties.records.Record, parties.records.Note] | None = None,
    q: str = "",
) -> Response[str]:
    desk.require("see_orders")
    now, me = desk.visitor.now, desk.session.party_id
    async with desk.market.db.read() as tx:
        found = None if "\x00" in order_id else await views.visit(tx, order_id)
        if found is None or found.seller_id != desk.id or found.format not in flow.prescribing(desk.market):
            raise NotFound("visit")
        people = [one for one in (found.buyer_id, found.practitioner_id) if one]
        names = await parties.people.names(tx, desk.market.seal, people)
        records = await parties.records.of_visit(tx, order_id)
        signed = await parties.prescriptions.of_visit(tx, order_id)
        drugs = await views.drugs(tx, q[:60])
        licensed = await licensed_here(tx, desk)
    wrong = next((f for f in (record, rx) if f is not None and not f.ok), None)
    return desk.show(
        "visit.html",
        status=wrong.status if wrong else 200,
        at="/merchant/visits",
        visit=found,
        number=spoken(found.number),
        names=names,
        records=records,
        signed=signed,
        drugs=drugs,
        q=q[:60],
        begun=found.starts is not None and now >= found.starts,
        mine=licensed and found.practitioner_id in (None, me) and found.buyer_id not in (None, me),
        licensed=licensed,
        r=record or Filled(desk.lang),
        f=rx or Filled(desk.lang, start={"days": "1"}),
        opened=opened,
        rows=_ROWS,
        most=(parties.prescriptions.MOST_DAYS, parties.prescriptions.MOST_DAYS_CHRONIC),
    )


ROUTES = [visit, write, open_record, prescribe]
