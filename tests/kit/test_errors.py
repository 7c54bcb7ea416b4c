"""Refusals: their sentences."""

from __future__ import annotations

import re
from pathlib import Path

import highstreet
from highstreet.kit.errors import NotFound

_NAMED = re.compile(r'NotFound\("([^"]+)"\)')


def test_what_is_missing_is_named_in_both_languages() -> None:
    files = Path(highstreet.__file__).parent.rglob("*.py")
    missing = {what for file in files for what in _NAMED.findall(file.read_text(encoding="utf-8"))}
    assert len(missing) > 50
    unnamed = [what for what in sorted(missing) if NotFound(what).sentence("zh") == "这里没有这个内容。"]
    assert unnamed == []
    assert NotFound("refund form").sentence("en") == "There is no such refund form here."
    assert NotFound("refund form").sentence("zh") == "这里没有这个退税单。"
    assert NotFound("支付方式").sentence("zh") == "这里没有这个支付方式。"
