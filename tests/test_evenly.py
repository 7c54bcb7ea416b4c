"""Who has clearly more in hand than another process sends a client away, until all have as much; then nobody is sent away."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from typing import Any

import pytest

from highstreet import evenly
from highstreet.evenly import Board, Evenly, Line


class Watch:
    """A clock that stands still until it is put forward."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def two_lines(watch: Watch) -> tuple[Board, Line, Line]:
    board = Board(2)
    one, other = board.join(os.getpid(), watch), board.join(os.getppid(), watch)
    assert one is not None and other is not None
    return board, one, other


def lived(lines: list[Line], held: list[int], seconds: float, watch: Watch, draw: random.Random) -> int:
    """Clients without a pause for so long, twenty milliseconds a request; how many of them were sent away."""
    sent_away = 0
    until = watch.seconds + seconds
    while watch.seconds < until:
        watch.seconds += 0.02
        for n, line in enumerate(lines):
            for _ in range(held[n]):
                again = n
                if line.end():
                    sent_away += 1
                    held[n] -= 1
                    again = draw.randrange(len(lines))
                    held[again] += 1
                lines[again].begin()
    return sent_away


@pytest.mark.parametrize(("held", "moved"), [([16, 0], 60), ([11, 5], 30), ([2, 0], 20), ([40, 24], 60)])
def test_clients_end_up_even_and_are_then_left_alone(held: list[int], moved: int) -> None:
    watch, draw = Watch(), random.Random(3)
    _, *lines = two_lines(watch)
    for line, count in zip(lines, held, strict=True):
        for _ in range(count):
            line.begin()
    assert 0 < lived(lines, held, 12, watch, draw) <= moved
    assert abs(held[0] - held[1]) <= max(1, sum(held) // 10), held
    before = list(held)
    assert lived(lines, held, 6, watch, draw) == 0
    assert held == before


def test_a_quiet_market_sends_nobody_away() -> None:
    watch, draw = Watch(), random.Random(5)
    _, one, other = two_lines(watch)
    for _ in range(500):
        watch.seconds += draw.expovariate(20)
        line = draw.choice((one, other))
        for _ in range(draw.choice((1, 1, 2, 6))):  # a browser fetches a page's pictures at once
            line.begin()
        watch.seconds += 0.01
        assert not line.end()
        while line._busy:
            assert not line.end()


def test_a_process_that_is_gone_draws_nobody_and_leaves_its_line() -> None:
    watch, board = Watch(), Board(2)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    line, gone = board.join(os.getpid(), watch), board.join(ended.pid, watch)
    assert gone is not None and line is not None
    for _ in range(20):
        line.begin()
    watch.seconds += 10
    assert not line.end()
    heir = board.join(os.getppid(), watch)
    assert heir is not None and heir._at == gone._at, "the line of who is gone is free again"
    watch.seconds += 10
    assert line.end(), "and who has it now is idle"


async def asked(app: Any, version: str, path: str = "/search") -> list[tuple[bytes, bytes]]:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app({"type": "http", "http_version": version, "path": path}, None, send)
    return sent[0]["headers"]


async def test_the_answer_says_so_to_those_who_understand_it() -> None:
    async def page(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x", b"y")]})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    watch = Watch()
    _, line, other = two_lines(watch)
    app = Evenly(page, line)
    for _ in range(10):
        line.begin()
    watch.seconds += 5
    assert await asked(app, "2") == [(b"x", b"y")]
    assert await asked(app, "1.1", "/api/orders") == [(b"x", b"y")]
    watch.seconds += 5
    assert await asked(app, "1.1") == [(b"x", b"y"), (b"connection", b"close")]
    assert await asked(app, "1.1") == [(b"x", b"y")], "one at a time"
    for _ in range(10):
        other.begin()
    watch.seconds += 5
    assert await asked(app, "1.1") == [(b"x", b"y")]


async def test_a_request_that_fails_is_not_in_hand_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError

    _, line, _ = two_lines(Watch())
    app = Evenly(broken, line)
    with pytest.raises(RuntimeError):
        await asked(app, "1.1")
    assert line._busy == 0
    # One process alone counts nothing.
    monkeypatch.setattr(evenly, "_board", None)
    evenly.share(1)
    assert evenly.evenly(broken) is broken
