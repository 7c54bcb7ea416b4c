"""Doctor Fang's morning: Grandma He was seen and has two prescriptions, one the pharmacist has yet to look at; Teacher Luo is next."""

from __future__ import annotations

from datetime import datetime, timedelta

from highstreet import catalog, inventory, parties
from highstreet.kit import facts
from highstreet.kit.db import Tx
from highstreet.market import visits
from highstreet.market.desk import Market
from highstreet.market.place import Contact, Placing, place
from highstreet.market.quote import quote
from highstreet.market.units import Key
from highstreet.orders import Entry
from highstreet.town.founding import Town

_BOOKED = timedelta(hours=3)
_SINCE = timedelta(minutes=25)
_LASTS = timedelta(minutes=20)
_NOTE = parties.records.Note(
    "头有点晕，早上重一些。",
    "家中自测血压 152/92，脉搏 76，近一周服药规律。",
    "高血压病（2 级），与线下诊断一致。",
    "原方继续，早晚量血压记下来；头晕加重请马上来诊所。",
    "2023 年 5 月，县人民医院心内科门诊：高血压病、2 型糖尿病。",
)
_PRESSURE = parties.prescriptions.Medicine(
    "Amlodipine 氨氯地平", "苯磺酸氨氯地平片 5 毫克", "每日一次，每次一片，早饭后", 2, 2
)
_SUGAR = parties.prescriptions.Medicine(
    "Metformin 二甲双胍", "盐酸二甲双胍片 500 毫克", "每日两次，每次一片，饭后"
)


async def see(market: Market, town: Town, now: datetime) -> None:
    """Two visits that have begun, made through the flows. Every step carries a key: doing it again changes nothing."""
    begins = (now - _SINCE).replace(second=0, microsecond=0)
    offer = town.offers["WAY-DOCTOR/consult"]

    async def room(tx: Tx) -> int:
        variant = (await catalog.read_offers(tx, [offer]))[offer].variant_id
        known = await inventory.slots.slots(tx, variant, town.places["clinic"], begins, begins + _LASTS)
        for one in known:
            if one.starts == begins:
                return one.id
        return await inventory.slots.open_slot(
            tx, variant, town.places["clinic"], begins, begins + _LASTS, 2, town.people["fang"], now
        )

    slot = await market.db.run(room)
    visit = ""
    for who in ("luo", "he"):
        asked = await quote(market, [Entry(offer, 1, {"slot": slot})], now - _BOOKED)
        buyer = town.people[who]
        placing = Placing(asked.quote, Contact(), "wallet", buyer, buyer, "zh")
        placed = await place(
            market, placing, now - _BOOKED, Key("town", f"seen by the doctor: {who}", "seen")
        )
        visit = placed["orders"][0]["id"]
    await _written(market, town, visit, now)


async def _written(market: Market, town: Town, visit: str, now: datetime) -> None:
    clinic, doctor, pharmacy = town.sellers["clinic"], town.people["fang"], town.sellers["pharmacy"]
    local = now.astimezone(market.tz)

    async def record(tx: Tx) -> None:
        if not await parties.records.of_visit(tx, visit):
            await visits.write_record(market, tx, clinic, visit, doctor, _NOTE, now)

    await market.db.run(record)
    numbers = [
        await visits.prescribe(
            market, clinic, visit, doctor, wanted, now, Key("town", f"prescribed {n}", visit)
        )
        for n, wanted in enumerate(
            (
                visits.Wanted("高血压病（2 级）", (_PRESSURE,), 56, "病情稳定一年以上，长期用药"),
                visits.Wanted("2 型糖尿病", (_SUGAR,), 3),
            )
        )
    ]

    async def shown(tx: Tx) -> None:
        for number in numbers:
            await parties.prescriptions.show(tx, number, pharmacy, town.people["he"], now, local)
        await parties.prescriptions.look(tx, numbers[0], pharmacy, town.people["bai"], "", now, local)
        await facts.tell(tx, "town.seen_by_doctor", "town", clinic, now)

    await market.db.run(shown)
