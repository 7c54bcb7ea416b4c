"""Scenarios on sale: what is taken off each part starts when a scenario opens and stops when it closes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from highstreet import catalog, parties, pricing
from highstreet.catalog import Part, Scenario, Wanted
from highstreet.kit.db import Tx
from highstreet.kit.text import Words
from highstreet.pricing import NewPromotion


async def describe(
    tx: Tx, curator_id: str, name: Words, about: Words, picture: str, parts: Sequence[Wanted], until: datetime, now: datetime
) -> str:  # fmt: skip
    """Put a scenario together and ask everybody it needs; its identifier. Errors: as `catalog.describe_scenario`."""
    made = await catalog.describe_scenario(
        tx, curator_id=curator_id, name=name, about=about, picture=picture, parts=parts, until=until, now=now
    )
    found = await catalog.read_scenario(tx, made)
    asked = {part.seller_id for part in found.parts} | {
        part.funder_id for part in found.parts if part.funder_id
    }
    for party in sorted(asked - {curator_id}):
        await parties.notices.tell_staff(tx, party, "scenario_asked", {"scenario": made}, now, subject=made)
    return made


async def open_scenario(tx: Tx, curator_id: str, scenario_id: str, by: str, now: datetime) -> None:
    """Put a scenario on sale: whoever buys all of its parts together gets what their funders agreed to.

    Errors: NotFound for somebody else's or one that was open before, SellerAsked, FunderAsked, ScenarioRefused, ScenarioBroken.
    """
    found = await catalog.read_scenario(tx, scenario_id)
    started = {
        part.offer_id: (await pricing.start(tx, _promotion(found, part, now), by, now)).id
        for part in found.parts
        if part.funder_id is not None
    }
    await catalog.open_scenario(tx, curator_id, scenario_id, started, now=now)


async def close_scenario(tx: Tx, curator_id: str, scenario_id: str, by: str, now: datetime) -> None:
    """Take it off sale with what it took off. Orders keep the price they agreed. Errors: NotFound."""
    found = await catalog.read_scenario(tx, scenario_id)
    await catalog.close_scenario(tx, curator_id, scenario_id, now=now)
    if not found.open_at(now):
        return
    for part in found.parts:
        running = {one.id for one in await pricing.running(tx, part.seller_id, now)}
        if part.promotion_id in running:
            await pricing.stop(tx, part.promotion_id, part.seller_id, by, now)


def _promotion(of: Scenario, part: Part, now: datetime) -> NewPromotion:
    return NewPromotion(
        seller_id=part.seller_id,
        funder_id=part.funder_id or part.seller_id,
        name=of.name,
        kind="together",
        rule={"bps": part.off_bps, "needs": [[one.offer_id, one.quantity] for one in of.parts]},
        valid_from=now,
        valid_to=of.until,
        offers=(part.offer_id,),
    )
