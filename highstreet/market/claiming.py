"""Claiming: many people at once want what a programme gives. Those of one process are asked together, in the order they came.

Once a round is all claimed the process remembers it for a moment, so that saying no costs next to nothing: what lapses comes back with
the next round, never into this one. Nobody is told apart by their account alone: telephone, e-mail and device count as the same person.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby

import msgspec

from highstreet import parties, policy
from highstreet.kit.combine import Combiner
from highstreet.kit.db import Database, Tx
from highstreet.kit.errors import TooOften, Unavailable
from highstreet.kit.ids import new_id
from highstreet.kit.sealing import Seal
from highstreet.policy import Asking, Batch, Verdict

_REMEMBERED = timedelta(seconds=1)
# A finger that hammers: counted in this process alone, so that asking costs nobody a write.
_MOST_ASKED, _WITHIN = 20, timedelta(seconds=10)
_TRIES = 20


class Claimed(msgspec.Struct, frozen=True):
    """claim: its id; an entry's, where lots decide later. again: the same call was answered before."""

    claim: str
    again: bool = False


class _Known(msgspec.Struct):
    """A batch as this process last saw it."""

    batch: Batch
    seen_at: datetime
    gone_until: datetime | None = None


_Question = tuple[str, Asking, datetime]


class Claims:
    """The claims of one process."""

    def __init__(self, db: Database, seal: Seal) -> None:
        self._db = db
        self._seal = seal
        self._known: dict[str, _Known] = {}
        self._asked: dict[str, int] = {}
        self._asked_until: datetime | None = None
        # Each process begins at another slice, so that they seldom meet.
        self._slice = secrets.randbelow(1 << 16)
        self._combiner: Combiner[_Question, tuple[Verdict, str]] = Combiner(
            self._together, most=200, wait_ms=4, lanes=2
        )

    async def close(self) -> None:
        """Finish what is under way."""
        await self._combiner.close()

    def is_gone(self, batch_id: str, now: datetime) -> bool:
        """Whether this process knows that nothing is left of a batch."""
        known = self._known.get(batch_id)
        return known is not None and known.gone_until is not None and now < known.gone_until

    async def claim(
        self,
        batch_id: str,
        holder: str,
        device: str | None,
        key: str,
        now: datetime,
        also: Sequence[str] = (),
    ) -> Claimed:
        """Claim one of a batch for a person, or enter its draw. `key`: of the call, repeating it is safe.

        `also`: what else tells this person again, as `parties.people.known_as` says it.

        Errors: AllClaimed, ClaimedBefore, NotClaimable, NotYourTurn, NotFound, TooOften, Unavailable.
        """
        if self.is_gone(batch_id, now):
            raise policy.AllClaimed
        self._count(holder, now)
        batch = await self.batch(batch_id, now)
        if not batch.opens_at <= now < batch.closes_at or batch.drawn_at or batch.rolled_at:
            raise policy.NotClaimable(opens=batch.opens_at.isoformat(), closes=batch.closes_at.isoformat())
        if batch.pace is not None:
            before = await self._in_turn(batch, holder, key, now)
            if before is not None:
                return Claimed(before, again=True)
        people = [f"party:{holder}"] + (
            [f"device:{self._seal.blind('device', device).hex()}"] if device else []
        )
        asking = Asking(new_id("clm", now), holder, (*people, *also), key)
        for _ in range(_TRIES):
            verdict, claim = await self._combiner.ask((batch_id, asking, now))
            if verdict in ("done", "repeated"):
                return Claimed(claim, verdict == "repeated")
            if verdict == "had":
                raise policy.ClaimedBefore
            if verdict == "gone":
                self._known[batch_id].gone_until = now + _REMEMBERED
                raise policy.AllClaimed
        raise Unavailable

    def _count(self, holder: str, now: datetime) -> None:
        """Errors: TooOften for one person who asks again and again."""
        if self._asked_until is None or now >= self._asked_until:
            self._asked.clear()
            self._asked_until = now + _WITHIN
        self._asked[holder] = times = self._asked.get(holder, 0) + 1
        if times > _MOST_ASKED:
            raise TooOften(seconds=max(1, int((self._asked_until - now).total_seconds())))

    async def _in_turn(self, batch: Batch, holder: str, key: str, now: datetime) -> str | None:
        """A round with a line is claimed by who was called up; the claim, where the same call made it before. Errors: NotYourTurn."""
        async with self._db.read() as tx:
            turn = await policy.lines.turn(tx, batch.id, holder)
            if turn is not None and turn.called(now):
                return None
            before = await policy.claims.claimed_with(tx, batch.id, holder, key)
        if before is None:
            raise policy.errors.NotYourTurn(ahead=turn.ahead(now) if turn else batch.claims)
        return before

    async def batch(self, batch_id: str, now: datetime) -> Batch:
        """A batch as this process last saw it, at most a second ago. Errors: NotFound."""
        known = self._known.get(batch_id)
        if known is None or now >= known.seen_at + _REMEMBERED:
            async with self._db.read() as tx:
                batch = await policy.budgets.batch(tx, batch_id)
            gone = known.gone_until if known else None
            self._known[batch_id] = known = _Known(batch, now, gone)
        return known.batch

    async def _together(self, questions: list[_Question]) -> list[tuple[Verdict, str] | Exception]:
        answers: dict[int, tuple[Verdict, str] | Exception] = {}
        numbered = sorted(enumerate(questions), key=lambda one: one[1][0])
        for batch_id, group in groupby(numbered, key=lambda one: one[1][0]):
            some = list(group)
            askings, now = [asking for _, (_, asking, _) in some], some[-1][1][2]
            # The second time each key finds what the first may have done after all.
            found = await self._db.run_again(self._judged, batch_id, askings, now)
            answers |= {n: verdict for (n, _), verdict in zip(some, found, strict=True)}
        return [answers[n] for n in range(len(questions))]

    async def _judged(
        self, tx: Tx, batch_id: str, askings: Sequence[Asking], now: datetime
    ) -> list[tuple[Verdict, str]]:
        batch = self._known[batch_id].batch
        told = await parties.people.known_as(tx, [one.holder for one in askings])
        whole = [
            msgspec.structs.replace(
                one, people=tuple(dict.fromkeys((*one.people, *told.get(one.holder, ()))))
            )
            for one in askings
        ]
        if batch.way == "draw":
            return list(await policy.draws.enter(tx, batch_id, whole, now))
        prefer = self._slice % max(batch.slices, 1) + 1
        self._slice += 1
        return list(await policy.claims.take(tx, batch_id, whole, prefer, now))
