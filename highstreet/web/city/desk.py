"""The city's desk: who sits there and what they may, and how a page of it is shown."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

from litestar import Response
from litestar.di import NamedDependency

from highstreet import parties
from highstreet.kit.errors import Malformed, NotAllowed, Refusal, SignInFirst
from highstreet.kit.ids import new_id
from highstreet.market.views import city as views
from highstreet.web import frame
from highstreet.web.city import drawn
from highstreet.web.for_the_city import ForTheCity
from highstreet.web.frame import GivenMarket, GivenVisitor


class Desk(ForTheCity, frozen=True):
    """Somebody of the city at the desk. Every page asks `require` for what it needs."""

    waits: views.Attention

    @property
    def city(self) -> str:
        """The city's own party, whose programmes these are."""
        return next(r.party_id for r in self.session.roles if r.role in parties.roles.CITY_ROLES)

    def moment(self, text: str, name: str) -> datetime:
        """A moment as a form sends it, read in the town's time zone. Errors: Malformed."""
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            raise Malformed(name, "must be a day and a time", "请填写日期和时间") from None
        return found.replace(tzinfo=self.market.tz) if found.tzinfo is None else found

    def hours(self, moment: datetime) -> str:
        """A moment as a form's field shows it, in the town's time zone."""
        return moment.astimezone(self.market.tz).strftime("%Y-%m-%dT%H:%M")

    def today(self, ahead: int = 0) -> str:
        """The town's day, so many days ahead, as a form's field shows it."""
        return (self.now.astimezone(self.market.tz) + timedelta(days=ahead)).date().isoformat()

    def show(
        self,
        template: str,
        part: str = "",
        status: int = 200,
        refused: Refusal | None = None,
        **values: Any,
    ) -> Response[str]:
        """A page of the desk, or its block `part` when htmx asks. `refused`: why what was sent was not done."""
        return frame.show(
            self.visitor,
            f"city/{template}",
            part=part,
            status=refused.status if refused else status,
            desk=self,
            words=self.words,
            lang=self.lang,
            currency=self.market.currency,
            said=refused.sentence(self.lang) if refused else "",
            once=new_id("key", self.now),
            descent=drawn.descent,
            passed=lambda one: drawn.passed(self.now, one.opens_at, one.closes_at),
            **values,
        )

    def go(
        self, path: str, text: str, kind: Literal["info", "good", "warn"] = "good", **values: object
    ) -> Response[Any]:
        """See a page of the desk next, with a sentence on it."""
        return frame.go(self.visitor, f"/city{path}", say=self.say(text, **values), kind=kind)


async def desk_of(market: GivenMarket, visitor: GivenVisitor) -> Desk:
    """Who sits here. Errors: SignInFirst, SecondFactorNeeded for city staff without it, NotAllowed for everybody else."""
    session = visitor.session
    if session is None:
        raise SignInFirst
    if not any(role.role in parties.roles.CITY_ROLES for role in session.roles):
        raise NotAllowed
    if not parties.may(session, "customs", None):
        parties.require(session, "statistics", None)
    async with market.db.read() as tx:
        return Desk(market, visitor, session, await views.attention(tx))


# How a handler writes what it wants.
GivenDesk: TypeAlias = NamedDependency[Desk]
