"""The desk: where orders are changed. Concurrent decisions of one process are read together, decided one by one, and written together.

A decision is a pure function of the works it named; the database judges whether what it looked at still holds. If not, it reads
and decides again. So nothing is checked first and done later, and a hundred orders cost one round trip.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any

import asyncpg
import msgspec

from highstreet import catalog, parties, policy
from highstreet.inventory import NotFree, OutOfStock, SeatTaken
from highstreet.kit.clock import Clock, system_clock
from highstreet.kit.combine import Combiner
from highstreet.kit.db import Database, DatabaseBusy, Tx
from highstreet.kit.errors import KeyReused
from highstreet.kit.sealing import Seal
from highstreet.kit.signing import Notary, Signer
from highstreet.ledger import Accounts, Lender, Provider, WalletShort
from highstreet.logistics import DevicePort, EditionGone
from highstreet.market import redeeming
from highstreet.market.claiming import Claims
from highstreet.market.format import Format
from highstreet.market.looking import Looking
from highstreet.market.shelf import Shelf
from highstreet.market.units import Key, Unit, together
from highstreet.market.work import Work
from highstreet.orders import Numbers, OncePerPerson

# Of the decisions on one order at most one holds at a time; each round at least one of them comes through.
_TRIES = 100


class Collection(msgspec.Struct, frozen=True):
    """Money asked of a buyer, as it stands: for a whole purchase at placing, or for what one order asks for later."""

    key: str
    purchase_id: str
    provider: str
    currency: str
    amount: int
    state: str
    asked_at: datetime
    provider_ref: str | None = None
    order_id: str | None = None


class Found(msgspec.Struct, frozen=True):
    """What a decision asked to see."""

    collections: list[Collection]
    works: list[Work]


Decide = Callable[[Found, Unit], dict[str, Any]]


class Decision(msgspec.Struct, frozen=True):
    """What to read, the pure function that decides (fills the unit, returns the answer), and the key that makes repeating it safe."""

    decide: Decide
    now: datetime
    orders: tuple[str, ...] = ()
    purchases: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    key: Key | None = None
    accounts: tuple[str, ...] = ()


class Stale(Exception):
    """What was read had changed by the time it was judged; decide again."""


class AccountMissing(Exception):
    """A transfer names an account this process has not met; learn it and decide again."""

    def __init__(self, name: str, currency: str) -> None:
        super().__init__(name)
        self.name = name
        self.currency = currency


class Market:
    """The running market of one process: its database, formats, shelf, signers, and the desk's combiner."""

    def __init__(
        self,
        db: Database,
        formats: Mapping[str, Format],
        secret: bytes,
        *,
        providers: Mapping[str, Provider],
        devices: DevicePort | None = None,
        lenders: Mapping[str, Lender] | None = None,
        clock: Clock = system_clock,
        country: str = "CN",
        currency: str = "CNY",
        tz: tzinfo = UTC,
        demo: bool = False,
        wait_ms: float = 8,
    ) -> None:
        self.db = db
        self.formats = formats
        self.lenders: Mapping[str, Lender] = lenders or {}
        self.providers: Mapping[str, Provider] = {**providers, **self.lenders}
        self.devices = devices
        self.clock = clock
        self.demo = demo
        self.tz = tz
        self.country = country
        self.currency = currency
        self.seal = Seal(secret)
        self.quote_signer = Signer(secret, "quote")
        self.link_signer = Signer(secret, "order link")
        self.code_signer = Notary(secret, "pick-up code")  # a gate without network checks it
        self.device_signer = Signer(secret, "device")
        self.person_signer = Signer(secret, "person")
        self.shelf = Shelf(db, country, clock)
        self.at_hand = catalog.AtHand(db)
        self.looking = Looking(db)
        self.accounts = Accounts(db)
        self.numbers = Numbers(db)
        self.claims = Claims(db, self.seal)
        self._latest = {one.name: one for one in formats.values()}
        # One decision that breaks a constraint must not hurt the others: after such an error each is judged alone.
        broken = (asyncpg.IntegrityConstraintViolationError,)
        self._combiner = Combiner(self._together, most=100, wait_ms=wait_ms, lanes=1, alone_after=broken)

    async def open(self) -> None:
        """Start listening for changed offers."""
        await self.shelf.open()

    async def close(self) -> None:
        """Finish what is under way."""
        await self._combiner.close()
        await self.claims.close()
        await self.shelf.close()
        await self.looking.close()

    def format(self, name: str) -> Format:
        """A format by the code an order carries (`online@1`), or by the name an offer carries: the latest version."""
        return self.formats[name] if "@" in name else self._latest[name]

    async def act(self, decision: Decision) -> dict[str, Any]:
        """Carry out a decision; its answer, or the first answer when its key was used before. Raises the refusal it ended in."""
        for _ in range(_TRIES):
            try:
                return await self._combiner.ask(decision)
            except Stale:
                continue
            except AccountMissing as missing:
                await self.accounts.know([missing.name], missing.currency)
        raise DatabaseBusy("others changed the same order again and again")

    async def _together(self, decisions: list[Decision]) -> list[dict[str, Any] | Exception]:
        try:
            return await self._apply(decisions)
        except asyncpg.IntegrityConstraintViolationError as e:
            if len(decisions) > 1:
                raise
            if isinstance(e, asyncpg.ExclusionViolationError):
                return [NotFree()]
            if e.constraint_name == "once_per_person":
                return [OncePerPerson()]
            if e.constraint_name == "seat_once":
                return [SeatTaken()]
            if e.constraint_name == "never_above_the_edition":
                return [EditionGone()]
            if e.constraint_name in redeeming.TAKEN_ONCE:
                return [redeeming.ClaimGone()]
            if e.constraint_name == "payers_are_one_person":
                return [redeeming.SamePayer()]
            if e.constraint_name == "never_used_too_often":
                return [parties.errors.PrescriptionUsed()]
            if (said := policy.errors.SAID_BY.get(e.constraint_name or "")) is not None:
                return [said()]
            raise

    async def _apply(self, decisions: list[Decision]) -> list[dict[str, Any] | Exception]:
        answers: list[dict[str, Any] | Exception] = [Stale()] * len(decisions)
        # Two statements, each its own transaction: what was read is judged again when it is written.
        async with self.db.single() as tx:
            found = await self._read(tx, decisions)
            bodies: list[dict[str, list[dict[str, Any]]]] = []
            judged: list[tuple[int, dict[str, Any]]] = []
            seen: set[str] = set()
            for i, decision in enumerate(decisions):
                named = _of(decision, found)
                orders = {work.order.id for work in named.works}
                if orders & seen:
                    # Somebody of this batch may be changing it: decided in the next one, from what is true then.
                    continue
                seen |= orders
                unit = Unit(self._number)
                try:
                    answer = decision.decide(named, unit)
                except Exception as refused:  # noqa: BLE001 - handed to the one caller it belongs to
                    answers[i] = await _first_answer(tx, decision) or refused
                    continue
                bodies.append(unit.body(decision.key, answer))
                judged.append((i, answer))
            if not bodies:
                return answers
            verdicts: dict[str, dict[str, Any]] | None = await tx.fetchval(
                "SELECT market.apply($1, $2)", together(bodies), max(decision.now for decision in decisions)
            )
            for n, (i, answer) in enumerate(judged, start=1):
                verdict = verdicts.get(str(n)) if verdicts else None
                answers[i] = answer if verdict is None else _verdict(verdict)
        return answers

    async def _read(self, tx: Tx, decisions: list[Decision]) -> Found:
        orders = [one for d in decisions for one in d.orders]
        purchases = [one for d in decisions for one in d.purchases]
        collections = [one for d in decisions for one in d.collections]
        if not (orders or purchases or collections):
            return Found([], [])
        return _decoder.decode(
            await tx.fetchval("SELECT market.read($1, $2, $3)", orders, purchases, collections)
        )

    def _number(self, name: str, currency: str) -> int:
        try:
            return self.accounts.number(name, currency)
        except KeyError:
            raise AccountMissing(name, currency) from None


