"""docs/formats.md from the formats themselves: `python checks/formats.py`."""

from __future__ import annotations

from pathlib import Path

from highstreet.market.axes import axes, file_of
from highstreet.market.format import Format
from highstreet.wiring import formats

PAGE = Path(__file__).parent.parent / "docs" / "formats.md"

WAITS = {
    "payment": "the buyer's first payment",
    "accept": "somebody to say yes: the shop, a driver",
    "closing": "the group, draw, receipt or run to be decided for all",
    "balance": "what was to be paid later",
    "prepare": "the goods to be got ready",
    "pickup": "the buyer to fetch them",
    "courier": "a courier to take them",
    "underway": "them to arrive",
    "confirm": "the days in which they may come back",
    "return": "what is to come back",
    "visit": "the buyer to come, or to be visited",
    "lessons": "the lessons still to be given",
    "open": "the cabinet to be opened",
    "take": "the cabinet to say what was taken",
    "out": "the thing to be taken over",
    "back": "it to be brought back",
    "inspect": "somebody to look at it",
    "driver": "the ride to begin",
    "ride": "it to end",
    "buy": "the errand's goods to be bought",
    "bring": "them to be brought",
    "rhythm": "somebody to end the rhythm",
    "hand_in": "the old thing to be handed in",
    "agree": "the customer's yes to what it is worth",
    "wipe": "the device's data to be wiped",
    "give_back": "it to be given back",
}

HEAD = """# Formats

Made from the formats themselves by `python checks/formats.py`; a test holds it to them. The axes are explained in
`highstreet/market/format.py`; how to add a format: [add-a-format.md](add-a-format.md). Every story below is lived twice by the
tests: in memory, and in the real market with its database. The buyer pays a price of 10000.

## All formats

| format | sells | promise | chosen | gate | decided | hold | legs | money | licence | lines |
|---|---|---|---|---|---|---|---|---|---|---|
"""


def text() -> str:
    """The whole page."""
    known = list(formats().values())
    waits = sorted({wait for one in known for wait in one.deadlines}, key=list(WAITS).index)
    out = HEAD + "".join(_row(one) for one in known)
    out += "\n## What an order may wait for\n\n| waits | for |\n|---|---|\n"
    out += "".join(f"| `{wait}` | {WAITS[wait]} |\n" for wait in waits)
    return out + "".join(_stories(one) for one in known)


def _row(one: Format) -> str:
    told = axes(one)
    axis = told["axes"]
    money = "; ".join(
        f"{when}: {axis['money'][when]}"
        for when in ("committed", "price", "done", "undone")
        if axis["money"][when]
    )
    gate = axis["gate"]["opens"] + (f" ({', '.join(axis['gate']['waits'])})" if axis["gate"]["waits"] else "")
    cells = (
        f"[`{one.code}`](../highstreet/formats/{file_of(one).name})",
        ", ".join(one.sells),
        one.promise,
        ", ".join(axis["quote"]["chosen"]) or "-",
        gate,
        one.decided,
        one.hold,
        ", ".join(one.legs) or "-",
        f"{money}; fee {one.money.fee_bps / 100:g} %",
        one.licence or "-",
        str(told["lines"]),
    )
    return f"| {' | '.join(cells)} |\n"


def _stories(one: Format) -> str:
    falls = ", ".join(f"`{wait}` {within.falls}" for wait, within in one.deadlines.items())
    facts = ", ".join(f"`{fact}` ({'/'.join(tellers)})" for fact, tellers in one.facts.items())
    out = f"\n## {one.hints.title.en} · {one.hints.title.zh}: `{one.code}`\n\n{one.hints.line.en}\n\n"
    out += f"Told: {facts or 'nothing'}. When time passes: {falls}.\n\n"
    out += "| story | told | ends | seller | platform | buyer |\n|---|---|---|--:|--:|--:|\n"
    for story in one.stories:
        told = ", ".join(f"`{step}`" for step in story.steps)
        out += (
            f"| {story.name} | {told} | {story.stage} | {story.seller} | {story.platform} | {story.buyer} |\n"
        )
    return out


if __name__ == "__main__":
    PAGE.write_text(text())
