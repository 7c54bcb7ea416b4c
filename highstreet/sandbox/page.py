"""The page on which a buyer pretends to pay: its signed intent, its words in both languages, its drawing."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import jinja2
import msgspec

from highstreet.sandbox.bank import Ask, BankRefuses, Movement, check

NO_FRACTION = {"JPY", "KRW", "VND", "CLP", "ISK", "UGX", "XAF", "XOF"}
SIGNS = {"CNY": "¥", "JPY": "¥", "EUR": "€", "GBP": "£", "USD": "$"}


class Said(NamedTuple):
    """One text of the page in both languages."""

    en: str
    zh: str


MESSAGES: dict[str, tuple[Said, Said]] = {
    "forged": (
        Said("This link does not come from the market", "这个链接不是市场发出的"),
        Said(
            "Nothing was charged. Go back to the shop and pay from there.", "没有扣款。请回到商店重新付款。"
        ),
    ),
    "expired": (
        Said("This payment has expired", "付款已过期"),
        Said("Nothing was charged. Go back to the shop and start again.", "没有扣款。请回到商店重新付款。"),
    ),
    "paid": (
        Said("Already paid", "已经付过款了"),
        Said("Your payment was taken once. Paying again does nothing.", "款项只收取一次，再次付款无效。"),
    ),
    "declined": (
        Said("This payment was declined", "付款被拒绝"),
        Said(
            "Nothing was charged. You can choose another way to pay in the shop.",
            "没有扣款。您可以回商店换一种付款方式。",
        ),
    ),
    "lost": (
        Said("The connection broke", "连接中断"),
        Said(
            "The money was taken, but nobody told the shop. It finds out when it asks.",
            "款项已收取，但商店没有收到通知。商店查询后会知道。",
        ),
    ),
    "broken": (
        Said("Something broke here", "支付服务出错了"),
        Said("Nothing was charged by this click. Try again.", "这次点击没有扣款。请重试。"),
    ),
    "nothing": (
        Said("Nothing to pay here", "这里没有待付款项"),
        Said("A shop sends you here when there is something to pay.", "商店会在需要付款时把您带到这里。"),
    ),
}

WORDS: dict[str, Said] = {
    "pay": Said("Pay", "付款"),
    "decline": Said("Decline", "拒绝付款"),
    "number": Said("Number", "单号"),
    "unhappy": Said("Let something go wrong", "模拟异常"),
    "account": Said("Pay from this account", "付款账户"),
    "back": Said("Back to the shop", "返回商店"),
}
BRAND = Said("Pretend Pay", "假装付")
PRETEND = Said("This is a rehearsal: no real money moves.", "这是演练，不会动用真实资金。")

CHOICES: tuple[tuple[str, Said, Said], ...] = (
    (
        "lost_answer",
        Said("Pay, lose the answer", "付款，但回执丢失"),
        Said("no notice, no way back; only a query finds out", "不通知、不跳转，只能查询得知"),
    ),
    (
        "twice",
        Said("Pay, tell it several times", "付款，重复通知"),
        Said("the same notice two to four times at once", "同一通知同时发送两到四次"),
    ),
    (
        "forged",
        Said("Pay, badly signed first", "付款，首次签名错误"),
        Said("the first notice cannot be verified, the next can", "第一次通知验签失败，重发后正确"),
    ),
    (
        "wrong_amount",
        Said("Pay, tell a wrong amount", "付款，通知金额错误"),
        Said("the notice differs from the books", "通知与账目不一致"),
    ),
    ("short", Said("Pay too little", "少付一点"), Said("less is charged than was asked", "实际扣款少于应付")),
)


class PayIntent(msgspec.Struct, frozen=True):
    """What the market asks a buyer to pay. `amount` in minor units, `expires` in seconds since 1970."""

    key: str
    amount: int
    currency: str
    market: str
    return_url: str
    expires: int
    notify_url: str = ""

    def ask(self, account: str = "") -> Ask:
        return Ask(kind="charge", key=self.key, of=account, amount=self.amount, currency=self.currency)


Asked = TypeVar("Asked", bound=PayIntent)


def open_intent(text: str, sig: str, secrets: tuple[bytes, ...], kind: type[Asked] = PayIntent) -> Asked:
    """The intent behind a pay link: `text` is base64url JSON, `sig` the hex HMAC-SHA-256 of `text`.

    BankRefuses 403 when no secret made the signature, 400 when what was signed makes no sense.
    """
    given = sig.encode()
    known = [hmac.digest(secret, text.encode(), hashlib.sha256).hex().encode() for secret in secrets]
    if not any(hmac.compare_digest(given, one) for one in known):
        raise BankRefuses("wrong_signature", 403, "This link was not signed with our shared secret.")
    try:
        intent = msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=kind)
    except (msgspec.DecodeError, binascii.Error) as error:
        raise BankRefuses("malformed", 400, str(error)) from error
    for url in (intent.return_url, intent.notify_url):
        if url and urlsplit(url).scheme not in ("http", "https"):
            raise BankRefuses("malformed", 400, "An address must begin with http or https.")
    check(intent.ask())
    return intent


def back_to_shop(intent: PayIntent, outcome: str) -> str:
    """The return address with `key` and `outcome` added: a hint for the page, never proof of payment."""
    parts = urlsplit(intent.return_url)
    query = [*parse_qsl(parts.query, keep_blank_values=True), ("key", intent.key), ("outcome", outcome)]
    return urlunsplit(parts._replace(query=urlencode(query)))


def price(amount: int, currency: str) -> str:
    """`¥1,234.50`"""
    digits = 0 if currency in NO_FRACTION else 2
    whole, rest = divmod(amount, 10**digits)
    fraction = f".{rest:0{digits}d}" if digits else ""
    return f"{SIGNS.get(currency, currency + ' ')}{whole:,}{fraction}"


TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def draw_payment(intent: PayIntent, text: str, sig: str, now: datetime, lang: str) -> str:
    """The page with the amount and the choices."""
    minutes = max(1, round((intent.expires - now.timestamp()) / 60))
    return TEMPLATES.get_template("pay.html").render(
        lang=lang,
        words=WORDS,
        brand=BRAND,
        pretend=PRETEND,
        intent=intent,
        text=text,
        sig=sig,
        price=price(intent.amount, intent.currency),
        choices=CHOICES,
        ends=Said(f"This page is good for {minutes} more min", f"本页面 {minutes} 分钟内有效"),
    )


def draw_message(
    what: str,
    lang: str,
    back: str = "",
    moved: Movement | None = None,
    said: Mapping[str, tuple[Said, Said]] = MESSAGES,
    brand: Said = BRAND,
) -> str:
    """A page that only says something, with a way back to the shop when there is one."""
    title, detail = said[what]
    return TEMPLATES.get_template("message.html").render(
        lang=lang,
        words=WORDS,
        brand=brand,
        pretend=PRETEND,
        title=title,
        detail=detail,
        back=back,
        mood="good" if what == "paid" else "plain" if what in ("nothing", "deciding") else "bad",
        price=price(moved.amount, moved.currency) if moved and moved.outcome == "paid" else "",
        ref=moved.provider_ref if moved else "",
    )
