"""What policy says no with."""

from __future__ import annotations

from highstreet.kit.errors import Refusal
from highstreet.policy.departure_errors import RefundedGoods


class WrongProgramme(Refusal):
    """A programme's file that cannot be followed. `line`: counted from 1."""

    code = "wrong_programme"
    status = 422
    en = "Line {line}: {problem}"
    zh = "第 {line} 行：{problem_zh}"


class AllClaimed(Refusal):
    """Nothing is left of a batch."""

    code = "all_claimed"
    en = "All of this round are claimed. What lapses comes back with the next round."
    zh = "本轮已领完，过期未用的额度将滚入下一轮。"


class ClaimedBefore(Refusal):
    """A person, however they come, had what a batch allows one person."""

    code = "claimed_before"
    en = "You have claimed as many of this round as one person may."
    zh = "您在本轮已领取过，每人限领数量已满。"


class ClaimInUse(Refusal):
    """A claim that an order has taken cannot be given back by itself."""

    code = "claim_in_use"
    en = "An order uses this. Cancel the order first; then it can be given back."
    zh = "该资格正被订单使用，请先取消订单再归还。"


class NotClaimable(Refusal):
    """A batch that is not open yet, over, drawn already, or of the other way."""

    code = "not_claimable"
    en = "This round is open from {opens} to {closes}."
    zh = "本轮领取时间为 {opens} 至 {closes}。"


class NotEnrolled(Refusal):
    """A seller that takes no part."""

    code = "not_enrolled"
    status = 403
    en = "This business takes no part in the programme. Enrol first."
    zh = "本商家未参与该政策，请先报名。"


class OverBudget(Refusal):
    """More than the programme has free."""

    code = "over_budget"
    en = "The programme has {free} left, which is less than that."
    zh = "该政策剩余资金为 {free}，不足以支付。"


class TwoPersons(Refusal):
    """A change of rules or budget decided by whoever proposed it."""

    code = "two_persons"
    status = 403
    en = "Somebody else must decide this: whoever proposed it may not."
    zh = "须由另一人审批，提议人不能自行审批。"


class DraftMoved(Refusal):
    """A draft that somebody else saved since one began."""

    code = "draft_moved"
    en = "Somebody else saved this draft while you wrote. Yours is still here; look at what they changed, then save again."
    zh = "您编辑期间有人保存了此草案。您的内容仍在，请查看对方的修改后再次保存。"


class DecidedBefore(Refusal):
    """A change that was decided."""

    code = "decided_before"
    en = "This was decided before."
    zh = "该变更已审批。"


class NotTakingPart(Refusal):
    """A programme that lets nobody in now, or a seller on the list of serious violators."""

    code = "not_taking_part"
    status = 403
    en = "This business cannot take part: the programme is not running, or the business is on the list of serious violators."
    zh = "该商家不能参与：政策未在实施，或商家被列入严重违法失信名单。"


class AskedBefore(Refusal):
    """A seller that has asked already, or takes part."""

    code = "asked_before"
    en = "This business takes part already, or has asked and waits for an answer."
    zh = "该商家已参与或已提交申请，请等待审核。"


class NotNext(Refusal):
    """A settlement for a time that is not the next: settled before, or not over."""

    code = "not_next"
    en = "Settlements follow each other: the next one begins {since} and may end by {until} at the latest."
    zh = "结算期须首尾相接：下一期自 {since} 起，最晚至 {until}。"


class CheckedBefore(Refusal):
    """A settlement that is not at this step."""

    code = "checked_before"
    en = "This settlement is at another step already. Please look at it again."
    zh = "该结算单已进入其他环节，请刷新查看。"


class AuditedBefore(Refusal):
    """A row whose audit was told."""

    code = "audited_before"
    en = "The outcome of this audit was told before."
    zh = "该笔核查结果已登记。"


class CaseElsewhere(Refusal):
    """A claw-back that is not at this step, or not yet."""

    code = "case_elsewhere"
    en = "This case is at another step, or its time to answer is not over."
    zh = "该追回案件处于其他环节，或申辩期尚未届满。"


class NothingToClawBack(Refusal):
    """More than is still out of the programme for an order."""

    code = "nothing_to_claw_back"
    en = "Of this order's public money {left} is still with the seller; no more can be taken back."
    zh = "该订单公共资金仅剩 {left} 在商家处，不能超额追回。"


class NotYourTurn(Refusal):
    """A round one claims in turn. `ahead`: how many come before."""

    code = "not_your_turn"
    en = "This round is given out in turn. Please wait in its line; {ahead} come before you."
    zh = "本轮按排队次序领取，请在候场页等候，您前面还有 {ahead} 人。"


class InLineBefore(Refusal):
    """A person who stands in a line by another account."""

    code = "in_line_before"
    en = "You stand in this line already, by another account, telephone or device."
    zh = "您已通过其他账户、手机号或设备在排队，每人限排一次。"


