"""The code a buyer shows: its tries are counted before it is judged, in a transaction that stays."""

from __future__ import annotations

import re

from highstreet import logistics
from highstreet.kit.errors import NotFound, Refusal
from highstreet.logistics import Leg
from highstreet.web.merchant.desk import Desk
from highstreet.web.merchant.filled import Filled


async def check_code(desk: Desk, leg: Leg | None, typed: str, filled: Filled, field: str) -> None:
    """Notes at its field what is wrong with the code of a leg; nothing when it is right, or was not typed at all.

    Errors: NotFound for a leg that has none.
    """
    if leg is None or leg.code_until is None:
        raise NotFound("code")
    if not filled.ok:
        return
    async with desk.market.db.transaction() as tx:
        tries = await logistics.codes.count_try(tx, leg.id)
    try:
        logistics.codes.check(
            desk.market.code_signer, leg.id, tries, leg.code_until, _digits(typed), desk.visitor.now
        )
    except Refusal as no:
        filled.refused(no, field)


def _digits(typed: str) -> str:
    """Six digits as read out or typed; a scanned QR code holds them somewhere in an address."""
    runs = re.findall(r"(?<!\d)\d{6}(?!\d)", typed)
    return runs[-1] if len(typed) > 10 and runs else typed
