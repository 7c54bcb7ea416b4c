"""A programme's draft: its text, the line that is wrong, and what it says in plain words. Nothing typed is ever lost."""

from __future__ import annotations

from typing import Any, NamedTuple

from litestar import Response, get, post
from litestar.params import FromPath

from highstreet import policy
from highstreet.kit.errors import Malformed, Refusal
from highstreet.market.views import city as views
from highstreet.policy import Programme, WrongProgramme
from highstreet.web.city.desk import Desk, GivenDesk
from highstreet.web.city.difference import Line, difference
from highstreet.web.frame import GivenForm
from highstreet.web.sessions import AnyRequest


class Read(NamedTuple):
    """A text as it was read. line: the one that is wrong, 0 when none is; lines: how many there are."""

    text: str
    programme: Programme | None
    line: int
    wrong: Refusal | None
    lines: int
    told: list[policy.explaining.Told]


async def read(desk: Desk, programme_id: str, text: str) -> Read:
    """The text, with what it says or which line is wrong."""
    count = text.count("\n") + 1
    try:
        programme = policy.instruments.read(text)
    except WrongProgramme as no:
        return Read(text, None, int(str(no.values["line"])), no, count, [])
    if programme.id != programme_id or programme.currency != desk.market.currency:
        key = "id" if programme.id != programme_id else "currency"
        line = next((n for n, one in enumerate(text.splitlines(), 1) if one.strip().startswith(key)), 1)
        no = WrongProgramme(
            line=line,
            problem=f"this is {programme_id}, in {desk.market.currency}",
            problem_zh=f"此政策为 {programme_id}，币种 {desk.market.currency}",
        )
        return Read(text, None, line, no, count, [])
    async with desk.market.db.read() as tx:
        names = await views.kinds(tx)
    return Read(text, programme, 0, None, count, policy.explaining.explain(programme, names))


@get("/programmes/{programme_id:str}/draft")
async def draft(desk: GivenDesk, programme_id: FromPath[str], asked: GivenForm) -> Response[str]:
    """The draft as it was saved last; `n`: an earlier saving, to look at or to go on from."""
    desk.require("programmes")
    async with desk.market.db.read() as tx:
        one = await policy.budgets.standing(tx, programme_id)
        last = await policy.drafts.latest(tx, programme_id)
        n = asked.whole("n", 0)
        shown = await policy.drafts.saved(tx, programme_id, n) if n else last
    text = shown.text if shown else one.rules or ""
    return await _page(desk, programme_id, text, last.n if last else 0)


async def _page(
    desk: Desk, programme_id: str, text: str, began_from: int, refused: Refusal | None = None, why: str = ""
) -> Response[str]:
    async with desk.market.db.read() as tx:
        one = await policy.budgets.standing(tx, programme_id)
        savings = await policy.drafts.savings(tx, programme_id)
        names = await desk.names(tx, {each.by for each in savings})
    theirs: list[Line] = []
    if isinstance(refused, policy.errors.DraftMoved) and savings:
        theirs, began_from = difference(text, savings[0].text), savings[0].n
    return desk.show(
        "draft.html",
        refused=refused,
        one=one,
        it=await read(desk, programme_id, text),
        began_from=began_from,
        savings=savings,
        names=names,
        theirs=theirs,
        why=why,
        today=desk.now.astimezone(desk.market.tz).date(),
    )


@post("/programmes/{programme_id:str}/draft", status_code=200)
async def save(request: AnyRequest, desk: GivenDesk, programme_id: FromPath[str]) -> Response[Any]:
    """Keep it; with `do` also propose it, or go and try it."""
    desk.require("programmes")
    text, began_from, do, why = await _sent(request)
    try:
        async with desk.market.db.transaction() as tx:
            await policy.budgets.standing(tx, programme_id)
            n = await policy.drafts.save(tx, programme_id, text, began_from, desk.by, desk.now)
    except Refusal as no:
        return await _page(desk, programme_id, text, began_from, no, why)
    if do == "propose":
        try:
            async with desk.market.db.transaction() as tx:
                one = await policy.budgets.propose(
                    tx, programme_id, "rules", {"rules": text}, why, desk.by, desk.now
                )
        except Refusal as no:
            return await _page(desk, programme_id, text, n, no, why)
        return desk.go(f"/changes/{one.id}", "Proposed. Somebody else decides.")
    page = "rehearsal" if do == "rehearse" else "draft"
    return desk.go(f"/programmes/{programme_id}/{page}", "Saved.")


@post("/programmes/{programme_id:str}/draft/check", status_code=200)
async def check(request: AnyRequest, desk: GivenDesk, programme_id: FromPath[str]) -> Response[str]:
    """What the text says as it stands in the field, saved or not."""
    desk.require("programmes")
    text, *_ = await _sent(request)
    return desk.show(
        "draft.html",
        part="told",
        it=await read(desk, programme_id, text),
        today=desk.now.astimezone(desk.market.tz).date(),
    )


async def _sent(request: AnyRequest) -> tuple[str, int, str, str]:
    """The form: a file is longer than other fields, and its spaces are its own."""
    form = await request.form()
    text = str(form.get("text", "")).replace("\r\n", "\n")
    if len(text) > policy.drafts.LONGEST or "\x00" in text:
        raise Malformed("text", "is too long", "内容过长")
    began = str(form.get("began_from", "0"))
    return (
        text,
        int(began) if began.isascii() and began.isdigit() and len(began) < 9 else 0,
        str(form.get("do", "")),
        str(form.get("why", ""))[:500].strip(),
    )


ROUTES = [draft, save, check]
