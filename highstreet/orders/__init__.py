"""Orders: the order itself, its lines, stages, journal, deadlines and cohorts.

Owns the schema `orders`. Always true: a stage is one of placed, committed, done, undone; the price agreed at placing never changes;
cancelled + fulfilled <= quantity and returned <= fulfilled on every line; every change raises the order's version. Knows no format.

Words: purchase (a basket paid at once, one or more orders), order (one seller's part of it), line, stage, waits (what an order waits
for), deadline, cohort, agreed (the quote copied in), journal (facts told about an order).
"""

from highstreet.orders import baskets as baskets
from highstreet.orders import cohorts as cohorts
from highstreet.orders import deadlines as deadlines
from highstreet.orders import purchases as purchases
from highstreet.orders.baskets import MOST_LINES as MOST_LINES
from highstreet.orders.baskets import Entry as Entry
from highstreet.orders.cohorts import Closing as Closing
from highstreet.orders.cohorts import Cohort as Cohort
from highstreet.orders.cohorts import Member as Member
from highstreet.orders.errors import EmptyBasket as EmptyBasket
from highstreet.orders.errors import NoSuchOrder as NoSuchOrder
from highstreet.orders.errors import NotNow as NotNow
from highstreet.orders.errors import NotReturnable as NotReturnable
from highstreet.orders.errors import NotThis as NotThis
from highstreet.orders.errors import OncePerPerson as OncePerPerson
from highstreet.orders.errors import QuoteExpired as QuoteExpired
from highstreet.orders.errors import QuoteUnknown as QuoteUnknown
from highstreet.orders.errors import TooMany as TooMany
from highstreet.orders.journal import Told as Told
from highstreet.orders.lines import DECIDED as DECIDED
from highstreet.orders.lines import WITHDRAWN as WITHDRAWN
from highstreet.orders.lines import Adjustment as Adjustment
from highstreet.orders.lines import Cut as Cut
from highstreet.orders.lines import Line as Line
from highstreet.orders.lines import is_public as is_public
from highstreet.orders.numbers import Numbers as Numbers
from highstreet.orders.stages import Agreed as Agreed
from highstreet.orders.stages import Due as Due
from highstreet.orders.stages import Order as Order
from highstreet.orders.stages import Share as Share
from highstreet.orders.stages import Stage as Stage
