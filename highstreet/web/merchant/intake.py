"""A spreadsheet as it was read: what its lines make, an error for each that makes nothing, and taking what holds."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from highstreet import catalog, inventory, parties
from highstreet.web.frame import GivenForm
from highstreet.web.merchant.desk import Desk, GivenDesk
from highstreet.web.merchant.filled import Filled
from highstreet.web.merchant.licences import held

_MOST_SHOWN = 200


@get("/sheets/{intake_id:str}")
async def intake(desk: GivenDesk, intake_id: FromPath[str]) -> Response[str]:
    desk.require("sell")
    return await _preview(desk, intake_id, Filled(desk.lang))


async def _preview(desk: Desk, intake_id: str, f: Filled) -> Response[str]:
    async with desk.market.db.read() as tx:
        found = await catalog.read_intake(tx, desk.id, intake_id)
        known = await catalog.categories(tx)
        shops = await parties.places.places_of(tx, desk.id)
        mine = await held(tx, desk)
    needs = {known.licence(row.category_id) for row in found.rows} - {None} - mine
    return desk.show(
        "intake.html",
        status=f.status,
        at="/merchant/goods",
        f=f,
        intake=found,
        errors=found.errors[:_MOST_SHOWN],
        bad=len({one.row for one in found.errors}),
        rows=found.rows[:_MOST_SHOWN],
        columns={column.code: column.name for column in catalog.COLUMNS},
        known=known,
        shops=shops,
        formats=[one for one in desk.market.formats.values() if "goods" in one.sells],
        needs=[catalog.LICENCES[kind] for kind in needs if kind in catalog.LICENCES],
        pieces=sum(row.stock for row in found.rows),
    )


@post("/sheets/{intake_id:str}/taking")
async def take(desk: GivenDesk, intake_id: FromPath[str], form: GivenForm) -> Response[Any]:
    """List the rows that hold, and receive the stock they name. Sending it again changes nothing."""
    desk.require("sell")
    f = Filled(desk.lang, form)
    place_id = f.text("place", required=True)
    formats = [one.name for one in desk.market.formats.values() if one.name in f.all("format")]
    if not formats:
        f.wrong("format", "Choose at least one way to sell.", "请至少选择一种销售方式。")
    if not f.ok:
        return await _preview(desk, intake_id, f)
    now = desk.visitor.now
    async with desk.market.db.transaction() as tx:
        # Two clicks at once: the second waits here and then finds the table taken.
        await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", intake_id)
        before = await catalog.read_intake(tx, desk.id, intake_id)
        taken = await catalog.take(
            tx, intake_id, seller_id=desk.id, place_id=place_id, formats=formats, currency=desk.market.currency,
            licences=await held(tx, desk), known=await catalog.categories(tx), now=now,
        )  # fmt: skip
        if before.taken is None:
            for one in taken.stock:
                supply_id = await inventory.stock.open_stock(tx, one.variant_id, one.place_id)
                await inventory.stock.change(
                    tx, supply_id, "received", one.quantity, desk.session.party_id, now, note=before.file_name
                )
    return desk.go(
        f"/sheets/{intake_id}",
        "Taken: %(offers)s offers of %(items)s goods.",
        offers=taken.offers,
        items=taken.items,
    )


@post("/sheets/{intake_id:str}/drop")
async def drop(desk: GivenDesk, intake_id: FromPath[str]) -> Response[Any]:
    desk.require("sell")
    async with desk.market.db.transaction() as tx:
        await catalog.drop_intake(tx, desk.id, intake_id)
    return desk.go("/sheets", "Dropped. Nothing was listed.", kind="info")


ROUTES = [intake, take, drop]
