"""Clients spread evenly over the web processes of one server.

Each process listens on a socket of its own and the kernel draws one of them for every new connection. Of sixteen clients that keep their
connections one process may have got eleven, and whoever is with it waits for the ten others. So the processes tell each other how much
they have in hand, and one that clearly has more than another closes a connection with an answer it gives anyway (`connection: close`):
the client connects anew and is drawn again. Once they are even nobody is sent away.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import tempfile
import weakref
from collections.abc import Callable
from math import exp
from pathlib import Path
from time import monotonic

from litestar.types import ASGIApp, Message, Receive, Scope, Send

_MEMORY_S = 0.25  # over how long a process remembers what it had in hand
_PAUSE_S = 0.05  # between two clients sent away: what the first brought about is seen by then
_CLEARLY = 1.5  # requests more than the least busy one: sixteen clients end as eight and eight
_SHARE = 0.1  # and this share of one's own: of a hundred it does not matter who has fifty-two
_PID, _BUSY, _USUAL, _AT, _FIELDS = 0, 1, 2, 3, 4


class Board:
    """What the processes of one server tell each other: a line each, in memory they share because they were forked after it was made.

    A line holds its process, the requests it has in hand, how many it usually had of late, and when it wrote that (seconds).
    """

    def __init__(self, processes: int) -> None:
        # A file of no name: the memory is anybody's who inherits it, and a lock on it is given back when its holder ends.
        self._file, name = tempfile.mkstemp()
        Path(name).unlink()
        weakref.finalize(self, os.close, self._file)
        size = mmap.PAGESIZE
        os.truncate(self._file, size)
        self._memory = mmap.mmap(self._file, size)
        # Twice as many as processes: one that is started anew does not wait for the old one to be gone.
        self._lines = min(2 * processes, size // (8 * _FIELDS))
        self.values = memoryview(self._memory).cast("d")

    def join(self, pid: int, now: Callable[[], float] = monotonic) -> Line | None:
        """The line of a process from now on; None when all are taken."""
        fcntl.lockf(self._file, fcntl.LOCK_EX, 1)
        try:
            for at in range(0, self._lines * _FIELDS, _FIELDS):
                if not _lives(int(self.values[at + _PID])):
                    for n, value in enumerate((float(pid), 0.0, 0.0, now())):
                        self.values[at + n] = value
                    return Line(self, at, now)
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1)
        return None

    def least(self, but: int, now: float) -> float | None:
        """The requests in hand of the least busy of the others; None when there is no other. `but`: the line of who asks."""
        found: list[tuple[float, int]] = []
        for at in range(0, self._lines * _FIELDS, _FIELDS):
            if at != but and self.values[at + _PID]:
                pid, busy, usual, when = self.values[at : at + _FIELDS]
                found.append((max(busy, _faded(busy, usual, now - when)), int(pid)))
        # One that was killed is as idle as can be: it must not draw everybody away from those that live.
        return next((busy for busy, pid in sorted(found) if _lives(pid)), None)


class Line:
    """What one process tells the others."""

    def __init__(self, board: Board, at: int, now: Callable[[], float]) -> None:
        self._board = board
        self._at = at
        self._now = now
        self._busy = 0
        self._usual = 0.0
        self._when = self._sent_away = now()

    def begin(self) -> None:
        """A request came."""
        self._tell(1, self._now())

    def end(self) -> bool:
        """A request is answered; whether its client should connect anew."""
        now = self._now()
        mine = min(float(self._busy), _faded(self._busy, self._usual, now - self._when))
        self._tell(-1, now)
        if mine < _CLEARLY or now - self._sent_away < _PAUSE_S:
            return False
        least = self._board.least(self._at, now)
        if least is None or mine - least < max(_CLEARLY, _SHARE * mine):
            return False
        self._sent_away = now
        return True

    def _tell(self, change: int, now: float) -> None:
        self._usual = _faded(self._busy, self._usual, now - self._when)
        self._when = now
        self._busy += change
        values, at = self._board.values, self._at
        values[at + _BUSY], values[at + _USUAL], values[at + _AT] = self._busy, self._usual, now


class Evenly:
    """An ASGI application in front of the whole one: it counts what is in hand, and sends a client away when that is too much."""

    def __init__(self, app: ASGIApp, line: Line) -> None:
        self._app = app
        self._line = line

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Orders are better off with one process: those that come together are written together, and wait for each other.
        if scope["type"] != "http" or scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        # In hand until its answer begins: news that a page listens to for an hour are no work.
        begun = False

        async def counted(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start" and not begun:
                begun = True
                if self._line.end() and scope["http_version"] == "1.1":
                    message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
            await send(message)

        self._line.begin()
        try:
            await self._app(scope, receive, counted)
        finally:
            if not begun:
                self._line.end()


def _faded(busy: float, usual: float, seconds: float) -> float:
    """What one usually had in hand, so many seconds after it was told, having had `busy` since."""
    return busy + (usual - busy) * exp(-max(seconds, 0.0) / _MEMORY_S)


def _lives(pid: int) -> bool:
    if not pid:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


# Made by who starts the processes, before they are forked; a process that was started otherwise is alone.
_board: Board | None = None


def share(processes: int) -> None:
    """Called once, before the processes are forked."""
    global _board  # noqa: PLW0603 - what a forked process inherits is what its modules hold
    _board = Board(processes) if processes > 1 else None


def evenly(app: ASGIApp) -> ASGIApp:
    """The application as one of the processes serves it."""
    line = _board.join(os.getpid()) if _board is not None else None
    return app if line is None else Evenly(app, line)
