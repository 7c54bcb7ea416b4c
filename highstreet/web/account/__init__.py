"""One's own corner: signing in, what one told of oneself, consents, data, notices."""

from __future__ import annotations

from typing import Any

ROUTES: list[Any] = []
