"""The Format value: one business format as twelve answers. The kernel reads it and knows no format by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from highstreet.kit.text import Words
from highstreet.ledger import Transfer
from highstreet.orders import Agreed, Closing, Line

if TYPE_CHECKING:
    from highstreet.market.quote import Asked
    from highstreet.market.work import Work

Sells = Literal["goods", "service", "digital", "use"]
Promise = Literal["stock", "slot", "asset", "run", "nothing"]
Falls = Literal["undone", "done", "rest", "lost", "drop", "granted"]
Teller = Literal["buyer", "seller", "courier", "partner", "device", "operator", "clock"]

OPEN = "open"
FALLEN = "fallen"


class Within(msgspec.Struct, frozen=True):
    """A wait's limit and which way it falls when the time passes.

    done: taken as fulfilled. rest: what was not fulfilled is given up and its money goes back. lost: undone, and the goods are gone.
    drop: only what was waited for is dropped; a gate is asked again, and sees that it was `late`.
    granted: what the buyer asked for and nobody answered is granted.
    `after_window`: counted from the end of the window that was agreed on, not from when the waiting began.
    """

    time: timedelta
    falls: Falls
    after_window: bool = False


class Gate(msgspec.Struct, frozen=True):
    """When the promise binds: `decide` answers open, fallen, or which of its `waits` it waits for.

    `close`, of a format decided by cohort: the decision, from who is in it when it closes; every member's `decide` then sees it.
    """

    decide: Callable[[Work, datetime], str]
    waits: tuple[str, ...] = ()
    close: Callable[[Closing], dict[str, Any]] | None = None


class Money(msgspec.Struct, frozen=True):
    """What money does. `committed`, `done`, `undone` answer with transfers; after the last two escrow is empty for every purpose.

    `price`: what a line finally sells for when the promise binds, where that is only known then; never more than was agreed.
    `ways` are the ways to pay; `at_handover` those that are paid when the goods are handed over instead of at placing.
    """

    done: Callable[[Work], list[Transfer]]
    undone: Callable[[Work], list[Transfer]]
    committed: Callable[[Work], list[Transfer]] = lambda _: []
    price: Callable[[Work, Line], int] | None = None
    fee_bps: int = 0
    ways: tuple[str, ...] = ("provider", "wallet")
    at_handover: tuple[str, ...] = ()


class Choice(msgspec.Struct, frozen=True):
    """What a buyer chooses besides the quantity: `slot`, `seats`, `period`, `options`, `answers`, `route` or `text`, kept under its kind.

    `seats`: only where the offer states a hall.

    `steps`: how many steps of the unit the choice stands for (nights, hours, hectometres), from the choice and the offer's terms.
    `by_day`: a period is asked as days, not as times.
    """

    kind: Literal["slot", "seats", "period", "options", "answers", "route", "text"]
    steps: Callable[[Any, Mapping[str, Any]], int] | None = None
    by_day: bool = False


class Term(msgspec.Struct, frozen=True):
    """What a seller states when offering in this format. `money` in minor units, else a whole number; `usual` holds when left empty."""

    name: str
    words: Words
    unit: Words = Words()
    usual: int = 0
    money: bool = False
    most: int = 100_000

    @property
    def share(self) -> bool:
        """A part of something: kept in hundredths of a percent, said in percent."""
        return self.name.endswith("_bps")


Gathers = Literal["tiers", "least", "units", "once", "arrived"]


class Hints(msgspec.Struct, frozen=True):
    """The few words a page needs: what the format is called, what it asks the buyer to choose and the seller to state.

    `gathers`: what is announced when a cohort opens: price steps (`tiers`), the `least` members, how many `units`, everybody `once`;
    `arrived`: it is closed by telling that the goods are there. `in_room`: it can be shown in a live room, which then opens and closes it.
    """

    title: Words
    line: Words
    picture: str = "parcel"
    needs_address: bool = False
    asks: tuple[Choice, ...] = ()
    terms: tuple[Term, ...] = ()
    gathers: tuple[Gathers, ...] = ()
    in_room: bool = False


class Story(msgspec.Struct, frozen=True):
    """An example: facts told in order (`who:fact name=value ...`, `clock:+2d`, `cohort:closes name=value ...`), and how it ends.

    A name that is a number is the position of a line, its value how many of it.
    The buyer pays 10000 of price unless the format's choices say otherwise; `seller`, `platform` and `buyer` are what each has in the end.
    """

    name: str
    told: str
    stage: str
    seller: int
    platform: int
    buyer: int

    @property
    def steps(self) -> list[str]:
        """What is told, one by one."""
        return self.told.split(", ")


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
    def grants(self) -> Literal["entry", "content"] | None:
        """What each step of a line entitles its holder to: to go in where one enters, to have it where one opens it."""
        return "entry" if "entered" in self.facts else "content" if "access" in self.legs else None

    @property
    def in_person(self) -> bool:
        """Goods that no leg carries are taken at once: only a clerk can sell them, to somebody who is there."""
        return self.promise == "stock" and not self.legs


# What a leg in a state keeps the order waiting for, by the leg's kind. A kind without a state here passes by itself.
LEG_WAITS: Mapping[str, Mapping[str, str]] = {
    "parcel": {"planned": "prepare", "ready": "prepare", "underway": "underway", "failed": "underway"},
    "pickup": {"planned": "prepare", "ready": "pickup"},
    "courier": {"planned": "prepare", "ready": "courier", "underway": "underway", "failed": "underway"},
    "handover": {"planned": "pickup"},
    "visit": {"planned": "visit"},
    "lessons": {"planned": "lessons"},
    "access": {},
    "cabinet": {"planned": "open", "underway": "take"},
    "out": {"planned": "out"},
    "back": {"planned": "back", "underway": "inspect"},
    "ride": {"planned": "driver", "underway": "ride"},
    "errand": {"planned": "buy", "underway": "bring"},
    "rhythm": {"planned": "rhythm"},
}
# These waits are counted from the time that was agreed on, not from when the waiting began.
FROM_WINDOW = frozenset({"visit", "lessons", "out", "back"})


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
            waits.update(LEG_WAITS[leg].values())
        if "return_wanted" in one.facts:
            waits.add("return")
        if missing := sorted(waits - set(one.deadlines)):
            raise BadFormat(f"{one.code} may wait for {', '.join(missing)} without a deadline")
        if (one.decided == "cohort") != (one.gate.close is not None):
            raise BadFormat(f"{one.code} must say how its cohort is decided, or decide each order alone")
        if len(one.stories) < 3:
            raise BadFormat(f"{one.code} needs three stories: happy, cancelled, disputed")
        known[one.code] = one
    return known
