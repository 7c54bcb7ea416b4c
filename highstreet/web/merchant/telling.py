"""What a seller may tell at each wait, as acts: what the button says, what is asked along with it, what is said when it is done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from highstreet.market.work import Work
from highstreet.web.merchant.filled import Filled


class Act(msgspec.Struct, frozen=True):
    """One fact as a button. `money` and `text` name what is asked along with it; `waits`: when it can be told.

    `hint` says what is known of the sum, `most`, beforehand. A text called `code` is the buyer's six digits.
    """

    waits: tuple[str, ...]
    button: str
    said: str
    kind: str = "main"
    money: str = ""
    text: str = ""
    label: str = ""
    needed: bool = False
    hint: str = ""
    most: int = 0


# English as it stands in the pages; what ends something for the buyer is a quiet button.
ACTS: Mapping[str, Act] = {
    "accepted": Act(("accept",), "Accept", "Accepted. Get it ready by the promised time."),
    "refused": Act(("accept",), "Refuse", "Refused. The buyer gets all the money back.", "quiet"),
    "handed_in": Act(("hand_in",), "It was handed in", "Noted. Look it over next."),
    "inspected": Act(
        ("inspect",), "Looked over", "Noted; the buyer is told.", money="damage", label="Damage, if there is any"
    ),
    "wiped": Act(("wipe",), "All data is wiped", "Noted. Nothing of the owner is left on it."),
    "given_back": Act(("give_back",), "Given back to its owner", "Noted. It is with its owner again."),
    "declined": Act(("hand_in", "inspect"), "Do not take it", "Declined; nothing is paid.", "quiet"),
    "visited": Act(("visit",), "It took place", "Noted. What is still owed is asked for now."),
    "entered": Act(("visit",), "They went in", "Noted. Enjoy the day."),
    "prescribed": Act(
        ("visit",), "Note the prescription", "Noted. Only its number is kept here.", "plain", text="reference",
        label="Number of the prescription", needed=True,
    ),
    "no_show": Act(("visit", "out", "driver"), "Nobody came", "Noted. What was agreed for that stays yours.", "quiet"),
    "attended": Act(("lessons",), "A lesson was given", "Noted. That lesson is earned."),
    "unlocked": Act(("out",), "It went out", "Noted. It is with the buyer now."),
    "checked_in": Act(("out",), "They have moved in", "Noted. They are your guests now."),
    "brought_back": Act(("back",), "It was brought back", "Noted. Look it over next."),
    "checked_out": Act(("back",), "They have left", "Noted. Look the room over next."),
    "started": Act(
        ("driver",), "They are in, set off", "Noted. Safe journey.", text="code", label="The rider's six digits", needed=True,
        hint="So that nobody gets into the wrong cart.",
    ),
    "arrived": Act(("ride",), "Arrived", "Noted. The fare is yours."),
    "bought": Act(("buy",), "Bought", "Noted. Bring it next.", money="amount", label="What the receipt says", needed=True),
    "brought": Act(("bring",), "Brought", "Noted. What was not spent goes back."),
    "stopped": Act(("rhythm",), "End the rhythm", "Ended. What was ordered already stands.", "quiet"),
}  # fmt: skip


def acts_now(may: set[str], waits: str) -> list[tuple[str, Act]]:
    """The acts a format lets its seller tell at a wait, the likely one first."""
    found = [(fact, act) for fact, act in ACTS.items() if fact in may and waits in act.waits]
    return sorted(found, key=lambda one: one[1].kind == "quiet")


def asked(act: Act, work: Work) -> Act:
    """The act as this order needs it: before it binds, looking something over says what it is worth, afterwards what is broken."""
    if act.money == "damage" and work.order.stage == "placed":
        said = work.order.agreed.number("estimate")
        hint = "The answers came to %(sum)s. For less, its owner is asked first." if said else ""
        return msgspec.structs.replace(
            act, money="amount", label="What it is worth", needed=True, hint=hint, most=said
        )
    if act.money == "amount" and act.needed and "buy" in act.waits:
        cap = sum(due.amount for due in work.order.agreed.dues if due.purpose == "cap")
        if not cap:
            return msgspec.structs.replace(act, money="", needed=False)
        return msgspec.structs.replace(act, hint="At most %(sum)s; the buyer set it aside.", most=cap)
    return act


def body_of(act: Act, f: Filled, currency: str) -> dict[str, Any]:
    """What the form says along with the fact, faults noted at its field."""
    body: dict[str, Any] = {}
    if act.money:
        amount = f.money(act.money, currency, required=act.needed)
        if amount is not None:
            body[act.money] = amount
    if act.text and (said := f.text(act.text, required=act.needed, most=60)):
        body[act.text] = said
    return body
