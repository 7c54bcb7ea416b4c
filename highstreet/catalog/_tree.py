"""The built-in tree of kinds. An identifier is its path; `picture` names a drawing in highstreet/web/static/pictures."""

# ruff: noqa: E501  (one kind, one line)

from __future__ import annotations

from typing import TypedDict

Said = dict[str, str]


class _Choice(TypedDict):
    code: str
    name: Said


class _Attribute(TypedDict):
    code: str
    name: Said
    type: str
    required: bool
    choices: list[_Choice]
    unit: str


class Kind(TypedDict):
    """A row of catalog.category; its place in the list is its position."""

    id: str
    name: Said
    picture: str
    attributes: list[_Attribute]
    licence: str | None
    no_return: str | None


def _ask(code: str, en: str, zh: str, type_: str = "text", *, needed: bool = False, unit: str = "",
         choices: str = "") -> _Attribute:  # fmt: skip
    """`choices`: "code English 中文; ..." with one blank between the three; underscores stand for blanks in English."""
    known: list[_Choice] = []
    for choice in filter(None, choices.split("; ")):
        key, said, said_zh = choice.split(" ")
        known.append({"code": key, "name": {"en": said.replace("_", " "), "zh": said_zh}})
    return {
        "code": code, "name": {"en": en, "zh": zh}, "type": "choice" if known else type_,
        "required": needed, "choices": known, "unit": unit,
    }  # fmt: skip


def _kind(path: str, en: str, zh: str, picture: str, *asks: _Attribute, licence: str | None = None,
          no_return: str | None = None) -> Kind:  # fmt: skip
    return {
        "id": path, "name": {"en": en, "zh": zh}, "picture": f"drawn:{picture}", "attributes": list(asks),
        "licence": licence, "no_return": no_return,
    }  # fmt: skip


_ORIGIN = _ask("origin", "Origin", "产地")
_NET = _ask("net_content", "Net content", "净含量")
_LIFE = _ask("shelf_life_days", "Shelf life", "保质期", "number", needed=True, unit="days")
_KEEP = _ask(
    "keep",
    "How to keep it",
    "储存方式",
    choices="room Room_temperature 常温; cool Chilled 冷藏; frozen Frozen 冷冻",
)
_MATERIAL = _ask("material", "Material", "材质")
_SIZE = _ask("size", "Size", "尺码")
_MINUTES = _ask("minutes", "How long it takes", "时长", "number", needed=True, unit="minutes")
_AGE = _ask("age_from", "From age", "适用年龄起", "number", unit="years")
_WARRANTY = _ask("warranty_months", "Warranty", "保修期", "number", unit="months")
_ENERGY = _ask(
    "energy",
    "Energy label",
    "能效等级",
    choices="1 Grade_1 一级; 2 Grade_2 二级; 3 Grade_3 三级; none No_label 无",
)
# As the rules of public money name them (商办流通函〔2025〕469 号 and the notices before it).
_APPLIANCE = _ask(
    "appliance",
    "What it is",
    "品类",
    choices="fridge Refrigerator 冰箱; washer Washing_machine 洗衣机; tv Television 电视; air_conditioner Air_conditioner 空调; "
    "water_heater Water_heater 热水器; stove Stove 灶具; range_hood Range_hood 吸油烟机; microwave Microwave 微波炉; "
    "water_purifier Water_purifier 净水器; dishwasher Dishwasher 洗碗机; rice_cooker Rice_cooker 电饭煲; other Another 其他",
)
_DEVICE = _ask(
    "device",
    "What it is",
    "品类",
    choices="phone Phone 手机; tablet Tablet 平板; watch Watch_or_band 手表手环; smart_glasses Smart_glasses 智能眼镜; "
    "computer Computer 电脑; other Another 其他",
)

