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


class NotThePractitioner(Refusal):
    code = "not_the_practitioner"
    status = 403
    en = "Only a practitioner whose licence was accepted here may do this, and a visit stays with the one who holds it."
    zh = "仅限本机构执业证书已审核通过的人员操作；一次问诊由同一位医师负责到底。"


class OwnPatient(Refusal):
    code = "own_patient"
    status = 403
    en = "Nobody treats themselves here."
    zh = "不能为自己接诊。"


class FirstVisit(Refusal):
    code = "first_visit"
    status = 422
    en = "Online, only what was diagnosed in person before can be followed up. Please ask the patient to come in."
    zh = "首诊患者不得线上诊疗，请引导患者到实体机构就诊。"


class PaperAltered(Refusal):
    code = "paper_altered"
    en = "This paper is not as it was signed. It cannot be used; please ask who wrote it."
    zh = "该文书与签署时不一致，不能使用，请联系开具人。"


class PrescriptionNeeded(Refusal):
    code = "prescription_needed"
    status = 422
    en = "{title} is sold on prescription only: choose one of yours, or book a visit."
    zh = "{title_zh}为处方药，请选择您的处方，或先预约问诊。"


class PrescriptionYours(Refusal):
    code = "prescription_not_yours"
    status = 403
    en = "This prescription was written for somebody else."
    zh = "该处方不是开给您的。"


class PrescriptionExpired(Refusal):
    code = "prescription_expired"
    status = 410
    en = "This prescription does not hold any more. Please ask the doctor for a new one."
    zh = "处方已过有效期，请联系医师重新开具。"


class PrescriptionUsed(Refusal):
    code = "prescription_used"
    en = "This prescription has been used up."
    zh = "该处方已使用完毕。"


class PrescriptionOther(Refusal):
    code = "prescription_other"
    status = 422
    en = "This prescription is for another medicine."
    zh = "该处方不包含此药品。"


class PrescriptionTooLittle(Refusal):
    code = "prescription_too_little"
    status = 422
    en = "The prescription is for at most {most} at a time."
    zh = "处方每次最多可购 {most} 盒。"


class PrescriptionNotLooked(Refusal):
    code = "prescription_not_looked_at"
    en = "The pharmacist has not looked at this prescription yet. You are told as soon as it is done."
    zh = "药师尚未审核该处方，审核后会通知您。"


class PrescriptionRefused(Refusal):
    code = "prescription_refused"
    en = "The pharmacist did not accept this prescription. Please talk to the doctor."
    zh = "药师未通过该处方，请联系开方医师。"


class LicenceTaken(Refusal):
    code = "licence_taken"
    en = "Another business already shows a licence with this number."
    zh = "该证照编号已由其他商家提交。"
