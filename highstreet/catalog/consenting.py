"""Consent to scenarios: sellers agree that their part is sold so, funders that they pay; before it opens either may refuse instead."""

from __future__ import annotations

from datetime import datetime

from highstreet.catalog.scenarios import SCENARIO, Scenario, read_scenario
from highstreet.kit import db, facts
from highstreet.kit.db import Tx
from highstreet.kit.errors import NotFound

_THEIRS = """(p.funder_id = $2 OR EXISTS (SELECT FROM catalog.offer o WHERE o.id = p.offer_id AND o.seller_id = $2))"""


async def of_curator(tx: Tx, curator_id: str, most: int = 60) -> list[Scenario]:
    """All scenarios somebody put together, the latest first."""
    return await db.rows(
        tx, Scenario, SCENARIO + " WHERE s.curator_id = $1 ORDER BY s.id DESC LIMIT $2", curator_id, most
    )


async def asked_of(tx: Tx, party_id: str, most: int = 60) -> list[Scenario]:
    """Scenarios of others with a part of this seller's, or one it is to pay for; those that wait for it first. Closed ones left out."""
    return await db.rows(
        tx,
        Scenario,
        SCENARIO
        + f""" WHERE s.curator_id <> $2 AND s.closed_at IS NULL AND c.kind <> 'city'
                 AND EXISTS (SELECT FROM catalog.scenario_part p WHERE p.scenario_id = s.id AND {_THEIRS})
               ORDER BY s.opened_at IS NOT NULL, s.id DESC LIMIT $1""",
        most,
        party_id,
    )


async def agree(tx: Tx, party_id: str, scenario_id: str, *, now: datetime) -> None:
    """A seller's and funder's yes to all that the scenario asks of it. Saying it again changes nothing. Errors: `NotFound`."""
    done = await tx.execute(
        f"""UPDATE catalog.scenario_part p SET refused_at = NULL,
               agreed_at = CASE WHEN p.funder_id = $2 THEN coalesce(p.agreed_at, $3) ELSE p.agreed_at END,
               seller_agreed_at = CASE WHEN EXISTS (SELECT FROM catalog.offer o WHERE o.id = p.offer_id AND o.seller_id = $2)
                                       THEN coalesce(p.seller_agreed_at, $3) ELSE p.seller_agreed_at END
            WHERE p.scenario_id = $1 AND {_THEIRS}""",
        scenario_id,
        party_id,
        now,
    )
    if done == "UPDATE 0":
        raise NotFound("scenario")
    await facts.tell(tx, "scenario.agreed", scenario_id, party_id, now)


async def refuse(tx: Tx, party_id: str, scenario_id: str, *, now: datetime) -> None:
    """A seller's or funder's no, before it opens; a yes given before is taken back. Errors: `NotFound`, also once it has opened."""
    await tx.execute("SELECT FROM catalog.scenario WHERE id = $1 FOR UPDATE", scenario_id)
    done = await tx.execute(
        f"""UPDATE catalog.scenario_part p SET refused_at = $3, agreed_at = CASE WHEN p.funder_id = $2 THEN NULL ELSE p.agreed_at END,
               seller_agreed_at = NULL
            WHERE p.scenario_id = $1 AND {_THEIRS} AND EXISTS (SELECT FROM catalog.scenario s WHERE s.id = $1 AND s.opened_at IS NULL)""",
        scenario_id,
        party_id,
        now,
    )
    if done == "UPDATE 0":
        raise NotFound("scenario")
    await facts.tell(tx, "scenario.refused", scenario_id, party_id, now)


async def drop(tx: Tx, curator_id: str, scenario_id: str) -> None:
    """Take back a scenario that never opened. Errors: `NotFound`."""
    await tx.execute("SELECT FROM catalog.scenario WHERE id = $1 FOR UPDATE", scenario_id)
    found = await read_scenario(tx, scenario_id)
    if found.curator_id != curator_id or found.opened_at is not None:
        raise NotFound("scenario")
    await tx.execute("DELETE FROM catalog.scenario_part WHERE scenario_id = $1", scenario_id)
    await tx.execute("DELETE FROM catalog.scenario WHERE id = $1", scenario_id)
