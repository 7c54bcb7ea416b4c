"""One's own corner: signing in, what one told of oneself, consents, data, notices."""

from __future__ import annotations

from typing import Any

from highstreet.web.account.contents import download, open_it
from highstreet.web.account.forgotten import forgotten, forgotten_page, new_password, new_password_page
from highstreet.web.account.gifts import assign, decline, gift, give_back, offer, take, withdraw
from highstreet.web.account.giving_back import give_claim_back
from highstreet.web.account.health import health, open_prescription, open_record, show_to
from highstreet.web.account.me import me, notices, read
from highstreet.web.account.profile import addresses, change, keep_address, profile
from highstreet.web.account.questions import appeal as appeal_question
from highstreet.web.account.questions import questions
from highstreet.web.account.rights import allow, consents, data, erase, export
from highstreet.web.account.security import confirm_totp, elsewhere, new_codes, password, security, start_totp
from highstreet.web.account.sign_in import act_for, demo_sign_in, sign_in, sign_in_page, sign_out
from highstreet.web.account.sign_up import confirm, confirm_page, sign_up, sign_up_page
from highstreet.web.account.tax_refunds import show_passport, tax_refunds
from highstreet.web.account.things import thing, things
from highstreet.web.account.top_up import ask, paying
from highstreet.web.account.vouchers import claim_voucher, vouchers
from highstreet.web.account.vouchers_shown import print_slip, void_slip, voucher_code
from highstreet.web.account.waiting_room import stand_in_line, turn, waiting_room
from highstreet.web.account.wallet import top_up, wallet

# fmt: off
_HELD: list[Any] = [things, thing, offer, withdraw, gift, take, decline, give_back, assign, open_it, download]
ROUTES: list[Any] = [
    *_HELD,
    sign_in_page, sign_in, demo_sign_in, sign_out, act_for, sign_up_page, sign_up, forgotten_page, forgotten,
    new_password_page, new_password, confirm_page, confirm, me, notices, read, profile, change, addresses,
    keep_address, consents, allow, data, export, erase, security, password, start_totp, confirm_totp, elsewhere, new_codes,
    health, open_record, open_prescription, show_to, wallet, top_up, paying, ask, vouchers, claim_voucher,
    voucher_code, print_slip, void_slip, waiting_room, stand_in_line, turn,
    questions, appeal_question,
    tax_refunds, show_passport,
    give_claim_back,
]
