"""A new programme: a voucher from a few answers, one of the shipped files, or a copy of another of the city's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NamedTuple

from litestar import Response, get, post

from highstreet import policy
from highstreet.kit.db import Tx
from highstreet.kit.errors import Malformed, NotFound, Refusal
from highstreet.kit.text import Words
from highstreet.web.city.desk import Desk, GivenDesk
from highstreet.web.frame import GivenForm
from highstreet.web.merchant.filled import Filled

_USUAL = {"least": "50", "off": "10", "days": "7", "each": "1"}


class _Copied(NamedTuple):
    """A file one may begin from."""

    value: str
    name: Words
    source: str


@get("/new")
async def new(desk: GivenDesk) -> Response[str]:
    desk.require("programmes")
    return await _page(
        desk, Filled(desk.lang, start=_USUAL | {"first": desk.today(), "last": desk.today(89)})
    )


async def _page(desk: Desk, f: Filled, refused: Refusal | None = None) -> Response[str]:
    async with desk.market.db.read() as tx:
        ours = await _ours(tx)
    shipped = [_Copied(f"shipped:{name}", *_headed(text)) for name, text in policy.drafts.shipped().items()]
    return desk.show("new.html", status=f.status, refused=refused, f=f, shipped=shipped, ours=ours)


async def _ours(tx: Tx) -> list[_Copied]:
    found = await policy.budgets.everyone(tx)
    return [_Copied(f"ours:{one.id}", *_headed(one.rules)) for one in found if one.rules]


def _headed(text: str) -> tuple[Words, str]:
    programme = policy.instruments.read(text)
    return programme.name, programme.rules[-1].source


@post("/new/voucher", status_code=200)
async def voucher(desk: GivenDesk, form: GivenForm) -> Response[Any]:
    """The commonest programme: so much off from so much on."""
    desk.require("programmes")
    f = Filled(desk.lang, form)
    currency = desk.market.currency
    programme_id = f.text("id", required=True, most=40)
    name, source = f.words("name", required=True, most=80), f.text("source", required=True, most=300)
    first, last = f.day("first"), f.day("last")
    least, off = f.money("least", currency), f.money("off", currency)
    days, each = f.whole("days", least=1, most=366), f.whole("each", least=1, most=10)
    if (
        not f.ok
        or first is None
        or last is None
        or least is None
        or off is None
        or days is None
        or each is None
    ):
        return await _page(desk, f)
    asked = policy.drafts.Voucher(
        id=programme_id,
        name=Words(name.en or name.zh, name.zh or name.en),
        source=source,
        first=first,
        after=last + timedelta(days=1),
        least=least,
        off=off,
        days=days,
        each=each,
        sellers=("enrolled", "food") if f.value("food") else ("enrolled",),
        ways=("in_person",) if f.value("in_person") else (),
    )
    text = policy.drafts.voucher(asked, currency)
    try:
        policy.instruments.read(text)
        return await _begin(desk, programme_id, text)
    except Refusal as no:
        f.refused(no, "off" if isinstance(no, policy.WrongProgramme) else "id")
        return await _page(desk, f)


@post("/new/copy", status_code=200)
async def copy(desk: GivenDesk, form: GivenForm) -> Response[Any]:
    """A file that is there already, under another name."""
    desk.require("programmes")
    f = Filled(desk.lang, form, _USUAL | {"first": desk.today(), "last": desk.today(89)})
    where, _, name = form.get("from").partition(":")
    programme_id = form.get("copy_id") or name
    try:
        text = await _text(desk, where, name)
        return await _begin(desk, programme_id, policy.drafts.renamed(text, programme_id))
    except Refusal as no:
        f.refused(no, "copy_id")
        return await _page(desk, f)


async def _text(desk: Desk, where: str, name: str) -> str:
    if where == "empty":
        return ""
    if where == "shipped":
        found = policy.drafts.shipped().get(name)
    else:
        async with desk.market.db.read() as tx:
            found = (await policy.budgets.standing(tx, name)).rules
    if found is None:
        raise NotFound("programme")
    return found


async def _begin(desk: Desk, programme_id: str, text: str) -> Response[Any]:
    """Errors: Malformed for a name that is taken, or none."""
    async with desk.market.db.transaction() as tx:
        made = await policy.budgets.draft(
            tx, programme_id, desk.city, desk.market.currency, desk.by, desk.now
        )
        if not made:
            raise Malformed("id", "is taken; choose another", "已被使用，请换一个")
        await policy.drafts.save(tx, programme_id, text, 0, desk.by, desk.now)
    return desk.go(f"/programmes/{programme_id}/draft", "The draft is begun. Nothing is in force yet.")


ROUTES = [new, voucher, copy]
