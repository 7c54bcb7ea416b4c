"""Holders: who has something, or is to have it, is told when a fact says so; they need not be who bought it."""

from __future__ import annotations

from highstreet import parties
from highstreet.kit.db import Tx
from highstreet.kit.readers import Fact
from highstreet.kit.text import Words

# What is told, by the kind of the notice.
TOLD: dict[str, Words] = {
    "thing.offered": Words(
        "Somebody wants to give you something. Have a look.", "有人要送您一份凭证，去看看吧。"
    ),
    "thing.taken": Words("What you offered was taken.", "您转赠的凭证已被领取。"),
    "thing.came_back": Words("Somebody gave back what you had handed on.", "对方已将您转赠的凭证退还给您。"),
    "thing.assigned": Words("A seat of your team's software is yours.", "您已获得一个团队软件席位。"),
    "thing.revoked": Words("A seat you had went back to your team.", "您使用的软件席位已被收回。"),
    "thing.void": Words(
        "Something you were given was called off; whoever paid for it gets the money back.",
        "您获赠的凭证已被取消，款项退还给付款人。",
    ),
}


async def tell_holders(tx: Tx, facts: list[Fact]) -> None:
    """Notices in the app to who holds something, or is asked to take it."""
    for fact in facts:
        body = fact.body
        told: list[tuple[str | None, str]] = []
        if fact.kind == "order.undone":
            told = [(holder, "thing.void") for holder in body.get("holders", [])]
        elif fact.kind == "order.offered" and body.get("to"):
            told = [(body["to"], "thing.offered")]
        elif fact.kind == "order.handed_on":
            told = (
                [(body["to"], "thing.came_back")] if body.get("back") else [(body["before"], "thing.taken")]
            )
        elif fact.kind == "order.assigned":
            told = [(body["to"], "thing.assigned"), (body["before"], "thing.revoked")]
        subject = f"{body.get('entitlement', fact.subject)} {fact.id}"
        for person, kind in told:
            if person is not None and person != fact.by:
                await parties.notices.tell(tx, person, kind, subject, {}, fact.at)
