"""Misfortune on demand: which calls and notices of the pretended provider go wrong.

Every decision is a pure function of (seed, fault, key, how often it was asked), so a run can be repeated
from its seed alone, whatever order the calls arrive in.
"""

from collections import Counter
from hashlib import blake2b
from typing import Annotated, Literal

import msgspec

Rate = Annotated[float, msgspec.Meta(ge=0, le=1)]
Millis = Annotated[int, msgspec.Meta(ge=0, le=600_000)]
Times = Annotated[int, msgspec.Meta(ge=0, le=1_000)]

Fault = Literal[
    "decline",
    "short_charge",
    "refund_fail",
    "payout_fail",
    "capture_fail",
    "void_fail",
    "timeout_then_success",
    "error_500",
    "error_429",
    "duplicate_notices",
    "reorder_notices",
    "wrong_amount",
    "wrong_signature",
    "lose_notice",
    "answer_late",
    "approve_twice",
]


class Faults(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How often each thing goes wrong, 0 (never) to 1 (always); times in milliseconds.

    decline_rate           the charge, or the hold on a card, is declined
    short_charge_rate      less is charged than was asked, and every answer says so
    refund_fail_rate, payout_fail_rate   the movement is refused by the receiving bank
    capture_fail_rate, void_fail_rate    the card's bank refuses to end its hold so
    timeout_then_success   the effect happens, the answer to the first call never comes (504 after hang_ms)
    error_500_rate, error_429_rate       the call fails before any effect
    duplicate_notices      a notice is sent two to four times at once
    reorder_notices        a notice waits up to hold_ms, so later ones overtake it
    wrong_amount_rate      the notice tells another amount than the books
    wrong_signature_rate   one attempt to send a notice carries a signature nobody can verify
    lose_notice_rate       the notice is never sent
    answer_late_rate       a lender decides only after late_ms
    approve_twice_rate     a lender lends twice, and tells both
    """

    seed: int | None = None
    delay_ms: Millis = 0
    hang_ms: Millis = 30_000
    hold_ms: Millis = 2_000
    late_ms: Millis = 60_000
    decline_rate: Rate = 0.0
    short_charge_rate: Rate = 0.0
    refund_fail_rate: Rate = 0.0
    payout_fail_rate: Rate = 0.0
    capture_fail_rate: Rate = 0.0
    void_fail_rate: Rate = 0.0
    timeout_then_success: Rate = 0.0
    error_500_rate: Rate = 0.0
    error_429_rate: Rate = 0.0
    duplicate_notices: Rate = 0.0
    reorder_notices: Rate = 0.0
    wrong_amount_rate: Rate = 0.0
    wrong_signature_rate: Rate = 0.0
    lose_notice_rate: Rate = 0.0
    answer_late_rate: Rate = 0.0
    approve_twice_rate: Rate = 0.0

    def rate(self, fault: Fault) -> float:
        rates: dict[Fault, float] = {
            "decline": self.decline_rate,
            "short_charge": self.short_charge_rate,
            "refund_fail": self.refund_fail_rate,
            "payout_fail": self.payout_fail_rate,
            "capture_fail": self.capture_fail_rate,
            "void_fail": self.void_fail_rate,
            "timeout_then_success": self.timeout_then_success,
            "error_500": self.error_500_rate,
            "error_429": self.error_429_rate,
            "duplicate_notices": self.duplicate_notices,
            "reorder_notices": self.reorder_notices,
            "wrong_amount": self.wrong_amount_rate,
            "wrong_signature": self.wrong_signature_rate,
            "lose_notice": self.lose_notice_rate,
            "answer_late": self.answer_late_rate,
            "approve_twice": self.approve_twice_rate,
        }
        return rates[fault]


def roll(seed: int | None, fault: str, key: str, nth: int) -> float:
    """A number in [0, 1) that depends on nothing but its arguments."""
    digest = blake2b(f"{seed}|{fault}|{key}|{nth}".encode(), digest_size=8).digest()
    # 53 bits, or a digest near the top would round up to exactly 1.0
    return (int.from_bytes(digest, "big") >> 11) / 2**53


class Dice:
    """The faults in force, with how often each was already asked for a key."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self._asked: Counter[tuple[Fault, str]] = Counter()
        self._once: dict[str, dict[Fault, int]] = {}

    def set(self, faults: Faults) -> None:
        """Replaces all rates and forgets the counts, so the same calls meet the same fate again.

        A seed of None keeps the one in force.
        """
        seed = self.faults.seed if faults.seed is None else faults.seed
        self.faults = msgspec.structs.replace(faults, seed=seed)
        self._asked.clear()
        self._once.clear()

    def plan(self, key: str, times: dict[Fault, int]) -> None:
        """The next `times` occasions for this key go wrong for certain."""
        self._once[key] = dict(times)

    def strikes(self, fault: Fault, key: str) -> bool:
        """Whether the fault happens now; asking counts as an occasion."""
        planned = self._once.get(key, {})
        if planned.get(fault, 0) > 0:
            planned[fault] -= 1
            return True
        rate = self.faults.rate(fault)
        if rate <= 0:
            return False
        nth = self._asked[fault, key]
        self._asked[fault, key] += 1
        return roll(self.faults.seed, fault, key, nth) < rate

    def between(self, low: int, high: int, what: str, key: str) -> int:
        """A whole number from low to high, fixed by the seed."""
        return low + int(roll(self.faults.seed, what, key, 0) * (high - low + 1))
