"""Pay codes: what a customer's phone shows at a till to pay one sale, from the wallet or with the shop's prepaid card."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from highstreet.kit.errors import Refusal
from highstreet.market.desk import Market
from highstreet.market.purse import METHOD

CODE_GOOD_FOR = timedelta(minutes=5)
_AHEAD = timedelta(minutes=1)


class PayCodeWrong(Refusal):
    code = "pay_code_wrong"
    status = 422
    en = "This is not a code to pay with, or it is too old. The customer's phone shows a new one."
    zh = "付款码无效或已过期，请顾客刷新后重试。"


def pay_code(market: Market, party_id: str, now: datetime, method: str = "wallet") -> str:
    """What a person's phone shows to pay one sale at a till within `CODE_GOOD_FOR`. `method`: wallet, or a card of theirs (`card:<id>`)."""
    return market.code_signer.sign(f"{method} {party_id} {int(now.timestamp())}".encode())


def whose_code(market: Market, code: str, now: datetime) -> tuple[str, str]:
    """Who pays with a code, and from what (`wallet`, `card:<id>`). Errors: PayCodeWrong for one that is not ours, or too old."""
    body = market.code_signer.read(code.strip())
    method, _, rest = (body or b"").decode(errors="replace").partition(" ")
    party_id, _, made = rest.partition(" ")
    if (method != "wallet" and not method.startswith(METHOD)) or not made.isdigit():
        raise PayCodeWrong
    if not -_AHEAD <= now - datetime.fromtimestamp(int(made), UTC) <= CODE_GOOD_FOR:
        raise PayCodeWrong
    return party_id, method
