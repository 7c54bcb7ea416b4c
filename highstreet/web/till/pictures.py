"""Pictures of the till's goods, and codes drawn for phones to read."""

from __future__ import annotations

import segno


def drawn(picture: str | None) -> str:
    """The address of a picture: a drawing, or an uploaded one."""
    if not picture:
        return "/static/pictures/parcel-thing.svg"
    if picture.startswith("drawn:"):
        return f"/static/pictures/{picture.removeprefix('drawn:')}.svg"
    return picture if picture.startswith("/") else f"/media/pictures/{picture}-400.webp"


def qr(text: str) -> str:
    """A QR code as an <svg> that fills what it is put in."""
    return segno.make(text, error="m", micro=False).svg_inline(
        omitsize=True, border=2, dark="#000", light="#fff"
    )
