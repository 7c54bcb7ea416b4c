"""What the pretended provider remembers: every charge, refund and payout, once per key, and its notices.

It stands for the outside world, so it keeps its own small SQLite file (or memory) and shares nothing with us.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec

Kind = Literal["charge", "refund", "payout", "authorisation", "capture", "void"]
Outcome = Literal["paid", "declined"]

LARGEST = 10**15
HELD_DAYS = 45  # how long a hold on a card lasts by itself
KEY = re.compile(r"[A-Za-z0-9._:~-]{1,255}\Z")
CURRENCY = re.compile(r"[A-Z]{3}\Z")
TWIN = "~2"  # ends the key of what was moved a second time under one key, by mistake

TABLES = """
create table if not exists movement (
    seq integer primary key,
    kind text not null, key text not null,
    of text not null,
    asked integer not null check (asked > 0),
    amount integer not null check (amount > 0 and amount <= asked),
    currency text not null,
    outcome text not null check (outcome in ('paid', 'declined')),
    provider_ref text not null,
    at integer not null,
    refunded integer not null default 0 check (refunded between 0 and amount),
    unique (kind, key)
);
create table if not exists notice (
    id text primary key,
    key text not null, url text not null, body blob not null,
    state text not null check (state in ('due', 'sent', 'lost', 'given_up')),
    attempts integer not null default 0,
    last_status integer not null default 0
);
"""


class BankRefuses(Exception):
    """The provider understood the call and will not do it; `status` is the HTTP status it answers."""

    def __init__(self, code: str, status: int, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.status = status
        self.detail = detail


class Movement(msgspec.Struct, frozen=True):
    """Money moved, or refused, under one key. Amounts are minor units; `at` is microseconds since 1970.

    `of` is the charge a refund belongs to, or the account a payout goes to or a charge came from, where somebody said it.
    """

    seq: int
    kind: Kind
    key: str
    of: str
    asked: int
    amount: int
    currency: str
    outcome: Outcome
    provider_ref: str
    at: int
    refunded: int

    @property
    def told_key(self) -> str:
        """The key as everybody outside knows it."""
        return self.key.removesuffix(TWIN)


class Ask(msgspec.Struct, frozen=True):
    """What the caller wants moved; two asks under one key must be equal."""

    kind: Kind
    key: str
    of: str
    amount: int
    currency: str


class StoredNotice(msgspec.Struct, frozen=True):
    """A notice as it will be sent; `body` is the exact bytes that are signed."""

    id: str
    key: str
    url: str
    body: bytes
    state: str
    attempts: int
    last_status: int


def micros(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def iso(at: int) -> str:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def check(ask: Ask) -> None:
    """Raises BankRefuses for a key, amount or currency no bank would take."""
    if not KEY.match(ask.key):
        raise BankRefuses("key_malformed", 422, "A key is 1 to 255 of A-Z a-z 0-9 . _ : ~ -")
    if not 0 < ask.amount <= LARGEST:
        raise BankRefuses("amount_out_of_range", 422, "An amount is a whole number of minor units above 0.")
    if not CURRENCY.match(ask.currency):
        raise BankRefuses("currency_malformed", 422, "A currency is three capital letters.")


class Bank:
    """The provider's books. Not for use from several threads at once."""

    def __init__(self, file: str = ":memory:") -> None:
        self._db = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = normal")
        self._db.executescript(TABLES)

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def together(self) -> Iterator[None]:
        """All writes inside happen, or none."""
        self._db.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")

    def find(self, kind: Kind, key: str) -> Movement | None:
        row = self._db.execute("select * from movement where kind = ? and key = ?", (kind, key)).fetchone()
        return Movement(*row) if row else None

    def replay(self, ask: Ask) -> Movement | None:
        """The first answer under this key; BankRefuses 422 when that one was asked something else."""
        check(ask)
        first = self.find(ask.kind, ask.key)
        if first is None:
            return None
        if (first.of, first.asked, first.currency) != (ask.of, ask.amount, ask.currency):
            raise BankRefuses("key_reused", 422, "This key was used before with another request.")
        return first

    def move(self, ask: Ask, amount: int, outcome: Outcome, at: datetime) -> Movement:
        """Writes the movement for the first time; `amount` may be below what was asked (a short charge).

        Call inside `together`, after `replay` answered None. A refund is checked against its charge, the end of a hold against the hold.
        """
        if ask.kind == "refund":
            self._take_from_charge(ask, amount if outcome == "paid" else 0)
        if ask.kind in ("capture", "void"):
            self._end_hold(ask, at, outcome)
        seq = self._db.execute("select coalesce(max(seq), 0) + 1 from movement").fetchone()[0]
        moved = Movement(
            seq=seq,
            kind=ask.kind,
            key=ask.key,
            of=ask.of,
            asked=ask.amount,
            amount=amount,
            currency=ask.currency,
            outcome=outcome,
            provider_ref=f"SBX{at:%Y%m%d}{seq:08d}",
            at=micros(at),
            refunded=0,
        )
        self._db.execute(
            "insert into movement values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", msgspec.structs.astuple(moved)
        )
        return moved

    def _take_from_charge(self, ask: Ask, amount: int) -> None:
        charge = self.find("charge", ask.of)
        if charge is None:
            raise BankRefuses("charge_unknown", 404, "There is no charge with this key.")
        if charge.outcome != "paid":
            raise BankRefuses("charge_not_paid", 422, "This charge was declined; nothing can be refunded.")
        if charge.currency != ask.currency:
            raise BankRefuses("currency_differs", 422, "The charge was in another currency.")
        if charge.refunded + ask.amount > charge.amount:
            left = charge.amount - charge.refunded
            raise BankRefuses("refund_over_charge", 422, f"Only {left} of this charge can still be refunded.")
        self._db.execute("update movement set refunded = refunded + ? where seq = ?", (amount, charge.seq))

    def _end_hold(self, ask: Ask, at: datetime, outcome: Outcome) -> None:
        hold = self.find("authorisation", ask.of)
        if hold is None:
            raise BankRefuses("authorisation_unknown", 404, "There is no hold with this key.")
        if hold.outcome != "paid":
            raise BankRefuses("authorisation_declined", 422, "This hold was declined.")
        if hold.refunded:
            raise BankRefuses("authorisation_over", 422, "This hold was captured or released before.")
        if micros(at) > hold.at + HELD_DAYS * 86_400_000_000:
            raise BankRefuses("authorisation_expired", 422, "This hold has ended by itself.")
        if (ask.amount, ask.currency) != (hold.amount, hold.currency):
            raise BankRefuses("amount_differs", 422, "A hold is captured or released whole.")
        if outcome == "paid":
            self._db.execute("update movement set refunded = amount where seq = ?", (hold.seq,))

    def statement(self, since: datetime, until: datetime) -> list[Movement]:
        """Money that moved from `since` (included) to `until` (excluded), in the order it moved."""
        rows = self._db.execute(
            """select * from movement where outcome = 'paid' and kind not in ('authorisation', 'void') and at >= ? and at < ?
               order by seq""",
            (micros(since), micros(until)),
        )
        return [Movement(*row) for row in rows]

    def latest(self, count: int) -> list[Movement]:
        rows = self._db.execute("select * from movement order by seq desc limit ?", (count,))
        return [Movement(*row) for row in rows]

    def keep_notice(self, notice: StoredNotice) -> None:
        self._db.execute("insert into notice values (?, ?, ?, ?, ?, ?, ?)", msgspec.structs.astuple(notice))

    def tried(self, notice_id: str, state: str, status: int) -> None:
        """One more attempt was made; `status` is the HTTP status, 0 when nobody answered."""
        self._db.execute(
            "update notice set attempts = attempts + 1, state = ?, last_status = ? where id = ?",
            (state, status, notice_id),
        )

    def notices(self, key: str = "", state: str = "") -> list[StoredNotice]:
        rows = self._db.execute(
            "select * from notice where (? = '' or key = ?) and (? = '' or state = ?) order by rowid",
            (key, key, state, state),
        )
        return [StoredNotice(*row) for row in rows]

    def notice(self, notice_id: str) -> StoredNotice | None:
        row = self._db.execute("select * from notice where id = ?", (notice_id,)).fetchone()
        return StoredNotice(*row) if row else None
