"""Refusals of the ledger."""

from __future__ import annotations

from highstreet.kit.errors import Refusal


class WalletShort(Refusal):
    code = "wallet_short"
    en = "There is not enough in the wallet."
    zh = "钱包余额不足。"


class NotThatMuch(Refusal):
    """`least`, `most`: amounts in `currency`."""

    code = "top_up_out_of_range"
    status = 422
    en = "Between {least} and {most} {currency} can be put in at once."
    zh = "每次充值金额应在 {least} 至 {most} {currency} 之间。"


class WalletFull(Refusal):
    code = "wallet_full"
    en = "A wallet holds at most {most} {currency}."
    zh = "钱包余额上限为 {most} {currency}。"


class NotPayableSo(Refusal):
    code = "not_payable_so"
    status = 422
    en = "This cannot be paid by {way}."
    zh = "此订单不支持该付款方式。"


class NothingToPayOut(Refusal):
    code = "nothing_to_pay_out"
    en = "There is nothing to pay out yet."
    zh = "暂无可提现金额。"


class NoSuchStray(Refusal):
    code = "no_such_stray"
    status = 404
    en = "This payment is settled already or not known."
    zh = "该款项已处理或不存在。"


class MoreThanOwed(Refusal):
    """`left` is the seller's balance in minor units."""

    code = "more_than_owed"
    en = "This is more than what can be paid out now."
    zh = "超出当前可提现金额。"


class NoSuchRefund(Refusal):
    code = "no_such_refund"
    status = 404
    en = "This refund is not known, or does not wait for a person."
    zh = "该退款不存在，或无需人工处理。"


class NoCardHere(Refusal):
    code = "no_card_here"
    status = 404
    en = "This shop sells no prepaid card."
    zh = "该店未发售预付卡。"


class CardShort(Refusal):
    code = "card_short"
    en = "There is not enough on the card."
    zh = "预付卡余额不足。"


class CardElsewhere(Refusal):
    code = "card_elsewhere"
    status = 422
    en = "This card pays only at the shop that sold it, for orders of its own holder."
    zh = "预付卡仅限持卡人在发卡商户使用。"


class CardFull(Refusal):
    """`most`: an amount in `currency`."""

    code = "card_full"
    en = "This card may hold at most {most} {currency}."
    zh = "此卡余额上限为 {most} {currency}。"


class EnoughInAdvance(Refusal):
    """`most`: an amount in `currency`."""

    code = "enough_in_advance"
    en = "This shop may owe its card holders at most {most} {currency}. Please come back when some of it is used."
    zh = "该店预收资金上限为 {most} {currency}，请待部分余额消费后再购买。"


class CardChanged(Refusal):
    """`left`: an amount in `currency`."""

    code = "card_changed"
    en = "What is on the card has changed: {left} {currency} can be given back now. Please look again."
    zh = "卡内余额已变动：现可退 {left} {currency}，请重新确认。"
