"""The courier: deliveries near, a round of stops, and what the day has brought."""

from __future__ import annotations

from typing import Any

from highstreet.web.courier.photo import photo
from highstreet.web.courier.round import day, here, near, round_, take
from highstreet.web.courier.stop import attempted, delivered, picked_up, put_back, stop

ROUTES: list[Any] = [round_, near, here, take, day, stop, picked_up, delivered, attempted, put_back, photo]