TREE: tuple[Kind, ...] = (
    _kind("food", "Food and drink", "食品饮料", "apples", _ORIGIN, licence="food"),
    _kind("food.fruit", "Fruit", "水果", "apples", _KEEP, no_return="fresh"),
    _kind("food.vegetables", "Vegetables", "蔬菜", "vegetables", _KEEP, no_return="fresh"),
    _kind("food.meat", "Meat and fish", "肉禽水产", "eggs", _KEEP, no_return="fresh"),
    _kind("food.eggs_dairy", "Eggs and dairy", "蛋奶", "milk", _KEEP, _LIFE, no_return="fresh"),
    _kind("food.bakery", "Bread and buns", "面包糕点", "bread", no_return="fresh"),
    _kind("food.rice_noodles", "Rice, flour and noodles", "米面粮油", "rice", _NET, _LIFE),
    _kind("food.pantry", "Pantry and snacks", "调味零食", "noodles", _NET, _LIFE),
    _kind("food.tea", "Tea and coffee", "茶与咖啡", "tea-tin", _NET,
          _ask("tea", "Kind", "品类", choices="green Green_tea 绿茶; black Black_tea 红茶; oolong Oolong 乌龙茶; white White_tea 白茶; dark Dark_tea 黑茶; herbal Herbal_tea 花草茶; coffee Coffee 咖啡")),
    _kind("food.drinks", "Drinks", "饮料酒水", "milk", _NET, _LIFE),
    _kind("meals", "Meals", "餐饮", "steamed-buns", licence="kitchen", no_return="fresh"),
    _kind("meals.dishes", "Dishes to take away", "外卖餐食", "noodles", _ask("allergens", "Allergens", "过敏原")),
    _kind("meals.breakfast", "Breakfast", "早餐", "steamed-buns", _ask("allergens", "Allergens", "过敏原")),
    _kind("meals.table", "A table to eat at", "堂食订座", "noodles", _ask("seats", "Seats", "座位数", "number", needed=True)),
    _kind("home", "Home", "家居", "lamp"),
    _kind("home.kitchen", "Kitchen and tableware", "厨房餐具", "ceramic-bowl", _MATERIAL),
    _kind("home.furniture", "Furniture and light", "家具灯饰", "lamp", _MATERIAL, _ask("dimensions", "Dimensions", "尺寸", needed=True)),
    _kind("home.textiles", "Bedding and textiles", "床品布艺", "scarf", _MATERIAL, _SIZE),
    _kind("home.care", "Cleaning and care", "清洁洗护", "soap", _NET),
    _kind("home.gifts", "Gifts and decoration", "礼品装饰", "ceramic-bowl", _MATERIAL),
    _kind("home.plants", "Flowers and plants", "鲜花绿植", "flowers", no_return="fresh"),
    _kind("wear", "Clothes and shoes", "服饰鞋包", "scarf", _MATERIAL, _SIZE),
    _kind("wear.clothes", "Clothes", "服装", "scarf"),
    _kind("wear.shoes", "Shoes", "鞋靴", "shoes"),
    _kind("wear.bags", "Bags and umbrellas", "箱包雨具", "umbrella"),
    _kind("wear.tailoring", "Made to measure", "量身定制", "scarf", no_return="custom"),
    _kind("devices", "Appliances and electronics", "家电数码", "kettle", _WARRANTY),
    _kind("devices.appliances", "Home appliances", "家用电器", "kettle", _ENERGY, _APPLIANCE),
    _kind("devices.phones", "Phones and computers", "手机电脑", "parcel-thing", _DEVICE, no_return="used_up"),
    _kind("devices.second_hand", "Second-hand devices", "二手数码", "parcel-thing",
          _ask("condition", "Condition", "成色", needed=True, choices="as_new As_new 几乎全新; good Good 良好; worn Worn 明显使用痕迹"), licence="second_hand"),
    _kind("family", "Children and elders", "母婴长辈", "toy-train"),
    _kind("family.infant", "For infants", "婴幼儿用品", "infant-formula", _AGE, _LIFE, no_return="health"),
    _kind("family.toys", "Toys", "玩具", "wooden-blocks", _ask("age_from", "From age", "适用年龄起", "number", needed=True, unit="years"), _MATERIAL),
    _kind("family.elders", "For elders", "长辈用品", "walking-stick", _MATERIAL),
    _kind("health", "Health", "健康", "medicine"),
    _kind("health.pharmacy", "Pharmacy", "药品", "medicine", _ask("approval", "Approval number", "批准文号", needed=True), _LIFE,
          _ask("prescription", "Prescription", "处方", choices="none Without_prescription 非处方药; needed On_prescription_only 处方药"),
          _ask("substance", "Active substance", "通用名（有效成分）"), licence="drugs", no_return="health"),
    _kind("health.clinic", "Visits and treatments", "门诊与护理", "medicine", _MINUTES, licence="clinic", no_return="service"),
    _kind("media", "Books and media", "图书文具", "book"),
    _kind("media.books", "Books", "图书", "book", _ask("author", "Author", "作者"), licence="press"),
    _kind("media.press", "Newspapers and magazines", "报刊", "book", licence="press", no_return="press"),
    _kind("media.stationery", "Stationery", "文具", "notebook"),
    _kind("media.digital", "Digital content", "数字内容", "book", _ask("file", "Form of the file", "文件格式"), no_return="digital"),
    _kind("services", "Services", "服务", "walking-stick", no_return="service"),
    _kind("services.repair", "Repairs", "维修", "kettle", _MINUTES),
    _kind("services.home", "Help at home", "家政", "soap", _MINUTES),
    _kind("services.classes", "Classes", "课程培训", "notebook", _MINUTES, _AGE, licence="school"),
    _kind("services.lodging", "Rooms", "住宿", "lamp", _ask("guests", "Guests", "可住人数", "number", needed=True), licence="lodging"),
    _kind("services.ride", "Rides", "出行", "bicycle", licence="ride"),
    _kind("lend", "To rent", "租借", "bicycle", no_return="service"),
    _kind("lend.cycles", "Bicycles", "自行车", "bicycle", _ask("deposit_note", "About the deposit", "押金说明")),
    _kind("lend.tools", "Tools and gear", "工具装备", "parcel-thing", _ask("deposit_note", "About the deposit", "押金说明")),
    _kind("custom", "Made to order", "定制", "ceramic-bowl",
          _ask("lead_days", "Days to make", "制作天数", "number", needed=True, unit="days"), no_return="custom"),
    _kind("other", "Everything else", "其他", "parcel-thing"),
)  # fmt: skip
