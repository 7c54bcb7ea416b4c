"""One programme of public money in this shop: taking part, what it brought, its settlements, and cases on it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from highstreet import parties, policy
from highstreet.kit.errors import NotFound, Refusal
from highstreet.market import settling
from highstreet.market.views import enrolling as views
from highstreet.web.frame import GivenForm
from highstreet.web.merchant.desk import Desk, GivenDesk
from highstreet.web.merchant.filled import Filled
from highstreet.web.merchant.programmes import seen_by


@get("/programmes/{programme_id:str}")
async def programme(desk: GivenDesk, programme_id: FromPath[str]) -> Response[str]:
    return await _page(desk, programme_id, Filled(desk.lang))


async def _page(desk: Desk, programme_id: str, f: Filled) -> Response[str]:
    desk.require("takings")
    async with desk.market.db.read() as tx:
        seen = next((one for one in await seen_by(tx, desk) if one.one.id == programme_id), None)
        if seen is None:
            raise NotFound("programme")
        brought = await views.brought(tx, programme_id, desk.id)
        settlements = await policy.settlements.settlements(tx, programme_id, desk.id)
        rows = {one.id: await policy.settlements.rows_of(tx, one.id, desk.id) for one in settlements}
        cases = [
            c for c in await policy.clawbacks.cases(tx, seller_id=desk.id) if c.programme_id == programme_id
        ]
        numbers = await views.numbers(tx, [case.order_id for case in cases])
        licences = await parties.licences.licences_of(tx, desk.id)
        violator = await policy.enrolments.violator(tx, desk.id, desk.visitor.now)
        told = await policy.settlements.told_hash(tx, programme_id)
    return desk.show(
        "programme.html", status=f.status, at="/merchant/takings", f=f, seen=seen, brought=brought, settlements=settlements, rows=rows,
        cases=cases, numbers=numbers, licences=[one for one in licences if one.state == "accepted"], violator=violator, told=told,
        statements=policy.applications.STATEMENTS, terms=policy.eligibility.terms, now=desk.visitor.now, one_second=timedelta(seconds=1),
    )  # fmt: skip


@post("/programmes/{programme_id:str}/applications")
async def apply(desk: GivenDesk, programme_id: FromPath[str], form: GivenForm) -> Response[Any]:
    """Ask to take part, with what the office wants stated and the licences it may look at."""
    desk.require("takings")
    f = Filled(desk.lang, form)
    try:
        async with desk.market.db.transaction() as tx:
            papers = {one.id for one in await parties.licences.licences_of(tx, desk.id)}
            await policy.applications.apply(
                tx, programme_id, desk.id, form.all("statements"), sorted(papers & set(form.all("papers"))),
                desk.session.party_id, desk.visitor.now,
            )  # fmt: skip
    except Refusal as no:
        f.refused(no, "statements")
        return await _page(desk, programme_id, f)
    return desk.go(f"/programmes/{programme_id}", "Asked. The city answers, usually within a few days.")


@post("/programmes/{programme_id:str}/leaving")
async def leave(desk: GivenDesk, programme_id: FromPath[str]) -> Response[Any]:
    """Take part no longer; or take back the wish to."""
    desk.require("takings")
    async with desk.market.db.transaction() as tx:
        asked = (await policy.applications.latest(tx, desk.id)).get(programme_id)
        by, now = desk.session.party_id, desk.visitor.now
        if asked is not None and asked.state == "asked":
            await policy.applications.withdraw(tx, asked.id, desk.id, by, now)
        else:
            await policy.enrolments.end(tx, programme_id, desk.id, now, "left", by, now)
    return desk.go(
        f"/programmes/{programme_id}",
        "You take no part from now on. Orders paid before stay as they are.",
        "info",
    )


@post("/programmes/{programme_id:str}/cases/{case_id:str}")
async def speak(
    desk: GivenDesk, programme_id: FromPath[str], case_id: FromPath[str], form: GivenForm
) -> Response[Any]:
    """Answer a case while it is open, or appeal against what was decided."""
    desk.require("takings")
    f = Filled(desk.lang, form)
    step = policy.clawbacks.appeal if form.get("step") == "appeal" else policy.clawbacks.answer
    try:
        await desk.market.db.run(
            step, case_id, desk.id, form.get("said"), desk.session.party_id, desk.visitor.now
        )
    except Refusal as no:
        f.refused(no, case_id)
        return await _page(desk, programme_id, f)
    return desk.go(f"/programmes/{programme_id}#case", "Said. The city reads it and answers.")


@get("/programmes/{programme_id:str}/settlements/{settlement_id:str}/{kind:str}")
async def file(
    desk: GivenDesk, programme_id: FromPath[str], settlement_id: FromPath[str], kind: FromPath[str]
) -> Response[str]:
    """This shop's file of a settlement, as it was drawn up."""
    desk.require("takings")
    async with desk.market.db.read() as tx:
        one = await policy.settlements.settlement(tx, settlement_id)
        found = await settling.files(tx, one)
    name = f"{desk.id}.{kind}"
    if one.programme_id != programme_id or kind not in ("csv", "jsonl") or name not in found:
        raise NotFound("file")
    called = f"{programme_id}-{one.n}.{kind}"
    headers = {"content-disposition": f'attachment; filename="{called}"', "cache-control": "no-store"}
    media = "text/csv; charset=utf-8" if kind == "csv" else "application/jsonl; charset=utf-8"
    return Response(found[name], media_type=media, headers=headers)


ROUTES = [programme, apply, leave, speak, file]
