"""Order numbers, taken from the sequence in blocks of a hundred so that placing needs no extra round trip."""

from __future__ import annotations

from highstreet.kit.db import Database, value

_BLOCK = 100


class Numbers:
    """Hands out order numbers, each once in the life of the town; a crash loses the rest of a block, never repeats one."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._next = 0
        self._end = 0

    async def take(self, count: int) -> list[int]:
        """count fresh numbers."""
        taken: list[int] = []
        while len(taken) < count:
            if self._next == self._end:
                async with self._db.transaction() as tx:
                    start = await value(tx, int, "SELECT nextval('orders.number')")
                # Another caller may have fetched a block meanwhile; its numbers are used up first.
                if self._next == self._end:
                    self._next, self._end = start, start + _BLOCK
            taken.append(self._next)
            self._next += 1
        return taken
