"""Who takes part in programmes: applications decided in batches, who is in, and the list of serious violators."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from highstreet import parties, policy
from highstreet.kit.db import Tx
from highstreet.kit.errors import Malformed, NotFound, Refusal
from highstreet.market.views import settled as views
from highstreet.web.city.desk import Desk, GivenDesk
from highstreet.web.frame import GivenForm

QUALITIES = ("food", "price_filed", "small", "recycles")


@get("/applications")
async def applications(desk: GivenDesk) -> Response[str]:
    return await _page(desk)


async def _page(desk: Desk, refused: Refusal | None = None) -> Response[str]:
    desk.require("programmes")
    async with desk.market.db.read() as tx:
        waiting = await policy.applications.waiting(tx)
        programmes = await views.programmes(tx)
        inside = {
            one.id: await policy.enrolments.of_programme(tx, one.id)
            for one in programmes
            if one.state == "running"
        }
        violators = await policy.enrolments.violators(tx, desk.now)
        sellers = {e.seller_id for all_ in inside.values() for e in all_} | {a.seller_id for a in waiting}
        names = await desk.names(tx, sellers | {seller for seller, _ in violators})
        papers = await views.licences(tx, [paper for one in waiting for paper in one.papers])
    read = {one.id: policy.instruments.read(one.rules) for one in programmes}
    return desk.show(
        "applications.html", refused=refused, waiting=waiting, inside=inside, violators=violators, names=names, papers=papers,
        programmes={key: one.name for key, one in read.items()}, qualities=QUALITIES,
        asks={key: (one.rule_on(desk.now, desk.market.tz) or one.rules[-1]).sellers for key, one in read.items()},
    )  # fmt: skip


@post("/applications")
async def decide(desk: GivenDesk, form: GivenForm) -> Response[Any]:
    """Decide on all that are ticked, together: all of them or none."""
    desk.require("programmes")
    chosen, accepted = form.all("application"), form.get("answer") == "accept"
    try:
        if not chosen:
            raise Malformed("application", "tick at least one", "请至少勾选一项")
        async with desk.market.db.transaction() as tx:
            for one in chosen:
                qualities = frozenset(set(form.all("qualities")) & set(QUALITIES))
                done = await policy.applications.decide(
                    tx, one, accepted, qualities, form.get("reason"), desk.by, desk.now
                )
                body = {"programme": done.programme_id, "state": done.state}
                await parties.notices.tell_staff(
                    tx, done.seller_id, "application_decided", body, desk.now, subject=done.id
                )
    except Refusal as no:
        return await _page(desk, no)
    return desk.go("/applications", "Decided. The shops are told.")


@post("/applications/{programme_id:str}/{seller_id:str}/end")
async def end(
    desk: GivenDesk, programme_id: FromPath[str], seller_id: FromPath[str], form: GivenForm
) -> Response[Any]:
    """A seller takes part no longer, from now on."""
    desk.require("programmes")
    why = form.get("why") or "ended by the city"
    await desk.market.db.run(policy.enrolments.end, programme_id, seller_id, desk.now, why, desk.by, desk.now)
    return desk.go("/applications", "It takes part no longer. Orders paid before stay as they are.", "info")


@post("/applications/violators")
async def violator(desk: GivenDesk, form: GivenForm) -> Response[Any]:
    """Put a business on the list of serious violators, by its registered name or code, or take it off."""
    desk.require("programmes")
    try:
        until = desk.moment(form.get("until"), "until") if form.get("until") else desk.now
        if form.get("seller"):
            await desk.market.db.run(_listed, form.get("seller"), until, desk)
        else:
            await desk.market.db.run(_found, form.get("name"), until, desk)
    except Refusal as no:
        return await _page(desk, no)
    return desk.go("/applications", "The list is as you said.")


async def _found(tx: Tx, name: str, until: Any, desk: Desk) -> None:
    found = await views.businesses_like(tx, re.sub(r"\s+", " ", name.strip()))
    if len(found) != 1:
        raise NotFound("business")
    if until <= desk.now + timedelta(hours=1):
        raise Malformed("until", "must be in the future", "须为将来日期")
    await _listed(tx, found[0][0], until, desk)


async def _listed(tx: Tx, seller_id: str, until: Any, desk: Desk) -> None:
    await policy.enrolments.qualify(tx, seller_id, "violator", until, desk.by, desk.now)


ROUTES = [applications, decide, end, violator]
