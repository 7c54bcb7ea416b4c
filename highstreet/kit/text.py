"""Texts in the market's two languages, as data: titles and names are `{"en": ..., "zh": ...}`."""

from __future__ import annotations

import msgspec

LANGS = ("en", "zh")


class Words(msgspec.Struct, frozen=True, omit_defaults=True):
    """A text in both languages; either may be empty, then the other stands in."""

    en: str = ""
    zh: str = ""

    def say(self, lang: str) -> str:
        """The text in a language, or in the other one when it has not been written."""
        return (self.zh or self.en) if lang == "zh" else (self.en or self.zh)


def say(words: dict[str, str] | None, lang: str) -> str:
    """The same for words as they come from the database."""
    if not words:
        return ""
    return words.get(lang) or words.get("en") or words.get("zh") or ""
