"""Promises: what a seller and a buyer stand for before public money pays a part. Pure, told in words both can check.

A price that was raised first and subsidised then pays the seller with public money; a qualification used for somebody else is bought.
"""

from __future__ import annotations

from highstreet.kit.text import Words


def one_person(claimant: str, payer: str, recipient: str) -> Words | None:
    """Why a claim is not for this purchase: claimant, payer and recipient are one person, where they are known."""
    if claimant and payer and payer != claimant:
        return Words(
            "Whoever claims this subsidy pays for it too: another person's money was named.",
            "申领人须本人付款，不能由他人代付。",
        )
    if claimant and recipient and recipient != claimant:
        return Words(
            "Whoever claims this subsidy receives the goods too: another recipient was named.",
            "申领人须本人收货，不能填写他人为收货人。",
        )
    return None


def broken(asked: int, filed: int | None, lowest: int | None) -> tuple[str, Words] | None:
    """The promise a price breaks, as a code and a sentence. Minor units of one piece; before public money, after the seller's discounts."""
    if filed is None:
        return "unfiled", Words(
            "The seller has not filed a price of this for the programme; nothing is paid before it has.",
            "商家尚未为该商品备案价格，备案后方可享受补贴。",
        )
    if asked > filed:
        return "price_raised", Words(
            f"Raised, then subsidised: {asked / 100:.2f} is above the price filed for the programme, {filed / 100:.2f}.",
            f"涉嫌先涨后补：现价 {asked / 100:.2f} 高于备案价 {filed / 100:.2f}。",
        )
    if lowest is not None and asked > lowest:
        return "price_raised", Words(
            f"Raised, then subsidised: {asked / 100:.2f} is above the lowest price of the last 7 days, {lowest / 100:.2f}.",
            f"涉嫌先涨后补：现价 {asked / 100:.2f} 高于近 7 日最低价 {lowest / 100:.2f}。",
        )
    return None
