"""Stray money: paid, and no order takes it; and refunds that need a person. Each has an owner and a deadline."""

from __future__ import annotations

from typing import Any, cast

from litestar import Response, get, post

from highstreet import ledger
from highstreet.kit.errors import Refusal
from highstreet.web.frame import Form, GivenForm
from highstreet.web.operator.office import GivenOffice, Office


@get("/strays")
async def strays(office: GivenOffice) -> Response[str]:
    office.require("books")
    return await _page(office)


async def _page(office: Office, refused: Refusal | None = None, sent: Form | None = None) -> Response[str]:
    async with office.market.db.read() as tx:
        waiting = await ledger.strays.waiting(tx)
        settled = await ledger.strays.settled(tx, 20)
        refunds = await ledger.refunds.need_a_person(tx)
        people = {one.owner for one in waiting} | {one.settled_by or "" for one in settled}
        names = await office.names(tx, people)
    return office.show(
        "strays.html",
        refused=refused,
        waiting=waiting,
        settled=settled,
        refunds=refunds,
        names=names,
        sent=sent.get("id") if sent else "",
        note=sent.get("note") if sent else "",
    )


@post("/strays/take", status_code=200)
async def take(office: GivenOffice, form: GivenForm) -> Response[Any]:
    """I look after this one."""
    office.require("books")
    async with office.market.db.transaction() as tx:
        await ledger.strays.take(tx, form.get("id"), office.by, office.now)
    return office.go("/strays", "It is yours now.")


@post("/strays/settle", status_code=200)
async def settle(office: GivenOffice, form: GivenForm) -> Response[Any]:
    office.require("books")
    try:
        async with office.market.db.transaction() as tx:
            how = cast("ledger.strays.How", form.get("how"))
            done = await ledger.strays.settle(
                tx, form.get("id"), how, office.by, form.get("note"), office.now
            )
    except Refusal as no:
        return await _page(office, no, form)
    text = {
        "refunded": "The provider is asked to give it back; it stays in the list until that is done.",
        "matched": "Settled: it is money we know already.",
        "kept": "Settled: the market keeps it, and the books say so.",
    }[done.settled_how or "matched"]
    return office.go("/strays", text)


@post("/refunds/again", status_code=200)
async def refund_again(office: GivenOffice, form: GivenForm) -> Response[Any]:
    """Ask the provider once more for a refund that failed."""
    office.require("books")
    try:
        async with office.market.db.transaction() as tx:
            await ledger.refunds.again(tx, form.get("key"), office.by, office.now)
    except Refusal as no:
        return await _page(office, no, form)
    return office.go("/strays", "It is asked for again, as a new refund.")


@post("/refunds/by-hand", status_code=200)
async def refund_by_hand(office: GivenOffice, form: GivenForm) -> Response[Any]:
    """The buyer got the money some other way."""
    office.require("books")
    try:
        async with office.market.db.transaction() as tx:
            await ledger.refunds.by_hand(tx, form.get("key"), office.by, form.get("note"), office.now)
    except Refusal as no:
        return await _page(office, no, form)
    return office.go("/strays", "Settled: you gave it back by hand, and the books say so.")


ROUTES = [strays, take, settle, refund_again, refund_by_hand]
