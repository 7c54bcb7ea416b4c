"""A traveller on the lane, a shop that refunds, and a provider that holds cards without a network: what goes wrong is said before."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from highstreet import policy
from highstreet.ledger import MoveState, ProviderAway, ProviderRefused
from highstreet.market import programmes, tax_moves, tax_refunds
from highstreet.market.tax_refunds import Form, Offer, Traveller, Wish
from tests.market.lane import Lane

NAME = "departure-tax-refund"
RULES = (Path(policy.__file__).parent / "programmes" / f"{NAME}.toml").read_text(encoding="utf-8")
HE, SHE, CUSTOMS = "pty_officer_he", "pty_officer_she", "pty_customs"
EMMA = Traveller("Emma Reed", "GB 7041-22", "GBR", date(2026, 11, 2))
PORT = "Shanghai Pudong Airport"


class Cards:
    """Answers `ledger.HoldsCards` from a dictionary. trouble: by kind of call, what happens the next times: away, lost (done, but no
    answer), declined, expired, double."""

    name = "sandbox"

    def __init__(self) -> None:
        self.done: dict[str, MoveState] = {}
        self.ended: dict[str, str] = {}
        self.calls: list[tuple[str, str]] = []
        self.trouble: dict[str, list[str]] = {}

    async def _act(self, kind: str, key: str, amount: int, currency: str, hold: str = "") -> MoveState:
        self.calls.append((kind, key))
        wrong = self.trouble.get(kind, [])
        what = wrong.pop(0) if wrong else ""
        if what == "away":
            raise ProviderAway(self.name, "status 503")
        if key not in self.done:
            if what == "expired" or (hold and self.ended.get(hold, key) != key):
                raise ProviderRefused(provider=self.name, reason="authorisation_expired")
            outcome = "declined" if what == "declined" else "paid"
            self.done[key] = MoveState(
                key=key, outcome=outcome, amount=amount, currency=currency, provider_ref=f"ref {key}"
            )
            if hold and outcome == "paid":
                self.ended[hold] = key
        if what == "lost":
            raise ProviderAway(self.name, "timed out")
        return self.done[key]

    async def authorise(self, key: str, token: str, amount: int, currency: str) -> MoveState:
        assert token == "tok_ok"
        return await self._act("authorise", key, amount, currency)

    async def capture(self, key: str, hold: str, amount: int, currency: str) -> MoveState:
        return await self._act("capture", key, amount, currency, hold)

    async def void(self, key: str, hold: str, amount: int, currency: str) -> MoveState:
        return await self._act("void", key, amount, currency, hold)

    async def payout(self, key: str, account: str, amount: int, currency: str) -> MoveState:
        assert account
        return await self._act("payout", key, amount, currency)

    async def query_hold(self, about: str, key: str) -> MoveState:
        return self.done.get(key, MoveState(key=key, outcome="unknown", seen=False))

    async def query_payout(self, key: str) -> MoveState:
        return await self.query_hold("payout", key)

    def _never(self, *_: Any) -> Any:
        raise AssertionError("nobody asks this here")

    pay_url = read_notice = charge = query = refund = query_refund = statement = _never

    def moved(self, kind: str) -> int:
        """How much went through by calls of a kind, each key once."""
        return sum(
            self.done[key].amount
            for key in {k for what, k in self.calls if what == kind and k in self.done}
            if self.done[key].outcome == "paid"
        )


class Departing:
    """What a traveller, a shop and the customs do on a lane."""

    def __init__(self, lane: Lane, cards: Cards) -> None:
        self.lane, self.cards = lane, cards
        self.shop = lane.made.sellers["tea"]

    @property
    def now(self) -> datetime:
        return self.lane.clock()

    async def buy(self, wanted: dict[str, int] | None = None, buyer: str | None = None) -> str:
        """At the counter, in cash; the order."""
        placed = await self.lane.buy(wanted or {"tea/counter": 3}, "cash", buyer)
        return placed["orders"][0]["id"]

    def wish(self, *orders: str, who: Traveller = EMMA) -> Wish:
        return Wish(self.shop, orders, who, None, "pty_clerk")

    async def issue(self, *orders: str, who: Traveller = EMMA) -> Form:
        wish = self.wish(*orders, who=who)
        return await self.lane.market.db.run(
            lambda tx: tax_refunds.issue(self.lane.market, tx, wish, self.now)
        )

    async def form(self) -> Form:
        """Of three packs of tea: 264.00 at 13 %."""
        return await self.issue(await self.buy())

    async def advance(
        self, form: Form, days: int = 5, port: str = PORT, agreed: bool = True
    ) -> policy.advances.Advance:
        offer = Offer(
            self.now.date() + timedelta(days=days), tax_refunds.port_named(port), agreed, "pty_clerk"
        )
        return await self.lane.market.db.run(
            lambda tx: tax_refunds.pay_ahead(self.lane.market, tx, form.id, offer, "tok_ok", self.now)
        )

    async def stamp(self, form: Form, port: str = PORT) -> Form:
        return await self.lane.market.db.run(
            lambda tx: tax_refunds.stamp(
                self.lane.market, tx, form.id, CUSTOMS, port, "all there, unused", self.now
            )
        )

    async def pay(self, form: Form, way: Any = "cash", account: str = "") -> Form:
        return await self.lane.market.db.run(
            lambda tx: tax_refunds.pay(self.lane.market, tx, form.id, way, account, CUSTOMS, self.now)
        )

    async def work(self, times: int = 3) -> int:
        """The worker goes round a few times, each a minute later."""
        done = 0
        for _ in range(times):
            done += await tax_moves.keep(self.lane.market, self.now) + await tax_moves.ask(
                self.lane.market, self.now
            )
            self.lane.clock.forward(timedelta(minutes=1))
        return done

    async def again(self, form: Form) -> tuple[Form, str]:
        """A form as it stands, with the state of its last advance."""
        async with self.lane.market.db.read() as tx:
            latest = await policy.advances.latest(tx, form.id)
            return await policy.departures.of(tx, form.id), latest.state if latest else ""


async def departing(lane: Lane) -> Departing:
    """The programme runs and the tea house takes part."""
    cards = Cards()
    lane.market.providers = {"sandbox": cards}  # type: ignore[dict-item]
    db = lane.market.db
    await db.run(policy.budgets.draft, NAME, "pty_city", "CNY", HE, lane.clock())
    one = await db.run(
        policy.budgets.propose, NAME, "rules", {"rules": RULES}, "as announced", HE, lane.clock()
    )
    await db.run(programmes.decide, one.id, True, SHE, lane.clock())
    await db.run(
        policy.enrolments.enrol, NAME, lane.made.sellers["tea"], frozenset({"refund_shop"}), HE, lane.clock()
    )
    return Departing(lane, cards)
