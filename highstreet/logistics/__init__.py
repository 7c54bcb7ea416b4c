"""Logistics: how goods move and how what was bought is shown: legs, courier rounds, pick-up codes, parcels, entitlements,
devices.

Owns the schema `logistics`. Always true: a leg is on at most one round; a code works once, until its time, for five tries; a leg passes
only along planned, ready, underway, done (or failed and again, or void); only the code of an entitlement's last version lets in; a
number of an edition is given once and never above it; a device serves one order at a time.

Words: leg (one movement, either direction), round (one outing of a courier), stop, window (promised time), code, proof, photo, scan,
entitlement (what its holder may enter, open, keep or use), edition (numbered, so many and no more), device (lock, cabinet, gate), command
(what it is asked), report (what it told).
"""

from highstreet.logistics import codes as codes
from highstreet.logistics import commands as commands
from highstreet.logistics import contents as contents
from highstreet.logistics import devices as devices
from highstreet.logistics import entitlements as entitlements
from highstreet.logistics import parcels as parcels
from highstreet.logistics import photos as photos
from highstreet.logistics import reports as reports
from highstreet.logistics import rounds as rounds
from highstreet.logistics.commands import Command as Command
from highstreet.logistics.devices import Device as Device
from highstreet.logistics.devices import DeviceAway as DeviceAway
from highstreet.logistics.devices import DevicePort as DevicePort
from highstreet.logistics.devices import Report as Report
from highstreet.logistics.entitlements import Entitlement as Entitlement
from highstreet.logistics.entitlements import What as What
from highstreet.logistics.errors import CodeExpired as CodeExpired
from highstreet.logistics.errors import CodeOutdated as CodeOutdated
from highstreet.logistics.errors import CodeWrong as CodeWrong
from highstreet.logistics.errors import DeviceBusy as DeviceBusy
from highstreet.logistics.errors import DeviceForged as DeviceForged
from highstreet.logistics.errors import DeviceStale as DeviceStale
from highstreet.logistics.errors import DeviceThere as DeviceThere
from highstreet.logistics.errors import EditionGone as EditionGone
from highstreet.logistics.errors import HandedOn as HandedOn
from highstreet.logistics.errors import LegTaken as LegTaken
from highstreet.logistics.errors import LockTells as LockTells
from highstreet.logistics.errors import NoDownloadsLeft as NoDownloadsLeft
from highstreet.logistics.errors import NoSuchLeg as NoSuchLeg
from highstreet.logistics.errors import NoSuchRound as NoSuchRound
from highstreet.logistics.errors import TicketUsed as TicketUsed
from highstreet.logistics.errors import TooManyTries as TooManyTries
from highstreet.logistics.legs import Leg as Leg
