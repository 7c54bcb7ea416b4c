"""Tax refunds over the API: the shop's till writes, the customs' scanner stamps, the counter pays; each once, and nobody else."""

from __future__ import annotations

from highstreet import parties, policy
from highstreet.market import programmes
from highstreet.market.place import Contact, Placing, place
from highstreet.market.quote import quote
from highstreet.orders import Entry
from tests.api.street import Street
from tests.market.departing import HE, NAME, RULES, SHE
from tests.market.lane import keeps_the_laws

EMMA = {"name": "Emma Reed", "passport": "704122915", "nationality": "GBR", "entered_on": "2026-11-10"}


async def _opened(street: Street) -> str:
    """The programme runs, the bakery refunds, customs has a token; an order of eight loaves at the counter."""
    market, now = street.market, street.clock()
    db, bakery = market.db, street.till.sellers["bakery"]
    await db.run(policy.budgets.draft, NAME, "pty_city", "CNY", HE, now)
    one = await db.run(policy.budgets.propose, NAME, "rules", {"rules": RULES}, "as announced", HE, now)
    await db.run(programmes.decide, one.id, True, SHE, now)
    await db.run(policy.enrolments.enrol, NAME, bakery, frozenset({"refund_shop"}), HE, now)
    async with db.transaction() as tx:
        city = await parties.businesses.found_city(tx, name="Qinghe", about=parties.About(), now=now)
        _, street.tokens["customs"] = await parties.tokens.issue(
            tx, city, "counter 3", ("customs",), None, now
        )
    asked = await quote(market, [Entry(street.till.offers["bread"], 8)], now, channel="counter")
    sold = await place(
        market, Placing(asked.quote, Contact(), "cash", bakery, None, "en", counter=True), now, None
    )
    return sold["orders"][0]["id"]


async def test_written_stamped_and_paid_once(street: Street) -> None:
    order = await _opened(street)
    body = {"orders": [order], "traveller": EMMA}
    for who, status in (("", 401), ("ada", 403), ("tea", 404)):
        assert (await street.call("POST", "/api/tax-refunds", body, who=who)).status_code == status
    short = {"orders": [order], "traveller": EMMA | {"passport": "7"}}
    assert (await street.call("POST", "/api/tax-refunds", short, who="bakery")).status_code == 422
    first = await street.call("POST", "/api/tax-refunds", body, who="bakery", key="one")
    again = await street.call("POST", "/api/tax-refunds", body, who="bakery", key="one")
    assert first.status_code == again.status_code == 201 and first.json() == again.json()
    form = first.json()
    assert (form["total"], form["gross"], form["amount"]) == (22_400, 2_464, 2_016)
    assert "Emma" not in first.text and "704122915" not in first.text
    twice = await street.call("POST", "/api/tax-refunds", body, who="bakery", key="two")
    assert (twice.status_code, twice.json()["code"]) == (409, "on_another_form")

    path = f"/api/tax-refunds/{form['number']}"
    who_sees = {"bakery": 200, "customs": 200, "tea": 404, "ada": 403, "": 401}
    assert {who: (await street.call("GET", path, who=who)).status_code for who in who_sees} == who_sees
    port = {"port": "Shanghai Pudong Airport"}
    assert (await street.call("POST", path + "/stamp", port, who="bakery")).status_code == 403
    assert (
        await street.call("POST", path + "/stamp", {"port": "The back door"}, who="customs")
    ).status_code == 422
    assert (await street.call("POST", path + "/payment", {"way": "cash"}, who="customs")).json()[
        "code"
    ] == "form_moved_on"
    stamped = [
        await street.call("POST", path + "/stamp", port, who="customs", key=key) for key in ("s", "s", "t")
    ]
    assert [one.status_code for one in stamped] == [200, 200, 409]
    paid = await street.call("POST", path + "/payment", {"way": "cash"}, who="customs")
    assert (paid.json()["state"], paid.json()["way"]) == ("paid", "cash")
    await keeps_the_laws(street.market.db)
