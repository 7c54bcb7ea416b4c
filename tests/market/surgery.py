"""A clinic at the tea house and a pharmacy at the grocer's: who may prescribe and dispense, what is sold on prescription, a visit."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec

from highstreet import catalog, inventory, parties
from highstreet.kit.text import Words
from highstreet.market import visits
from highstreet.market.place import Contact, Placing, place
from highstreet.market.quote import quote
from highstreet.orders import Entry
from highstreet.parties.prescriptions import Medicine
from highstreet.parties.records import Note
from tests.market.lane import OPENED, Lane

NOTE = Note(
    "Thirst again",
    "7.9 mmol/l",
    "Type 2 diabetes",
    "As before",
    "County hospital, March 2025: type 2 diabetes",
)


class Surgery(msgspec.Struct):
    """Ids of who and what is here; `order` is a visit under way, of `patient` with `doctor`."""

    lane: Lane
    doctor: str
    nurse: str
    pharmacist: str
    patient: str
    pill: str
    other: str
    plain: str
    order: str = ""

    @property
    def clinic(self) -> str:
        return self.lane.made.sellers["tea"]

    @property
    def pharmacy(self) -> str:
        return self.lane.made.sellers["grocer"]

    async def writes(self, note: Note = NOTE, by: str = "") -> str:
        market, now = self.lane.market, self.lane.clock()
        async with market.db.transaction() as tx:
            return await visits.write_record(
                market, tx, self.clinic, self.order, by or self.doctor, note, now
            )

    async def prescribes(self, *medicines: Medicine, days: int = 1, chronic: str = "") -> str:
        wanted = visits.Wanted("Type 2 diabetes", medicines or (METFORMIN,), days, chronic)
        return await visits.prescribe(
            self.lane.market, self.clinic, self.order, self.doctor, wanted, self.lane.clock(), None
        )

    async def looked_at(self, number: str, reason: str = "") -> None:
        """Shown to the pharmacy, and its pharmacist's answer."""
        now = self.lane.clock()
        async with self.lane.market.db.transaction() as tx:
            await parties.prescriptions.show(tx, number, self.pharmacy, self.patient, now, now)
            await parties.prescriptions.look(tx, number, self.pharmacy, self.pharmacist, reason, now, now)

    async def asks(self, number: str, packs: int = 1, offer: str = "") -> Any:
        chosen = {"prescription": number} if number else {}
        return await quote(self.lane.market, [Entry(offer or self.pill, packs, chosen)], self.lane.clock())

    async def buys(self, number: str, buyer: str | None = "", packs: int = 1) -> dict[str, Any]:
        asked = (await self.asks(number, packs)).quote
        buyer = self.patient if buyer == "" else buyer
        placing = Placing(asked, Contact("Lin Xiaohe", "13800000000"), "sandbox", buyer or "guest", buyer)
        return await place(self.lane.market, placing, self.lane.clock(), None)

    async def left(self, number: str) -> int:
        async with self.lane.market.db.read() as tx:
            return int(
                await tx.fetchval(
                    "SELECT sum(uses_left) FROM parties.prescribed WHERE prescription = $1", number
                )
            )


METFORMIN = Medicine("Metformin", "Metformin 500 mg", "one in the morning, one at night", packs=2)


async def opened(lane: Lane) -> Surgery:
    """Both shops with their people, and a visit that has begun."""
    made, now = lane.made, lane.clock()
    people: dict[str, str] = {}
    async with lane.market.db.transaction() as tx:
        for key, where in (("doctor", "tea"), ("nurse", "tea"), ("pharmacist", "grocer")):
            people[key] = await parties.people.enrol(tx, lane.market.seal, name=key, lang="en", now=OPENED)
            await parties.roles.grant(
                tx, person_id=people[key], party_id=made.sellers[where], role="clerk", by="pty_x", now=OPENED
            )
        for kind, where, holder in (
            ("clinic", "tea", None),
            ("practitioner", "tea", "doctor"),
            ("drugs", "grocer", None),
            ("pharmacist", "grocer", "pharmacist"),
        ):
            shown = await parties.licences.show(
                tx, made.sellers[where], kind, f"L-{kind}", "County", date(2026, 1, 1), date(2029, 1, 1), None, now,  # type: ignore[arg-type]
                holder and people[holder],
            )  # fmt: skip
            await parties.licences.review(tx, shown, True, made.people["clerk"], "", now)
        pill = await _good(lane, tx, "Metformin 500", {"prescription": "needed", "substance": "METFORMIN"})
        other = await _good(lane, tx, "Amoxicillin", {"prescription": "needed", "substance": "Amoxicillin"})
        plain = await _good(lane, tx, "Plasters", {})
        visit, slot = await _visits(lane, tx)
    made_up = Surgery(
        lane,
        people["doctor"],
        people["nurse"],
        people["pharmacist"],
        made.people["buyer"],
        pill,
        other,
        plain,
    )
    asked = await quote(lane.market, [Entry(visit, 1, {"slot": slot})], lane.clock())
    placing = Placing(asked.quote, Contact("Lin Xiaohe"), "sandbox", made_up.patient, made_up.patient)
    placed = await place(lane.market, placing, lane.clock(), None)
    await lane.pay(placed)
    made_up.order = placed["orders"][0]["id"]
    lane.clock.forward(timedelta(hours=2, minutes=5))
    return made_up


async def _good(lane: Lane, tx: Any, title: str, says: dict[str, str]) -> str:
    made = lane.made
    item = await catalog.describe(
        tx, owner_id=made.sellers["grocer"], category_id="health.pharmacy", sells="goods", title=Words(title, title),
        now=OPENED, attributes={"approval": "Z-1", "shelf_life_days": "700", **says},
    )  # fmt: skip
    variant = (await catalog.read_item(tx, item)).variants[0].id
    supply = await inventory.stock.open_stock(tx, variant, made.places["grocer"])
    await inventory.stock.change(tx, supply, "received", 500, made.people["owner"], OPENED)
    return await _offer(lane, tx, "grocer", variant, "collect", {"drugs"})


async def _visits(lane: Lane, tx: Any) -> tuple[str, int]:
    made, now = lane.made, lane.clock()
    item = await catalog.describe(
        tx, owner_id=made.sellers["tea"], category_id="health.clinic", sells="service", title=Words("A visit", "问诊"),
        now=OPENED, attributes={"minutes": "20"},
    )  # fmt: skip
    variant = (await catalog.read_item(tx, item)).variants[0].id
    starts = now + timedelta(hours=2)
    slot = await inventory.slots.open_slot(
        tx, variant, made.places["tea"], starts, starts + timedelta(minutes=20), 9, "pty_x", now
    )
    return await _offer(lane, tx, "tea", variant, "consult", {"clinic"}), slot


async def _offer(lane: Lane, tx: Any, seller: str, variant: str, format_: str, licences: set[str]) -> str:
    made = lane.made
    offer = await catalog.draft_offer(
        tx, seller_id=made.sellers[seller], variant_id=variant, place_id=made.places[seller], format=format_,
        currency="CNY", price=3000, now=OPENED,
    )  # fmt: skip
    await catalog.open_offer(tx, made.sellers[seller], offer, licences=licences, now=OPENED)
    return offer


async def signed_for(here: Surgery, times: int) -> str:
    """A prescription for so many times, which the pharmacist has accepted."""
    number = await here.prescribes(
        Medicine("Metformin", "Metformin", "one a day", times=times), days=30, chronic="stable"
    )
    await here.looked_at(number)
    return number
