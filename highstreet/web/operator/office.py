"""The operator's office: who sits there and what they may, and how a page of it is shown."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from litestar import Response
from litestar.di import NamedDependency

from highstreet import parties
from highstreet.kit.errors import NotAllowed, Refusal, SignInFirst
from highstreet.kit.ids import new_id
from highstreet.market.views import operator as views
from highstreet.web import frame
from highstreet.web.for_the_city import ForTheCity
from highstreet.web.frame import GivenMarket, GivenVisitor


class Office(ForTheCity, frozen=True):
    """Somebody of the city at work. Every page asks `require` for what it needs."""

    waits: views.Attention

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
