"""Ledger: money owed and moved, double entry, append only.

Owns the schema `ledger`. Callers name its parts: `ledger.refunds.claim(tx, ...)`.
Always true: a transfer takes from one account what it gives to another, in one currency, so the whole ledger sums to zero;
transfers are never changed; escrow of an order is empty for every purpose when the order ends; a wallet or card never goes below
zero; what was paid for a card is on it, used, or given back; a collection is paid at most once; a seller is never paid out more
than is owed; money asked of the outside is asked under one key until it is answered; a folded balance is the sum of its transfers.

Words: account (`kind:party`), transfer (with a purpose), flow (what an order moved), escrow, collection (money asked of a buyer), top-up
(one for a wallet), card (one person's of one seller, prepaid: principal and bonus), plan (what cards a seller sells), refund, payout,
stray (money without an order), statement, fold (balances derived), term sheet (what a loan costs, as its lender signed it), hold
(on a card), difference (between the provider's statement and our books).
"""

# isort: off
# fmt: off
from highstreet.ledger import (
    card_plans, card_refunds, cards, collections, folding, grants, instalments, payouts, reconcile,
    refunds, statements, strays, tax_refunds, top_ups, wallet,
)
from highstreet.ledger.accounts import ESCROW, GUARDED, PLATFORM, Accounts
from highstreet.ledger.collect import (
    TOLERANCE_SECONDS, About, ChargeState, HoldsCards, Intent, MoveState, Notice, NoticeKind, Outcome, Provider,
    ProviderAway, ProviderRefused, StaleNotice, StatementLine, WrongSignature,
)
from highstreet.ledger.errors import (
    CardElsewhere, CardShort, MoreThanOwed, NoCardHere, NoSuchRefund, NoSuchStray, NotPayableSo,
    NotThatMuch, NothingToPayOut, WalletFull, WalletShort,
)
from highstreet.ledger.instalments import Lender, NotAgreed, NotLent
from highstreet.ledger.statements import Statement
from highstreet.ledger.transfers import Flow, Transfer, escrow_of

__all__ = [
    "ESCROW", "GUARDED", "PLATFORM", "TOLERANCE_SECONDS", "About", "Accounts", "CardElsewhere", "CardShort",
    "ChargeState", "Flow", "HoldsCards", "Intent", "Lender", "MoreThanOwed", "MoveState", "NoCardHere", "NoSuchRefund",
    "NoSuchStray", "NotAgreed", "NotLent", "NotPayableSo", "NotThatMuch", "NothingToPayOut", "Notice",
    "NoticeKind", "Outcome", "Provider", "ProviderAway", "ProviderRefused", "StaleNotice", "Statement",
    "StatementLine", "Transfer", "WalletFull", "WalletShort", "WrongSignature", "card_plans",
    "card_refunds", "cards", "collections", "escrow_of", "folding", "grants", "instalments", "payouts",
    "reconcile", "refunds", "statements", "strays", "tax_refunds", "top_ups", "wallet",
]
