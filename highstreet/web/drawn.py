"""Codes drawn for phones and scanners to read."""

from __future__ import annotations

import segno


def qr(text: str) -> str:
    """A QR code as an <svg> that fills what it is put in."""
    return segno.make(text, error="m", micro=False).svg_inline(
        omitsize=True, border=2, dark="#000", light="#fff"
    )
