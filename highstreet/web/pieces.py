"""How templates are drawn at little cost: pieces that were drawn before, and Jinja without what our templates never ask it for.

Everything here draws what Jinja alone would draw: `tests/web/test_render.py` and `test_quick.py` hold that.
"""

from __future__ import annotations

import re
import secrets
import threading
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from operator import attrgetter, itemgetter
from types import FunctionType
from typing import Any

import markupsafe
from jinja2 import Environment, Template
from jinja2.environment import TemplateModule
from jinja2.runtime import Context, Macro
from markupsafe import Markup

_MARK = secrets.token_hex(12)  # nothing that anybody wrote into a page can be taken for one
_PLAIN = {str, Markup, int, bool, type(None)}


class Kept:
    """Pieces of pages drawn before, by all that they were drawn from: a piece kept is never an old one.

    `kept(key, macro, ...)` in a template; the latest used stay. One for each language and zone.
    """

    def __init__(self, most: int = 8192) -> None:
        self._most = most
        self._pieces: dict[Hashable, str] = {}

    def __call__(self, key: Hashable, draw: Callable[..., str], *given: object) -> str:
        piece = self._pieces.pop(key, None)
        if piece is None:
            piece = draw(*given)
            if len(self._pieces) >= self._most:
                del self._pieces[next(iter(self._pieces))]
        self._pieces[key] = piece
        return piece


_Texts = Callable[[Any], tuple[object, ...]]


class Filled:
    """Pieces that look the same but for their texts: drawn once with marks where the texts go, then filled in.

    `filled(key, macro, texts, ...)` in a template: the key says all that decides about the piece beside its texts, so
    that the macro may ask for anything of what follows that the key tells, and for nothing about a text but to write it.
    """

    def __init__(self, most: int = 4096) -> None:
        self._most = most
        self._pieces: dict[Hashable, tuple[str, _Texts]] = {}

    def __call__(
        self, key: Hashable, draw: Callable[..., str], texts: Mapping[str, object], *given: object
    ) -> Markup:
        piece, texts_of = self._pieces.get(key) or self._drawn(key, draw, tuple(texts), itemgetter, given)
        return Markup(piece % tuple(map(escaped, texts_of(texts))))  # noqa: S704  escaped here

    def each(
        self, key: Hashable, draw: Callable[..., str], names: tuple[str, ...], all_of: Iterable[object]
    ) -> Markup:
        """One after the other, their texts taken from attributes of these names."""
        piece, texts_of = self._pieces.get(key) or self._drawn(key, draw, names, attrgetter, ())
        return Markup("".join([piece % tuple(map(escaped, texts_of(one))) for one in all_of]))  # noqa: S704  escaped here

    def _drawn(
        self, key: Hashable, draw: Callable[..., str], names: tuple[str, ...], getter: Callable[..., _Texts],
        given: tuple[object, ...],
    ) -> tuple[str, _Texts]:  # fmt: skip
        piece = str(draw({name: Markup(f"[{_MARK}{name}]") for name in names}, *given)).replace("%", "%%")  # noqa: S704
        marks = re.compile(rf"\[{_MARK}(\w+)\]")
        # Two at least, and the last left out again: a getter of one gives no tuple.
        order = [*marks.findall(piece), names[0], names[0]]
        filled = marks.sub("%s", piece) + "%.0s%.0s", getter(*order)
        if len(self._pieces) >= self._most:
            del self._pieces[next(iter(self._pieces))]
        self._pieces[key] = filled
        return filled


class Remembered:
    """A macro whose piece comes from its arguments alone, most often the same: drawn once for each. Only for what is public."""

    __slots__ = ("_drawn", "_macro")

    def __init__(self, macro: Macro, most: int = 1024) -> None:
        self._macro = macro
        # By type as well: "&" in a text is not "&" in a piece of a page.
        self._drawn: Callable[..., str] = lru_cache(most, typed=True)(macro)

    def __call__(self, *args: Any, **given: Any) -> str:
        if _PLAIN.issuperset(map(type, args)) and _PLAIN.issuperset(map(type, given.values())):
            return self._drawn(*args, **given)
        return self._macro(*args, **given)


def remember(module: TemplateModule, *names: str) -> None:
    """Let these macros of a module be remembered."""
    for name in names:
        setattr(module, name, Remembered(getattr(module, name)))


_drawing = threading.local()


@contextmanager
def taken_apart() -> Iterator[None]:
    """What is drawn in here is given back at once.

    A macro knows its context and the context its macros: such rings, with all that a page was drawn from, would stay until Python
    looks for garbage, and that held everybody up for 30 ms after each hundred pages.
    """
    outer: list[Context] | None = getattr(_drawing, "contexts", None)
    contexts = _drawing.contexts = []
    try:
        yield
    finally:
        _drawing.contexts = outer
        for one in contexts:
            one.vars.clear()
            one.parent.clear()


class Calls(Context):
    """Calls what needs nothing of the context at once. An offer's page calls ninety macros and sentences, and Jinja asks each of them
    in five ways whether it wants the context, the environment or to know whether texts are escaped (always, here)."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        contexts = getattr(_drawing, "contexts", None)
        if contexts is not None:
            contexts.append(self)

    def call(self, called: Callable[..., Any], /, *args: Any, **given: Any) -> Any:
        kind = type(called)
        if (
            kind is Macro
            or kind is Remembered
            or (kind is FunctionType and not hasattr(called, "jinja_pass_arg"))
        ):
            if given:
                given.pop("_block_vars", None)
                given.pop("_loop_vars", None)
            return called(*args, **given)
        return super().call(called, *args, **given)


class Compiled(Template):
    """A template whose texts are escaped without being wrapped: they go straight into the page."""

    @classmethod
    def from_code(cls, environment: Environment, code: Any, *more: Any, **given: Any) -> Template:
        found = super().from_code(environment, code, *more, **given)
        found.root_render_func.__globals__["escape"] = escaped
        return found


class Pages(Environment):
    """Finds its templates by name in one look; what all of them know is put together once for each, before it is drawn."""

    context_class = Calls
    template_class = Compiled

    def __init__(self, **given: Any) -> None:
        self._found: dict[tuple[object, object], Template] = {}
        super().__init__(**given)

    def get_template(
        self,
        name: str | Template,
        parent: str | None = None,
        globals: Any = None,  # noqa: A002  as Jinja calls it
    ) -> Template:
        key = (self.loader, name)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = super().get_template(name, parent, globals)
        return found

    def make_globals(self, d: Any) -> dict[str, Any]:
        return {**self.globals, **(d or {})}


def escaped(value: Any) -> str:
    """As markupsafe has it, which wraps what it escaped; that takes four times as long."""
    kind = type(value)
    if kind is str:
        return _escape_text(value)
    if kind is Markup:
        return value
    return str(value) if kind is int else markupsafe.escape(value)


# What markupsafe itself calls; without it, only slower.
_escape_text: Callable[[str], str] = getattr(markupsafe, "_escape_inner", markupsafe.escape)
