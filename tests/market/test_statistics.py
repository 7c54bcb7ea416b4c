"""Official statistics: every fen that was paid is in one bucket, the published vectors, and no figure that tells of one shop."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from highstreet.market import statistics
from highstreet.market.statistics import Cell, Report, reckon, share_of, withhold
from highstreet.market.views import statistics as views
from highstreet.market.views.statistics import Sold
from tests.market.lane import Lane


def test_the_share_of_physical_goods_online_is_the_published_one() -> None:
    # National Bureau of Statistics: 2025 13.09 of 50.12 trillion yuan; 2019 8,523.9 of 41,164.9 billion.
    assert share_of(1309, 5012) == 261
    assert share_of(85_239, 411_649) == 207
    assert share_of(1, 2000) == 1
    assert share_of(1, 0) is None


def crowd(n: int) -> frozenset[str]:
    return frozenset(f"p{i}" for i in range(n))


cells = st.dictionaries(
    st.sampled_from("abcdef"),
    st.tuples(st.integers(-500, 9000), st.integers(0, 5), st.integers(1, 7)).map(
        lambda t: Cell(t[0], crowd(t[1]), crowd(t[2] if t[1] else 0))
    ),
)


@given(cells)
def test_nobody_can_reckon_a_figure_that_is_withheld(found: dict[str, Cell]) -> None:
    shown = withhold(found)
    hidden = [name for name, amount in shown.parts.items() if amount is None]
    assert all(found[name].shown for name in found if name not in hidden)
    assert shown.withheld == sum(found[name].amount for name in hidden)
    assert shown.withheld + sum(a for a in shown.parts.values() if a is not None) == sum(
        c.amount for c in found.values()
    )
    if hidden and len(hidden) < len([c for c in found.values() if c.sellers]):
        assert len(hidden) >= 2  # what one alone hides, the others tell


def sale(
    bucket: str,
    amount: int,
    *,
    root: str = "food",
    online: bool = True,
    month: int = 5,
    n: int = 9,
    rural: bool = False,
) -> Sold:
    return Sold(date(2026, month, 1), bucket, root, online, rural, amount, tuple(crowd(n)), tuple(crowd(n)))


def test_click_and_collect_is_counted_once_and_small_cells_stay_unknown() -> None:
    found = [
        sale("goods", 1_000), sale("goods", 4_000, online=False), sale("catering", 800, root="meals"),
        sale("services", 500, root="services"), sale("delivery", 60, root=""), sale("goods", -100, month=6),
        sale("digital", 40, root="media", n=2),
    ]  # fmt: skip
    told = reckon(2026, "CNY", found)
    assert told.retail == 5_700
    assert told.physical == 900
    assert told.share == share_of(900, 5_700)
    assert told.months.parts["2026-05"] == 5_800
    assert told.months.parts["2026-06"] == -100
    # Two sellers of digital content are not told apart, and not by what is left over either.
    assert told.excluded.parts["digital"] is None
    assert told.excluded.parts["delivery"] is None
    assert told.excluded.withheld == 100
    assert told.paid == 5_700 + 600
    # What is online is known but for what one could reckon from it.
    assert told.online == 900 + 800 + 500 + 40


async def report(lane: Lane) -> tuple[Report, list[Sold]]:
    async with lane.market.db.read(snapshot=True) as tx:
        found: list[Sold] = []
        for year in (2026, 2027):
            found += await views.sold(
                tx, date(year, 1, 1), date(year + 1, 1, 1), "CNY", lane.market.tz, ["counter"], 3, 5
            )
        assert sum(one.amount for one in found) == await views.paid_in_all(tx, "CNY")
        return await statistics.report(lane.market, tx, 2026), found


async def test_every_fen_is_in_one_bucket_and_returns_count_in_their_month(lane: Lane) -> None:
    await lane.paid({"train/online": 1})  # not sent yet
    kept = await lane.delivered({"tea/online": 2, "bowl/online": 1, "plant/online": 1})
    await lane.later(kept, days=8)
    back = await lane.delivered({"train/online": 2})
    assert (await lane.later(back, days=8)).order.stage == "done"
    assert (await lane.buy({"jam/counter": 3}, "cash"))["collection"] is None
    (gone,) = await lane.paid({"last/online": 1})
    await lane.tell(gone, "cancelled", "seller", lines={"1": 1})
    _, found = await report(lane)

    def of(bucket: str, month: int = 12, **also: object) -> int:
        return sum(
            one.amount
            for one in found
            if one.bucket == bucket
            and one.month.month == month
            and all(getattr(one, k) == v for k, v in also.items())
        )

    assert of("goods", online=True, root="food") == 2 * 8800
    assert of("goods", online=True, root="home") == 5900 + 3600 + 2 * 12801
    assert of("goods", online=False) == 3 * 2801
    assert of("kept") == 0
    assert of("under_way", 11) == 12801
    # After it was settled one train comes back, in the next year.
    lane.clock.forward(timedelta(days=30))
    await lane.tell(back, "return_wanted", "buyer", lines={"1": 1}, reason="broken")
    await lane.tell(back, "returned", "seller", lines={"1": 1}, resale=False)
    told, found = await report(lane)
    assert of("goods", 1, online=True, root="home") == -12801
    assert of("goods", online=True, root="home") == 5900 + 3600 + 2 * 12801
    # Three shops, but fewer than five buyers everywhere: the page shows nothing of them.
    assert told.physical is None
    assert told.months.parts["2026-12"] is None
