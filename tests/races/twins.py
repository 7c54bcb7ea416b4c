"""Known-bad twins: how shops get it wrong. Each is what a careful reader might let pass, and each must fail the test of the right one."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from highstreet import ledger
from highstreet.inventory import OutOfStock, SeatTaken
from highstreet.kit.db import Tx
from highstreet.kit.errors import KeyReused
from highstreet.ledger import CardShort, WalletShort
from highstreet.logistics import DeviceBusy
from highstreet.market import quote as quotes
from highstreet.market.desk import Market
from highstreet.market.place import Contact, Placing, place
from highstreet.parties.errors import PrescriptionUsed
from highstreet.policy.errors import SerialUsed

Act = dict[str, Any]

_FREE = "SELECT total - held - sold FROM inventory.supply WHERE id = $1"


async def read_then_write(market: Market, act: Act) -> Any:
    """Looks whether there is one left, then takes it: two transactions, and a constraint nobody wrote."""
    async with market.db.read() as tx:
        left = await tx.fetchval(_FREE, act["supply"])
    if left < 1:
        raise OutOfStock
    async with market.db.transaction() as tx:
        return await _take(tx, act["supply"])


async def check_inside(market: Market, act: Act) -> Any:
    """The same within one transaction. READ COMMITTED lets two of them see the same last unit."""
    async with market.db.transaction() as tx:
        if await tx.fetchval(_FREE, act["supply"]) < 1:
            raise OutOfStock
        return await _take(tx, act["supply"])


async def _take(tx: Tx, supply: int) -> Any:
    await tx.execute("UPDATE inventory.supply SET held = held + 1 WHERE id = $1", supply)
    name = f"twin_{secrets.token_hex(8)}"
    await tx.execute(
        "INSERT INTO inventory.hold (order_id, line, kind, target_id, quantity) VALUES ($1, 1, 'supply', $2, 1)",
        name,
        supply,
    )
    return {"orders": [name]}


async def check_then_act(market: Market, act: Act) -> Any:
    """Looks for the key's answer, places the order, keeps the answer: whoever looks meanwhile finds none."""
    async with market.db.read() as tx:
        known = await tx.fetchrow(
            "SELECT fingerprint, answer FROM kit.answer WHERE scope = 'race' AND key = $1", act["idempotency"]
        )
    if known is not None:
        if known["fingerprint"] != act.get("fingerprint", "f"):
            raise KeyReused
        return known["answer"]
    placing = Placing(quotes.read(market, act["quote"], market.clock()), Contact(), "sandbox", "race")
    placed = await place(market, placing, market.clock(), None)
    answer = {"orders": [one["id"] for one in placed["orders"]], "purchase": placed["purchase"]}
    async with market.db.transaction() as tx:
        await tx.execute(
            "INSERT INTO kit.answer (scope, key, fingerprint, answer, at) VALUES ('race', $1, $2, $3, $4) ON CONFLICT DO NOTHING",
            act["idempotency"], act.get("fingerprint", "f"), answer, market.clock(),
        )  # fmt: skip
    return answer


async def spend_what_was_read(market: Market, act: Act) -> Any:
    """Reads the wallet, writes what is left of it: the last writer wins, everybody was served."""
    async with market.db.transaction() as tx:
        left = (
            await tx.fetchval("SELECT balance FROM ledger.wallet WHERE account_id = $1", act["wallet"])
            - act["amount"]
        )
        if left < 0:
            raise WalletShort
        await tx.execute("UPDATE ledger.wallet SET balance = $2 WHERE account_id = $1", act["wallet"], left)
        await tx.execute(
            "INSERT INTO ledger.transfer (at, purpose, from_id, to_id, amount) VALUES ($1, 'price', $2, $3, $4)",
            market.clock(), act["wallet"], act["shop"], act["amount"],
        )  # fmt: skip
    return {"orders": ["twin"]}


async def dispense_what_was_read(market: Market, act: Act) -> Any:
    """Looks how often a prescription may still be used, then writes one less: everybody was dispensed to."""
    async with market.db.transaction() as tx:
        number = act["prescription"]
        left = await tx.fetchval("SELECT uses_left FROM parties.prescribed WHERE prescription = $1", number)
        if left < 1:
            raise PrescriptionUsed
        await tx.execute(
            "UPDATE parties.prescribed SET uses_left = $2 WHERE prescription = $1", number, left - 1
        )
        await tx.execute(
            "INSERT INTO parties.dispensing (order_id, line, prescription, position, at) VALUES ($1, 1, $2, 1, $3)",
            f"twin_{secrets.token_hex(8)}", number, market.clock(),
        )  # fmt: skip
    return {"orders": ["twin"]}