_decoder = msgspec.json.Decoder(Found)


def _of(decision: Decision, found: Found) -> Found:
    """The part of what was read together that this decision named."""
    collections = [c for c in found.collections if c.key in decision.collections]
    purchases = {*decision.purchases, *(c.purchase_id for c in collections)}
    works = [w for w in found.works if w.order.id in decision.orders or w.order.purchase_id in purchases]
    return Found(collections, [w.open() for w in works])


async def _first_answer(tx: Tx, decision: Decision) -> dict[str, Any] | Exception | None:
    """What a refused call was answered when its key was used before: done once, it cannot be done again, and is told so the same way."""
    if decision.key is None:
        return None
    found = await tx.fetchrow(
        "SELECT fingerprint, answer FROM kit.answer WHERE scope = $1 AND key = $2",
        decision.key.scope,
        decision.key.key,
    )
    if found is None:
        return None
    first: dict[str, Any] = found["answer"]
    return first if found["fingerprint"] == decision.key.fingerprint else KeyReused()


def _verdict(verdict: dict[str, Any]) -> dict[str, Any] | Exception:
    match verdict["verdict"]:
        case "repeated":
            return verdict["answer"]
        case "key_reused":
            return KeyReused()
        case "out_of_stock":
            return OutOfStock(short=verdict["short"])
        case "wallet_short":
            return WalletShort()
        case "not_free":
            return NotFree()
        case _:
            return Stale()
