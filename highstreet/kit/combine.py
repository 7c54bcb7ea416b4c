"""Concurrent questions of one process, asked together: one call answers up to a hundred of them.

    combiner = Combiner(run, most=100, wait_ms=3, lanes=1)
    answer = await combiner.ask(question)        # raises what `run` answered for this question

Nobody waits alone: a question that finds nothing in flight and no company starts at once. When another batch is in
flight, several questions wait, or there was company a moment ago, they are collected for up to `wait_ms`: where many
ask, more are about to.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Generic, NamedTuple, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")


# For so many times `wait_ms` after several were asked together, the next one is not taken to be alone.
_REMEMBERED = 10


class Closed(Exception):
    """Asked after `close`."""


class _Asked(NamedTuple, Generic[Q, A]):
    question: Q
    answer: asyncio.Future[A]
    since: float


class Combiner(Generic[Q, A]):
    """`run` gets a list of questions and returns as many answers in the same order; one may be an exception.

    If `run` itself raises, all of the batch get that exception; except one of `alone_after`, which says
    that nothing was done and one question may be to blame: then each is asked again by itself.
    `batches` and `questions` count what was run.
    """

    def __init__(
        self,
        run: Callable[[list[Q]], Awaitable[list[A | Exception]]],
        *,
        most: int = 100,
        wait_ms: float = 3.0,
        lanes: int = 1,
        alone_after: tuple[type[Exception], ...] = (),
    ) -> None:
        self._run = run
        self._most = most
        self._wait = wait_ms / 1000
        self._lanes = lanes
        self._alone_after = alone_after
        self._waiting: deque[_Asked[Q, A]] = deque()
        self._in_flight: set[asyncio.Task[None]] = set()
        self._look: asyncio.Handle | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._company_until = 0.0
        self._closed = False
        self.batches = 0
        self.questions = 0

    async def ask(self, question: Q) -> A:
        """The answer to this question. Cancelling the caller before its batch started withdraws the
        question."""
        if self._closed:
            raise Closed
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[A] = loop.create_future()
        self._waiting.append(_Asked(question, answer, loop.time()))
        if self._look is None:
            # Not now but after everybody who is ready in this turn of the loop has asked.
            self._look = loop.call_soon(self._looked)
        return await answer

    async def close(self) -> None:
        """Answer everybody who waits, then refuse."""
        self._closed = True
        self._start()
        while self._in_flight:
            await asyncio.wait(tuple(self._in_flight))

    def _looked(self) -> None:
        self._look = None
        self._start()

    def _rang(self) -> None:
        self._timer = None
        self._start()

    def _start(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting and len(self._in_flight) < self._lanes:
            lone = len(self._waiting) == 1 and not self._in_flight and loop.time() > self._company_until
            due = self._waiting[0].since + self._wait
            if not (lone or self._closed or len(self._waiting) >= self._most or due <= loop.time()):
                if self._timer is None:
                    self._timer = loop.call_at(due, self._rang)
                return
            taken = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
            batch = [asked for asked in taken if not asked.answer.done()]
            if not batch:
                continue
            # In a context of its own: what the first caller carries (its log fields) is not the others'.
            task = loop.create_task(self._answer(batch), context=contextvars.Context())
            self._in_flight.add(task)
            if len(batch) > 1:
                self._company_until = loop.time() + self._wait * _REMEMBERED
            task.add_done_callback(self._landed)

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._in_flight.discard(task)
        self._start()

    async def _answer(self, batch: list[_Asked[Q, A]]) -> None:
        self.batches += 1
        self.questions += len(batch)
        try:
            answers = await self._run([asked.question for asked in batch])
            if len(answers) != len(batch):
                raise RuntimeError(f"{len(batch)} questions got {len(answers)} answers")
        except self._alone_after as e:
            if len(batch) == 1:
                _fail(batch, e)
                return
            for asked in batch:
                await self._answer([asked])
        except Exception as e:  # noqa: BLE001
            # It is not lost: it goes to those who asked.
            _fail(batch, e)
        except BaseException:
            for asked in batch:
                asked.answer.cancel()
            raise
        else:
            for asked, answer in zip(batch, answers, strict=True):
                if asked.answer.done():
                    continue
                if isinstance(answer, Exception):
                    asked.answer.set_exception(answer)
                else:
                    asked.answer.set_result(answer)


def _fail(batch: list[_Asked[Q, A]], e: Exception) -> None:
    for asked in batch:
        if not asked.answer.done():
            asked.answer.set_exception(e)
