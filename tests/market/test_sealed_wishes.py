"""What an errand should buy, and between where and where a ride goes, is sealed with the buyer's contact and nowhere else."""

from __future__ import annotations

from highstreet.market.contacts import open_contact
from highstreet.wiring import formats
from tests.market.lane import Lane
from tests.market.test_formats import Buyer, offered

WISH = "Two bags of rice"


async def test_a_wish_is_kept_sealed_and_nowhere_else(lane: Lane) -> None:
    one = formats()["errand@1"]
    offer, chosen = await offered(lane, one)
    assert chosen["text"] == WISH
    me = Buyer(lane, one, offer, chosen, 1)
    await me.places("sandbox", counter=False)
    work = await lane.order(me.order)
    assert "text" not in work.lines[0].choice
    async with lane.market.db.read() as tx:
        told = await tx.fetch(
            "SELECT body::text AS body FROM kit.fact UNION ALL SELECT choice::text FROM orders.line"
        )
        row = await tx.fetchrow(
            "SELECT contact_key, contact FROM orders.purchase WHERE id = $1", work.order.purchase_id
        )
    assert not any(WISH in r["body"] for r in told)
    assert row is not None
    contact = open_contact(lane.market.seal, work.order.purchase_id, row["contact_key"], row["contact"])
    assert contact is not None
    assert contact.wishes == {offer: {"text": WISH}}
