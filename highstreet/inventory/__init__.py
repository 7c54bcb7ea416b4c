"""Inventory: what can be promised, where and when: stock by place, slots of capacity, single assets with a calendar.

Owns the schema `inventory`. Always true: sold + held <= total on every supply; total = sum of its movements; held and sold are
explained by holds; two holds of one asset never overlap; a seat of a time is one line's.

Words: supply (stock, or a slot when it has a period), hold (set aside for an order's line), movement, asset, free (can be promised),
hall (the seats of a place as one writes them down), seat.
"""

from highstreet.inventory import assets as assets
from highstreet.inventory import halls as halls
from highstreet.inventory import seats as seats
from highstreet.inventory import slots as slots
from highstreet.inventory import stock as stock
from highstreet.inventory.errors import BelowPromised as BelowPromised
from highstreet.inventory.errors import NoSuchSupply as NoSuchSupply
from highstreet.inventory.errors import NotFree as NotFree
from highstreet.inventory.errors import OutOfStock as OutOfStock
from highstreet.inventory.errors import SeatTaken as SeatTaken
from highstreet.inventory.errors import StillPromised as StillPromised
from highstreet.inventory.errors import TagTaken as TagTaken
from highstreet.inventory.holds import Hold as Hold
from highstreet.inventory.stock import Supply as Supply
