"""Lines: what was ordered, with the agreed price copied in. Quantities count steps of the variant's unit."""

from __future__ import annotations

from typing import Any

import msgspec

from highstreet.kit.money import share

DECIDED = "decided"  # the adjustment that brings a line down to the price decided for its cohort
WITHDRAWN = "withdrawn"  # the one that takes back what a funder does not pay after all: the buyer does


def is_public(funder: str) -> bool:
    """Whether it is public money: a programme's, not a party's or the platform's own."""
    return not funder.startswith("pty_") and funder not in ("platform", "seller")


class Adjustment(msgspec.Struct, frozen=True):
    """A signed part of a price with who pays for it: `seller`, or the party whose money it is."""

    kind: str
    amount: int
    funder: str
    name: dict[str, str] = {}
    about: str = ""


class Cut(msgspec.Struct, frozen=True):
    """A third party's share of what a line earns, frozen at placing: host, leader, creator, referrer, owner ... in basis points."""

    role: str
    party: str
    bps: int


class Line(msgspec.Struct):
    """amount: what the seller sells the line for; paid: the buyer's part of it; the difference is paid by other funders.

    choice: what the buyer chose besides the quantity (a slot, a period, options, answers), as agreed.
    """

    position: int
    offer_id: str
    variant_id: str
    title: dict[str, str]
    quantity: int
    price: int
    amount: int
    paid: int
    picture: str | None = None
    unit: str = "piece"
    adjustments: list[Adjustment] = []
    tax_bps: int = 0
    no_return: str | None = None
    cancelled: int = 0
    fulfilled: int = 0
    returned: int = 0
    choice: dict[str, Any] = {}
    cuts: list[Cut] = []

    @property
    def undone(self) -> int:
        """Steps cancelled or returned: what nobody owes anything for."""
        return self.cancelled + self.returned

    @property
    def open(self) -> int:
        """Steps still to be fulfilled."""
        return self.quantity - self.cancelled - self.fulfilled

    @property
    def kept(self) -> int:
        """Steps neither cancelled nor returned."""
        return self.quantity - self.undone

    def part(self, whole: int, steps: int) -> int:
        """The part of a whole-line amount that this many steps stand for; all steps stand for all of it, to the last minor unit."""
        return share(whole, steps, self.quantity)

    def part_of(self, funder: str, whole: int, steps: int) -> int:
        """The part of what a funder pays that goes back for this many steps: of public money the next minor unit up, never down."""
        return -(-whole * steps // self.quantity) if is_public(funder) else self.part(whole, steps)

    @property
    def amount_kept(self) -> int:
        """What the seller still earns on this line."""
        return self.amount - self.part(self.amount, self.undone)

    def funded(self) -> dict[str, int]:
        """What each funder other than the seller pays of this line, positive."""
        by: dict[str, int] = {}
        for adjustment in self.adjustments:
            if adjustment.funder != "seller":
                by[adjustment.funder] = by.get(adjustment.funder, 0) - adjustment.amount
        return by

    def changed(self, kind: str, funder: str | None = None) -> int:
        """What adjustments of a kind made after placing change, signed: decided, withdrawn."""
        return sum(
            one.amount
            for one in self.adjustments
            if one.kind == kind and (funder is None or one.funder == funder)
        )
