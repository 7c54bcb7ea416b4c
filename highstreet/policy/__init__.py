"""Policy: public money. Rules that are dated data, budgets, vouchers and other claims on them.

Owns the schema `policy`. Callers name its parts: `policy.claims.claim(tx, ...)`.

Always true: a programme is judged by the rule in force at payment; no day has two rules; a budget is never below zero; nobody has more
of a programme than its limits allow, whichever account, telephone or device they come with; a serial number is subsidised once.

Words: programme (public money with a budget), rule (dated, with its source), schedule (for which things how much), award (what a rule
gives, explained), batch (what can be claimed from a moment on), slice (a part of a batch, so that no balance is hot), claim (a person's
right to an award), shown code (names a claim's holder at a till), settlement (what became the sellers' in a period), claw-back (a case
on public money to be given back).
"""

from highstreet.policy import applications as applications
from highstreet.policy import audits as audits
from highstreet.policy import budgets as budgets
from highstreet.policy import claims as claims
from highstreet.policy import clawbacks as clawbacks
from highstreet.policy import codes as codes
from highstreet.policy import draws as draws
from highstreet.policy import effects as effects
from highstreet.policy import eligibility as eligibility
from highstreet.policy import enrolments as enrolments
from highstreet.policy import errors as errors
from highstreet.policy import evidence as evidence
from highstreet.policy import instruments as instruments
from highstreet.policy import prices as prices
from highstreet.policy import rehearsing as rehearsing
from highstreet.policy import serials as serials
from highstreet.policy import settlement_files as settlement_files
from highstreet.policy import settlements as settlements
from highstreet.policy import targeting as targeting
from highstreet.policy.budgets import Batch as Batch
from highstreet.policy.budgets import Change as Change
from highstreet.policy.budgets import ChangeKind as ChangeKind
from highstreet.policy.claims import Asking as Asking
from highstreet.policy.claims import Claim as Claim
from highstreet.policy.claims import Had as Had
from highstreet.policy.claims import Verdict as Verdict
from highstreet.policy.clawbacks import Clawback as Clawback
from highstreet.policy.eligibility import Asked as Asked
from highstreet.policy.eligibility import Award as Award
from highstreet.policy.eligibility import No as No
from highstreet.policy.eligibility import Thing as Thing
from highstreet.policy.eligibility import Used as Used
from highstreet.policy.eligibility import judge as judge
from highstreet.policy.errors import AllClaimed as AllClaimed
from highstreet.policy.errors import ClaimedBefore as ClaimedBefore
from highstreet.policy.errors import ClaimInUse as ClaimInUse
from highstreet.policy.errors import DecidedBefore as DecidedBefore
from highstreet.policy.errors import NotClaimable as NotClaimable
from highstreet.policy.errors import NotEnrolled as NotEnrolled
from highstreet.policy.errors import OverBudget as OverBudget
from highstreet.policy.errors import TwoPersons as TwoPersons
from highstreet.policy.errors import WrongProgramme as WrongProgramme
from highstreet.policy.instruments import Programme as Programme
from highstreet.policy.instruments import Rule as Rule
from highstreet.policy.prices import FiledPrice as FiledPrice
from highstreet.policy.settlements import Settlement as Settlement
from highstreet.policy.settlements import SettlementRow as SettlementRow
