"""Claiming with a helper: for people without a smartphone, at a counter of the city or of a shop that takes part.

The person says a telephone or identity number; the helper claims for them under the same limits as everybody, and prints a slip. Each act
is a fact with helper and place. Nobody helps themselves, and how many one helper serves in an hour is limited.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from highstreet import parties, policy
from highstreet.kit import facts, rates
from highstreet.kit.db import Tx
from highstreet.kit.errors import NotAllowed, NotFound, Refusal, TooOften
from highstreet.kit.rates import Limit
from highstreet.market import lining_up, vouchers_shown
from highstreet.market.desk import Market
from highstreet.market.views import public_money
from highstreet.market.vouchers_shown import Code
from highstreet.policy import Claim

SERVED = (Limit(30, 3600), Limit(150, 86_400))  # people one helper meets
_HERE = timedelta(minutes=20)


class Helper(msgspec.Struct, frozen=True):
    """Who helps. seller_id, place_id: at which counter; None at the city's, which helps with every programme."""

    person_id: str
    seller_id: str | None = None
    place_id: str | None = None


class Helped(msgspec.Struct, frozen=True):
    """Somebody at the counter. names: what tells them again, as keyed hashes; text: the same signed, for the next step of this helper."""

    person_id: str
    names: tuple[str, ...]
    text: str


class WrongSlip(Refusal):
    """A slip of somebody who looks after their vouchers themselves, and never was helped with this one."""

    code = "not_helped"
    status = 403
    en = "This voucher was not claimed with a helper: its holder prints or shows it under “My vouchers”."
    zh = "该券并非代领，请持券人在“我的消费券”中出示或打印。"


async def meet(
    market: Market,
    helper: Helper,
    told: parties.helped.Told,
    *,
    name: str,
    lang: parties.people.Lang,
    agreed: str,
    now: datetime,
) -> Helped:
    """The person these numbers belong to, made when nobody is known by them. Errors: TooOften, OwnCounter."""
    wait = await market.db.run(
        rates.take, "helped", market.seal.blind("party", helper.person_id), SERVED, now
    )
    if wait:
        raise TooOften(seconds=wait)
    names = told.names(market.seal)
    async with market.db.read() as tx:
        mine = (await parties.people.known_as(tx, [helper.person_id])).get(helper.person_id, [])
        found = await parties.helped.find(tx, market.seal, told)
    if found == helper.person_id or set(mine) & set(names):
        raise policy.errors.OwnCounter

    async def met(tx: Tx) -> str:
        return await parties.helped.meet(
            tx, market.seal, told, name=name, lang=lang, agreed=agreed, by=helper.person_id, now=now
        )

    person_id = await market.db.run(met)
    return _signed(market, helper, person_id, tuple(names), now)


def _signed(market: Market, helper: Helper, person_id: str, names: tuple[str, ...], now: datetime) -> Helped:
    body = " ".join(("helped", person_id, helper.person_id, str(int((now + _HERE).timestamp())), *names))
    return Helped(person_id, names, market.link_signer.sign(body.encode()))


def here(market: Market, helper: Helper, text: str, now: datetime) -> Helped:
    """The person this helper met, while they stand here. Errors: NotFound for anything else, and after twenty minutes."""
    words = (market.link_signer.read(text) or b"").decode(errors="replace").split(" ")
    if len(words) < 4 or words[0] != "helped" or words[2] != helper.person_id:
        raise NotFound("person")
    if now > datetime.fromtimestamp(int(words[3]), UTC):
        raise NotFound("person")
    return Helped(words[1], tuple(words[4:]), text)


async def claim(
    market: Market, helper: Helper, who: Helped, round_id: str, key: str, now: datetime
) -> tuple[Claim, Code] | None:
    """Claim one of a round for them and print its slip; None for a draw, which they are in now.

    Errors: as `Claims.claim`; NotAllowed where this shop takes no part.
    """
    async with market.db.read() as tx:
        batch = await policy.budgets.batch(tx, round_id)
        await _allowed(tx, helper, batch.programme_id, now)
    if batch.pace is not None:
        # At a counter too one waits for one's turn: the refusal says how many come before.
        await lining_up.stand(market, round_id, who.person_id, None, now, who.names)
    done = await market.claims.claim(round_id, who.person_id, None, key, now, who.names)
    await market.db.run(_told, helper, who, done.claim, round_id, now)
    if batch.way == "draw":
        return None
    return await print_slip(market, helper, who, done.claim, now)


async def _allowed(tx: Tx, helper: Helper, programme_id: str, now: datetime) -> None:
    seller_id = helper.seller_id
    if seller_id is not None and not await policy.enrolments.enrolled(tx, programme_id, seller_id, now):
        raise NotAllowed


async def _told(tx: Tx, helper: Helper, who: Helped, claim_id: str, round_id: str, now: datetime) -> None:
    """The act as a fact, and news for whoever looks after their account themselves; sent twice it is told once."""
    if not await policy.codes.helped(tx, claim_id, helper.person_id, helper.place_id, now):
        return
    body = {"round": round_id, "place": helper.place_id, "seller": helper.seller_id}
    await facts.tell(tx, "claim.helped", claim_id, helper.person_id, now, body)
    if await parties.helped.signs_in(tx, who.person_id):
        await parties.notices.tell(tx, who.person_id, "voucher_helped", claim_id, {}, now)


async def print_slip(
    market: Market, helper: Helper, who: Helped, claim_id: str, now: datetime
) -> tuple[Claim, Code]:
    """A slip for a voucher of theirs, new or again: an older one ends. Errors: WrongSlip, NotAllowed, NotFound."""
    async with market.db.read() as tx:
        found = next((one for one in await policy.claims.of(tx, who.person_id) if one.id == claim_id), None)
        if found is None:
            raise NotFound("voucher")
        await _allowed(tx, helper, found.programme_id, now)
        helped = await policy.codes.was_helped(tx, claim_id)
        if not helped and await parties.helped.signs_in(tx, who.person_id):
            raise WrongSlip
    return found, await vouchers_shown.print_slip(market, claim_id, helper.person_id, helper.place_id, now)


async def void_slip(market: Market, helper: Helper, claim_id: str, now: datetime) -> None:
    """A slip this helper printed is good for nothing any more; the voucher stays its holder's. Errors: NotFound."""

    async def void(tx: Tx) -> bool:
        return await policy.codes.void(tx, claim_id, helper.person_id, now, printed_by=helper.person_id)

    if not await market.db.run(void):
        raise NotFound("voucher")


async def rounds(tx: Tx, helper: Helper, now: datetime) -> list[public_money.OnOffer]:
    """The rounds that are open now and that this counter may help with."""
    found = [one for one in await public_money.on_offer(tx, now) if one.opens_at <= now < one.closes_at]
    if helper.seller_id is None:
        return found
    mine = {
        name: bool(await policy.enrolments.enrolled(tx, name, helper.seller_id, now))
        for name in {one.programme_id for one in found}
    }
    return [one for one in found if mine[one.programme_id]]


async def take_over(tx: Tx, market: Market, person_id: str, now: datetime) -> int:
    """Somebody proved a telephone number theirs: what was claimed for them at counters is their own account's. How many records joined."""
    found = await parties.helped.heirs(tx, person_id)
    for one in found:
        await policy.claims.hand_over(tx, one, person_id, now)
        await parties.helped.join(tx, market.seal, one, person_id, person_id, now)
        await parties.people.erase(tx, one, now)
    return len(found)
