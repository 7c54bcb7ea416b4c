from __future__ import annotations

import asyncio
import contextvars

import pytest
from hypothesis import given
from hypothesis import strategies as st

from highstreet.kit.combine import Closed, Combiner


class Answering:
    """Answers twice the number, or an exception for a negative one; can be held back."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.running = 0
        self.most_running = 0
        self.go = asyncio.Event()
        self.go.set()
        self.started = asyncio.Event()

    async def run(self, batch: list[int]) -> list[int | Exception]:
        self.batches.append(batch)
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        self.started.set()
        try:
            await self.go.wait()
            await asyncio.sleep(0)
        finally:
            self.running -= 1
        return [ValueError(str(n)) if n < 0 else 2 * n for n in batch]


async def turns(count: int = 5) -> None:
    """Let everybody who is ready go on."""
    for _ in range(count):
        await asyncio.sleep(0)


async def test_a_lone_caller_does_not_wait() -> None:
    answering = Answering()
    combiner = Combiner(answering.run, wait_ms=60_000)
    for n in range(3):
        assert await asyncio.wait_for(combiner.ask(n), 30) == 2 * n
    assert answering.batches == [[0], [1], [2]]


async def test_those_who_come_while_one_is_in_flight_go_together() -> None:
    answering = Answering()
    combiner = Combiner(answering.run, wait_ms=1)
    answering.go.clear()
    first = asyncio.create_task(combiner.ask(0))
    await answering.started.wait()
    others = [asyncio.create_task(combiner.ask(n)) for n in range(1, 30)]
    await turns()
    answering.go.set()
    assert await asyncio.gather(first, *others) == [2 * n for n in range(30)]
    assert answering.batches[0] == [0]
    assert len(answering.batches) == 2
    assert (combiner.batches, combiner.questions) == (2, 30)


async def test_who_comes_shortly_after_company_waits_for_more() -> None:
    answering = Answering()
    combiner = Combiner(answering.run, most=2, wait_ms=60_000)
    assert await asyncio.gather(combiner.ask(1), combiner.ask(2)) == [2, 4]
    third = asyncio.create_task(combiner.ask(3))
    await turns()
    assert len(answering.batches) == 1
    assert await asyncio.gather(third, combiner.ask(4)) == [6, 8]
    assert answering.batches == [[1, 2], [3, 4]]


async def test_a_full_batch_does_not_wait_for_its_time() -> None:
    answering = Answering()
    combiner = Combiner(answering.run, most=10, wait_ms=60_000)
    answers = await asyncio.wait_for(asyncio.gather(*(combiner.ask(n) for n in range(10))), 30)
    assert answers == [2 * n for n in range(10)]
    assert [len(batch) for batch in answering.batches] == [10]


@given(
    questions=st.lists(st.integers(-3, 50), min_size=1, max_size=60),
    most=st.integers(1, 12),
    lanes=st.integers(1, 3),
    gaps=st.lists(st.integers(0, 4), max_size=60),
)
def test_everybody_gets_the_own_answer_in_the_order_asked(
    questions: list[int], most: int, lanes: int, gaps: list[int]
) -> None:
    async def story() -> None:
        answering = Answering()
        combiner = Combiner(answering.run, most=most, wait_ms=0.1, lanes=lanes)

        asked: list[asyncio.Task[int]] = []
        for at, n in enumerate(questions):
            asked.append(asyncio.create_task(combiner.ask(n)))
            await turns(gaps[at] if at < len(gaps) else 0)
        answers = await asyncio.gather(*asked, return_exceptions=True)
        for n, answer in zip(questions, answers, strict=True):
            if n < 0:
                assert isinstance(answer, ValueError)
                assert str(answer) == str(n)
            else:
                assert answer == 2 * n
        assert [n for batch in answering.batches for n in batch] == questions
        assert all(len(batch) <= most for batch in answering.batches)
        assert answering.most_running <= lanes
        await combiner.close()

    asyncio.run(story())


@given(st.lists(st.sampled_from(["wait", "cancel before", "cancel in flight"]), min_size=1, max_size=25))
def test_cancelling_one_harms_nobody_else(fates: list[str]) -> None:
    async def story() -> None:
        answering = Answering()
        answering.go.clear()
        combiner = Combiner(answering.run, wait_ms=0)
        head = asyncio.create_task(combiner.ask(1000))
        await answering.started.wait()
        tasks = [asyncio.create_task(combiner.ask(n)) for n in range(len(fates))]
        await turns()
        for task, fate in zip(tasks, fates, strict=True):
            if fate == "cancel before":
                task.cancel()
        await turns()
        answering.started.clear()
        answering.go.set()
        await head
        answering.go.clear()
        kept = [n for n, fate in enumerate(fates) if fate != "cancel before"]
        if kept:
            await answering.started.wait()
        for task, fate in zip(tasks, fates, strict=True):
            if fate == "cancel in flight":
                task.cancel()
        await turns()
        answering.go.set()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        assert answering.batches[1:] == ([kept] if kept else [])
        for n, (fate, answer) in enumerate(zip(fates, answers, strict=True)):
            assert answer == 2 * n if fate == "wait" else isinstance(answer, asyncio.CancelledError)
        await combiner.close()

    asyncio.run(story())


async def test_if_the_run_fails_everybody_in_it_is_told_and_the_next_ones_are_served() -> None:
    fail = True

    async def run(batch: list[int]) -> list[int | Exception]:
        if fail:
            raise OSError("gone")
        return list(batch)

    combiner = Combiner(run, wait_ms=0)
    answers = await asyncio.gather(*(combiner.ask(n) for n in range(3)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [OSError] * 3
    fail = False
    assert await combiner.ask(1) == 1


async def test_one_poisoned_question_is_found_by_asking_alone() -> None:
    async def run(batch: list[int]) -> list[int | Exception]:
        if 13 in batch:
            raise ZeroDivisionError
        return [2 * n for n in batch]

    combiner = Combiner(run, wait_ms=0, alone_after=(ZeroDivisionError,))
    answers = await asyncio.gather(*(combiner.ask(n) for n in (11, 12, 13, 14)), return_exceptions=True)
    assert [answers[0], answers[1], answers[3]] == [22, 24, 28]
    assert isinstance(answers[2], ZeroDivisionError)


async def test_too_few_answers_are_an_error_not_a_mix_up() -> None:
    async def run(batch: list[int]) -> list[int | Exception]:
        return list(batch[1:])

    combiner = Combiner(run)
    with pytest.raises(RuntimeError, match="1 questions got 0 answers"):
        await combiner.ask(1)


async def test_closing_answers_those_who_wait_and_refuses_newcomers() -> None:
    answering = Answering()
    combiner = Combiner(answering.run, most=2, wait_ms=60_000)
    tasks = [asyncio.create_task(combiner.ask(n)) for n in range(5)]
    await turns()
    await combiner.close()
    assert [task.result() for task in tasks] == [0, 2, 4, 6, 8]
    with pytest.raises(Closed):
        await combiner.ask(1)


async def test_a_batch_does_not_carry_the_context_of_whoever_came_first() -> None:
    person = contextvars.ContextVar("person", default="nobody")

    async def run(batch: list[int]) -> list[str | Exception]:
        return [person.get() for _ in batch]

    combiner: Combiner[int, str] = Combiner(run)
    person.set("Ada")
    assert await combiner.ask(1) == "nobody"
