"""From a row of asyncpg to a msgspec.Struct, by a function made once per shape and list of columns."""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import msgspec

T = TypeVar("T")


def converter(shape: type[T], columns: tuple[str, ...]) -> Callable[[Any], T]:
    """Errors: TypeError if a field has no column and no default, or a column no field."""
    return cast("Callable[[Any], T]", _converter(shape, columns))


@functools.lru_cache(maxsize=4096)
def _converter(shape: type, columns: tuple[str, ...]) -> Callable[[Any], object]:
    fields = msgspec.structs.fields(shape)
    names = [f.name for f in fields]
    missing = [f.name for f in fields if f.required and f.name not in columns]
    unknown = [c for c in columns if c not in names]
    if missing or unknown or len(set(columns)) != len(columns):
        raise TypeError(f"{shape.__name__} does not fit its columns: missing {missing}, unknown {unknown}")
    hints = get_type_hints(shape)
    # asyncpg already made str, int, datetime, UUID ...; only what it cannot know of needs a conversion.
    rich = [(c, hints[c]) for c in columns if _is_rich(hints[c])]
    taken = inspect.signature(shape).parameters.values()
    positional = [p.name for p in taken if p.kind is not inspect.Parameter.KEYWORD_ONLY]
    by_position = list(columns) == positional[: len(columns)]
    if by_position and not rich:
        return lambda record: shape(*record)
    if not rich:
        return lambda record: shape(**dict(record))

    def convert(record: Any) -> object:
        values = dict(record)
        for column, kind in rich:
            values[column] = msgspec.convert(values[column], kind)
        return shape(**values)

    return convert


def _is_rich(kind: Any) -> bool:
    """True if asyncpg cannot have made it: struct, enumeration, tuple, set, or a container of such."""
    origin = get_origin(kind)
    if origin in (Union, types.UnionType, list, dict):
        return any(_is_rich(part) for part in get_args(kind))
    if origin is not None:
        return origin is not Literal
    # A NewType is no class: its value is what it stands for.
    return isinstance(kind, type) and kind.__module__ not in _PLAIN_MODULES


_PLAIN_MODULES = frozenset({"builtins", "datetime", "uuid", "decimal", "ipaddress", "types"})
