"""The lane every test of the flows stands on."""

from tests.market.lane import furnished as furnished
from tests.market.lane import lane as lane
