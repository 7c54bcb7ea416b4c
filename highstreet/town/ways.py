"""What Lantern Ferry sells in other ways than over a counter, on a bicycle or in a parcel: one thing for each of the town's formats.

A row: stock number, shop, kind, drawing, price in fen, stock, format, sells, title and about in both languages, what the kind asks, and
what the seller states. `times`: "days hours minutes room", open for two weeks; `things`: tags of what is lent; `gathers`: what is
announced, and for how many days; `devices`: a cabinet, two gates, or a lock on the first three things.
"""

# ruff: noqa: E501  (one thing, one line)
# fmt: off

from __future__ import annotations

from typing import Any

import msgspec

from highstreet.kit.text import Words


class Way(msgspec.Struct, frozen=True):
    """One row. `cuts`: (role, person or shop, basis points); `of`: the offer a rhythm orders."""

    sku: str
    shop: str
    kind: str
    picture: str
    price: int
    stock: int
    format: str
    sells: str
    title: Words
    about: Words
    asked: dict[str, str] = {}
    terms: dict[str, Any] = {}
    times: str = ""
    things: tuple[str, ...] = ()
    devices: str = ""
    gathers: tuple[int, dict[str, Any]] | None = None
    cuts: tuple[tuple[str, str, int], ...] = ()
    of: str = ""


def _way(sku: str, shop: str, kind: str, picture: str, price: int, stock: int, format_and_sells: str, title: str, about: str, **more: Any) -> Way:
    name, sells = format_and_sells.split()
    en, zh = (part.strip() for part in title.split("|"))
    told, told_zh = (part.strip() for part in about.split("|"))
    return Way(sku, shop, kind, picture, price, stock, name, sells, Words(en, zh), Words(told, told_zh), **more)


# The water stage at the tea house: stalls in front, benches by the wall, a gallery above.
OPERA = """Stalls 堂座
A-B: 1-5, _, 6-10 +30
C-F: 1-5, _, 6-10
G: 1-6, _, 7-12 wheelchair 1, 12
Gallery 楼座
1-2: 1-12 +10"""

