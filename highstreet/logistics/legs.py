"""Legs: one movement of an order's goods each, either direction, with the window promised and how it was proved."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

Kind = Literal[
    "handover",
    "pickup",
    "courier",
    "parcel",
    "return",
    "visit",
    "lessons",
    "access",
    "cabinet",
    "out",
    "back",
    "ride",
    "errand",
    "rhythm",
]
State = Literal["planned", "ready", "underway", "done", "failed", "void"]

# planned -> ready (prepared) -> underway (left the place) -> done (proved); failed may be tried again.
NEXT: dict[State, tuple[State, ...]] = {
    "planned": ("ready", "underway", "done", "void"),
    "ready": ("underway", "done", "void"),
    "underway": ("done", "failed", "void"),
    "failed": ("ready", "underway", "done", "void"),
    "done": (),
    "void": (),
}


class Leg(msgspec.Struct):
    """window: when the buyer was told it would be."""

    id: str
    n: int
    kind: Kind
    place_id: str
    state: State = "planned"
    window_from: datetime | None = None
    window_to: datetime | None = None
    code_until: datetime | None = None
    courier_id: str | None = None
    carrier: str | None = None
    tracking: str | None = None
    tries: int = 0
    ready_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    proof: dict[str, Any] | None = None

    def move(self, state: State, now: datetime) -> None:
        """Pass to a next state; ValueError where there is no way."""
        if state not in NEXT[self.state]:
            raise ValueError(f"a leg cannot pass from {self.state} to {state}")
        self.state = state
        if state == "ready":
            self.ready_at = now
        elif state == "underway":
            self.started_at = now
        elif state in ("done", "void"):
            self.ended_at = now
