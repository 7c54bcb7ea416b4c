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
        **dict.fromkeys(
            ("alert_upheld", "alert_upheld_seller"),
            say(visitor, "The city found something about public money that concerns you. You may appeal."),
        ),
        **dict.fromkeys(
            ("alert_stood", "alert_stood_seller"),
            say(visitor, "Your appeal about public money was decided: it stands."),
        ),
        **dict.fromkeys(
            ("alert_overturned", "alert_overturned_seller"),
            say(
                visitor,
                "What the city found about public money was overturned. Everything it caused is undone.",
            ),
        ),
        "application_decided": say(visitor, "The city answered your wish to take part in a programme."),
    }
