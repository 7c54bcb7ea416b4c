"""From a text to the words search compares: Chinese characters singly and in pairs, English without its plural,
numbers also together with their unit. The same for what is offered and for what is asked, or nothing would match.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import msgspec

from highstreet.catalog.identifiers import looks_like_gtin

# Scripts written without spaces: Chinese characters and Japanese kana.
_RUN = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_PART = re.compile(rf"([{_RUN}]+)|(\d+(?:\.\d+)?)|([^\W\d_{_RUN}]+)")
_UNITS = frozenset(
    "g kg mg ml l cl mm cm m km w kw v mah gb tb mb inch oz lb pcs pack xl xxl 斤 克 升".split()
)

LONGEST = 40  # letters of one word; longer ones are cut, so that the index stays small
MOST_ASKED = 12  # words of one question
MOST_TEXT = 2000  # letters of one text that are read


class Asked(msgspec.Struct, frozen=True):
    """One word somebody asks for. `typed` is what they wrote, `token` what is looked up; `open` if they may still be
    typing it; `spelled` if it is a word that may be misspelt (not a number or a code)."""

    typed: str
    token: str
    open: bool = False
    spelled: bool = True


def fold(text: str) -> str:
    """One spelling for all: full-width to plain, lower case, no accents."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKC", text).casefold()
    if _LATIN.search(plain) is None:
        return plain
    return unicodedata.normalize("NFC", _ACCENT.sub("", unicodedata.normalize("NFKD", plain)))


_ACCENT = re.compile("[\u0300-\u036f]")
_LATIN = re.compile("[\u0080-\u1fff]")


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """An English word without its plural ending; anything else as it is."""
    if len(word) < 4 or not word.isascii() or not word.endswith("s"):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y" if len(word) > 4 else word[:-1]
    if word.endswith(("sses", "shes", "ches", "xes", "zzes", "oes")):
        return word[:-2]
    return word if word.endswith(("ss", "us", "is")) else word[:-1]


def tokens(text: str) -> list[str]:
    """The tokens of a text that is offered, each once, in the order of the text."""
    return list(read(text)[0])


@lru_cache(maxsize=20_000)
def read_again(text: str) -> tuple[dict[str, None], set[str]]:
    """As `read`, for texts that come again and again: names of kinds, labels and sellers. Not to be changed."""
    return read(text)


def read(text: str) -> tuple[dict[str, None], set[str]]:
    """The tokens of a text, and those words of it that somebody may mistype: no numbers and no codes."""
    found: dict[str, None] = {}
    spelled: set[str] = set()
    ended, number, before = -1, "", ""
    for part in _PART.finditer(fold(text[:MOST_TEXT])):
        run, digits, letters = part.groups()
        word = part[0][:LONGEST]
        close = part.start() == ended or (part.start() == ended + 1 and word in _UNITS)
        if number and close and (letters or (run and run[0] in _UNITS)):
            found[(number + (letters or run[0]))[:LONGEST]] = None
        if run:
            two = pairs(run)
            found.update(dict.fromkeys(run))
            found.update(dict.fromkeys(two))
            spelled.update(run, two)
        elif digits:
            found[word] = None
            if part.start() == ended:  # "iphone15"
                found[(before + word)[:LONGEST]] = None
        else:
            root = stem(word)
            found[root] = None
            spelled.add(word)
            spelled.add(root)
        before = letters or ""
        number, ended = digits or "", part.end()
    return found, spelled


def pairs(run: str) -> list[str]:
    """The neighbouring pairs of a run of characters: "羊绒衫" is 羊绒, 绒衫."""
    return [run[i : i + 2] for i in range(len(run) - 1)]


def codes(*parts: str | None) -> list[str]:
    """Tokens of stock numbers and bar codes: whole, without what separates, and without leading zeros."""
    found: dict[str, None] = {}
    for part in parts:
        if not part:
            continue
        whole = code(part)
        if whole:
            found[whole] = None
            found[whole.lstrip("0") or "0"] = None
        found.update(dict.fromkeys(tokens(part)))
    return list(found)


def code(text: str) -> str:
    return "".join(c for c in fold(text) if c.isalnum())[:LONGEST]


def asked(text: str) -> list[Asked]:
    """The words of a question, at most twelve; the last is open when nothing follows it."""
    folded = fold(text[:200])
    gtin = re.sub(r"[\s-]", "", folded)
    if looks_like_gtin(gtin):
        return [Asked(gtin, gtin.lstrip("0"), spelled=False)]
    found: list[Asked] = []
    parts = list(_PART.finditer(folded))
    at = 0
    while at < len(parts):
        run, digits, letters = parts[at].groups()
        word, end = parts[at][0], parts[at].end()
        if run and len(run) > 1:
            found += [Asked(pair, pair) for pair in pairs(run)]
        elif run:
            found.append(Asked(run, run))
        else:
            # "500g" and "iphone15" are one word when written as one.
            follows = parts[at + 1] if at + 1 < len(parts) and parts[at + 1].start() == end else None
            if follows is not None and not follows[1] and bool(digits) != bool(follows[2]):
                word, end, at = word + follows[0], follows.end(), at + 1
                found.append(Asked(word, word[:LONGEST], spelled=False))
            elif digits:
                found.append(Asked(word, word[:LONGEST], spelled=False))
            else:
                found.append(Asked(word, stem(word[:LONGEST]), end == len(folded) and len(letters or "") > 1))
        at += 1
    return list(dict.fromkeys(found))[:MOST_ASKED]


def grams(word: str) -> list[str]:
    """The trigrams of a word with its edges marked; none for Chinese, whose mistakes are other ones."""
    if not word.isascii() or len(word) < 3:
        return []
    padded = f"  {word} "
    return sorted({padded[i : i + 3] for i in range(len(padded) - 2)})


def slips(a: str, b: str, most: int) -> int:
    """How many letters were dropped, added, changed or swapped with the next between two words; most + 1 if more."""
    if abs(len(a) - len(b)) > most:
        return most + 1
    above2: list[int] = []
    above = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, above2[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
        above2, above = above, row
    return min(above[-1], most + 1)
