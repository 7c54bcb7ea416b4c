"""People of the tests of this domain: each function makes one, in the transaction it is given."""

from __future__ import annotations

import pytest

from highstreet.kit.sealing import Seal


@pytest.fixture
def seal() -> Seal:
    return Seal(b"k" * 32)
