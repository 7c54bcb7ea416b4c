"""The journal: what was told about an order, by whom and when. Append only; the order's state can be explained from it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec


class Told(msgspec.Struct, frozen=True):
    """One fact about an order. Never personal data: people are named by their party's id."""

    kind: str
    by: str
    at: datetime
    body: dict[str, Any] = {}
