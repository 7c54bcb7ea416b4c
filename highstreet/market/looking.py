"""What is looked at together is read together: pages drawn at the same moment ask the database one question.

The first asks at once; whoever comes while that is being answered is asked for with the next. Nothing is kept: an answer was read
after it was asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from highstreet.kit.combine import Combiner
from highstreet.kit.db import Database
from highstreet.kit.errors import Malformed
from highstreet.market.views import offered as views
from highstreet.market.views.offered import AskedPage, OfferPage, Standing

_Stood = tuple[Sequence[int], Sequence[str], date]
_MOST = 32  # offers' pages at once: the last of them waits for all


class Looking:
    """One for a process. `close` answers whoever waits."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._standing: Combiner[_Stood, Standing] = Combiner(self._stand, wait_ms=0)
        # An address that is no text spoils only its own page.
        self._pages: Combiner[AskedPage, OfferPage | None] = Combiner(
            self._page, most=_MOST, wait_ms=0, alone_after=(Malformed,)
        )

    async def standing(self, supply_ids: Sequence[int], seller_ids: Sequence[str], day: date) -> Standing:
        """What stands behind these offers, and perhaps behind others. Errors: DatabaseAway, DatabaseBusy."""
        return await self._standing.ask((supply_ids, seller_ids, day))

    async def offer_page(self, asked: AskedPage) -> OfferPage | None:
        """What the page of an offer shows; None when there is no such offer. Errors: as `standing`, Malformed."""
        return await self._pages.ask(asked)

    async def close(self) -> None:
        await self._standing.close()
        await self._pages.close()

    async def _stand(self, asked: list[_Stood]) -> list[Standing | Exception]:
        async with self._db.read() as tx:
            told = {
                day: await views.standing(
                    tx,
                    {one for supplies, _, on in asked if on == day for one in supplies},
                    {one for _, sellers, on in asked if on == day for one in sellers},
                    day,
                )
                for day in {day for *_, day in asked}
            }
        return [told[day] for *_, day in asked]

    async def _page(self, asked: list[AskedPage]) -> list[OfferPage | Exception | None]:
        async with self._db.read() as tx:
            return [*await views.offer_pages(tx, asked)]
