"""Stock: countable goods of a variant at a place. Receive, count, write off, move; every change of the total is a movement."""

from __future__ import annotations

from datetime import datetime

import msgspec

from highstreet.inventory.errors import BelowPromised, NoSuchSupply
from highstreet.kit.db import Tx, row_or_none, rows


class Supply(msgspec.Struct, frozen=True):
    """total: ever received less written off. On the shelf: total - sold. Free to promise: total - sold - held."""

    id: int
    variant_id: str
    place_id: str
    total: int
    held: int
    sold: int
    low: int

    @property
    def on_hand(self) -> int:
        return self.total - self.sold

    @property
    def free(self) -> int:
        return self.total - self.sold - self.held


_COLUMNS = "id, variant_id, place_id, total, held, sold, low"


async def open_stock(tx: Tx, variant_id: str, place_id: str) -> int:
    """The supply of a variant at a place, made when there is none; its id."""
    found: int | None = await tx.fetchval(
        "SELECT id FROM inventory.supply WHERE variant_id = $1 AND place_id = $2 AND period IS NULL",
        variant_id,
        place_id,
    )
    if found is not None:
        return found
    made: int = await tx.fetchval(
        """INSERT INTO inventory.supply (variant_id, place_id) VALUES ($1, $2)
           ON CONFLICT (variant_id, place_id, period) DO UPDATE SET low = inventory.supply.low RETURNING id""",
        variant_id,
        place_id,
    )
    return made


async def change(
    tx: Tx, supply_id: int, kind: str, quantity: int, by: str, now: datetime, note: str = ""
) -> Supply:
    """Change the total by a signed quantity (received, written_off, moved_in ...): one guarded statement and its movement.

    Refuses with BelowPromised when what is sold or held would no longer be covered.
    """
    changed = await row_or_none(
        tx,
        Supply,
        f"""UPDATE inventory.supply SET total = total + $2 WHERE id = $1 AND sold + held <= total + $2 RETURNING {_COLUMNS}""",
        supply_id,
        quantity,
    )
    if changed is None:
        known = await supply(tx, supply_id)
        raise BelowPromised(promised=known.held, on_hand=known.on_hand)
    await tx.execute(
        "INSERT INTO inventory.movement (supply_id, kind, quantity, by, note, at) VALUES ($1, $2, $3, $4, $5, $6)",
        supply_id,
        kind,
        quantity,
        by,
        note,
        now,
    )
    return changed


async def count(tx: Tx, supply_id: int, on_hand: int, by: str, now: datetime, note: str = "") -> Supply:
    """Somebody counted the shelf: the total becomes what was counted plus what was sold."""
    known = await row_or_none(
        tx, Supply, f"SELECT {_COLUMNS} FROM inventory.supply WHERE id = $1 FOR UPDATE", supply_id
    )
    if known is None:
        raise NoSuchSupply
    difference = on_hand - known.on_hand
    return known if difference == 0 else await change(tx, supply_id, "counted", difference, by, now, note)


async def move(tx: Tx, from_id: int, to_id: int, quantity: int, by: str, now: datetime) -> None:
    """Carry stock of one variant to another place."""
    # Ascending ids, as everywhere, so that two moves in opposite directions cannot block each other.
    steps = sorted([(from_id, "moved_out", -quantity), (to_id, "moved_in", quantity)])
    for supply_id, kind, signed in steps:
        await change(tx, supply_id, kind, signed, by, now)


async def set_low(tx: Tx, supply_id: int, low: int) -> None:
    """Below how many free the seller wants to be told."""
    await tx.execute("UPDATE inventory.supply SET low = $2 WHERE id = $1", supply_id, low)


async def supply(tx: Tx, supply_id: int) -> Supply:
    """One supply as it stands."""
    found = await row_or_none(tx, Supply, f"SELECT {_COLUMNS} FROM inventory.supply WHERE id = $1", supply_id)
    if found is None:
        raise NoSuchSupply
    return found


async def supplies(tx: Tx, supply_ids: list[int]) -> dict[int, Supply]:
    """Several at once, by id."""
    found = await rows(tx, Supply, f"SELECT {_COLUMNS} FROM inventory.supply WHERE id = ANY ($1)", supply_ids)
    return {one.id: one for one in found}
