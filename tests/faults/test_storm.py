"""A storm of checkouts over HTTP while a web process, the worker and the database are killed: nothing acknowledged is lost or doubled."""

from __future__ import annotations

import os

import pytest

from highstreet.bench import faults

LARGE = os.environ.get("HYPOTHESIS_PROFILE") == "large"


@pytest.mark.fault
@pytest.mark.timeout(600 if LARGE else 180)
@pytest.mark.skipif(
    "HIGHSTREET_DATABASE_URL" in os.environ, reason="kills a database server of its own, never a given one"
)
async def test_nothing_acknowledged_is_lost_or_doubled_whoever_is_killed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    figures = await faults.run(
        clients=16 if LARGE else 8, kills=32 if LARGE else 4, between=300 if LARGE else 60
    )
    with capsys.disabled():
        print(
            f"\nkilled {figures.kills}, {figures.acknowledged} orders; back after {figures.back_s} s", end=" "
        )
    assert figures.acknowledged > figures.kills * 60
    assert figures.repeated_calls > 0, "the storm did not notice that anybody was killed"
    assert figures.unexpected_answers == []
    assert (figures.lost, figures.doubled, figures.unpaid) == (0, 0, 0)
    assert figures.laws_broken == []
    assert all(seconds <= 10 for seconds in figures.back_s.values()), figures.back_s
    assert figures.good
