"""What a pretended lock or cabinet does when it is asked, when somebody stands before it, and when something goes wrong with it."""

from collections import Counter
from datetime import datetime
from typing import Any, Literal

import msgspec

from highstreet.kit.signing import proves
from highstreet.sandbox.faults import roll

Kind = Literal["cabinet", "lock", "gate"]
Mishap = Literal[
    "silent",
    "lost_answer",
    "denies",
    "mute",
    "twice",
    "again_other",
    "never",
    "late",
    "wrong_signature",
    "battery_empty",
]

MISHAPS: dict[str, str] = {
    "silent": "does nothing and does not answer",
    "lost_answer": "does it; the answer is lost",
    "denies": "opens, and says that it did not",
    "mute": "opens without telling that it is open",
    "twice": "tells what was taken twice",
    "again_other": "tells it again with one more",
    "never": "never tells what was taken",
    "late": "keeps what it tells until it is sent on",
    "wrong_signature": "signs the first attempt with a wrong key",
    "battery_empty": "has no strength left to open",
}


class NoAnswer(Exception):
    """The device does not answer."""


class Answered(msgspec.Struct, frozen=True):
    """What it says it did, for one key."""

    key: str
    outcome: str
    reason: str = ""
    at: datetime | None = None


class Tell(msgspec.Struct, frozen=True):
    """One report on its way. `forged`: attempts that are signed with a wrong key."""

    device: str
    id: str
    body: bytes
    forged: int = 0


class Device(msgspec.Struct, kw_only=True):
    """A lock, a cabinet or a gate with its memory. `key` is shared with the market; `lines` is what may be taken, `titles` what it is."""

    id: str
    kind: Kind
    name: str
    key: str
    seed: int = 0
    door: Literal["locked", "open"] = "locked"
    battery: int = 87
    online: bool = True
    lat: float | None = None
    lon: float | None = None
    command: str = ""
    lines: dict[str, int] = {}
    titles: dict[str, str] = {}
    answers: dict[str, Answered] = {}
    public: str = ""
    seen: list[str] = []
    planned: dict[str, int] = {}
    rates: dict[str, float] = {}
    backlog: list[Tell] = []
    log: list[tuple[datetime, str, str]] = []
    asked: Counter[str] = msgspec.field(default_factory=Counter)
    told: int = 0

    def strikes(self, mishap: Mishap) -> bool:
        """Whether it goes wrong this way now: planned so many times, or by a rate that the seed makes repeatable."""
        if self.planned.get(mishap, 0) > 0:
            self.planned[mishap] -= 1
            return True
        self.asked[mishap] += 1
        return roll(self.seed, mishap, self.id, self.asked[mishap]) < self.rates.get(mishap, 0.0)

    def ask(
        self, key: str, kind: str, lines: dict[str, int], titles: dict[str, str], now: datetime
    ) -> tuple[Answered, list[Tell]]:
        """Unlock or lock, once per key; its answer and what it tells. Errors: NoAnswer, after which it may have happened."""
        if key in self.answers:
            return self.answers[key], []
        if not self.online or self.strikes("silent"):
            raise NoAnswer
        if kind == "lock":
            self.door = "locked"
            return self._answer(key, "done", "", now), []
        if self.battery == 0 or self.strikes("battery_empty"):
            return self._answer(key, "refused", "battery_empty", now), []
        if self.door == "open":
            return self._answer(key, "refused", "busy", now), []
        self.door, self.command, self.lines, self.titles = "open", key, dict(lines), dict(titles)
        if self.strikes("denies"):
            return self._answer(key, "refused", "jammed", now), []
        answer = self._answer(key, "done", "", now)
        tells = [] if self.strikes("mute") else self.tell("opened", now)
        if self.strikes("lost_answer"):
            raise NoAnswer
        return answer, tells

    def _answer(self, key: str, outcome: str, reason: str, now: datetime) -> Answered:
        self.answers[key] = Answered(key, outcome, reason, now)
        self.note(now, "asked", f"{outcome} {reason}".strip())
        return self.answers[key]

    def scan(self, code: str, now: datetime) -> list[Tell]:
        """Somebody holds a ticket to the gate. Without network it knows what the town signed, and whom it let in itself; no more."""
        named, _, proof = code.strip().rpartition(".")
        good = proves(self.public, named, proof) and named.partition(".")[0] not in self.seen
        self.note(now, "lets in" if good else "refuses", named[-24:])
        if not good:
            return []
        self.seen.append(named.partition(".")[0])
        return self.tell("entered", now, code=code.strip())

    def take(self, taken: dict[str, int], now: datetime) -> list[Tell]:
        """Somebody takes so many of each and closes the cabinet's door."""
        if self.door != "open":
            return []
        self.door = "locked"
        tells = self.tell("closed", now)
        if self.strikes("never"):
            return tells
        seen = {position: count for position, count in taken.items() if count}
        grams = 250 * sum(seen.values())
        tells += self.tell("taken", now, lines=seen, grams=grams)
        if self.strikes("twice"):
            tells += self.tell("taken", now, lines=seen, grams=grams)
        if self.strikes("again_other"):
            more = {position: seen.get(position, 0) + 1 for position in self.lines}
            tells += self.tell("taken", now, lines=more, grams=grams + 250)
        return tells

    def bring_back(self, lat: float | None, lon: float | None, now: datetime) -> list[Tell]:
        """Somebody puts it down somewhere and closes the lock."""
        if self.door != "open":
            return []
        self.door, self.lat, self.lon = "locked", lat, lon
        return self.tell("locked", now)

    def tell(self, kind: str, now: datetime, **more: Any) -> list[Tell]:
        """What it tells; kept back while it is off the network, or is late."""
        self.told += 1
        report = {
            "id": f"{self.id[-8:]}-{self.seed}-{self.told}",
            "kind": kind,
            "at": now,
            "command": self.command,
            "battery": self.battery,
            "lat": self.lat,
            "lon": self.lon,
            **more,
        }
        forged = 1 if self.strikes("wrong_signature") else 0
        made = Tell(self.id, str(report["id"]), msgspec.json.encode(report), forged)
        self.note(now, "tells", kind)
        if not self.online or self.strikes("late"):
            self.backlog.append(made)
            return []
        return [made]

    def send_on(self) -> list[Tell]:
        """What was kept back, the newest first: nobody promised an order."""
        kept, self.backlog = self.backlog[::-1], []
        return kept

    def note(self, now: datetime, what: str, detail: str) -> None:
        """For the page: what happened here lately."""
        self.log = [(now, what, detail), *self.log][:20]
