"""No format is left out: each has a walk of its own."""

from __future__ import annotations

from pathlib import Path

from highstreet.wiring import formats


def test_every_format_is_walked() -> None:
    walked = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert [one.name for one in formats().values() if f"async def test_{one.name}(walk" not in walked] == []
