"""Logistics: how goods move: legs, courier rounds, pick-up codes, parcels.

Owns the schema `logistics`. Always true: a leg is on at most one round; a code works once, until its time, for five tries; a leg passes
only along planned, ready, underway, done (or failed and again, or void).

Words: leg (one movement, either direction), round (one outing of a courier), stop, window (promised time), code, proof, photo, scan.
"""

from highstreet.logistics import codes as codes
from highstreet.logistics import parcels as parcels
from highstreet.logistics import photos as photos
from highstreet.logistics import rounds as rounds
from highstreet.logistics.errors import CodeExpired as CodeExpired
from highstreet.logistics.errors import CodeWrong as CodeWrong
from highstreet.logistics.errors import LegTaken as LegTaken
from highstreet.logistics.errors import NoSuchLeg as NoSuchLeg
from highstreet.logistics.errors import NoSuchRound as NoSuchRound
from highstreet.logistics.errors import TooManyTries as TooManyTries
from highstreet.logistics.legs import Leg as Leg
