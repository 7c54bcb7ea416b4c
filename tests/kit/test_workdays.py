"""Working days: three of them after a promised day, over weekends, holiday weeks and Saturdays that are worked."""

from __future__ import annotations

from datetime import date

import pytest

from highstreet.kit import workdays
from highstreet.kit.errors import Malformed
from highstreet.policy import advances


def test_limits_count_in_working_days() -> None:
    weekends = workdays.WEEKENDS
    assert weekends.after(date(2026, 11, 20), 3) == date(2026, 11, 25), "Friday, then Monday to Wednesday"
    assert weekends.after(date(2026, 11, 21), 1) == date(2026, 11, 23)
    cn = advances.calendar()
    # 国办发明电〔2025〕7 号: off from 1 to 7 October, Saturday 10 October is worked.
    assert cn.after(date(2026, 9, 30), 3) == date(2026, 10, 10)
    assert cn.works(date(2026, 10, 10)) and not cn.works(date(2026, 10, 11))
    # Spring Festival 15 to 23 February; Saturday 14 and Saturday 28 are worked.
    assert cn.after(date(2026, 2, 13), 3) == date(2026, 2, 25)
    assert not cn.works(date(2027, 1, 1)) and set(cn.sources) == {2025, 2026, 2027}


@pytest.mark.parametrize("text", ["[[year]]\nyear = 2026", "year", '[[year]]\nyear=2026\nsource=""\noff=["02-30"]',
                                  '[[year]]\nyear=2026\nsource=""\noff=["03-02/03-01"]'])  # fmt: skip
def test_a_wrong_calendar_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        workdays.read(text)


def test_nothing_is_due_before_it_is_promised() -> None:
    with pytest.raises(ValueError, match="at least one"):
        workdays.WEEKENDS.after(date(2026, 11, 20), 0)
