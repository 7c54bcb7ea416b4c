"""Scenarios: offers of several sellers for one occasion, sold as one ("a weekend with the children").

A curator puts them together; whoever pays for what is taken off a part agrees before it opens. Nobody else's money is spent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from highstreet.catalog.errors import FunderAsked, ScenarioBroken, ScenarioRefused, SellerAsked, TitleMissing
from highstreet.kit import db, facts
from highstreet.kit.db import Tx
from highstreet.kit.errors import Malformed, NotFound
from highstreet.kit.ids import new_id
from highstreet.kit.text import Words

LEAST_PARTS, MOST_PARTS, MOST_OFF = 2, 12, 5_000
_LONGEST_NAME, _LONGEST_ABOUT = 120, 1_000


class Wanted(msgspec.Struct, frozen=True):
    """A part as its curator names it. `moment`: when in the course of the day it comes. `off_bps`: taken off, paid by `funder_id`."""

    offer_id: str
    quantity: int
    moment: Words
    off_bps: int = 0
    funder_id: str | None = None


class Part(msgspec.Struct, frozen=True):
    """A part as it stands. `quantity`: at least so many make it whole. `funder`: its name, None for the city itself.

    `agreed`: its funder said yes, or nothing is taken off. `seller_agreed`: its seller said yes, or needs not be asked.
    """

    position: int
    offer_id: str
    quantity: int
    moment: Words
    off_bps: int
    funder_id: str | None
    funder: str | None
    agreed: bool
    promotion_id: str | None
    seller_id: str
    title: Words
    sellable: bool
    seller_agreed: bool = True
    refused: bool = False


class Scenario(msgspec.Struct, frozen=True):
    """`until`: it closes by itself then. `curator`: its name, None for the city itself."""

    id: str
    curator_id: str
    curator: str | None
    name: Words
    about: Words
    picture: str
    position: int
    until: datetime
    opened_at: datetime | None
    closed_at: datetime | None
    parts: list[Part]

    @property
    def missing(self) -> list[Part]:
        """The parts that cannot be bought now; while there are any, it cannot be had whole."""
        return [part for part in self.parts if not part.sellable]

    def open_at(self, now: datetime) -> bool:
        return self.opened_at is not None and self.closed_at is None and now < self.until

    def check(self, now: datetime) -> None:
        """Errors: `NotFound` while it is not open, `ScenarioBroken` naming the first part that is not on sale."""
        if not self.open_at(now):
            raise NotFound("scenario")
        for part in self.missing:
            raise ScenarioBroken(
                title=part.title.say("en"), title_zh=part.title.say("zh"), name=self.name.say("en"), name_zh=self.name.say("zh")
            )  # fmt: skip


def _all_agreed(found: Scenario) -> None:
    for part in found.parts:
        if part.refused:
            raise ScenarioRefused(title=part.title.say("en"), title_zh=part.title.say("zh"))
        if not part.seller_agreed:
            raise SellerAsked(title=part.title.say("en"), title_zh=part.title.say("zh"))
        if not part.agreed:
            raise FunderAsked(who=part.funder or "The town", who_zh=part.funder or "本镇")


async def describe_scenario(
    tx: Tx, *, curator_id: str, name: Words, about: Words, picture: str, parts: Sequence[Wanted],
    until: datetime, now: datetime, position: int = 0,
) -> str:  # fmt: skip
    """A new scenario, not yet open; its identifier. What the curator funds itself is agreed to by that.

    Errors: `TitleMissing`, `Malformed`, `NotFound` (an offer or a funder).
    """
    if not (name.en.strip() or name.zh.strip()):
        raise TitleMissing
    for field, words, most in (("name", name, _LONGEST_NAME), ("about", about, _LONGEST_ABOUT)):
        if max(len(words.en), len(words.zh)) > most:
            raise Malformed(field, f"has at most {most} letters", f"最多 {most} 字")
    if until <= now:
        raise Malformed("until", "is already over", "已经过去")
    _check(parts)
    found = await tx.fetch(
        "SELECT id FROM catalog.offer WHERE id = ANY ($1)", [part.offer_id for part in parts]
    )
    if len(found) < len(parts):
        raise NotFound("offer")
    funders = {part.funder_id for part in parts if part.funder_id}
    if len(await tx.fetch("SELECT FROM parties.party WHERE id = ANY ($1)", list(funders))) < len(funders):
        raise NotFound("party")
    scenario_id = new_id("scn", now)
    await tx.execute(
        """INSERT INTO catalog.scenario (id, curator_id, name, about, picture, position, until)
           VALUES ($1, $2, $3, $4, $5, $6, $7)""",
        scenario_id, curator_id, name, about, picture, position, until,
    )  # fmt: skip
    for place, part in enumerate(parts, start=1):
        await tx.execute(
            """INSERT INTO catalog.scenario_part (scenario_id, position, offer_id, quantity, moment, off_bps, funder_id, agreed_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8)""",
            scenario_id, place, part.offer_id, part.quantity, part.moment, part.off_bps, part.funder_id,
            now if part.funder_id == curator_id else None,
        )  # fmt: skip
    return scenario_id


def _check(parts: Sequence[Wanted]) -> None:
    if not LEAST_PARTS <= len(parts) <= MOST_PARTS:
        raise Malformed(
            "parts", f"from {LEAST_PARTS} to {MOST_PARTS}", f"应为 {LEAST_PARTS} 到 {MOST_PARTS} 项"
        )
    if len({part.offer_id for part in parts}) < len(parts):
        raise Malformed("parts", "each offer only once", "每个商品只能出现一次")
    for part in parts:
        if not 1 <= part.quantity <= 99:
            raise Malformed("quantity", "from 1 to 99", "应为 1 到 99")
        if not 0 <= part.off_bps <= MOST_OFF:
            raise Malformed("off_bps", f"from 0 to {MOST_OFF}", f"应为 0 到 {MOST_OFF}")
        if (part.off_bps > 0) != (part.funder_id is not None):
            raise Malformed("funder_id", "somebody must pay for what is taken off", "优惠必须注明由谁承担")


async def agree_to_fund(tx: Tx, funder_id: str, scenario_id: str, *, now: datetime) -> None:
    """The funder's yes to all that the scenario asks of it. Saying it again changes nothing. Errors: `NotFound`."""
    done = await tx.execute(
        """UPDATE catalog.scenario_part SET agreed_at = coalesce(agreed_at, $3)
           WHERE scenario_id = $1 AND funder_id = $2""",
        scenario_id,
        funder_id,
        now,
    )
    if done == "UPDATE 0":
        raise NotFound("scenario")
    await facts.tell(tx, "scenario.agreed", scenario_id, funder_id, now)


