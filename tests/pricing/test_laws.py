"""What holds for every basket and every set of promotions."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from highstreet.kit.money import tax_within
from highstreet.pricing import ListedPrice, PricedLine, Promotion, Want, price_lines
from highstreet.pricing._discounts import Applied, Basket, Lines, best
from tests.pricing.goods import DAY, NOW, good, promotion

OFFERS = ("ale", "bun", "cod", "dal", "egg")

listed = st.builds(
    ListedPrice,
    channel=st.sampled_from(["any", "online", "counter"]),
    least=st.integers(1, 6),
    price=st.integers(0, 3_000),
    valid_from=st.sampled_from([None, NOW - DAY, NOW + DAY]),
    valid_to=st.sampled_from([None, NOW + 2 * DAY]),
)
shelves = st.fixed_dictionaries(
    {
        offer_id: st.tuples(
            st.integers(0, 3_000),
            st.lists(listed, max_size=3),
            st.sampled_from(["shop", "shop", "other"]),
            st.sampled_from([0, 600, 900, 1300]),
        )
        for offer_id in OFFERS
    }
)
picked = st.lists(st.tuples(st.sampled_from(OFFERS), st.integers(1, 7)), min_size=1, max_size=6)


@st.composite
def baskets(draw: st.DrawFn) -> list[Want]:
    shelf = draw(shelves)
    goods = {
        offer_id: good(offer_id, price, *prices, seller=seller, tax_bps=tax)
        for offer_id, (price, prices, seller, tax) in shelf.items()
    }
    return [Want(goods[offer_id], quantity) for offer_id, quantity in draw(picked)]


some_offers = st.lists(st.sampled_from(OFFERS), unique=True, max_size=3)
two_offers = st.lists(st.sampled_from(OFFERS), unique=True, min_size=2, max_size=3)
rules = st.one_of(
    st.tuples(st.just("percent"), st.builds(lambda bps: {"bps": bps}, st.integers(1, 9_900)), some_offers),
    st.tuples(st.just("amount"), st.builds(lambda off: {"off": off}, st.integers(1, 2_000)), some_offers),
    st.tuples(
        st.just("spend"),
        st.builds(
            lambda spend, part, each: {"spend": spend, "off": max(1, spend * part // 10), "each": each},
            st.integers(1, 8_000),
            st.integers(1, 10),
            st.booleans(),
        ),
        some_offers,
    ),
    st.tuples(
        st.just("buy_n"),
        st.builds(lambda n, free: {"n": n, "free": min(free, n - 1)}, st.integers(2, 5), st.integers(1, 3)),
        some_offers,
    ),
    st.tuples(
        st.just("bundle"), st.builds(lambda price: {"price": price}, st.integers(1, 4_000)), two_offers
    ),
)


@st.composite
def promotions(draw: st.DrawFn, most: int = 5, alone: bool = True) -> list[Promotion]:
    return [
        promotion(
            kind,
            rule,
            *offers,
            name=f"p{n}",
            funder=draw(st.sampled_from(["seller", "seller", "city"])),
            seller=draw(st.sampled_from(["shop", "shop", "other"])),
            priority=draw(st.integers(0, 2)),
            alone=alone and draw(st.booleans()),
        )
        for n, (kind, rule, offers) in enumerate(draw(st.lists(rules, max_size=most)))
    ]


def paid(lines: list[PricedLine]) -> int:
    return sum(line.paid for line in lines)


@given(baskets(), promotions())
def test_a_line_explains_itself_to_the_last_minor_unit(wants: list[Want], running: list[Promotion]) -> None:
    lines = price_lines(wants, running, "online", NOW)
    assert [(line.offer_id, line.quantity) for line in lines] == [
        (w.priced.offer_id, w.quantity) for w in wants
    ]
    for line in lines:
        before = line.price * line.quantity
        seller = sum(a.amount for a in line.adjustments if a.funder == "seller")
        others = sum(a.amount for a in line.adjustments if a.funder != "seller")
        assert line.amount == before + seller
        assert line.paid == line.amount + others
        assert sum(step.amount for step in line.steps) == line.paid
        assert all(a.amount < 0 for a in line.adjustments)
        assert 0 <= line.paid <= line.amount <= before <= line.list_price * line.quantity
        assert line.tax == tax_within(line.amount, line.tax_bps)
        assert 0 <= line.tax <= line.amount


@given(baskets(), promotions(), st.randoms(use_true_random=False))
def test_the_order_of_lines_and_of_promotions_changes_nothing(
    wants: list[Want], running: list[Promotion], chance: object
) -> None:
    lines = price_lines(wants, running, "online", NOW)
    order = list(range(len(wants)))
    chance.shuffle(order)  # pyright: ignore[reportAttributeAccessIssue]
    again = price_lines([wants[i] for i in order], running[::-1], "online", NOW)
    assert sorted(map(repr, again)) == sorted(map(repr, lines))


@given(baskets(), promotions())
def test_one_more_promotion_never_makes_a_basket_dearer(wants: list[Want], running: list[Promotion]) -> None:
    all_of_them = paid(price_lines(wants, running, "online", NOW))
    for n in range(len(running)):
        assert all_of_them <= paid(price_lines(wants, running[:n] + running[n + 1 :], "online", NOW))


@given(baskets(), promotions())
def test_a_promotion_that_stands_alone_shares_no_line(wants: list[Want], running: list[Promotion]) -> None:
    lone = {p.id for p in running if p.alone}
    for line in price_lines(wants, running, "online", NOW):
        assert len(line.adjustments) == 1 or not any(a.about in lone for a in line.adjustments)


@given(baskets(), promotions())
def test_sellers_do_not_touch_each_other(wants: list[Want], running: list[Promotion]) -> None:
    together = price_lines(wants, running, "online", NOW)
    for seller in ("shop", "other"):
        own = [w for w in wants if w.priced.seller_id == seller]
        lines = [line for w, line in zip(wants, together, strict=True) if w.priced.seller_id == seller]
        assert price_lines(own, running, "online", NOW) == lines


def try_all(basket: Basket, met: list[tuple[Promotion, Lines]]) -> int:
    """The naive twin: every set of promotions in the one order, without any cutting off."""
    lowest = sum(basket.left)
    for size in range(1, len(met) + 1):
        for some in combinations(met, size):
            left, closed = list(basket.left), set[int]()
            for given_promotion, lines in some:
                free = tuple(i for i in lines if i not in closed)
                cuts = basket.cuts(given_promotion, free, left) if free else []
                for i, off in cuts:
                    left[i] -= off
                if cuts and given_promotion.alone:
                    closed.update(free)
            lowest = min(lowest, sum(left))
    return lowest


@given(
    st.lists(st.tuples(st.integers(0, 3_000), st.integers(1, 7)), min_size=1, max_size=5),
    promotions(),
)
def test_the_search_finds_what_trying_everything_finds(
    lines: list[tuple[int, int]], running: list[Promotion]
) -> None:
    offers = OFFERS[: len(lines)]
    basket = Basket(offers, [q for _, q in lines], [price * q for price, q in lines])
    met: list[tuple[Promotion, Lines]] = []
    for one in running:
        concerned = tuple(i for i, o in enumerate(offers) if not one.offers or o in one.offers)
        if concerned:
            met.append((one, concerned))
    found: list[Applied] = best(basket, met) if met else []
    total = sum(basket.left) - sum(off for _, cuts in found for _, off in cuts)
    order = {"bundle": 0, "buy_n": 1, "percent": 2, "amount": 3, "spend": 4}
    met.sort(
        key=lambda m: (not m[0].alone, len(m[1]) * m[0].alone, -m[0].priority, order[m[0].kind], m[0].id)
    )
    assert total == try_all(basket, met)
