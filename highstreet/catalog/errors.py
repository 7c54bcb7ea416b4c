"""What the catalog says no with."""

from __future__ import annotations

from highstreet.kit.errors import Refusal


class CategoryUnknown(Refusal):
    code = "category_unknown"
    status = 422
    en = "There is no category “{category}”."
    zh = "没有“{category}”这个类目。"


class CategoryTooBroad(Refusal):
    code = "category_too_broad"
    status = 422
    en = "Please choose a kind below “{name}”."
    zh = "请在“{name_zh}”下选择更具体的类目。"


class TitleMissing(Refusal):
    code = "title_missing"
    status = 422
    en = "An item needs a title, in English or Chinese."
    zh = "商品需要标题（中文或英文）。"


class AttributeMissing(Refusal):
    code = "attribute_missing"
    status = 422
    en = "{category} need: {name}."
    zh = "{category_zh}必须填写：{name_zh}。"


class AttributeWrong(Refusal):
    code = "attribute_wrong"
    status = 422
    en = "{name}: {problem}."
    zh = "{name_zh}：{problem_zh}。"


class SkuTwice(Refusal):
    code = "sku_twice"
    status = 409
    en = "The stock number {sku} is used twice in this item."
    zh = "该商品中货号 {sku} 重复。"


class GtinWrong(Refusal):
    code = "gtin_wrong"
    status = 422
    en = "{gtin} is not a bar code number: {problem}."
    zh = "{gtin} 不是有效的商品条码：{problem_zh}。"


class LabelUnknown(Refusal):
    code = "label_unknown"
    status = 422
    en = "There is no label “{label}”."
    zh = "没有“{label}”这个标签。"


class LabelNotYours(Refusal):
    code = "label_not_yours"
    status = 403
    en = "The label “{name}” is given by {who}, not by the seller."
    zh = "标签“{name_zh}”由{who_zh}授予，卖家不能自行设置。"


class ItemRetired(Refusal):
    code = "item_retired"
    status = 409
    en = "This item has been retired."
    zh = "该商品已停用。"


class OfferClosed(Refusal):
    code = "offer_closed"
    status = 409
    en = "This offer is closed for good; make a new one."
    zh = "该报价已永久关闭，请新建。"


class OfferNotYours(Refusal):
    code = "offer_place_not_yours"
    status = 403
    en = "You can sell only from your own places."
    zh = "只能从自己的场所销售。"


class LicenceNeeded(Refusal):
    code = "licence_needed"
    status = 403
    en = "To sell {name} the shop needs an accepted {licence} licence."
    zh = "销售{name_zh}需要已审核通过的{licence_zh}。"


class PictureTooLarge(Refusal):
    code = "picture_too_large"
    status = 413
    en = "This picture is too large: at most {megabytes} MB and {megapixels} million pixels."
    zh = "图片过大：最多 {megabytes} MB、{megapixels} 百万像素。"


class PictureUnreadable(Refusal):
    code = "picture_unreadable"
    status = 422
    en = "This file is damaged or is not a picture. Please send a JPEG, PNG or WebP."
    zh = "文件已损坏或不是图片。请上传 JPEG、PNG 或 WebP。"


class PictureTooSmall(Refusal):
    code = "picture_too_small"
    status = 422
    en = "This picture is too small: at least {least} pixels on each side."
    zh = "图片过小：每边至少 {least} 像素。"


class PictureTooSlow(Refusal):
    code = "picture_too_slow"
    status = 422
    en = "This picture takes too long to read. Please save it again as a JPEG."
    zh = "图片读取时间过长，请另存为 JPEG 后重试。"


class TooManyPictures(Refusal):
    code = "too_many_pictures"
    status = 409
    en = "An item has at most {most} pictures."
    zh = "每个商品最多 {most} 张图片。"


class SheetUnreadable(Refusal):
    code = "sheet_unreadable"
    status = 422
    en = "This file cannot be read as a table: {problem}. Please send a CSV or XLSX file."
    zh = "无法读取该表格：{problem_zh}。请上传 CSV 或 XLSX 文件。"


class SheetTooLarge(Refusal):
    code = "sheet_too_large"
    status = 413
    en = "This table is too large: at most {most} rows and {megabytes} MB. Please split it."
    zh = "表格过大：最多 {most} 行、{megabytes} MB。请拆分后上传。"


class SheetColumns(Refusal):
    code = "sheet_columns"
    status = 422
    en = "These columns are missing: {missing}. Download the template to see all of them."
    zh = "缺少以下列：{missing_zh}。请下载模板查看全部列。"


class IntakeOver(Refusal):
    code = "intake_over"
    status = 409
    en = "This table was dropped and cannot be taken any more."
    zh = "该表格已放弃，无法再导入。"


class ScenarioBroken(Refusal):
    code = "scenario_broken"
    status = 409
    en = "“{title}” is not on sale at the moment, so “{name}” cannot be had whole. Its other parts can still be bought one by one."
    zh = "“{title_zh}”目前未在售，因此无法整套购买“{name_zh}”；其余部分仍可单独购买。"


class FunderAsked(Refusal):
    code = "funder_asked"
    status = 409
    en = "{who} has not agreed to pay for it yet."
    zh = "{who_zh}尚未同意承担这笔优惠。"


class SellerAsked(Refusal):
    code = "seller_asked"
    status = 409
    en = "The seller of {title} has not agreed to be part of it yet."
    zh = "{title_zh}的卖家尚未同意加入。"


class ScenarioRefused(Refusal):
    code = "scenario_refused"
    status = 409
    en = "{title} was refused: its seller, or who was to pay for it, said no."
    zh = "{title_zh}未获同意，卖家或出资方已拒绝。"


class RoomOver(Refusal):
    code = "room_over"
    status = 409
    en = "This live session is over."
    zh = "本场直播已结束。"


class RoomQuiet(Refusal):
    code = "room_quiet"
    status = 409
    en = "One can speak here while the session is on."
    zh = "直播进行中才能发言。"


class DropElsewhere(Refusal):
    code = "drop_elsewhere"
    status = 409
    en = "This drop is over already, or the same offer is on show in another live session."
    zh = "该商品本轮已结束，或正在另一场直播中销售。"


class Muted(Refusal):
    code = "muted"
    status = 403
    en = "The host has asked you to listen for the rest of this session."
    zh = "主播已将您禁言，本场直播内无法发言。"
