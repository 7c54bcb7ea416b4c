"""Gates without network: they check what the town signed by its public part, tell later, and the first in time went in."""

from __future__ import annotations

from datetime import timedelta

import pytest

from highstreet import logistics
from highstreet.formats.ticket import TICKET
from highstreet.kit.signing import Notary, proves
from highstreet.market.views import devices as views
from highstreet.sandbox.devices import Install, Yard
from tests.market.lane import Lane
from tests.market.test_formats import Buyer, offered
from tests.market.yard import open_yard


async def put_up_gates(lane: Lane, yard: Yard) -> list[str]:
    made, gates = lane.made, list[str]()
    for name in ("North gate", "South gate"):
        async with lane.market.db.transaction() as tx:
            gate = await logistics.devices.register(
                tx, made.sellers["grocer"], made.places["grocer"], "gate", name, None, lane.clock()
            )
        secret = logistics.devices.secret_of(lane.market.device_signer, gate, 1)
        yard.install(Install(gate, "gate", name, secret, public=lane.market.code_signer.public))
        gates.append(gate)
    return gates


async def tickets(lane: Lane) -> tuple[str, list[str]]:
    """An order of a ticket whose time has come, and the codes of its people."""
    offer, chosen = await offered(lane, TICKET)
    buyer = Buyer(lane, TICKET, offer, chosen, 1)
    await buyer.places("sandbox", counter=False)
    await buyer.pays()
    lane.clock.forward(timedelta(days=2, minutes=5))
    work = await lane.order(buyer.order)
    signer = lane.market.code_signer
    codes = [f"{one.id}.{one.version}.{signer.short(f'{one.id}.{one.version}')}" for one in work.entitlements]
    return buyer.order, codes


def test_anybody_can_check_what_a_notary_signed_and_nobody_else_can_make_it() -> None:
    notary, other = Notary(b"a town's key", "tickets"), Notary(b"a town's key", "letters")
    proof = notary.short("ent_1.1")
    assert proof == notary.short("ent_1.1")
    assert proves(notary.public, "ent_1.1", proof)
    for public, text, given in (
        (notary.public, "ent_1.2", proof),
        (other.public, "ent_1.1", proof),
        (notary.public, "ent_1.1", other.short("ent_1.1")),
        (notary.public, "ent_1.1", "%%"),
        ("", "ent_1.1", proof),
    ):
        assert not proves(public, text, given)


@pytest.mark.parametrize("first_heard", ["first", "second"])
async def test_a_ticket_scanned_at_two_gates_without_network(lane: Lane, first_heard: str) -> None:
    order, (code,) = await tickets(lane)
    async with open_yard(lane) as yard:
        north, south = (yard.devices[one] for one in await put_up_gates(lane, yard))
        north.online = south.online = False
        assert north.scan(code, lane.clock()) == []
        first = lane.clock()
        assert north.scan(code, lane.clock()) == []  # its own people it knows
        assert north.scan(code[:-8] + "AAAAAAAA", lane.clock()) == []
        assert len(north.backlog) == 1
        lane.clock.forward(timedelta(minutes=3))
        south.scan(code, lane.clock())
        lane.clock.forward(timedelta(hours=1))
        for gate in (north, south) if first_heard == "first" else (south, north):
            told = gate.send_on()
            yard.send([*told, *told])
            await yard.quiet()
        async with lane.market.db.read() as tx:
            found = await logistics.reports.of_order(tx, order)
            waiting = await views.waiting(tx, lane.made.sellers["grocer"], lane.clock())
        assert [(one.device_id, one.outcome, one.why) for one in found] == [
            (north.id, "told", ""),
            (south.id, "case", "ticket_used"),
        ]
        assert [(one.kind, one.device, one.order_id) for one in waiting] == [("report", "South gate", order)]
        work = await lane.order(order)
        assert [told.kind for told in work.told].count("entered") == 1
        if first_heard == "first":
            entered = work.has("entered")
            assert entered is not None
            assert entered.at == first


async def test_a_code_that_was_replaced_is_found_when_the_gate_tells(lane: Lane) -> None:
    order, (code,) = await tickets(lane)
    async with lane.market.db.transaction() as tx:
        await tx.execute("UPDATE logistics.entitlement SET version = 2 WHERE order_id = $1", order)
    async with open_yard(lane) as yard:
        north, _ = await put_up_gates(lane, yard)
        yard.send(yard.devices[north].scan(code, lane.clock()))
        await yard.quiet()
    async with lane.market.db.read() as tx:
        (one,) = await logistics.reports.of_order(tx, order)
    assert (one.outcome, one.why) == ("case", "code_outdated")
    assert (await lane.order(order)).has("entered") is None