class VoucherCodeWrong(Refusal):
    """Nobody was shown such a code. How often one may try is limited."""

    code = "voucher_code_wrong"
    status = 422
    en = "This is not a voucher's code. Please scan it again, or type the digits below it."
    zh = "消费券码无效，请重新扫描，或输入码下方的数字。"


class VoucherCodeOver(Refusal):
    """A code that was used, has ended, or was replaced by a new one."""

    code = "voucher_code_over"
    en = "This code was used, has ended, or was replaced. A phone shows a new one; a lost slip can be printed again."
    zh = "该券码已使用、已过期或已被新码替换。手机可刷新出新码，纸质券可补打。"


class VoucherOfAnother(Refusal):
    """Claimant and payer are one person."""

    code = "voucher_of_another"
    status = 403
    en = "The voucher and the money come from two persons. Who spends a voucher pays the rest."
    zh = "消费券与付款账户不属于同一人，须由领券人本人付款。"


class VoucherNeedsMarket(Refusal):
    """A sale with a voucher told after its price had lapsed: vouchers cannot be taken without a connection."""

    code = "voucher_needs_market"
    en = "A voucher is taken only with a connection, at once. Ring the sale up again, or sell without it."
    zh = "消费券须联网即时核销，请重新收银，或不使用消费券结账。"


class OwnCounter(Refusal):
    """Whoever works at a counter gives public money there to others only."""

    code = "own_counter"
    status = 403
    en = "Nobody serves themselves with public money: ask a colleague."
    zh = "工作人员不能为本人办理消费券，请由同事办理。"


class SerialWrong(Refusal):
    """A number that is none."""

    code = "serial_wrong"
    status = 422
    en = "This is no serial number: {problem}."
    zh = "序列号有误：{problem_zh}。"


class SerialUsed(Refusal):
    """A thing is subsidised once, for ever, whoever sells it."""

    code = "serial_used"
    en = "This very thing was subsidised before. Look at the number on its label again; if it is right, sell another piece."
    zh = "该序列号已享受过补贴。请核对铭牌；如无误，请更换另一台。"


class SerialTold(Refusal):
    """A line has one serial number."""

    code = "serial_told"
    en = "Another serial number was told for this. Whoever told it may correct it within an hour; after that the office can."
    zh = "该商品已登记另一序列号。登记人一小时内可更正，逾期请联系主管部门。"


class SerialFirst(Refusal):
    """Goods do not leave without it."""

    code = "serial_first"
    en = "Public money pays a part of this: tell its serial number before it leaves. It is on the label; scan or type it in the order."
    zh = "该商品享受补贴，出库前须登记序列号：请在订单中扫描或填写铭牌上的号码。"


class SerialNotAsked(Refusal):
    """A line that needs none."""

    code = "serial_not_asked"
    en = "No serial number is needed for this."
    zh = "该商品无需登记序列号。"


class OldFirst(Refusal):
    """Old for new: the new one is handed over for the old one."""

    code = "old_first"
    en = "The old one comes first: take it and say so. If it is not handed over, bring the new one back; the subsidy was for an exchange."
    zh = "请先收取旧品并登记。如对方未交旧品，请将新品带回：该补贴以交旧为条件。"


class EvidenceNotAsked(Refusal):
    """Evidence nobody asked for."""

    code = "evidence_not_asked"
    en = "This evidence is not asked for here."
    zh = "此处不需要该凭证。"


class EvidenceLate(Refusal):
    """After its time it proves nothing any more."""

    code = "evidence_late"
    en = "Evidence is told within {hours} hours of handing over. This one is late: the office looks at the order."
    zh = "凭证须在交付后 {hours} 小时内提交，现已逾期，该订单将由主管部门核查。"


class EvidenceTooFast(Refusal):
    """Filled in afterwards, many at once."""

    code = "evidence_too_fast"
    en = "Evidence is told as it happens: for at most {most} orders a minute. Please go on in a minute."
    zh = "凭证须随交付逐单提交，每分钟最多 {most} 单，请稍后继续。"


class EvidenceElsewhere(Refusal):
    """One picture for two purchases."""

    code = "evidence_elsewhere"
    en = "This very picture was shown for another purchase. Please take one of this thing."
    zh = "该照片已用于另一笔订单，请为本件商品重新拍摄。"


# What the database says no with, by the name of the constraint.
SAID_BY: dict[str, type[Refusal]] = {
    "serials_are_subsidised_once": SerialUsed,
    "one_serial_for_a_line": SerialTold,
    "serials_come_first": SerialFirst,
    "serials_are_asked_for": SerialNotAsked,
    "refunded_goods_stay_sold": RefundedGoods,
}


class AppealOver(Refusal):
    """An appeal after its time, of something not upheld, or a second one."""

    code = "appeal_over"
    en = "This can no longer be appealed."
    zh = "已超过申诉期限或已申诉过。"


class AnotherOfficer(Refusal):
    """An appeal decided by whoever decided before; or somebody who decides about themselves."""

    code = "another_officer"
    status = 403
    en = "Somebody else must decide this: not whoever decided before, and nobody about themselves."
    zh = "须由另一位工作人员决定：原决定人及当事人不得办理。"
