"""The purse: how a prepaid card pays, and how money comes back onto it. Pure; what a card holds is guarded where it is written.

The rule, said to buyers where they buy a card and to sellers where they set it up: every payment takes principal and
bonus in the proportion in which they lie on the card, so that each yuan has its bonus and neither side gains by when the rest is given
back. The SPC's interpretation on prepaid consumption (Fashi 2025 No. 4) leaves the order to what was agreed. A bonus pays a price and its
delivery; what is only deposited, or set aside to be spent, is principal alone: the seller's gift is never handed out as money.
"""

from __future__ import annotations

import msgspec

from highstreet.ledger import ESCROW, CardShort, Flow, Transfer

METHOD = "card:"
WITH_BONUS = ("price", "delivery")


class Purse(msgspec.Struct):
    """What a card holds as it is being spent, in minor units."""

    card_id: str
    principal: int
    bonus: int

    def draw(self, transfers: list[Transfer]) -> list[Transfer]:
        """Transfers from the card as two parts, principal and bonus. Errors: CardShort."""
        parts: list[Transfer] = []
        # What only principal pays comes first, or the rest may not reach for it.
        for one in sorted(transfers, key=lambda t: t.purpose in WITH_BONUS):
            both = self.principal + self.bonus
            given = one.amount * self.bonus // both if both and one.purpose in WITH_BONUS else 0
            own = one.amount - given
            if own > self.principal or given > self.bonus:
                raise CardShort
            self.principal -= own
            self.bonus -= given
            parts.append(Transfer(one.purpose, one.source, one.target, own, one.about))
            parts.append(Transfer(one.purpose, bonus_of(one.source), one.target, given, one.about))
        return parts


def back(flows: list[Flow], one: Transfer) -> list[Transfer]:
    """A transfer back to a card as two parts, in the shares in which its purpose was paid: to the last minor unit once all is back."""

    def moved(source: str, target: str) -> int:
        told = [f.amount for f in flows if (f.purpose, f.source, f.target) == (one.purpose, source, target)]
        return sum(told)

    gift = bonus_of(one.target)
    given, own = moved(gift, ESCROW), moved(one.target, ESCROW)
    was, was_own = moved(ESCROW, gift), moved(ESCROW, one.target)
    due = (was + was_own + one.amount) * given // (given + own) if given else 0
    part = min(max(due - was, 0), one.amount)
    return [
        Transfer(one.purpose, one.source, one.target, one.amount - part, one.about),
        Transfer(one.purpose, one.source, gift, part, one.about),
    ]


def bonus_of(account: str) -> str:
    """The account of a card's bonus, by that of its principal."""
    return "bonus:" + account.removeprefix(METHOD)
