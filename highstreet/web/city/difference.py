"""The difference of two texts, line by line: what goes, what comes, and a little of what stays around it."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Literal, NamedTuple

_AROUND = 2


class Line(NamedTuple):
    """A line of a difference, with its number in the one and the other text: 0 where it is not in it. '…': lines are left out."""

    kind: Literal["+", "-", " ", "…"]
    before: int
    after: int
    text: str


def difference(before: str, after: str) -> list[Line]:
    """From the one text to the other; empty when they are the same."""
    old, new = before.splitlines(), after.splitlines()
    found: list[Line] = []
    for group in SequenceMatcher(a=old, b=new, autojunk=False).get_grouped_opcodes(_AROUND):
        if found:
            found.append(Line("…", 0, 0, ""))
        for tag, a, b, c, d in group:
            if tag == "equal":
                found += [Line(" ", n + 1, c + n - a + 1, old[n]) for n in range(a, b)]
            else:
                found += [Line("-", n + 1, 0, old[n]) for n in range(a, b)]
                found += [Line("+", 0, n + 1, new[n]) for n in range(c, d)]
    return found
