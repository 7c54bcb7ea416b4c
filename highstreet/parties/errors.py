"""What the parties domain says no with."""

from __future__ import annotations

from highstreet.kit.errors import Refusal


class HandleTaken(Refusal):
    """Never shown as it is: whoever tries to sign up with a known handle gets the answer everybody gets."""

    code = "handle_taken"
    en = "Somebody already signs in with this e-mail address or phone number."
    zh = "该邮箱或手机号已被使用。"


class BadHandle(Refusal):
    code = "bad_handle"
    status = 422
    en = "Please give an e-mail address, a Chinese mobile number or an international number with +."
    zh = "请填写邮箱、中国手机号，或以 + 开头的国际号码。"


class WeakPassword(Refusal):
    code = "weak_password"
    status = 422
    en = "Please choose a password of 8 to 200 characters that is not easy to guess."
    zh = "请设置 8 至 200 个字符且不易猜到的密码。"


class WrongSignIn(Refusal):
    """One sentence for an unknown handle and for a wrong password, so that nobody learns who is here."""

    code = "wrong_sign_in"
    status = 401
    en = "This does not match. Please check what you typed."
    zh = "账号或密码不正确，请检查后重试。"


class SecondFactorNeeded(Refusal):
    code = "second_factor_needed"
    status = 401
    en = "Please enter the six digits from your authenticator app."
    zh = "请输入验证器应用中的六位数字。"


class WrongCode(Refusal):
    code = "wrong_code"
    status = 401
    en = "This code is wrong or was used already. Please wait for the next one."
    zh = "验证码错误或已使用，请等待下一个验证码。"


class SignInAgain(Refusal):
    code = "sign_in_again"
    status = 401
    en = "Please sign in again before changing this."
    zh = "修改前请重新登录。"


class LinkExpired(Refusal):
    code = "link_expired"
    status = 410
    en = "This link was used already or has expired. Please ask for a new one."
    zh = "链接已使用或已过期，请重新获取。"


class NotInDemo(Refusal):
    code = "not_in_demo"
    status = 404
    en = "One-click sign-in exists in the demonstration town only."
    zh = "一键登录仅用于演示小镇。"


class BadUscc(Refusal):
    code = "bad_uscc"
    status = 422
    en = "This is not a Unified Social Credit Code: please check its 18 characters."
    zh = "统一社会信用代码不正确，请核对 18 位字符。"


class UsccTaken(Refusal):
    code = "uscc_taken"
    en = "A business with this Unified Social Credit Code is already here."
    zh = "使用该统一社会信用代码的商家已存在。"


class LastOwner(Refusal):
    code = "last_owner"
    en = "Somebody must stay owner of {name}. Please name another owner first."
    zh = "{name} 必须保留一位店主，请先指定其他店主。"


class AlreadyReviewed(Refusal):
    code = "already_reviewed"
    en = "This has been reviewed already."
    zh = "该申请已审核。"


class OwnReview(Refusal):
    code = "own_review"
    status = 403
    en = "Somebody else must review this: you belong to the business."
    zh = "您是该商家的成员，须由他人审核。"


class LicenceTaken(Refusal):
    code = "licence_taken"
    en = "Another business already shows a licence with this number."
    zh = "该证照编号已由其他商家提交。"
