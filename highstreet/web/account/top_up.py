"""Putting money in: to the provider's page and back, waiting for its word without guessing."""

from __future__ import annotations

import logging
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from highstreet import ledger
from highstreet.kit.errors import NotFound, Refusal
from highstreet.ledger import Intent, Notice, ProviderAway
from highstreet.market import errands
from highstreet.market.desk import Market
from highstreet.web.account.wallet import PAYABLE
from highstreet.web.frame import Form, GivenForm, GivenMarket, GivenVisitor, Visitor, go, say, show, signed_in

TopUp = ledger.top_ups.TopUp


class Home(msgspec.Struct, frozen=True):
    """Where a payment belongs: its own page, where one goes from there, how that is called, what is said when it is paid or too late."""

    path: str
    back: str
    title: str
    paid: str
    late: str


_log = logging.getLogger(__name__)


@get("/me/wallet/{key:str}")
async def paying(
    market: GivenMarket, visitor: GivenVisitor, asked: GivenForm, key: FromPath[str]
) -> Response[Any]:
    """Where a top-up stands. `pay=1`: straight on to the provider; coming back, its word is waited for."""
    return answer(market, visitor, await mine(market, visitor, key), asked, home(visitor, key))


@post("/me/wallet/{key:str}/ask", status_code=200)
async def ask(market: GivenMarket, visitor: GivenVisitor, key: FromPath[str]) -> Response[Any]:
    """Ask the provider what became of it, when its notice has not come; then see where it stands."""
    found = await mine(market, visitor, key)
    if found.state != "paid":
        await ask_provider(market, visitor, found)
        found = await mine(market, visitor, key)
    return answer(market, visitor, found, Form({"back": ["1"]}), home(visitor, key))


def home(visitor: Visitor, key: str) -> Home:
    return Home(
        f"/me/wallet/{key}",
        "/me/wallet",
        say(visitor, "My wallet"),
        say(visitor, "Your money is in the wallet."),
        say(
            visitor,
            "Nothing was charged. If money did leave your account, it comes into your wallet by itself.",
        ),
    )


async def mine(market: Market, visitor: Visitor, key: str) -> TopUp:
    """Errors: NotFound for somebody else's."""
    session = signed_in(visitor)
    async with market.db.read() as tx:
        found = await ledger.top_ups.of(tx, session.party_id, key)
    if found is None:
        raise NotFound(say(visitor, "payment"))
    return found


def answer(market: Market, visitor: Visitor, found: TopUp, asked: Form, at: Home) -> Response[Any]:
    """The page of a payment, or on to where it belongs once it is paid."""
    if found.state == "paid":
        return go(visitor, at.back, say=at.paid)
    until, provider = found.asked_at + PAYABLE, market.providers.get(found.provider)
    url = ""
    if provider is not None and visitor.now < until:
        back = f"{visitor.url}{at.path}?back=1"
        url = provider.pay_url(Intent(found.key, found.amount, found.currency, until), back)
    returned = bool(asked.get("back") or asked.get("outcome"))
    onward = url if asked.get("pay") and found.state == "asked" else ""
    return show(
        visitor, "account/top_up.html", part="state", one=found, url=url, onward=onward, back=returned, until=until, at=at
    )  # fmt: skip


async def ask_provider(market: Market, visitor: Visitor, found: TopUp) -> None:
    """What the provider answers is taken like its notice."""
    provider = market.providers.get(found.provider)
    if provider is None:
        return
    try:
        state = await provider.query(found.key)
    except (ProviderAway, Refusal) as away:
        _log.info("the provider gave no answer: %s", away)
        return
    if not state.seen or state.outcome == "unknown":
        return
    notice = Notice(
        provider=provider.name, id=f"query {found.key}", key=found.key, amount=state.amount,
        kind="charge.succeeded" if state.outcome == "paid" else "charge.failed",
        currency=state.currency or found.currency, provider_ref=state.provider_ref, at=state.at or visitor.now,
    )  # fmt: skip
    await errands.told(market, notice, visitor.now)
