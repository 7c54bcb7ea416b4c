"""An order's way in steps: what happened, what comes next, how it ended."""

from __future__ import annotations

from typing import Any

from highstreet.market.work import Work
from highstreet.web.frame import Visitor, say
from highstreet.web.shop.follow import Followed

_WAYS: dict[str, tuple[tuple[str, str, str], ...]] = {
    # leg: (fact, what it says once told, what it says before)
    "parcel": (("shipped", "Sent", "The shop packs it"), ("delivered", "Delivered", "On its way to you")),
    "courier": (
        ("ready", "Packed", "The shop packs it"),
        ("picked_up", "With the courier", "A courier fetches it"),
        ("delivered", "Delivered", "At your door"),
    ),
    "pickup": (
        ("ready", "Ready at the shop", "The shop puts it aside"),
        ("handed_over", "Fetched", "You fetch it"),
    ),
    "handover": (("handed_over", "Handed over", "You get it at the counter"),),
}


def timeline(visitor: Visitor, found: Followed) -> list[dict[str, Any]]:
    """What happened and what comes, as `parts.timeline` draws it. `at` is a time, or None."""
    work, form = found.work, found.form
    plan: list[tuple[str, str, str]] = [("placed", "Order placed", "Order placed")]
    if work.method not in form.money.at_handover:
        plan.append(("paid", "Paid", "Payment"))
    if "accepted" in form.facts:
        plan.append(("accepted", "Accepted by the shop", "The shop says yes"))
    for kind in form.legs:
        plan += _WAYS.get(kind, ())
    told = {one.kind: one.at for one in reversed(work.told)}
    arrived = told.get("delivered") or told.get("received") or told.get("handed_over")
    steps: list[dict[str, Any]] = []
    for fact, after, before in plan:
        known = fact in told or (arrived is not None and fact != "paid")
        text = say(visitor, after if known else before)
        steps.append({"text": text, "at": told.get(fact), "state": "done" if known else "next"})
    return _ended(visitor, work, steps)


def _ended(visitor: Visitor, work: Work, steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Where it stands among the steps, and how it ended."""
    told = {one.kind: one.at for one in work.told}
    if work.order.stage == "undone":
        steps = [step for step in steps if step["state"] == "done"]
        steps.append({"text": say(visitor, "Cancelled"), "at": work.order.ended_at, "state": "failed"})
        return steps
    for fact, text in (("return_wanted", "You want to send it back"), ("returned", "Back at the shop")):
        if fact in told:
            steps.append({"text": say(visitor, text), "at": told[fact], "state": "done"})
    coming = next((step for step in steps if step["state"] == "next"), None)
    if coming is not None:
        coming["state"] = "now"
    return steps
