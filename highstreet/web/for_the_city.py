"""Somebody of the city at work: who it is, what they may, and how things are said to them.

The operator's office and the city's desk are two surfaces of it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

from highstreet import parties
from highstreet.kit.db import Tx
from highstreet.kit.text import Words
from highstreet.market.desk import Market
from highstreet.market.views.operator import staff_among
from highstreet.parties import Session
from highstreet.web import frame
from highstreet.web.sessions import Visitor


class ForTheCity(msgspec.Struct, frozen=True):
    """Somebody with a role in the city. Every page asks `require` for what it needs."""

    market: Market
    visitor: Visitor
    session: Session

    @property
    def now(self) -> datetime:
        return self.visitor.now

    @property
    def by(self) -> str:
        """Who does it: what facts are told by."""
        return self.session.party_id

    @property
    def lang(self) -> Literal["en", "zh"]:
        return self.visitor.look.lang

    def may(self, action: parties.roles.Action) -> bool:
        return parties.may(self.session, action, None)

    def require(self, action: parties.roles.Action) -> None:
        """Errors: NotAllowed, SecondFactorNeeded."""
        parties.require(self.session, action, None)

    def say(self, text: str, **values: object) -> str:
        """An English source sentence in this person's language."""
        return frame.say(self.visitor, text, **values)

    def words(self, text: Words | dict[str, Any] | str | None) -> str:
        """A text of two languages in this person's."""
        if text is None or isinstance(text, str):
            return text or ""
        return (text if isinstance(text, Words) else Words(text.get("en", ""), text.get("zh", ""))).say(
            self.lang
        )

    async def names(self, tx: Tx, ids: set[str]) -> dict[str, str]:
        """The names of businesses, and of people of the city and of businesses. Buyers stay unnamed."""
        found = {key: one.name for key, one in (await parties.businesses.businesses(tx, sorted(ids))).items()}
        staff = await staff_among(tx, sorted(ids))
        return found | await parties.people.names(tx, self.market.seal, staff)
