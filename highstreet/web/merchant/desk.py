"""The merchant's desk: for which business somebody works here, what they may, and how a page of the desk is shown."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any, Literal, TypeAlias

import msgspec
from babel.dates import format_date
from litestar import Response
from litestar.di import NamedDependency

from highstreet import parties
from highstreet.kit.errors import Refusal, SignInFirst
from highstreet.kit.ids import new_id
from highstreet.kit.text import Words
from highstreet.market.desk import Market
from highstreet.market.units import Key
from highstreet.market.views import merchant as views
from highstreet.parties import Business, Session
from highstreet.web import frame
from highstreet.web.frame import Form, GivenMarket, GivenVisitor
from highstreet.web.sessions import AnyRequest, Visitor

WORKS_HERE = ("owner", "manager", "clerk")


class Elsewhere(Exception):
    """This person has no desk yet, or several: another page asks which."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


class Desk(msgspec.Struct, frozen=True):
    """Somebody at the desk of one business."""

    market: Market
    visitor: Visitor
    session: Session
    business: Business
    several: bool
    todo: int
    held: list[str]

    @property
    def id(self) -> str:
        """The business acted for."""
        return self.business.id

    @property
    def lang(self) -> Literal["en", "zh"]:
        return self.visitor.look.lang

    @property
    def name(self) -> str:
        """What stands over the door."""
        return self.business.about.name.say(self.lang) or self.business.name

    def date(self, day: date) -> str:
        """A day of the town as people say it; another year is named."""
        other_year = day.year != self.visitor.now.astimezone(self.market.tz).year
        near, far = ("M月d日EEE", "y年M月d日") if self.lang == "zh" else ("EEE d MMM", "d MMM y")
        return format_date(
            day, far if other_year else near, locale="zh_Hans_CN" if self.lang == "zh" else "en_GB"
        )

    def may(self, action: parties.roles.Action) -> bool:
        return parties.may(self.session, action, self.id)

    def require(self, action: parties.roles.Action) -> None:
        """Errors: NotAllowed."""
        parties.require(self.session, action, self.id)

    def say(self, text: str, **values: object) -> str:
        """An English source sentence in this person's language."""
        return frame.say(self.visitor, text, **values)

    def sentence(self, refusal: Refusal) -> str:
        return refusal.sentence(self.lang)

    def show(self, template: str, part: str = "", status: int = 200, **values: Any) -> Response[str]:
        """A page of the desk, or its block `part` when htmx asks."""
        once = new_id("key", self.visitor.now)
        values |= {"once": once, "lang": self.lang, "words": self.words, "desk": self}
        return frame.show(self.visitor, f"merchant/{template}", part=part, status=status, **values)

    def go(
        self,
        path: str,
        text: str = "",
        kind: Literal["info", "good", "warn", "refusal"] = "good",
        **values: object,
    ) -> Response[Any]:
        """See a page of the desk next, with a sentence on it."""
        return frame.go(
            self.visitor, f"/merchant{path}", say=self.say(text, **values) if text else "", kind=kind
        )

    def words(self, text: Words | dict[str, str] | None) -> str:
        """A text of two languages in this person's."""
        if text is None:
            return ""
        return (text if isinstance(text, Words) else Words(text.get("en", ""), text.get("zh", ""))).say(
            self.lang
        )

    def key(self, form: Form, what: str) -> Key | None:
        """The form's key, so that sending it twice has one effect; None for a form that carries none."""
        once = form.get("once")
        if not once:
            return None
        body = msgspec.json.encode(
            sorted((k, v) for k, v in form.values.items() if k not in ("once", "_csrf_token"))
        )
        mark = hashlib.sha256(body).hexdigest()
        # Whoever goes back and changes the form means another thing: what is written is part of the key.
        return Key(f"{self.visitor.scope} merchant {what}", f"{once[:80]} {mark[:16]}", mark)


async def desk_of(market: GivenMarket, visitor: GivenVisitor) -> Desk:
    """Who sits here. Errors: SignInFirst, Elsewhere (no business yet, or several and none chosen)."""
    session = visitor.session
    if session is None:
        raise SignInFirst
    mine = {role.party_id for role in session.roles if role.role in WORKS_HERE}
    chosen = session.acts_for if session.acts_for in mine else None
    if chosen is None and len(mine) > 1:
        raise Elsewhere("/merchant/choose")
    if not mine:
        raise Elsewhere("/merchant/join")
    async with market.db.read() as tx:
        business = await parties.businesses.business(tx, chosen or next(iter(mine)))
        counts = await views.order_counts(tx, business.id)
        held = await views.licences_held(tx, business.id, visitor.now.astimezone(market.tz).date())
    todo = sum(counts.get(wait, 0) for wait in views.SELLERS_TURN)
    return Desk(market, visitor, session, business, len(mine) > 1, todo, held)


GivenDesk: TypeAlias = NamedDependency[Desk]


def elsewhere(request: AnyRequest, e: Elsewhere) -> Response[Any]:
    """Sends on to the page that asks what is missing."""
    return frame.go(request.state.visitor, e.path)
