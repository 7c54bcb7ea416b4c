"""Cursor pages: a list never counts what it does not show and never skips when rows are added."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import msgspec

from highstreet.kit.errors import Malformed

T = TypeVar("T")


class Page(msgspec.Struct, Generic[T], frozen=True):
    """Some rows, and the cursor that asks for the rows after them (None at the end)."""

    rows: list[T]
    next: str | None


def cut(rows: Sequence[T], most: int, key: Callable[[T], list[str | int | float]]) -> Page[T]:
    """A page from up to most + 1 rows read: the extra row only tells that there is a next page."""
    shown = list(rows[:most])
    return Page(shown, write_cursor(key(shown[-1])) if len(rows) > most and shown else None)


def write_cursor(values: list[str | int | float]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(values)).rstrip(b"=").decode()


def read_cursor(
    cursor: str | None, *types: type[str] | type[int] | type[float]
) -> list[str | int | float] | None:
    """The values of a cursor, checked against their types; None when there is no cursor."""
    if not cursor:
        return None
    try:
        values = msgspec.json.decode(
            base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=list[str | int | float]
        )
    except (ValueError, msgspec.MsgspecError):
        raise Malformed("cursor", "is not one of ours", "无效的分页游标") from None
    if len(values) != len(types) or any(
        not isinstance(value, kind) for value, kind in zip(values, types, strict=True)
    ):
        raise Malformed("cursor", "is not one of ours", "无效的分页游标")
    return values
