"""Points and distances of a town; degrees in, metres out."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt

import msgspec

_EARTH_M = 6_371_000


class Point(msgspec.Struct, frozen=True):
    """WGS 84 degrees."""

    lat: float
    lon: float


def metres(a: Point, b: Point) -> int:
    """Great-circle distance in metres."""
    half_lat = radians(b.lat - a.lat) / 2
    half_lon = radians(b.lon - a.lon) / 2
    h = sin(half_lat) ** 2 + cos(radians(a.lat)) * cos(radians(b.lat)) * sin(half_lon) ** 2
    return round(2 * _EARTH_M * asin(sqrt(h)))


def degrees_around(centre: Point, reach_m: int) -> tuple[float, float, float, float]:
    """The box (lon_min, lat_min, lon_max, lat_max) around a circle: what an index can look up."""
    lat = reach_m / 111_320
    lon = lat / max(cos(radians(centre.lat)), 0.01)
    return centre.lon - lon, centre.lat - lat, centre.lon + lon, centre.lat + lat
