"""Bar code numbers: GTIN-8, -12, -13 and -14 (GS1 General Specifications, 7.9), kept padded to fourteen digits."""

from __future__ import annotations

import unicodedata

from stdnum import ean

from highstreet.catalog.errors import GtinWrong

LENGTHS = (8, 12, 13, 14)


def gtin14(text: str) -> str:
    """The fourteen digits of a bar code number as typed or scanned; blanks and dashes are passed over.

    Errors: `GtinWrong` for letters, a wrong length, a wrong check digit, or all zeros.
    """
    digits = "".join(c for c in unicodedata.normalize("NFKC", text) if c not in " -\t\u00a0")
    if not (digits.isascii() and digits.isdigit()):
        raise GtinWrong(gtin=text, problem="it has something else than digits", problem_zh="含有非数字字符")
    if len(digits) not in LENGTHS:
        raise GtinWrong(
            gtin=text, problem="it needs 8, 12, 13 or 14 digits", problem_zh="应为 8、12、13 或 14 位数字"
        )
    if not ean.is_valid(digits) or not digits.strip("0"):
        raise GtinWrong(gtin=text, problem="its check digit is wrong", problem_zh="校验位错误")
    return digits.zfill(14)


def shown_gtin(gtin: str) -> str:
    """A number of fourteen digits as it is printed: thirteen digits, or eight for the small ones."""
    if gtin.startswith("000000"):
        return gtin[6:]
    return gtin.removeprefix("0")


def looks_like_gtin(text: str) -> bool:
    """Whether a word somebody searches for is a bar code number."""
    return (
        len(text) in LENGTHS
        and text.isascii()
        and text.isdigit()
        and ean.is_valid(text)
        and bool(text.strip("0"))
    )
