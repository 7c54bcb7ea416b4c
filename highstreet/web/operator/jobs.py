"""Jobs: what waits, runs and failed in the queue; a failed one can be tried again."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from highstreet.kit import facts, jobs
from highstreet.kit.errors import NotFound
from highstreet.market.views import operator as views
from highstreet.web.frame import GivenForm
from highstreet.web.operator.office import GivenOffice

_STATES = ("queued", "picked", "failed")


@get("/jobs")
async def queue(office: GivenOffice, asked: GivenForm) -> Response[str]:
    office.require("operate")
    state = asked.get("state")
    async with office.market.db.read() as tx:
        counts = await views.job_counts(tx)
        chosen = state if state in _STATES else "failed" if counts.get("failed") else "queued"
        found = await views.jobs(tx, chosen)
        done = await views.jobs_done(tx, office.now)
    return office.show(
        "jobs.html", part="queue", state=chosen, states=_STATES, counts=counts, jobs=found, done=done
    )


@post("/jobs/again", status_code=200)
async def again(office: GivenOffice, form: GivenForm) -> Response[Any]:
    """Put one failed job, or all of them, back into the queue."""
    office.require("operate")
    one = form.whole("job", 0) or None
    async with office.market.db.transaction() as tx:
        count = await jobs.again(tx, one)
        if not count:
            raise NotFound(office.say("failed job"))
        await facts.tell(tx, "jobs.again", "jobs", office.by, office.now, {"job": one, "count": count})
    return office.go("/jobs?state=queued", "Back in the queue: %(n)s.", n=count)


ROUTES = [queue, again]
