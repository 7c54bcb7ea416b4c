"""What is looked at before the market opens."""

from __future__ import annotations

from highstreet.kit.db import Tx


async def formats_in_use(tx: Tx) -> list[str]:
    """The format codes (`online@1`) that open orders carry, and those waiting for something to come back."""
    found = await tx.fetch("""SELECT DISTINCT format FROM orders."order" WHERE waits <> ''""")
    return [r["format"] for r in found]