WAYS = (
    _way("WAY-WINDOW", "grocer", "services.home", "courier", 0, 0, "scheduled service", "Delivery windows | 送货时段", "When our cart has room. | 送货车有空的时段。", asked={"minutes": "120"}, times="0-6 09,11,15,17 120 4"),
    _way("WAY-BASKET", "grocer", "food.vegetables", "basket-of-things", 6800, 40, "scheduled goods", "Vegetable basket of the week | 一周菜篮", "What the season gives, for four. | 时令蔬菜，四口之家。", terms={"slots_of": "WAY-WINDOW"}),
    _way("WAY-EVENING", "tea", "other", "tea-tin", 0, 0, "subscription goods", "Quiet evenings, a box every fortnight | 静夜盒，两周一期", "The Reading Boat chooses from the tea house for you; you see it before it is ordered. | 书船书店替您从茶舍挑选，下单前先给您过目。", terms={"every_days": 14, "budget": 16000, "show_days": 3}, cuts=(("curator", "books", 800),)),
    _way("WAY-NIGHT", "grocer", "food.drinks", "milk", 600, 30, "unattended goods", "Soy milk from the night cabinet | 夜间柜豆浆", "Open, take, close. | 开门，取走，关门。", asked={"net_content": "250 ml", "shelf_life_days": "3"}, devices="cabinet"),
    _way("WAY-SHRIMP", "fish", "food.meat", "fish", 9800, 60, "group_buy goods", "White shrimp for the lane, 1 kg | 拼团白虾 1 公斤", "Fetched at Grandma He's. | 到何奶奶家自提。", asked={"keep": "cool"}, gathers=(3, {"tiers": [[3, 800], [6, 1500], [12, 2500]], "least": 3}), cuts=(("leader", "he", 500),)),
    _way("WAY-LIVE", "tailor", "wear.clothes", "scarf", 14800, 12, "live goods", "Tonight's scarf, shown live | 今晚直播围巾", "Twelve of them; two minutes to decide. | 十二条，两分钟下单。", asked={"material": "silk"}),
    _way("WAY-UMBRELLA", "tailor", "wear.bags", "umbrella", 12800, 6, "live goods", "Umbrella, painted while you watch | 现场绘面油纸伞", "Six of them, each another lotus. | 六把，每把一朵不同的莲。", asked={"material": "paper, bamboo"}),
    _way("WAY-HAT", "tailor", "wear.clothes", "hat", 5900, 10, "live goods", "Reed hat for the ferry | 渡口芦苇草帽", "It floats, should you drop it. | 掉进河里也浮着。", asked={"material": "reed"}),
    _way("WAY-TRAIN", "toys", "family.toys", "toy-train", 11800, 6, "live goods", "Train with your child's name | 刻名小火车", "Carved live; up to eight letters. | 现场刻字，最多八个字母。", asked={"age_from": "3", "material": "beech"}),
    _way("WAY-RABBIT", "toys", "family.toys", "toy-bear", 19900, 5, "debut goods", "Moon Rabbit, the first five | 月兔首发五只", "Five now, and more people than that. Everybody once; lots decide. | 首发五只，每人一签，抽签决定。", asked={"age_from": "3", "material": "beech"}, gathers=(2, {"units": 5, "once": True})),
    _way("WAY-BOWLS", "kiln", "home.gifts", "ceramic-bowl", 36800, 0, "preorder goods", "New Year bowls, set of six | 新年碗六只装", "Out of the kiln before the festival. | 节前出窑。", asked={"material": "stoneware"}, gathers=(12, {"units": 60})),
    _way("WAY-SIGN", "toys", "custom", "wooden-blocks", 26800, 0, "made_to_order goods", "House sign to order | 定制门牌", "Your name, our beech. | 您的名字，我们的榉木。", asked={"lead_days": "14"}, terms={"options": {"Wood | 木料": {"Beech | 榉木": 0, "Walnut | 胡桃木": 8000}, "Letters | 字样": {"Painted | 描漆": 0, "Carved | 雕刻": 4000}}}, gathers=(6, {"units": 30, "least": 3})),
    _way("WAY-DAILY", "bakery", "food.bakery", "bread", 0, 0, "subscription goods", "Sourdough every week | 每周一只酸面包", "Put aside for you each week; stop whenever you like. | 每周为您留一只，随时可停。", terms={"every_days": 7}, of="BREAD-SOUR/collect"),
    _way("WAY-RADIO", "hardware", "devices.second_hand", "phone", 39900, 1, "resale goods", "Grandma He's transistor radio | 何奶奶的收音机", "Sold for its owner; it still finds the opera. | 代主人出售，还能收到越剧。", asked={"condition": "good", "warranty_months": "3"}, cuts=(("owner", "he", 7000),)),
    _way("WAY-OLDPHONE", "hardware", "devices.second_hand", "phone", 0, 0, "trade_in goods", "Your old phone | 旧手机以旧换新", "Three questions now, a careful look later. | 先答三问，再细细检测。", asked={"condition": "worn"}, terms={"device": 1, "answers": {"Does it turn on? | 能开机吗？": {"Yes | 能": 20000, "No | 不能": 2000}, "The screen is | 屏幕": {"Whole | 完好": 15000, "Cracked | 有裂": 4000}, "Storage | 容量": {"128 GB": 10000, "256 GB": 18000}}}),
    _way("WAY-MEASURE", "tailor", "wear.tailoring", "scissors", 12000, 0, "appointment service", "Measuring and advice | 量体与选料", "Half an hour with Ruan and his notebook. | 与阮师傅的册子相处半小时。", asked={"material": "wool"}, times="0-5 10,11,14,15,16 30 1"),
    _way("WAY-DOCTOR", "clinic", "health.clinic", "thermometer", 5000, 0, "consult service", "Follow-up with Doctor Fang, by video | 方大夫视频复诊", "For what a doctor has diagnosed in person before. | 仅限已在线下确诊的常见病、慢性病复诊。", asked={"minutes": "20"}, times="0-4 09,10,11,14,15 20 2"),
    _way("WAY-BRUSH", "school", "services.classes", "pen-brush", 6000, 0, "course service", "Calligraphy by lamplight | 灯下书法课", "One evening is one lesson. | 一晚一课时。", asked={"minutes": "90", "age_from": "7"}),
    _way("WAY-BOAT", "boats", "other", "ticket", 6800, 0, "ticket service", "Evening boat with lanterns | 灯影夜游船", "Forty minutes, three bridges. | 四十分钟，过三座桥。", devices="gate", times="0-6 18,19,20 40 24"),
    _way("WAY-OPERA", "tea", "other", "lamp", 8800, 0, "ticket service", "Opera on the water stage | 水上戏台·越剧", "Shen's cousins sing The Butterfly Lovers; tea is brought to your seat. | 沈家班唱《梁祝》，茶送到座。", times="3-6 19 120 96", terms={"hall": OPERA, "passes": 2}),
    _way("WAY-ROOM", "inn", "services.lodging", "lamp", 32800, 0, "stay use", "Room above the water | 临水客房", "Breakfast is downstairs. | 早饭在楼下。", asked={"guests": "2"}, terms={"deposit": 10000}, things=("Room 1", "Room 2", "Room 3", "Room 6")),
    _way("WAY-BIKE", "boats", "lend.cycles", "bicycle", 800, 0, "rental use", "Town bicycle | 镇上自行车", "By the hour, any of five. | 按小时，五辆任选。", terms={"deposit": 5000, "zone_m": 800, "zone_fee": 1000}, devices="lock", things=("Bicycle 1", "Bicycle 2", "Bicycle 3", "Bicycle 4", "Bicycle 5")),
    _way("WAY-CART", "boats", "services.ride", "bicycle", 90, 0, "ride service", "Pedal cart | 三轮车", "Zhao's nephew pedals. | 赵师傅的侄子来蹬。"),
    _way("WAY-RUN", "couriers", "services.home", "courier", 1200, 0, "errand service", "Run an errand | 跑腿", "Tell us what, and how much it may cost. | 说清买什么、最多花多少。", asked={"minutes": "60"}, terms={"cap": 20000}),
    _way("WAY-STORY", "books", "media.digital", "book", 1200, 300, "digital digital", "Stories of the Lake, read aloud | 湖上故事 有声版", "Three hundred copies, read by Xu Shu. | 限三百份，许舒朗读。", asked={"file": "mp3"}, terms={"edition": 300, "content": "Chapter one: the ferryman who counted stars. | 第一章：数星星的摆渡人。"}),
    _way("WAY-EBOOK", "books", "media.digital", "book", 900, 0, "digital digital", "Stories of the Lake, e-book | 湖上故事 电子书", "Two stories in both languages, a file of your own. | 双语故事两则，下载即读。", asked={"file": "epub"}, terms={"downloads": 3}),
    _way("WAY-PRINT", "books", "media.digital", "waves-night", 16800, 200, "digital digital", "Lantern night, numbered print | 灯夜限量画", "Two hundred, each with its number; drawn by Xu Shu. | 共二百份，一份一号，许舒绘。", asked={"file": "pdf"}, terms={"edition": 200}),
    _way("WAY-TEAM", "school", "media.digital", "notebook", 4800, 0, "digital digital", "Bookkeeping for a small shop, per seat | 小店记账软件·席位", "One seat for each of your people; move them as they come and go. | 一人一席，随来随换。", asked={"file": "pdf"}, terms={"team_seats": 1}),
)

# Scenarios: name, about, drawing, and the parts: offer, how many, when in the course of the day. The town pays so much of each.
SCENARIOS = (
    (Words("A weekend with the children", "亲子周末"),
     Words("Noodles at noon, bicycles along the canal, lanterns on the water, a room above it, warm buns for the way home.", "中午一碗面，沿河骑一程，夜里看灯影，枕水而眠，带上热馒头回家。"), "street", 500, (
        ("NOOD-FISH/collect", 3, Words("Saturday, at noon", "周六中午")),
        ("WAY-BIKE/rental", 1, Words("Saturday, in the afternoon", "周六下午")),
        ("WAY-BOAT/ticket", 3, Words("Saturday, when the lanterns are lit", "周六华灯初上")),
        ("WAY-ROOM/stay", 1, Words("The night to Sunday", "周六夜里")),
        ("BREAD-BUNS/collect", 3, Words("Sunday, before the ferry home", "周日返程前")))),
)
