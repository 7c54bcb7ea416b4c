"""The order and its closed list of stages. It knows no format: it only remembers which one decides over it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

Stage = Literal["placed", "committed", "done", "undone"]

NEXT: dict[Stage, tuple[Stage, ...]] = {
    "placed": ("committed", "undone"),
    "committed": ("done", "undone"),
    "done": (),
    "undone": (),
}


class Due(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the buyer pays for one purpose (price, delivery, deposit, fee ...). `later`: not at placing, but when the order asks for it."""

    purpose: str
    amount: int
    later: bool = False


class Share(msgspec.Struct, frozen=True, omit_defaults=True):
    """What somebody other than the buyer pays towards a purpose. least: of the base (as in a rule), for what it pays of."""

    purpose: str
    funder: str
    amount: int
    least: int = 0
    base: str = "final"


class Agreed(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is agreed at placing: copied into the order and never looked up again. `whole`: it is cancelled as a whole or not at all."""

    dues: list[Due]
    shares: list[Share] = []
    fee_bps: int = 0
    window: tuple[datetime, datetime] | None = None
    return_days: int = 0
    whole: bool = False
    terms: dict[str, int | str | bool] = {}

    def due(self, purpose: str) -> int:
        """What the buyer owes for one purpose."""
        return sum(due.amount for due in self.dues if due.purpose == purpose)

    def asked(self, *, later: bool) -> int:
        """What the buyer pays at placing, or later."""
        return sum(due.amount for due in self.dues if due.later == later)

    def number(self, name: str, usual: int = 0) -> int:
        """A number agreed on."""
        found = self.terms.get(name, usual)
        return found if isinstance(found, int) else usual


class Order(msgspec.Struct):
    """One seller's part of a purchase. `waits` names what it waits for, `version` rises with every change."""

    id: str
    number: int
    purchase_id: str
    seller_id: str
    place_id: str
    format: str
    stage: Stage
    currency: str
    total: int
    agreed: Agreed
    placed_at: datetime
    buyer_id: str | None = None
    waits: str = ""
    version: int = 0
    cohort_id: str | None = None
    committed_at: datetime | None = None
    ended_at: datetime | None = None

    def move(self, stage: Stage, now: datetime) -> None:
        """Pass to a next stage; a move that the list does not know is a programming error."""
        if stage not in NEXT[self.stage]:
            raise ValueError(f"an order cannot pass from {self.stage} to {stage}")
        self.stage = stage
        if stage == "committed":
            self.committed_at = now
        else:
            self.ended_at = now
            self.waits = ""
