"""Small shapes that several routes take, with the limits that keep nonsense out of the database."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from highstreet.kit.money import MOST

JSON = "application/json"

# No control characters: PostgreSQL keeps no NUL, and nobody's name has a line feed.
_CLEAN = r"\A[^\x00-\x1f\x7f]*\Z"

Id = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"\A[\x21-\x7e]+\Z")]
Code = Annotated[str, Meta(max_length=64, pattern=r"\A[A-Za-z0-9_.:@-]*\Z")]
Short = Annotated[str, Meta(max_length=100, pattern=_CLEAN)]
Line = Annotated[str, Meta(max_length=300, pattern=_CLEAN)]
Amount = Annotated[int, Meta(ge=0, le=MOST)]
Latitude = Annotated[float, Meta(ge=-90, le=90)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]
Text = Annotated[str, Meta(max_length=10_000, pattern=r"\A[^\x00]*\Z")]
