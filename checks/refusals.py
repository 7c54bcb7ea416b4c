"""Writes docs/refusals.md: every refusal the market knows, from the classes themselves.

`python checks/refusals.py` writes it; `python checks/refusals.py --check` ends with 1 when it is out of date.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "refusals.md"

HEAD = """# Refusals

What the market says no with. A refusal changes nothing, carries a stable code and an HTTP status, and has a sentence in
both languages; pages show the sentence, the API answers `application/problem+json` with the code (`/docs/problems`).
This page is written by `python checks/refusals.py` from the classes; a test compares the two.

| code | status | English | 中文 | said by |
|---|---|---|---|---|
"""


def text() -> str:
    """The page as it should be."""
    import highstreet
    from highstreet.kit.errors import REFUSALS

    for found in pkgutil.walk_packages(highstreet.__path__, "highstreet."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)
    rows = [
        f"| `{code}` | {one.status} | {_cell(one.en)} | {_cell(one.zh)} | `{_place(one.__module__)}` |"
        for code, one in sorted(REFUSALS.items())
        if one.__module__.startswith("highstreet.")
    ]
    return HEAD + "\n".join(rows) + "\n"


def _cell(sentence: str) -> str:
    return " ".join(sentence.split()).replace("|", "\\|")


def _place(module: str) -> str:
    return module.split(".")[1]


def main(check: bool) -> int:
    wanted = text()
    if check:
        return int(not PAGE.exists() or PAGE.read_text(encoding="utf-8") != wanted)
    PAGE.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
