"""The shop: what anybody sees, and the way from a wish to an order that arrived."""

from __future__ import annotations

from typing import Any

ROUTES: list[Any] = []
