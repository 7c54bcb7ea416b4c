"""What the pretended provider does when somebody asks it to move money, with its misfortunes."""

import asyncio
from datetime import datetime

from highstreet.kit.clock import Clock
from highstreet.sandbox.bank import Ask, Bank, BankRefuses, Kind, Movement
from highstreet.sandbox.faults import Dice, Fault
from highstreet.sandbox.notices import Postman, compose

SLOW_CARD_SECONDS = 3.0
CLOSED_ACCOUNT = "acct_closed"

FAILS: dict[Kind, Fault] = {
    "charge": "decline", "refund": "refund_fail", "payout": "payout_fail",
    "authorisation": "decline", "capture": "capture_fail", "void": "void_fail",
}  # fmt: skip


class Desk:
    """The provider without its HTTP: one instance per process, used from one event loop."""

    def __init__(self, bank: Bank, dice: Dice, postman: Postman, clock: Clock) -> None:
        self.bank = bank
        self.dice = dice
        self.postman = postman
        self.clock = clock

    async def open(self) -> None:
        """Take up what an earlier process left undone."""

    async def close(self) -> None:
        """Leave what is undone for the next process."""

    def now(self) -> datetime:
        return self.clock()

    async def stumble(self, key: str) -> None:
        """The misfortunes that come before any effect: waiting, 500, 429."""
        if self.dice.faults.delay_ms:
            await asyncio.sleep(self.dice.faults.delay_ms / 1000)
        if self.dice.strikes("error_500", key):
            raise BankRefuses("broken", 500, "Something broke. Nothing was moved by this call.")
        if self.dice.strikes("error_429", key):
            raise BankRefuses("too_many_requests", 429, "Too many requests. Try again in a second.")

    def settle(self, ask: Ask, notify_url: str, refuse: bool = False) -> tuple[Movement, bool]:
        """Moves the money once per key. Returns the movement and whether this call was the first.

        No `await` in here: on one event loop that makes it one step, so a key is never used twice.
        """
        first = self.bank.replay(ask)
        if first is not None:
            return first, False
        fails = refuse or self.dice.strikes(FAILS[ask.kind], ask.key)
        amount = ask.amount
        if ask.kind == "charge" and ask.amount > 1 and self.dice.strikes("short_charge", ask.key):
            amount -= self.dice.between(1, min(999, ask.amount - 1), "short_by", ask.key)
        with self.bank.together():
            moved = self.bank.move(ask, amount, "declined" if fails else "paid", self.now())
            notice = compose(moved, notify_url, self.dice)
            if notify_url:
                self.bank.keep_notice(notice)
        self.postman.deliver(notice)
        return moved, True

    async def call(self, ask: Ask, notify_url: str, refuse: bool = False) -> Movement:
        """One server-to-server call: before, effect, answer - each of which may go wrong."""
        await self.stumble(ask.key)
        moved, first = self.settle(ask, notify_url, refuse)
        if first and self.dice.strikes("timeout_then_success", ask.key):
            await asyncio.sleep(self.dice.faults.hang_ms / 1000)
            raise BankRefuses("timed_out", 504, "No answer in time. Ask again with the same key.")
        return moved

    async def look(self, kind: Kind, key: str) -> Movement:
        """What became of a key. BankRefuses 404 when it was never seen."""
        await self.stumble(key)
        moved = self.bank.find(kind, key)
        if moved is None:
            raise BankRefuses(f"{kind}_unknown", 404, f"There is no {kind} with this key.")
        return moved
