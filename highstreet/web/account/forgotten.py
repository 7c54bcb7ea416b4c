"""A forgotten password: a letter with a link, and the page the link leads to."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from litestar import Response, get, post

from highstreet import parties
from highstreet.kit.errors import Refusal
from highstreet.kit.rates import Limit
from highstreet.web.account.letters import letter_to, links, thanks
from highstreet.web.frame import GivenForm, GivenMarket, GivenVisitor, go, limited, say, show
from highstreet.web.sessions import AnyRequest

_TRIES = (Limit(10, 600), Limit(40, 86_400))


@get("/password/forgotten")
async def forgotten_page(visitor: GivenVisitor) -> Response[str]:
    return show(visitor, "account/forgotten.html")


@post("/password/forgotten", status_code=200)
async def forgotten(
    request: AnyRequest, market: GivenMarket, visitor: GivenVisitor, form: GivenForm
) -> Response[Any]:
    """A link by letter, good once and for an hour; the page says the same for everybody."""
    await limited(market, visitor, "forgotten", *_TRIES)
    async with market.db.transaction() as tx:
        reset = await parties.people.reset_link(
            tx, market.seal, links(market), handle=form.get("handle"), now=visitor.now
        )
    letter = None
    if reset is not None:
        text = (
            say(visitor, "Choose a new password here, within one hour:")
            + f"\n\n{visitor.url}/password/new?link={quote(reset.link)}"
        )
        letter = letter_to(visitor, form.get("handle"), say(visitor, "A new password"), text)
    return thanks(request, visitor, letter)


@get("/password/new")
async def new_password_page(visitor: GivenVisitor, asked: GivenForm) -> Response[str]:
    return show(visitor, "account/new_password.html", link=asked.get("link"), refused="")


@post("/password/new", status_code=200)
async def new_password(market: GivenMarket, visitor: GivenVisitor, form: GivenForm) -> Response[Any]:
    """The new password by a letter's link. It does not sign in: a second factor still counts."""
    try:
        async with market.db.transaction() as tx:
            await parties.people.reset_password(
                tx,
                market.seal,
                links(market),
                link=form.get("link"),
                new=form.get("password"),
                now=visitor.now,
            )
    except Refusal as refused:
        text = refused.sentence(visitor.lang)
        return show(
            visitor, "account/new_password.html", status=refused.status, link=form.get("link"), refused=text
        )
    return go(visitor, "/sign-in", say=say(visitor, "Your new password is set. Please sign in with it."))
