"""Openings: what an offer must satisfy before anybody can buy it, whoever opens it, a person at a desk or a program.

Its terms are checked against what its format reads; the licences of its kind of goods and of its way of selling are looked at when it
opens, each time.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from highstreet import catalog, inventory
from highstreet.catalog import LICENCES
from highstreet.kit.db import Tx
from highstreet.kit.errors import Malformed, NotFound, Refusal
from highstreet.kit.money import MOST
from highstreet.kit.text import Words
from highstreet.market.desk import Market
from highstreet.market.format import Format
from highstreet.market.place import SelfDealing
from highstreet.market.views.calls import licences_in_force
from highstreet.market.views.earners import earners_known, sells_variant
from highstreet.orders import Cut

# Who else may earn of what an offer sells.
ROLES: Mapping[str, Words] = {
    "host": Words("Host of the live room", "主播"),
    "leader": Words("Leader of the group", "团长"),
    "creator": Words("Creator", "创作者"),
    "rights": Words("Holder of the rights", "版权方"),
    "curator": Words("Curator of a box", "选品人"),
    "owner": Words("Owner of the thing", "物主"),
    "referrer": Words("Whoever sends buyers", "推荐人"),
}
_GROUPS, _VALUES, _NAME = 12, 40, 60


class LicenceForWay(Refusal):
    """A way of selling needs a qualification of its own, whatever is sold by it."""

    code = "licence_for_way_needed"
    status = 403
    en = "To sell by “{way}” the business needs an accepted {licence} licence. Show it under Business, Licences."
    zh = "以“{way_zh}”方式销售，需要已审核通过的{licence_zh}。请在“店铺－证照”中提交。"


class ShownLive(Refusal):
    """Whoever could open it past the host would sell what was announced for later, without the host's part."""

    code = "shown_live"
    status = 409
    en = "This is to be shown in a live session; its host puts it on sale there."
    zh = "该商品已排入直播，由主播在直播间开售。"


def way_named(market: Market, name: str) -> Format:
    """The latest version of a format, as offers name it. Errors: Malformed."""
    found = [one for one in market.formats.values() if one.name == name]
    if not found:
        raise Malformed("format", "is not a format of this market", "本市场没有这种业态")
    return max(found, key=lambda one: one.version)


async def open_offer(
    market: Market, tx: Tx, seller_id: str, offer_id: str, now: datetime, *, by_host: bool = False
) -> None:
    """Put an offer on sale. `by_host`: its live room does. Errors: NotFound for somebody else's, OfferClosed, ItemRetired,
    LicenceNeeded, LicenceForWay, ShownLive (a room that is not over will do it).
    """
    held = await licences_in_force(tx, seller_id, now.astimezone(market.tz).date())
    found = await catalog.read_offer(tx, offer_id)
    if found.seller_id != seller_id:
        raise NotFound("offer")
    if not by_host and await catalog.rooms.awaited(tx, offer_id):
        raise ShownLive
    one = way_named(market, found.format)
    if one.licence is not None and one.licence not in held:
        title, said = one.hints.title, LICENCES.get(one.licence, Words(one.licence, one.licence))
        raise LicenceForWay(
            way=title.say("en"), way_zh=title.say("zh"), licence=said.say("en"), licence_zh=said.say("zh")
        )
    await catalog.open_offer(tx, seller_id, offer_id, licences=held, now=now)


