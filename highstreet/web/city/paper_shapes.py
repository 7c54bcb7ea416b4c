"""What a report on paper is made of: its letters, lines, tables and the bar of its money. reportlab is an extra (`report`)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from reportlab.graphics.shapes import Drawing, Rect
from reportlab.lib import colors
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Paragraph, Table, TableStyle

from highstreet.web.city.accounts import Account

# Every reader of PDF files has this Chinese face; so no font travels with the market.
FONT = "STSong-Light"
INK, SOFT, LINE = colors.HexColor("#2a2520"), colors.HexColor("#5d5447"), colors.HexColor("#e4d9c5")
PARTS = {
    "spent": "#22655f",
    "claimed": "#7fb3ab",
    "unclaimed": "#c98a2b",
    "free": "#e4d9c5",
    "back": "#6d7f8b",
}
WIDE = A4[0] - 40 * mm - 12  # a frame keeps six points on each side


_LATIN = "Helvetica"
# What that face writes: letters, digits and signs of the first page of Unicode.
_OTHER = re.compile("[ -~\u00a5\u00b7]+")


def _style(
    size: float, *, lead: float = 1.45, colour: Any = INK, before: float = 0, after: float = 2
) -> ParagraphStyle:
    return ParagraphStyle(
        f"s{size}{colour}{before}", fontName=FONT, fontSize=size, leading=size * lead, textColor=colour, spaceBefore=before,
        spaceAfter=after, wordWrap="CJK",
    )  # fmt: skip


TITLE, HEAD, BODY, SMALL = (
    _style(22, after=4),
    _style(13, before=12, after=5),
    _style(9.5),
    _style(8.5, colour=SOFT),
)


_RIGHT = ParagraphStyle("right", parent=BODY, alignment=TA_RIGHT)


def ready() -> None:
    """Make the letters known; again, nothing."""
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))


def text(said: str, style: ParagraphStyle) -> Paragraph:
    """A paragraph: Chinese breaks anywhere, other writing between words, in letters of its own."""
    safe = said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if not _OTHER.sub("", said):
        style = ParagraphStyle(f"{style.name} words", parent=style, fontName=_LATIN, wordWrap=None)
        return Paragraph(safe, style)
    return Paragraph(_OTHER.sub(lambda run: f'<font name="{_LATIN}">{run[0]}</font>', safe), style)


def foot(canvas: Any, paper: Any, *, said: str) -> None:
    line = text(said, SMALL)
    line.wrapOn(canvas, WIDE, 20)
    line.drawOn(canvas, 20 * mm + 6, 9 * mm)
    canvas.setFont(_LATIN, 8)
    canvas.setFillColor(SOFT)
    canvas.drawRightString(A4[0] - 20 * mm, 10 * mm, str(paper.page))


def bar(it: Account) -> Drawing:
    rect: Any = Rect
    drawing, at, whole = Drawing(WIDE, 16, hAlign="LEFT"), 0.0, it.purse.given or 1
    drawing.add(rect(0, 0, WIDE, 16, fillColor=colors.HexColor("#f2eadb"), strokeColor=None))
    for name, colour in PARTS.items():
        wide = WIDE * getattr(it.purse, name) / whole
        drawing.add(rect(at, 0, wide, 16, fillColor=colors.HexColor(colour), strokeColor=None))
        at += wide
    return drawing


def table(rows: Sequence[tuple[str, ...]], wide: Sequence[int], *, head: bool = False) -> Table:
    cells = [[text(row[0], BODY), *(text(one, _RIGHT) for one in row[1:])] for row in rows]
    style = [
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE), ("VALIGN", (0, 0), (-1, -1), "MIDDLE"), ("LEFTPADDING", (0, 0), (0, -1), 0),
        ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
    ]  # fmt: skip
    if head:
        style.append(("LINEBELOW", (0, 0), (-1, 0), 0.8, INK))
    widths = [WIDE * one / sum(wide) for one in wide]
    return Table(cells, colWidths=widths, hAlign="LEFT", style=TableStyle(style), repeatRows=int(head))