async def open_scenario(
    tx: Tx, curator_id: str, scenario_id: str, promotions: Mapping[str, str], *, now: datetime
) -> None:
    """Show it from now on. `promotions`: by offer, the promotion that takes off what is agreed; the caller has started them.

    Errors: `NotFound` for somebody else's or one that was open before, `FunderAsked`, `SellerAsked`, `ScenarioRefused`,
    `ScenarioBroken`.
    """
    found = await _own(tx, curator_id, scenario_id)
    if found.opened_at is not None:
        raise NotFound("scenario")
    _all_agreed(found)
    msgspec.structs.replace(found, opened_at=now).check(now)
    await tx.execute("UPDATE catalog.scenario SET opened_at = $2 WHERE id = $1", scenario_id, now)
    for offer_id, promotion_id in promotions.items():
        await tx.execute(
            "UPDATE catalog.scenario_part SET promotion_id = $3 WHERE scenario_id = $1 AND offer_id = $2",
            scenario_id,
            offer_id,
            promotion_id,
        )
    await facts.tell(tx, "scenario.opened", scenario_id, curator_id, now)


async def close_scenario(tx: Tx, curator_id: str, scenario_id: str, *, now: datetime) -> None:
    """Show it no more; what was bought stays bought. Closing a closed one changes nothing. Errors: `NotFound`."""
    found = await _own(tx, curator_id, scenario_id)
    if found.opened_at is None:
        raise NotFound("scenario")
    if found.closed_at is None:
        await tx.execute("UPDATE catalog.scenario SET closed_at = $2 WHERE id = $1", scenario_id, now)
        await facts.tell(tx, "scenario.closed", scenario_id, curator_id, now)


async def scenarios(tx: Tx, now: datetime) -> list[Scenario]:
    """The open ones in their order, also those of which a part is missing now."""
    return await db.rows(
        tx,
        Scenario,
        SCENARIO
        + " WHERE s.opened_at IS NOT NULL AND s.closed_at IS NULL AND s.until > $1 ORDER BY s.position, s.id",
        now,
    )


async def read_scenario(tx: Tx, scenario_id: str) -> Scenario:
    """One in any state. Errors: `NotFound`."""
    found = await db.row_or_none(tx, Scenario, SCENARIO + " WHERE s.id = $1", scenario_id)
    if found is None:
        raise NotFound("scenario")
    return found


async def _own(tx: Tx, curator_id: str, scenario_id: str) -> Scenario:
    await tx.execute("SELECT FROM catalog.scenario WHERE id = $1 FOR UPDATE", scenario_id)
    found = await read_scenario(tx, scenario_id)
    if found.curator_id != curator_id:
        raise NotFound("scenario")
    return found


SCENARIO = """
    SELECT s.id, s.curator_id, CASE WHEN c.kind <> 'city' THEN c.name END AS curator, s.name, s.about,
           s.picture, s.position, s.until, s.opened_at, s.closed_at,
           (SELECT jsonb_agg(jsonb_build_object(
                'position', p.position, 'offer_id', p.offer_id, 'quantity', p.quantity, 'moment', p.moment,
                'off_bps', p.off_bps, 'funder_id', p.funder_id, 'funder', CASE WHEN f.kind <> 'city' THEN f.name END,
                'agreed', p.funder_id IS NULL OR p.agreed_at IS NOT NULL,
                'promotion_id', p.promotion_id, 'seller_id', o.seller_id, 'title', o.title, 'sellable', o.sellable,
                'refused', p.refused_at IS NOT NULL,
                'seller_agreed', c.kind = 'city' OR o.seller_id = s.curator_id OR p.seller_agreed_at IS NOT NULL) ORDER BY p.position)
            FROM catalog.scenario_part p JOIN catalog.offered o ON o.id = p.offer_id LEFT JOIN parties.party f ON f.id = p.funder_id
            WHERE p.scenario_id = s.id) AS parts
    FROM catalog.scenario s JOIN parties.party c ON c.id = s.curator_id
"""
