"""The Format value: one business format as twelve answers. The kernel reads it and knows no format by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

import msgspec

from highstreet.kit.text import Words
from highstreet.ledger import Transfer
from highstreet.orders import Agreed

if TYPE_CHECKING:
    from highstreet.market.quote import Asked
    from highstreet.market.work import Work

Sells = Literal["goods", "service", "digital", "use"]
Promise = Literal["stock", "slot", "asset", "run", "nothing"]
Falls = Literal["undone", "done", "lost", "stay"]
Teller = Literal["buyer", "seller", "courier", "clock"]

OPEN = "open"
FALLEN = "fallen"


class Within(msgspec.Struct, frozen=True):
    """A wait's limit and which way it falls when the time passes."""

    time: timedelta
    falls: Falls


class Gate(msgspec.Struct, frozen=True):
    """When the promise binds: `decide` answers open, fallen, or which of its `waits` it waits for."""

    decide: Callable[[Work, datetime], str]
    waits: tuple[str, ...] = ()


class Money(msgspec.Struct, frozen=True):
    """What money does. `committed`, `done`, `undone` answer with transfers; after the last two escrow is empty for every purpose.

    `ways` are the ways to pay; `at_handover` those that are paid when the goods are handed over instead of at placing.
    """

    done: Callable[[Work], list[Transfer]]
    undone: Callable[[Work], list[Transfer]]
    committed: Callable[[Work], list[Transfer]] = lambda _: []
    fee_bps: int = 0
    ways: tuple[str, ...] = ("provider", "wallet")
    at_handover: tuple[str, ...] = ()


class Hints(msgspec.Struct, frozen=True):
    """The few words a page needs."""

    title: Words
    line: Words
    picture: str = "parcel"
    needs_address: bool = False


class Story(msgspec.Struct, frozen=True):
    """An example: facts told in order (`who:fact` or `clock:+2d`), and how it ends."""

    name: str
    told: tuple[str, ...]
    stage: str
    seller: int
    platform: int
    buyer: int


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """A business format. Functions are pure over the order's work, the facts told and the time; they never write."""

    name: str
    version: int
    sells: tuple[Sells, ...]
    promise: Promise
    quote: Callable[[Asked], Agreed]
    gate: Gate
    decided: Literal["alone", "cohort"] = "alone"
    hold: Literal["placing", "committing"] = "placing"
    legs: tuple[str, ...] = ()
    money: Money
    deadlines: Mapping[str, Within]
    facts: Mapping[str, tuple[Teller, ...]]
    licence: str | None = None
    hints: Hints
    stories: tuple[Story, ...]

    @property
    def code(self) -> str:
        """The name an order carries: `online@1`."""
        return f"{self.name}@{self.version}"

    @property
    def in_person(self) -> bool:
        """Goods that no leg carries are taken at once: only a clerk can sell them, to somebody who is there."""
        return self.promise == "stock" and not self.legs


# What an order may wait for because of each leg, besides its gate.
LEG_WAITS: Mapping[str, tuple[str, ...]] = {
    "parcel": ("prepare", "underway"),
    "pickup": ("prepare", "pickup"),
    "courier": ("prepare", "courier", "underway"),
    "handover": ("pickup",),
}


class BadFormat(Exception):
    """A format that leaves an answer open."""


def register(formats: list[Format]) -> dict[str, Format]:
    """Formats by code. Refuses two of one code, a wait without a deadline, a format without its three stories."""
    known: dict[str, Format] = {}
    for one in formats:
        if one.code in known:
            raise BadFormat(f"{one.code} is registered twice")
        waits = {"payment"} if set(one.money.ways) - set(one.money.at_handover) else set[str]()
        waits.update(one.gate.waits)
        for leg in one.legs:
            waits.update(LEG_WAITS[leg])
        if "return_wanted" in one.facts:
            waits.add("return")
        if missing := sorted(waits - set(one.deadlines)):
            raise BadFormat(f"{one.code} may wait for {', '.join(missing)} without a deadline")
        if len(one.stories) < 3:
            raise BadFormat(f"{one.code} needs three stories: happy, cancelled, disputed")
        known[one.code] = one
    return known