async def check_terms(tx: Tx, one: Format, seller_id: str, terms: Mapping[str, Any]) -> None:
    """What an offer states, as its format reads it. Errors: Malformed naming the term, SelfDealing."""
    for term in one.hints.terms:
        value = terms.get(term.name, 0)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _most(term):
            raise Malformed(term.name, f"a whole number up to {_most(term)}", f"不超过 {_most(term)} 的整数")
    asks = {ask.kind for ask in one.hints.asks}
    if "options" in asks:
        _check_groups("options", terms.get("options", {}), least=0)
        _check_never(terms.get("options", {}), terms.get("never", []))
    if "answers" in asks:
        _check_groups("answers", terms.get("answers", {}), least=-MOST)
    if "seats" in asks and terms.get("hall", "") != "":
        if not isinstance(terms["hall"], str):
            raise Malformed("hall", "is a text, row by row", "请逐排填写")
        inventory.halls.read(
            terms["hall"], "CNY"
        )  # which money it is makes no difference to whether it is a plan
    slots_of = terms.get("slots_of", "")
    if not isinstance(slots_of, str) or (slots_of and not await sells_variant(tx, seller_id, slots_of)):
        raise Malformed("slots_of", "is not something of yours", "不是您的商品")
    if "rhythm" in one.legs and not terms.get("budget"):
        await _check_again(tx, one, seller_id, terms.get("of"))
    await _check_cuts(tx, one, seller_id, terms.get("cuts", []))


async def _check_again(tx: Tx, one: Format, seller_id: str, offer_id: Any) -> None:
    """What is ordered in a rhythm is an ordinary offer of the same seller."""
    found = await catalog.read_offers(tx, [offer_id]) if isinstance(offer_id, str) else {}
    if not any(of.seller_id == seller_id and of.format != one.name for of in found.values()):
        raise Malformed("of", "choose one of your own offers", "请选择您的一个在售商品")


def _most(term: Any) -> int:
    return MOST if term.money else int(term.most)


def _check_groups(name: str, groups: Any, least: int) -> None:
    """{"size": {"M": 0, "XL": 500}}: at least one group of at least two choices, each with its amount."""
    if not isinstance(groups, dict) or not 1 <= len(groups) <= _GROUPS:
        raise Malformed(name, f"name 1 to {_GROUPS} of them", f"请填写 1 至 {_GROUPS} 项")
    for group, values in groups.items():
        if not isinstance(values, dict) or not 2 <= len(values) <= _VALUES:
            raise Malformed(
                name, f"{group}: needs 2 to {_VALUES} choices", f"“{group}”需要 2 至 {_VALUES} 个选项"
            )
        for text in (group, *values):
            if not isinstance(text, str) or not text.strip() or len(text) > _NAME or not text.isprintable():
                raise Malformed(name, f"at most {_NAME} letters each", f"每项最多 {_NAME} 字")
        for amount in values.values():
            if isinstance(amount, bool) or not isinstance(amount, int) or not least <= amount <= MOST:
                raise Malformed(name, f"{group}: an amount of money", f"“{group}”的金额不正确")


def _check_never(groups: Mapping[str, Mapping[str, int]], rules: Any) -> None:
    """[{"size": "XL", "colour": "red"}]: choices of different groups that do not go together."""
    for rule in rules if isinstance(rules, list) else [rules]:
        fits = isinstance(rule, dict) and len(rule) >= 2
        if not fits or any(picked not in groups.get(group, {}) for group, picked in rule.items()):
            raise Malformed("never", "names choices of two different groups", "请选择两组不同的选项")


async def _check_cuts(tx: Tx, one: Format, seller_id: str, told: Any) -> None:
    try:
        cuts = msgspec.convert(told, list[Cut])
    except msgspec.ValidationError as e:
        raise Malformed("cuts", "who, as what, how much", "请填写分成方、角色和比例") from e
    if any(cut.party == seller_id for cut in cuts):
        raise SelfDealing
    if any(cut.role not in ROLES or not 1 <= cut.bps <= 10_000 for cut in cuts):
        raise Malformed("cuts", "a role of ours and a percentage", "请填写角色和比例")
    if sum(cut.bps for cut in cuts) + one.money.fee_bps > 10_000:
        raise Malformed("cuts", "leave nothing for you", "分成之和过高")
    if len({cut.party for cut in cuts}) < len(cuts):
        raise Malformed("cuts", "each party only once", "每个分成方只能出现一次")
    if len(await earners_known(tx, [cut.party for cut in cuts])) < len(cuts):
        raise Malformed("cuts", "names nobody of this market", "本市场没有这个分成方")
