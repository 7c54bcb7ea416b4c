"""Ledger: money owed and moved, double entry, append only.

Owns the schema `ledger`. Callers name its parts: `ledger.refunds.claim(tx, ...)`.
Always true: a transfer takes from one account what it gives to another, in one currency, so the whole ledger sums to zero;
transfers are never changed; escrow of an order is empty for every purpose when the order ends; a wallet or card never goes below
zero; what was paid for a card is on it, used, or given back; a collection is paid at most once; a seller is never paid out more
than is owed; money asked of the outside is asked under one key until it is answered; a folded balance is the sum of its transfers.

Words: account (`kind:party`), transfer (with a purpose), flow (what an order moved), escrow, collection (money asked of a buyer), top-up
(one for a wallet), card (one person's of one seller, prepaid: principal and bonus), plan (what cards a seller sells), refund, payout,
stray (money without an order), statement, fold (balances derived), term sheet (what a loan costs, as its lender signed it), difference
(between the provider's statement and our books).
"""

from highstreet.ledger import card_plans as card_plans
from highstreet.ledger import card_refunds as card_refunds
from highstreet.ledger import cards as cards
from highstreet.ledger import collections as collections
from highstreet.ledger import folding as folding
from highstreet.ledger import grants as grants
from highstreet.ledger import instalments as instalments
from highstreet.ledger import payouts as payouts
from highstreet.ledger import reconcile as reconcile
from highstreet.ledger import refunds as refunds
from highstreet.ledger import statements as statements
from highstreet.ledger import strays as strays
from highstreet.ledger import top_ups as top_ups
from highstreet.ledger import wallet as wallet
from highstreet.ledger.accounts import ESCROW as ESCROW
from highstreet.ledger.accounts import GUARDED as GUARDED
from highstreet.ledger.accounts import PLATFORM as PLATFORM
from highstreet.ledger.accounts import Accounts as Accounts
from highstreet.ledger.collect import TOLERANCE_SECONDS as TOLERANCE_SECONDS
from highstreet.ledger.collect import About as About
from highstreet.ledger.collect import ChargeState as ChargeState
from highstreet.ledger.collect import Intent as Intent
from highstreet.ledger.collect import MoveState as MoveState
from highstreet.ledger.collect import Notice as Notice
from highstreet.ledger.collect import NoticeKind as NoticeKind
from highstreet.ledger.collect import Outcome as Outcome
from highstreet.ledger.collect import Provider as Provider
from highstreet.ledger.collect import ProviderAway as ProviderAway
from highstreet.ledger.collect import ProviderRefused as ProviderRefused
from highstreet.ledger.collect import StaleNotice as StaleNotice
from highstreet.ledger.collect import StatementLine as StatementLine
from highstreet.ledger.collect import WrongSignature as WrongSignature
from highstreet.ledger.errors import CardElsewhere as CardElsewhere
from highstreet.ledger.errors import CardShort as CardShort
from highstreet.ledger.errors import MoreThanOwed as MoreThanOwed
from highstreet.ledger.errors import NoCardHere as NoCardHere
from highstreet.ledger.errors import NoSuchRefund as NoSuchRefund
from highstreet.ledger.errors import NoSuchStray as NoSuchStray
from highstreet.ledger.errors import NothingToPayOut as NothingToPayOut
from highstreet.ledger.errors import NotPayableSo as NotPayableSo
from highstreet.ledger.errors import NotThatMuch as NotThatMuch
from highstreet.ledger.errors import WalletFull as WalletFull
from highstreet.ledger.errors import WalletShort as WalletShort
from highstreet.ledger.statements import Statement as Statement
from highstreet.ledger.transfers import Flow as Flow
from highstreet.ledger.transfers import Transfer as Transfer
from highstreet.ledger.transfers import escrow_of as escrow_of
