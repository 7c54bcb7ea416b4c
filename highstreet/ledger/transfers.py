"""Transfers: money moving from one account to another for a purpose. Balanced by construction: what leaves one arrives at the other."""

from __future__ import annotations

import msgspec

from highstreet.ledger.accounts import ESCROW


class Transfer(msgspec.Struct, frozen=True):
    """amount > 0 in the order's currency; source and target are account names (`kind:party`)."""

    purpose: str
    source: str
    target: str
    amount: int
    about: str | None = None


class Flow(msgspec.Struct):
    """What an order has moved so far between two accounts for one purpose."""

    purpose: str
    source: str
    target: str
    amount: int


def escrow_of(flows: list[Flow]) -> dict[str, int]:
    """What escrow holds for an order, by purpose."""
    held: dict[str, int] = {}
    for flow in flows:
        if flow.target == ESCROW:
            held[flow.purpose] = held.get(flow.purpose, 0) + flow.amount
        elif flow.source == ESCROW:
            held[flow.purpose] = held.get(flow.purpose, 0) - flow.amount
    return held
