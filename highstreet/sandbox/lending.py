"""Who gets a loan, and when: the lender's books of applications, and its desk with the misfortunes a lender has."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import msgspec

from highstreet.sandbox.bank import TWIN, Ask, Bank, BankRefuses, Movement, micros
from highstreet.sandbox.desk import Desk
from highstreet.sandbox.loans import REFUSED, Loan, Terms, standing

TOWN = timedelta(hours=8)  # the lender reckons days as the town does: UTC+8, no summer time

TABLES = """
create table if not exists application (
    key text primary key,
    amount integer not null, currency text not null,
    terms blob not null,
    notify_url text not null,
    decide_at integer not null
);
"""


class Application(msgspec.Struct, frozen=True):
    """Somebody wants a loan on these terms; `decide_at` is microseconds since 1970."""

    key: str
    amount: int
    currency: str
    terms: bytes
    notify_url: str
    decide_at: int

    def ask(self) -> Ask:
        return Ask("charge", self.key, "", self.amount, self.currency)


class LoanBank(Bank):
    """A bank that also remembers who applied for what."""

    def __init__(self, file: str = ":memory:") -> None:
        super().__init__(file)
        self._db.executescript(TABLES)

    def keep(self, one: Application) -> None:
        """The first application under a key stays."""
        self._db.execute(
            "insert or ignore into application values (?, ?, ?, ?, ?, ?)", msgspec.structs.astuple(one)
        )

    def application(self, key: str) -> Application | None:
        row = self._db.execute("select * from application where key = ?", (key,)).fetchone()
        return Application(*row) if row else None

    def undecided(self) -> list[Application]:
        rows = self._db.execute(
            """select * from application a
               where not exists (select 1 from movement m where m.kind = 'charge' and m.key = a.key)"""
        )
        return [Application(*row) for row in rows]

    def refunds(self, key: str) -> list[Movement]:
        """What was refunded of a loan, by its key."""
        rows = self._db.execute(
            "select * from movement where kind = 'refund' and of = ? and outcome = 'paid' order by seq",
            (key,),
        )
        return [Movement(*row) for row in rows]


class LoanDesk(Desk):
    """Decides at once, or later; once for each key, unless it makes the mistake of lending twice."""

    bank: LoanBank

    async def open(self) -> None:
        self._waiting: set[asyncio.Task[None]] = set()
        for one in self.bank.undecided():
            self._decide_later(one)

    async def close(self) -> None:
        for task in self._waiting:
            task.cancel()
        await asyncio.gather(*self._waiting, return_exceptions=True)

    def apply(
        self, ask: Ask, terms: Terms, notify_url: str, refuse: bool = False, late: datetime | None = None
    ) -> Movement | None:
        """The decision, or None while there is none. `late`: decided only then. BankRefuses when the terms are of another sum."""
        if (terms.amount, terms.currency) != (ask.amount, ask.currency):
            raise BankRefuses("sheet_differs", 422, "These terms are for another sum.")
        known = self.bank.application(ask.key)
        if known is not None:
            self.bank.replay(ask)
            return self.bank.find("charge", ask.key)
        now = self.now()
        if late is None and self.dice.strikes("answer_late", ask.key):
            late = now + timedelta(milliseconds=self.dice.faults.late_ms)
        one = Application(
            ask.key, ask.amount, ask.currency, msgspec.json.encode(terms), notify_url, micros(late or now)
        )
        self.bank.keep(one)
        if late is not None:
            self._decide_later(one)
            return None
        return self.settle(ask, notify_url, refuse)[0]

    def _decide_later(self, one: Application) -> None:
        async def decide() -> None:
            await asyncio.sleep(max(0, one.decide_at - micros(self.now())) / 1_000_000)
            self.decide(one.key, True)

        task = asyncio.create_task(decide())
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    def decide(self, key: str, approve: bool) -> Movement:
        """What was put off is decided now. BankRefuses 404 for what nobody applied for."""
        one = self.bank.application(key)
        if one is None:
            raise BankRefuses("application_unknown", 404, "Nobody applied under this key.")
        return self.settle(one.ask(), one.notify_url, not approve)[0]

    def settle(self, ask: Ask, notify_url: str, refuse: bool = False) -> tuple[Movement, bool]:
        moved, first = super().settle(self._of_the_second(ask), notify_url, refuse)
        lent = first and moved.kind == "charge" and moved.outcome == "paid" and not moved.key.endswith(TWIN)
        if lent and self.dice.strikes("approve_twice", moved.key):
            super().settle(Ask("charge", moved.key + TWIN, "", moved.amount, moved.currency), notify_url)
        return moved, first

    def _of_the_second(self, ask: Ask) -> Ask:
        """Money back of a loan lent twice goes to the second loan while that is large enough."""
        if ask.kind != "refund":
            return ask
        done = self.bank.find("refund", ask.key)
        twin = self.bank.find("charge", ask.of + TWIN)
        if done is not None:
            fits = done.of == ask.of + TWIN
        else:
            fits = twin is not None and twin.amount - twin.refunded >= ask.amount
        return msgspec.structs.replace(ask, of=ask.of + TWIN) if fits else ask

    def loan(self, key: str) -> Loan:
        """A loan as it stands today. BankRefuses 404 for what nobody applied for."""
        one = self.bank.application(key)
        if one is None:
            raise BankRefuses("loan_unknown", 404, "Nobody applied under this key.")
        moved = self.bank.find("charge", key)
        if moved is None:
            return Loan("deciding")
        if moved.outcome != "paid":
            return Loan("refused", REFUSED)
        terms = msgspec.json.decode(one.terms, type=Terms)
        refunds = [(_day(back.at), back.amount) for back in self.bank.refunds(key)]
        return standing(terms, refunds, (self.now() + TOWN).date())


def _day(at: int) -> date:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at) + TOWN).date()