async def spend_a_card_that_was_read(market: Market, act: Act) -> Any:
    """Reads what is on a card, draws principal and bonus in proportion, writes what is left of both: right but for the others."""
    async with market.db.transaction() as tx:
        card = await ledger.cards.of(tx, act["card"])
        assert card is not None
        if card.holds < act["amount"]:
            raise CardShort
        gift = act["amount"] * card.bonus // card.holds
        for kind, left in (
            ("card", card.principal - act["amount"] + gift),
            ("bonus", card.bonus - gift),
        ):
            await tx.execute(
                """UPDATE ledger.wallet w SET balance = $3 FROM ledger.account a
                   WHERE a.id = w.account_id AND a.kind = $1 AND a.party_id = $2""",
                kind, card.id, left,
            )  # fmt: skip
        for kind, part in (("card", act["amount"] - gift), ("bonus", gift)):
            await tx.execute(
                """INSERT INTO ledger.transfer (at, purpose, from_id, to_id, amount)
                   SELECT $1, 'price', id, $4, $5 FROM ledger.account WHERE kind = $2 AND party_id = $3""",
                market.clock(), kind, card.id, act["shop"], part,
            )  # fmt: skip
    return {"orders": ["twin"]}


async def look_at_the_door(market: Market, act: Act) -> Any:
    """Looks whether somebody has it open, then asks it to open: in one transaction, and no index says that there is one ride."""
    async with market.db.transaction() as tx:
        if await tx.fetchval(
            "SELECT true FROM logistics.command WHERE device_id = $1 AND state IN ('wanted', 'asked', 'opened')",
            act["device"],
        ):
            raise DeviceBusy
        await tx.execute(
            """INSERT INTO logistics.command (key, device_id, order_id, leg_id, kind, state, by, wanted_at, until)
               VALUES ($1, $2, $3, $3, 'unlock', 'wanted', 'race', now(), now())""",
            act["key"], act["device"], act["order"],
        )  # fmt: skip
    return act["key"]


async def sit_where_it_was_free(market: Market, act: Act) -> Any:
    """Looks whether the seat is taken, then takes it: in one transaction, and no key says that a seat is one line's."""
    async with market.db.transaction() as tx:
        if await tx.fetchval(
            "SELECT true FROM inventory.seat WHERE supply_id = $1 AND label = ANY ($2)",
            act["slot"],
            act["seats"],
        ):
            raise SeatTaken
        await tx.execute(
            "INSERT INTO inventory.seat (supply_id, label, order_id, line) SELECT $1, label, $3, 1 FROM unnest($2::text[]) label",
            act["slot"], act["seats"], f"twin_{secrets.token_hex(8)}",
        )  # fmt: skip
    return act["seats"]


async def note_a_serial_nobody_had(market: Market, act: Act) -> Any:
    """Looks whether a serial number was subsidised, then writes it down: in one transaction, and no index says that it is once for ever."""
    async with market.db.transaction() as tx:
        key = market.seal.blind("serial", f"serial:{act['serial']}")
        if await tx.fetchval("SELECT true FROM policy.serial WHERE key = $1 AND freed_at IS NULL", key):
            raise SerialUsed
        await tx.execute(
            """INSERT INTO policy.serial (key, kind, order_id, line, wrapped, content, by, at)
               VALUES ($1, 'serial', $2, 1, '', '', 'race', $3)""",
            key, act["order"], market.clock(),
        )  # fmt: skip
    return act["order"]


ACTS: dict[str, Callable[[Market, Act], Awaitable[Any]]] = {
    "read_then_write": read_then_write, "check_inside": check_inside, "check_then_act": check_then_act,
    "spend_what_was_read": spend_what_was_read, "spend_a_card_that_was_read": spend_a_card_that_was_read,
    "dispense_what_was_read": dispense_what_was_read, "look_at_the_door": look_at_the_door,
    "sit_where_it_was_free": sit_where_it_was_free, "note_a_serial_nobody_had": note_a_serial_nobody_had,
}  # fmt: skip
