"""What departure tax refund says no with."""

from __future__ import annotations

from highstreet.kit.errors import Refusal


class NotRefundable(Refusal):
    """What was bought gives no refund; the rule says why."""

    code = "not_refundable"
    status = 422
    en = "No refund: {why}"
    zh = "不能退税：{why_zh}"


class OnAnotherForm(Refusal):
    """A line of an order that a living form has already."""

    code = "on_another_form"
    en = "Something of this purchase is on a refund form already. A thing is refunded once."
    zh = "所选商品已开具退税申请单，同一商品只能退税一次。"


class FormMovedOn(Refusal):
    """Somebody was first: stamped, paid, refused, lapsed or undone meanwhile."""

    code = "form_moved_on"
    en = "This form is not at that step any more. Look at it again."
    zh = "该申请单状态已变化，请重新查看。"


class FormTooLate(Refusal):
    """The day until which the goods had to leave has passed."""

    code = "form_too_late"
    en = "These goods had to leave by {day}."
    zh = "所购商品应于 {day} 前离境，已逾期。"


class CashTooMuch(Refusal):
    """More cash than a traveller may have at once."""

    code = "refund_cash_too_much"
    en = "Up to {most} is paid in cash; pay this by transfer."
    zh = "现金退税不超过 {most}，请改用转账方式。"


class RefundedGoods(Refusal):
    """A return of goods whose tax was given back, or advanced."""

    code = "refunded_goods_stay_sold"
    en = "The tax of these goods was refunded: give the refund back first, then they can be returned."
    zh = "所购商品已退税，须先退回税款方可退货。"


class AdvanceRunning(Refusal):
    """A form whose refund was paid at once, under a promise that still binds."""

    code = "advance_running"
    en = "The refund of this form was paid at once and its promise still binds. Settle that first."
    zh = "该单已办理“即买即退”，承诺尚未了结，请先处理。"


class NotAgreedTo(Refusal):
    """The traveller's yes to the agreement is missing."""

    code = "advance_not_agreed"
    status = 422
    en = "Paying at once needs the traveller's yes to the agreement."
    zh = "办理“即买即退”须旅客本人同意协议。"


class NoAdvance(Refusal):
    """A rule, day or form that allows no refund at once."""

    code = "no_advance"
    status = 422
    en = "The refund can be paid at once only when the traveller leaves by {day}."
    zh = "仅限在 {day} 前离境的旅客办理“即买即退”。"


class PromisedPort(Refusal):
    """Another port than the one that was promised."""

    code = "promised_port"
    en = "The traveller promised to leave by {port}. Only there is the hold on the card released."
    zh = "旅客承诺从{port_zh}离境，仅在该口岸核验后方可解除预授权。"
