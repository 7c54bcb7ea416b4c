"""What notices about public money say."""

from __future__ import annotations

from highstreet.web.frame import say
from highstreet.web.sessions import Visitor


def told_of_money(visitor: Visitor) -> dict[str, str]:
    """By kind of notice."""
    return {
        "settlement_drawn": say(
            visitor, "Public money of your sales was settled. Look at it under Programmes."
        ),
        "clawback_opened": say(
            visitor, "The city asks for public money of an order back. You have 15 days to answer."
        ),
        "clawback_decided": say(
            visitor, "A case on public money was decided. You may appeal within 60 days."
        ),
        "clawback_heard": say(visitor, "Your appeal on public money was heard."),
        "application_decided": say(visitor, "The city answered your wish to take part in a programme."),
    }
