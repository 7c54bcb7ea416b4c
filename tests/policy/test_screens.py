"""Patterns: what is planted is found and explained; a town that lives honestly raises no question."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from highstreet.policy import screens
from highstreet.policy.bounds import BOUNDS, WEIGHTS
from highstreet.policy.screens import Found, Link, Raised, Tie, Use

DAY = datetime(2026, 11, 20, 2, tzinfo=UTC)


def use(n: int, person: str, seller: str = "tea", at: datetime = DAY, **more: object) -> Use:
    told = {"amount": 1_000, "price": 6_200, "least": 5_000, **more}
    return Use(f"ord_{n:05}", person, seller, at=at, **told)  # type: ignore[arg-type]


def ring(size: int, *kinds: str, start: int = 0) -> tuple[list[Use], list[Link]]:
    """So many people who share one of each kind."""
    names = [f"pty_{start + n:03}" for n in range(size)]
    links = [Link(name, kind, f"{kind} {start}") for kind in kinds for name in names]
    return [use(start + n, name, at=DAY + timedelta(minutes=n)) for n, name in enumerate(names)], links


def only(found: list[Found]) -> Found:
    assert len(found) == 1
    return found[0]


def test_a_family_shares_an_address_and_a_phone_and_is_no_ring() -> None:
    for size in range(2, 6):
        uses, links = ring(size, "address", "phone", "device", "drop")
        assert screens.rings(uses, links) == []
    # A dormitory shares an address, even on the same day of deliveries half of a class does.
    uses, links = ring(40, "address")
    assert screens.rings(uses, links) == []
    uses, links = ring(9, "address", "drop")
    assert screens.rings(uses, links) == []


def test_a_ring_is_found_by_what_it_shares_and_drawn() -> None:
    uses, links = ring(8, "device", "address")
    one = only(screens.rings(uses, links))
    assert one.people == tuple(f"pty_{n:03}" for n in range(8))
    assert len(one.evidence) == 8
    assert len(one.edges) == 28
    assert {kind for edge in one.edges for kind in edge.kinds} == {"device", "address"}
    assert "8 people share a device, an address; a household has fewer than 6" in one.parts[0].words.en
    assert "设备" in one.parts[0].words.zh
    # By delivery alone it takes more people: place, day and address.
    assert only(screens.rings(*ring(10, "address", "drop"))).kind == "ring"
    # A chain of acquaintances is none, however long: every two share a phone, nobody else.
    chain = [Link(f"pty_{n + side:03}", "phone", f"p{n}") for n in range(12) for side in (0, 1)]
    assert screens.rings(ring(13)[0], chain) == []
    # What more people share than live anywhere is a public place.
    assert screens.rings(*ring(BOUNDS["ring_public"].value + 1, "address", "drop")) == []


links = st.lists(
    st.builds(
        Link,
        st.integers(0, 9).map(lambda n: f"pty_{n:03}"),
        st.sampled_from(sorted(WEIGHTS)),
        st.sampled_from("abc"),
    ),
    max_size=60,
    unique=True,
)


@settings(max_examples=30)
@given(links, st.randoms(use_true_random=False))
def test_rings_do_not_depend_on_the_order_of_rows_and_never_meet(
    found: list[Link], draw: random.Random
) -> None:
    uses = ring(10)[0]
    once = screens.rings(uses, found)
    mixed, others = list(found), list(uses)
    draw.shuffle(mixed)
    draw.shuffle(others)
    assert screens.rings(others, mixed) == once
    people = [person for one in once for person in one.people]
    assert len(people) == len(set(people))
    assert all(len(one.people) >= BOUNDS["ring_people"].value and 0 < one.score <= 100 for one in once)


def test_who_sells_to_oneself_is_asked_about_it() -> None:
    uses = [use(n, "clerk", at=DAY + timedelta(days=n)) for n in range(3)]
    ties = [Tie("clerk", "tea", "staff")]
    assert screens.self_redeemed(uses[:2], ties) == []
    assert screens.self_redeemed(uses, []) == []
    one = only(screens.self_redeemed([*uses, use(9, "neighbour")], ties))
    assert (one.kind, one.subject, one.people, one.sellers) == ("seller", "tea", ("clerk",), ("tea",))
    assert [seen.order for seen in one.evidence] == ["ord_00000", "ord_00001", "ord_00002"]


def test_a_price_that_was_raised_first_is_seen() -> None:
    def sale(n: int, price: int, before: int, days: float) -> Raised:
        return Raised(f"ord_{n}", "phones", "ofr", price, before, DAY, DAY + timedelta(days=days), 500)

    assert screens.raised([sale(n, 10_400, 10_000, 1) for n in range(9)]) == []
    assert screens.raised([sale(n, 13_000, 10_000, 8) for n in range(9)]) == []
    one = only(screens.raised([sale(n, 12_000, 10_000, n) for n in range(4)]))
    assert one.sellers == ("phones",)
    assert "raised by 20 %" in one.parts[1].words.en
    assert {seen.before for seen in one.evidence} == {10_000}


def test_one_errand_cut_into_three_is_seen_and_one_good_week_is_not() -> None:
    daily = [use(n, "mei", price=5_100, at=DAY + timedelta(days=n)) for n in range(9)]
    assert screens.splits(daily) == []
    cut = [use(20 + n, "mei", price=5_050 + n, at=DAY + timedelta(hours=n)) for n in range(3)]
    assert screens.splits([*cut[:2], use(30, "mei", "noodles", price=5_000)]) == []
    assert (
        screens.splits([use(40 + n, "mei", price=9_000, at=DAY + timedelta(hours=n)) for n in range(5)]) == []
    )
    before = use(10, "mei", price=30_000, at=DAY - timedelta(days=9))
    one = only(screens.splits([before, *cut]))
    assert [seen.order for seen in one.evidence] == ["ord_00020", "ord_00021", "ord_00022"]
    assert any("otherwise this person spends 300.00" in part.words.en for part in one.parts)
    ceiling = [
        use(50 + n, "mei", price=598_000, least=0, most=600_000, at=DAY + timedelta(hours=n))
        for n in range(3)
    ]
    assert only(screens.splits(ceiling)).subject == "mei"


def test_a_clerk_unlike_all_others_is_seen() -> None:
    tills = [
        use(
            100 * clerk + n, f"p{clerk}{n}", clerk=f"clerk{clerk}", at=DAY + timedelta(minutes=12 * n + clerk)
        )
        for clerk in range(7)
        for n in range(24)
    ]
    assert screens.bursts(tills) == []
    fast = [use(900 + n, f"q{n}", clerk="swift", at=DAY + timedelta(seconds=30 * n)) for n in range(70)]
    one = only(screens.bursts([*tills, *fast]))
    assert one.people == ("swift",)
    assert "in an hour" in one.parts[0].words.en
    # With too few to compare with nobody is unusual.
    assert screens.bursts([u for u in tills if u.clerk in ("clerk0", "clerk1")] + fast) == []


def test_redeemed_and_given_back_again_and_again() -> None:
    back = [use(n, "mei", at=DAY + timedelta(days=n), back=True) for n in range(3)]
    assert screens.cycles(back[:2]) == []
    assert screens.cycles([*back, *(use(10 + n, "mei") for n in range(4))]) == []
    assert only(screens.cycles([*back, use(9, "mei")])).evidence[0].order == "ord_00000"


def honest(seed: int) -> list[Found]:
    """A month of a town that lives honestly: families, a dormitory, a school, staff with an appetite, tills, some returns."""
    draw = random.Random(seed)
    links: list[Link] = []
    people: list[str] = []
    for home in range(260):
        family = [
            f"pty_{home}_{n}" for n in range(draw.choices((1, 2, 3, 4, 5, 6), (30, 32, 20, 11, 5, 2))[0])
        ]
        people += family
        links += [Link(one, "address", f"home {home}") for one in family]
        links += [
            Link(one, "phone", f"phone {home}" if n and draw.random() < 0.3 else f"phone {one}")
            for n, one in enumerate(family)
        ]
        if draw.random() < 0.2:
            links += [Link(one, "device", f"tablet {home}") for one in family[:3]]
        if draw.random() < 0.5:
            links += [Link(one, "drop", f"door {home} {draw.randrange(30)}") for one in family]
    links += [Link(one, "address", "dormitory") for one in people[:45]]
    links += [Link(one, "address", "school") for one in people[50:200]]
    sellers = [f"shop{n}" for n in range(20)]
    ties = [Tie(people[n], sellers[n % 20], "staff") for n in range(60)]
    uses: list[Use] = []
    for n in range(2_000):
        price = 5_000 + int(
            draw.expovariate(1 / 700)
        )  # most buy just enough: that is what the least amount is for
        seller = draw.randrange(20)
        at = DAY + timedelta(days=draw.randrange(30), hours=draw.randrange(12), seconds=draw.randrange(3_600))
        clerk = f"clerk{seller}" if draw.random() < 0.5 else None
        uses.append(
            use(
                n,
                draw.choice(people),
                sellers[seller],
                at,
                price=price,
                clerk=clerk,
                back=draw.random() < 0.05,
            )
        )
    sales = [
        Raised(
            f"ord_{n:05}",
            sellers[n % 20],
            f"ofr{n}",
            10_000 + draw.randrange(400),
            10_000,
            DAY,
            DAY + timedelta(days=3),
            900,
        )
        for n in range(200)
    ]
    return screens.all_of(uses, links, ties, sales)


def test_an_honest_town_raises_no_question() -> None:
    assert [honest(seed) for seed in range(3)] == [[], [], []]
