"""A new account, and the link that confirms its address."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from litestar import Response, get, post

from highstreet import parties
from highstreet.kit.errors import Malformed, Refusal
from highstreet.kit.mail import Letter
from highstreet.kit.rates import Limit
from highstreet.market import helping
from highstreet.web.account.letters import letter_to, links, posting, thanks
from highstreet.web.account.sign_in import welcome
from highstreet.web.frame import (
    GivenForm,
    GivenMarket,
    GivenVisitor,
    Visitor,
    back_to,
    go,
    limited,
    say,
    show,
)
from highstreet.web.sessions import AnyRequest

_TRIES = (Limit(10, 600), Limit(40, 86_400))


@get("/sign-up")
async def sign_up_page(visitor: GivenVisitor, asked: GivenForm) -> Response[str]:
    return show(
        visitor,
        "account/sign_up.html",
        typed={},
        wrong={},
        refused="",
        onward=back_to(asked.get("next"), "/me"),
    )


@post("/sign-up", status_code=200)
async def sign_up(
    request: AnyRequest, market: GivenMarket, visitor: GivenVisitor, form: GivenForm
) -> Response[Any]:
    """A new account, signed in at once. A handle that is known is answered by a letter to its owner."""
    await limited(market, visitor, "sign up", *_TRIES)
    onward = back_to(form.get("next"), "/me")
    typed = {name: form.get(name) for name in ("name", "handle")}
    try:
        if form.get("agree") != "1":
            raise Malformed(
                say(visitor, "Agreement"), "please agree to how we use your data", "请同意数据使用说明"
            )
        async with market.db.transaction() as tx:
            person = await parties.people.sign_up(
                tx, market.seal, handle=form.get("handle"), password=form.get("password"), name=form.get("name"),
                lang=visitor.look.lang, now=visitor.now,
            )  # fmt: skip
            token = await parties.sessions.open_session(tx, person, None, False, visitor.agent, visitor.now)
    except parties.HandleTaken:
        return thanks(request, visitor, known_already(visitor, form.get("handle")))
    except Refusal as refused:
        return show(
            visitor, "account/sign_up.html", status=refused.status, typed=typed, wrong={},
            refused=refused.sentence(visitor.lang), onward=onward,
        )  # fmt: skip
    link = parties.people.confirmation_link(
        market.seal, links(market), person, form.get("handle"), visitor.now
    )
    text = (
        say(visitor, "Welcome. Please confirm that this address is yours:")
        + f"\n\n{visitor.url}/confirm?link={quote(link)}"
    )
    answer = await welcome(market, visitor, token, person, onward)
    answer.background = posting(
        request, letter_to(visitor, form.get("handle"), say(visitor, "Welcome"), text)
    )
    return answer


@get("/confirm")
async def confirm_page(visitor: GivenVisitor, asked: GivenForm) -> Response[str]:
    return show(visitor, "account/confirm.html", link=asked.get("link"))


@post("/confirm", status_code=200)
async def confirm(market: GivenMarket, visitor: GivenVisitor, form: GivenForm) -> Response[Any]:
    """Written down that the address is read by its owner."""
    async with market.db.transaction() as tx:
        person = await parties.people.confirm_handle(
            tx, links(market), link=form.get("link"), now=visitor.now
        )
        await helping.take_over(tx, market, person, visitor.now)
    return go(visitor, "/me", say=say(visitor, "Confirmed. Thank you."))


def known_already(visitor: Visitor, handle: str) -> Letter | None:
    """What the owner of a known address reads, while the page tells nobody that it is known."""
    tried = say(visitor, "Somebody, perhaps you, tried to make an account with this address.")
    text = tried + " " + say(visitor, "You have one already: sign in, or ask for a new password.")
    return letter_to(visitor, handle, say(visitor, "You have an account already"), text)
