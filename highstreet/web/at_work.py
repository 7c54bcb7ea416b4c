"""Somebody at work on a surface of their own, the till or the round: its pages, its words, and forms that count once however often sent."""

from __future__ import annotations

import hashlib
from typing import Any, ClassVar, Literal

import msgspec
from litestar import Response

from highstreet.kit.ids import new_id
from highstreet.kit.text import Words
from highstreet.market.desk import Market
from highstreet.market.units import Key
from highstreet.parties import Session
from highstreet.web import frame
from highstreet.web.frame import Form
from highstreet.web.sessions import Visitor


class AtWork(msgspec.Struct, frozen=True):
    """Who works here. `surface` is where its pages lie, and the path they are seen under; `called` its name in them."""

    surface: ClassVar[str]
    called: ClassVar[str]

    market: Market
    visitor: Visitor
    session: Session

    @property
    def lang(self) -> Literal["en", "zh"]:
        return self.visitor.look.lang

    @property
    def scope(self) -> str:
        """Whose keys its forms carry."""
        return f"{self.surface} {self.session.party_id}"

    def say(self, text: str, **values: object) -> str:
        """An English source sentence in this person's language."""
        return frame.say(self.visitor, text, **values)

    def words(self, text: Words | dict[str, str] | None) -> str:
        """A text of two languages in this person's."""
        found = text if isinstance(text, Words) else Words(**(text or {}))
        return found.say(self.lang)

    def show(self, template: str, status: int = 200, **values: object) -> Response[str]:
        """A page of the surface."""
        given: dict[str, Any] = {
            self.called: self,
            "once": new_id("key", self.visitor.now),
            "currency": self.market.currency,
        }
        name = f"{self.surface}/{template}"
        return frame.show(self.visitor, name, part="", status=status, cookies=(), **given | values)

    def go(
        self,
        path: str,
        text: str = "",
        kind: Literal["info", "good", "warn", "refusal"] = "good",
        **values: object,
    ) -> Response[Any]:
        """See a page of the surface next, with a sentence on it."""
        said = self.say(text, **values) if text else ""
        return frame.go(self.visitor, f"/{self.surface}{path}", say=said, kind=kind)

    def key(self, form: Form, what: str) -> Key | None:
        """The form's key, so that sending it twice has one effect; None for a form that carries none."""
        if not form.get("once"):
            return None
        sent = sorted((k, v) for k, v in form.values.items() if k not in ("once", "_csrf_token"))
        told = hashlib.sha256(msgspec.json.encode(sent)).hexdigest()
        return Key(f"{self.scope} {what}", form.get("once")[:80], told)
