"""Pictures of the till's goods."""

from __future__ import annotations


def drawn(picture: str | None) -> str:
    """The address of a picture: a drawing, or an uploaded one."""
    if not picture:
        return "/static/pictures/parcel-thing.svg"
    if picture.startswith("drawn:"):
        return f"/static/pictures/{picture.removeprefix('drawn:')}.svg"
    return picture if picture.startswith("/") else f"/media/pictures/{picture}-400.webp"
