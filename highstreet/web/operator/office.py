"""The operator's office: who sits there and what they may, and how a page of it is shown."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, TypeAlias

import msgspec
from litestar import Response
from litestar.di import NamedDependency

from highstreet import parties
from highstreet.kit.db import Tx
from highstreet.kit.errors import NotAllowed, Refusal, SignInFirst
from highstreet.kit.ids import new_id
from highstreet.kit.text import Words
from highstreet.market.desk import Market
from highstreet.market.views import operator as views
from highstreet.parties import Session
from highstreet.web import frame
from highstreet.web.frame import GivenMarket, GivenVisitor
from highstreet.web.sessions import Visitor


class Office(msgspec.Struct, frozen=True):
    """Somebody of the city at work. Every page asks `require` for what it needs."""

    market: Market
    visitor: Visitor
    session: Session
    waits: views.Attention

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

    def show(
        self,
        template: str,
        part: str = "",
        status: int = 200,
        refused: Refusal | None = None,
        **values: Any,
    ) -> Response[str]:
        """A page of the office, or its block `part` when htmx asks. `refused`: why what was sent was not done."""
        said = refused.sentence(self.lang) if refused else ""
        return frame.show(
            self.visitor,
            f"operator/{template}",
            part=part,
            status=refused.status if refused else status,
            office=self,
            words=self.words,
            lang=self.lang,
            said=said,
            once=new_id("key", self.now),
            **values,
        )

    def go(
        self, path: str, text: str, kind: Literal["info", "good", "warn"] = "good", **values: object
    ) -> Response[Any]:
        """See a page of the office next, with a sentence on it."""
        return frame.go(self.visitor, f"/operator{path}", say=self.say(text, **values), kind=kind)

    async def names(self, tx: Tx, ids: set[str]) -> dict[str, str]:
        """The names of those who told facts: businesses, and people of the city. Buyers stay unnamed."""
        found = {key: one.name for key, one in (await parties.businesses.businesses(tx, sorted(ids))).items()}
        staff = await views.staff_among(tx, sorted(ids))
        return found | await parties.people.names(tx, self.market.seal, staff)


async def office_of(market: GivenMarket, visitor: GivenVisitor) -> Office:
    """Who sits here. Errors: SignInFirst, SecondFactorNeeded for city staff without it, NotAllowed for everybody else."""
    session = visitor.session
    if session is None:
        raise SignInFirst
    if not any(role.role in parties.roles.CITY_ROLES for role in session.roles):
        raise NotAllowed
    parties.require(session, "review", None)
    async with market.db.read() as tx:
        return Office(market, visitor, session, await views.attention(tx, visitor.now))


# How a handler writes what it wants.
GivenOffice: TypeAlias = NamedDependency[Office]
