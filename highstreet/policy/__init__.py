"""Policy: public money. Rules that are dated data, budgets, vouchers and other claims on them.

Owns the schema `policy`. Callers name its parts: `policy.claims.claim(tx, ...)`.

Always true: a programme is judged by the rule in force at payment; no day has two rules; a budget is never below zero; nobody has more
of a programme than its limits allow, whichever account, telephone or device they come with; a serial number is subsidised once;
tax of a thing is refunded once, and of a refund paid ahead the hold is released or captured, never both.

Words: programme (public money with a budget), rule (dated, with its source), schedule (for which things how much), award (what a rule
gives, explained), batch (what can be claimed from a moment on), slice (a part of a batch, so that no balance is hot), claim (a person's
right to an award), shown code (names a claim's holder at a till), settlement (what became the sellers' in a period), claw-back (a case
on public money to be given back), refund form (a traveller's, of tax), advance (a refund paid in the shop against a promise to leave).
"""

# isort: off
# fmt: off
from highstreet.policy import (
    advances, alerts, applications, audits, bounds, budgets, claims, clawbacks, codes, departures, drafts, draws,
    effects, eligibility, enrolments, errors, evidence, explaining, instruments, lines, prices, redemptions, refund_worth,
    rehearsing, screens, serials, settlement_files, settlements, targeting,
)
from highstreet.policy.alerts import Alert
from highstreet.policy.budgets import Batch, Change, ChangeKind
from highstreet.policy.claims import Asking, Claim, Had, Verdict
from highstreet.policy.clawbacks import Clawback
from highstreet.policy.eligibility import Asked, Award, BARRED, judge, No, Thing, Used
from highstreet.policy.errors import (
    AllClaimed, AnotherOfficer, AppealOver, ClaimedBefore, ClaimInUse, DecidedBefore, NotClaimable, NotEnrolled,
    OverBudget, TwoPersons, WrongProgramme,
)
from highstreet.policy.instruments import Programme, Rule
from highstreet.policy.prices import FiledPrice
from highstreet.policy.redemptions import Redemption
from highstreet.policy.screens import Found, Link, Raised, Tie, Use
from highstreet.policy.settlements import Settlement, SettlementRow

__all__ = [
    "BARRED", "Alert", "AllClaimed", "AnotherOfficer", "AppealOver", "Asked", "Asking", "Award", "Batch", "Change",
    "ChangeKind", "Claim", "ClaimInUse", "ClaimedBefore", "Clawback", "DecidedBefore", "FiledPrice", "Found", "Had",
    "Link", "No", "NotClaimable", "NotEnrolled", "OverBudget", "Programme", "Raised", "Redemption", "Rule",
    "Settlement", "SettlementRow", "Thing", "Tie", "TwoPersons", "Use", "Used", "Verdict", "WrongProgramme",
    "advances", "alerts", "applications", "audits", "bounds", "budgets", "claims", "clawbacks", "codes", "departures",
    "drafts", "draws", "effects", "eligibility", "enrolments", "errors", "evidence", "explaining", "instruments",
    "judge", "lines", "prices", "redemptions", "refund_worth", "rehearsing", "screens", "serials", "settlement_files",
    "settlements", "targeting",
]
