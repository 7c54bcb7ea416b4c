"""Holds: the one way to take, extend, use up or free stock, a slot or an asset. The order path writes them through `market.apply`."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Hold(msgspec.Struct):
    """Set aside for an order's line. Still held = quantity - used - freed; sold = used - back."""

    line: int
    kind: str
    target_id: int
    quantity: int
    used: int = 0
    freed: int = 0
    back: int = 0
    period: str | None = None
    expires_at: datetime | None = None

    @property
    def held(self) -> int:
        """What is still set aside."""
        return self.quantity - self.used - self.freed

    @property
    def sold(self) -> int:
        """What went out and has not come back."""
        return self.used - self.back

    def use(self, count: int) -> None:
        """It leaves the place."""
        self.used += self._at_most(count, self.held)

    def free(self, count: int) -> None:
        """It can be promised to somebody else."""
        self.freed += self._at_most(count, self.held)

    def take_back(self, count: int) -> None:
        """It returned to the place."""
        self.back += self._at_most(count, self.sold)

    def _at_most(self, count: int, left: int) -> int:
        if not 0 <= count <= left:
            raise ValueError(f"a hold of {left} cannot give {count}")
        return count
