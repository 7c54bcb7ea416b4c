"""Refusals of logistics."""

from __future__ import annotations

from highstreet.kit.errors import Refusal


class CodeWrong(Refusal):
    code = "code_wrong"
    en = "That code is not right. {left} more tries."
    zh = "取货码不正确，还可尝试 {left} 次。"


class CodeExpired(Refusal):
    code = "code_expired"
    status = 410
    en = "This code has expired. The shop can renew it."
    zh = "取货码已过期，可请店家重新生成。"


class TooManyTries(Refusal):
    code = "code_tries_used_up"
    status = 429
    en = "This code was tried too often. The shop can renew it after looking at the order."
    zh = "取货码尝试次数过多，请店家核对订单后重新生成。"


class LegTaken(Refusal):
    code = "leg_taken"
    en = "Another courier has taken this delivery, or it is already on its way."
    zh = "该配送已被其他骑手接走或已在途中。"


class NoSuchRound(Refusal):
    code = "no_such_round"
    status = 404
    en = "This round is not yours or has started already."
    zh = "这趟配送不属于您或已经开始。"


class NoSuchLeg(Refusal):
    code = "no_such_leg"
    status = 404
    en = "We do not know this delivery."
    zh = "找不到这个配送单。"


class TicketUsed(Refusal):
    code = "ticket_used"
    en = "Somebody has gone in with this ticket already."
    zh = "此票已检票入场。"


class CodeOutdated(Refusal):
    """Handed on meanwhile, or given back."""

    code = "code_outdated"
    status = 410
    en = "This code is no longer good: the ticket was handed on or given back. Its holder has the new code."
    zh = "此码已失效：票已转赠或退回，请出示持有人的新码。"


class HandedOn(Refusal):
    """The buyer cannot take back what is somebody else's by now."""

    code = "handed_on"
    en = "Somebody else has it now. Whoever holds it has to give it back to you first."
    zh = "已转赠他人，须由持有人先退还给您。"


class NoDownloadsLeft(Refusal):
    code = "no_downloads_left"
    en = "This file was downloaded {most} times, which is what was agreed. Ask the shop."
    zh = "该文件已下载 {most} 次，达到约定上限，请联系商家。"


class EditionGone(Refusal):
    """Every number of an edition is somebody's."""

    code = "edition_gone"
    en = "The last number of this edition is gone."
    zh = "该限量编号已全部售出。"


class DeviceBusy(Refusal):
    """Somebody else's order has it open, or out on the road."""

    code = "device_busy"
    en = "Somebody else is using it at this moment."
    zh = "当前有其他人正在使用，请稍候。"


class DeviceThere(Refusal):
    code = "device_there"
    en = "A device is registered there already; revoke that one first."
    zh = "该处已登记设备，请先停用原设备。"


class LockTells(Refusal):
    """Where a lock tells by itself, nobody's word replaces it."""

    code = "lock_tells"
    en = "Close its lock: it tells us by itself that it is back."
    zh = "请关好车锁，锁会自动上报归还。"


class DeviceForged(Refusal):
    code = "device_forged"
    status = 401
    en = "This was not signed by the device it names."
    zh = "签名与该设备不符。"


class DeviceStale(Refusal):
    code = "device_stale"
    status = 400
    en = "This was signed too long ago, or the device's clock is ahead of ours."
    zh = "签名时间过早，或设备时钟快于本系统。"
