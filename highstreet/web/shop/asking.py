"""What a checkout form asks for, and whether it was answered well enough."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from highstreet.kit.errors import Malformed, Refusal
from highstreet.kit.mail import Letter
from highstreet.market.cards import Card
from highstreet.market.contacts import Contact
from highstreet.market.desk import Market
from highstreet.market.instalments import Agreed, financed
from highstreet.market.place import Placing
from highstreet.market.purse import METHOD
from highstreet.market.quote import Quote
from highstreet.market.units import Key
from highstreet.web.frame import Form, Visitor, say
from highstreet.web.render import money

_LONGEST = {"name": 80, "phone": 40, "email": 200, "address": 300, "note": 500}


def asked_contact(
    visitor: Visitor, market: Market, quote: Quote, form: Form
) -> tuple[Contact, dict[str, str]]:
    """How to reach the buyer; and what is missing or cannot be so, by field, in the visitor's language."""
    told = {name: form.get(name) for name in _LONGEST}
    wrong = {
        name: say(visitor, "This is too long.") for name, most in _LONGEST.items() if len(told[name]) > most
    }
    digits = sum(letter.isdigit() for letter in told["phone"])
    if not told["name"]:
        wrong["name"] = say(visitor, "Please say who gets it.")
    if not 7 <= digits <= 15 or not set(told["phone"]) <= set("0123456789+-() "):
        wrong["phone"] = say(visitor, "Please give a phone number the shop or courier can call.")
    if told["email"] and not _mail(told["email"]):
        wrong["email"] = say(visitor, "This e-mail address cannot be right.")
    if any(market.format(one.format).hints.needs_address for one in quote.orders):
        if len(told["address"]) < 5:
            wrong["address"] = say(visitor, "Please say where it should be brought: street, number, door.")
    else:
        told["address"] = ""
    known = {way["value"] for way in ways_to_pay(market, visitor, quote, None) if not way["off"]}
    known |= market.lenders.keys() if financed(market, quote) else set()
    # Whose card it is, and what is on it, is judged where it pays.
    if form.get("method") not in known and not form.get("method").startswith(METHOD):
        wrong["method"] = say(visitor, "Please choose how you pay.")
    if form.get("agree") != "1":
        wrong["agree"] = say(visitor, "We need your agreement to pass this on to the shop.")
    near = visitor.near
    contact = msgspec.convert(
        {**told, "lat": near.lat if near else None, "lon": near.lon if near else None}, Contact
    )
    return contact, wrong


def ways_to_pay(
    market: Market, visitor: Visitor, quote: Quote, wallet: int | None, card: Card | None = None
) -> list[dict[str, Any]]:
    """The ways all parts of the basket can be paid in. `wallet`: what it holds; None: not asked. `card`: one's own, of the only seller."""
    forms = [market.format(one.format).money for one in quote.orders]
    told: list[dict[str, Any]] = []
    if all("provider" in one.ways for one in forms):
        for name in market.providers.keys() - market.lenders.keys():
            text = say(visitor, "Card or phone, at the payment provider")
            note = say(visitor, "Test mode: no real money moves.") if market.demo else ""
            told.append({"value": name, "text": text, "note": note, "icon": "phone", "off": False})
    if visitor.session and all("wallet" in one.ways for one in forms):
        short = wallet is not None and wallet < quote.total
        held = money(wallet or 0, quote.currency, visitor.lang)
        note = say(visitor, "You have %(held)s.", held=held) if wallet is not None else ""
        told.append(
            {"value": "wallet", "text": say(visitor, "My wallet"), "note": note, "icon": "coin", "off": short}
        )
    if card is not None and card.holds and all({"wallet", "provider"} <= set(one.ways) for one in forms):
        held = money(card.holds, card.currency, visitor.lang)
        told.append({
            "value": f"{METHOD}{card.id}", "text": say(visitor, "My prepaid card of this shop"), "icon": "tag",
            "off": card.holds < quote.total, "note": say(visitor, "%(held)s is on it.", held=held),
        })  # fmt: skip
    if all("cash" in one.ways and "cash" in one.at_handover for one in forms):
        told.append({
            "value": "cash", "text": say(visitor, "At the counter"), "icon": "store", "off": False,
            "note": say(visitor, "Pay when you fetch it."),
        })  # fmt: skip
    return told


def _mail(text: str) -> bool:
    try:
        Letter(to=text, subject="-", text="", message_id="x")
    except Refusal:
        return False
    return True


def placing(
    visitor: Visitor, quote: Quote, contact: Contact, form: Form, loan: Agreed | None = None
) -> Placing:
    buyer = visitor.session.party_id if visitor.session else None
    return Placing(
        quote, contact, form.get("method"), visitor.who, buyer_id=buyer, lang=visitor.lang, loan=loan
    )


def key_of(visitor: Visitor, form: Form, contact: Contact) -> Key | None:
    """The idempotency key of this form. Errors: Malformed without one."""
    if not form.get("key"):
        raise Malformed("key", "please load the form again", "请重新打开结算页面")
    body = "\n".join(
        [form.get("quote"), form.get("method"), form.get("sheet"), msgspec.json.encode(contact).decode()]
    )
    fingerprint = hashlib.sha256(body.encode()).hexdigest()
    return Key(f"{visitor.scope} POST /checkout", form.get("key")[:60], fingerprint)
