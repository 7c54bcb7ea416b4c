"""The page on which somebody stands before a pretended device: what is to be seen, what can be done, what may go wrong."""

from datetime import datetime
from pathlib import Path

import jinja2

from highstreet.sandbox.device import MISHAPS, Device
from highstreet.sandbox.page import Said

WORDS = {
    "all": Said("Devices of the town", "镇上的设备"),
    "none": Said("No device is put up here.", "这里还没有设备。"),
    "open": Said("Open", "已打开"),
    "locked": Said("Locked", "已锁好"),
    "offline": Said("Off the network", "离线"),
    "battery": Said("Battery", "电量"),
    "shut": Said(
        "It is shut. Open it from your order in the market.", "门关着。请在市场订单页点“开门”或“开锁”。"
    ),
    "code": Said("What the ticket's code says", "票上二维码的内容"),
    "scan": Said("Hold it to the gate", "检票"),
    "let_in": Said("Come in", "请入场"),
    "refused": Said("Not with this code", "此码不能入场"),
    "take": Said("Take these and close the door", "取走并关门"),
    "back": Said("Put it back here and lock it", "在这里还车上锁"),
    "far": Said("Leave it two kilometres away and lock it", "停在两公里外上锁"),
    "go_offline": Said("Take it off the network", "断开网络"),
    "go_online": Said("Back on the network: tells the newest first", "恢复网络：倒序补报"),
    "wrong": Said("Let something go wrong, once", "模拟异常（一次）"),
    "waits": Said("not sent yet", "条待补报"),
    "lately": Said("Lately", "最近"),
    "market": Said("To the market", "回到市场"),
}
PRETEND = Said("This device only pretends; it stands for a real one.", "这是模拟设备，用来代替真实设备。")
ZH = {
    "silent": "没有反应",
    "lost_answer": "已执行，但回执丢失",
    "denies": "已打开，却说没打开",
    "mute": "打开后不上报",
    "twice": "取货重复上报两次",
    "again_other": "再次上报且多一件",
    "never": "从不上报取货",
    "late": "暂存，稍后补报",
    "wrong_signature": "首次签名错误",
    "battery_empty": "电量耗尽打不开",
}

_templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def draw_all(devices: list[Device], lang: str) -> str:
    """Every device there is."""
    return _templates.get_template("devices.html").render(
        lang=lang, brand=WORDS["all"], words=WORDS, pretend=PRETEND, devices=devices
    )


def draw(device: Device, lang: str, now: datetime, market: str) -> str:
    """One device, as one stands before it."""
    mishaps = [(name, Said(text, ZH[name])) for name, text in MISHAPS.items()]
    return _templates.get_template("device.html").render(
        lang=lang,
        brand=WORDS["all"],
        words=WORDS,
        pretend=PRETEND,
        device=device,
        mishaps=mishaps,
        now=now,
        market=market,
    )
