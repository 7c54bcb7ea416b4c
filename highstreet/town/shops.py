"""The businesses of Lantern Ferry: where they are, when they open, what they may sell, and what they give away."""

# ruff: noqa: E501  (one fact, one line)
# fmt: off

from __future__ import annotations

import msgspec

from highstreet import parties
from highstreet.kit.text import Words


class Shop(msgspec.Struct, frozen=True):
    """A business with its one place. `at`: metres east and north of the ferry; `hours`: "07:00-19:00" every day, or
    "0-5 07:00-19:00" for days 0 (Monday) to 5; `uscc` None: the law lets it sell without registration."""

    key: str
    owner: str
    name: Words
    picture: str
    uscc: str | None
    licences: str
    kind: parties.places.PlaceKind
    street: Words
    at: tuple[int, int]
    hours: str
    reach_m: int
    tagline: Words
    story: Words


SHOPS = (
    Shop("bakery", "wu", Words("Lamplight Bakery", "灯火面包房"), "shop-bakery", "91329900MA3L1T4K05", "food", "shop",
         Words("Ferry Street 3", "渡口街 3 号"), (80, 60), "06:30-19:30", 3000,
         Words("Baked before the lamps go out.", "灯未熄，炉已红。"),
         Words("Wu fires the oven at three, so that the first ferry smells of bread.", "吴师傅凌晨三点生火，头班渡船便有了面包香。")),
    Shop("tea", "shen", Words("Willow Tea House", "柳荫茶舍"), "shop-tea-house", "91329900MA3L1T5H45", "food", "shop",
         Words("Willow Quay 1", "柳岸 1 号"), (-150, 40), "08:00-21:00", 4000,
         Words("Leaves from the hill behind the town.", "镇后山上的一片茶。"),
         Words("The Shen family has picked the same forty terraces since 1931.", "沈家自 1931 年起守着四十层茶垄。")),
    Shop("grocer", "qian", Words("Three Bridges Grocery", "三桥粮蔬店"), "shop-grocer", "91329900MA3L2B7R8G", "food", "shop",
         Words("First Bridge 10", "一桥头 10 号"), (20, 210), "06:00-22:00", 3500,
         Words("Everything for supper.", "一顿饭的柴米油盐。"),
         Words("Auntie Qian knows what you forgot to buy.", "您忘了买什么，钱阿姨都记得。")),
    Shop("noodles", "zhao", Words("The Ferryman's Noodles", "摆渡人面馆"), "shop-noodle-kitchen", "91329900MA3L2C9Q1C", "kitchen food", "kitchen",
         Words("Ferry Street 17", "渡口街 17 号"), (140, -90), "06:00-14:00; 17:00-22:00", 2500,
         Words("A bowl between two crossings.", "两班船之间的一碗面。"),
         Words("Zhao rowed for thirty years; his broth takes as long as the last crossing.", "赵师傅摇橹三十年，汤底熬得跟末班船一样久。")),
    Shop("toys", "chen", Words("Old Chen's Wooden Toys", "老陈木玩"), "shop-toy-maker", "91329900MA3L3D2P5Y", "", "factory",
         Words("Carpenters' Yard 6", "木匠院 6 号"), (310, 260), "0-5 09:00-18:00", 4000,
         Words("Beech, beeswax and patience.", "榉木、蜂蜡和耐心。"),
         Words("Each train is sanded by hand until it may be chewed.", "每列小火车都磨到可以放心入口。")),
    Shop("tailor", "ruan", Words("Needle & Reed Tailors", "针芦裁缝铺"), "shop-tailor", "91329900MA3L3F8N25", "", "shop",
         Words("Silk Lane 2", "丝弄 2 号"), (-60, 260), "0-5 09:30-19:00", 4000,
         Words("Cut once, worn for years.", "一剪裁成，十年可穿。"),
         Words("Ruan keeps the measures of three generations in one notebook.", "三代人的尺寸，都在阮师傅的一本册子里。")),
    Shop("books", "xu", Words("The Reading Boat", "书船书店"), "shop-bookshop", "91329900MA3L4G1M7T", "press", "shop",
         Words("Willow Quay 9", "柳岸 9 号"), (-220, -30), "10:00-20:00", 5000,
         Words("A bookshop that used to float.", "曾经漂在水上的书店。"),
         Words("It sank in 1998; all books were saved, and so it stayed ashore.", "1998 年船沉书存，从此靠岸。")),
    Shop("pharmacy", "bai", Words("Spring Well Pharmacy", "春泉药房"), "shop-pharmacy", "91329900MA3L4H6T37", "drugs food", "shop",
         Words("Well Street 5", "井街 5 号"), (-320, 190), "00:00-24:00", 5000,
         Words("The light that stays on.", "夜里也亮着的那盏灯。"),
         Words("Somebody is awake here at any hour.", "任何时候，这里都有人醒着。")),
    Shop("fish", "yu", Words("The Early Net", "早网鱼行"), "shop-fishmonger", "91329900MA3L5J0W9Q", "food", "stall",
         Words("Fish Steps, stall 4", "鱼埠 4 号摊"), (190, -30), "05:30-12:30", 2500,
         Words("From the lake this morning.", "今晨出湖。"),
         Words("Sold out is sold out; tomorrow there is a new net.", "卖完即止，明早再下网。")),
    Shop("hardware", "gang", Words("Lin & Daughter", "林氏父女电器"), "shop-hardware", "91329900MA3L5K4X6E", "second_hand", "shop",
         Words("First Bridge 22", "一桥头 22 号"), (70, 330), "09:00-19:00", 8000,
         Words("Sold, mended, taken back.", "卖得出，修得好，收得回。"),
         Words("What they sell they also repair; what they cannot repair they take back.", "卖的都能修，修不好的就收回。")),
    Shop("kiln", "tao", Words("Ferry Kiln", "渡口窑"), "factory", "91329900MA3L6N3U77", "", "factory",
         Words("Clay Bank 1", "泥岸 1 号"), (1500, 880), "0-4 08:00-17:00", 6000,
         Words("Made for Europe's tables, and now for ours.", "外销欧洲的碗，也端上自家桌。"),
         Words("The same line, the same glaze, the same inspection as for export.", "与出口产品同线、同标、同质。")),
    Shop("garden", "gu", Words("Grandpa Gu's Garden", "顾爷爷的菜园"), "seedling", None, "food", "stall",
         Words("Third Bridge, under the camphor tree", "三桥樟树下"), (-480, -360), "05:30-11:00", 1500,
         Words("What two hands can grow.", "两只手种得过来的菜。"),
         Words("Gu sells what his own garden gives and nothing else.", "只卖自家园子里长的。")),
    Shop("inn", "shen", Words("The Ferry Inn", "渡口客栈"), "lamp", "91329900MA3L8R1N2C", "lodging", "shop",
         Words("Willow Quay 3", "柳岸 3 号"), (60, -120), "00:00-24:00", 1000,
         Words("Fall asleep to the water.", "枕水而眠。"),
         Words("Six rooms above the quay; the tea is from downstairs.", "临河六间房，茶从楼下端上来。")),
    Shop("clinic", "su", Words("Well Street Clinic", "井街诊所"), "shop-clinic", "91329900MA3L8R2C3T", "clinic", "clinic",
         Words("Well Street 11", "井街 11 号"), (-340, 230), "08:00-18:00", 1000,
         Words("Somebody who listens first.", "先听您说完。"),
         Words("Nurse Su opened it when the nearest hospital was two ferries away.", "离医院还隔两趟渡船的年头，苏护士开了它。")),
    Shop("school", "luo", Words("Ferry School", "渡口学堂"), "shop-school", "91329900MA3L8R3J4R", "school", "school",
         Words("Scholar's Row 1", "书生巷 1 号"), (880, -260), "0-5 08:00-21:00", 1000,
         Words("It is never too late for the first stroke.", "第一笔，什么时候写都不晚。"),
         Words("By day for children, by lamplight for everybody else.", "白天教孩子，灯下教大人。")),
    Shop("boats", "zhao", Words("Lantern Boats", "灯渡游船"), "ticket", "91329900MA3L8R4B5B", "ride", "depot",
         Words("The Ferry Landing", "渡口码头"), (0, 0), "06:00-22:00", 8000,
         Words("On the water, or along it.", "水上水边，慢慢走。"),
         Words("Zhao's second trade: evening boats, bicycles, and the pedal cart.", "赵师傅的另一门手艺：夜游船、自行车和三轮车。")),
    Shop("couriers", "ma", Words("White Heron Couriers", "白鹭快送"), "courier", "91329900MA3L7Q5R4D", "", "depot",
         Words("Ferry Street 1", "渡口街 1 号"), (40, 20), "06:00-23:00", 6000,
         Words("Two wheels and a dry bag.", "两只轮子，一只防水袋。"),
         Words("They carry for every shop of the town.", "为全镇的店铺跑腿。")),
)

# A business that has applied and waits for the town's review: owner, name, code.
APPLIED = ("xu", Words("Cloud Scissors Barber", "云剪理发店"), "92329900MA3L6L8Y1J", "shop-barber")

# Promotions: seller, name, kind, rule, the goods it is for (all when empty), how many days it still runs.
PROMOTIONS = (
    ("tea", Words("Autumn leaves, a tenth off", "秋茶九折"), "percent", {"bps": 1000}, (), 20),
    ("grocer", Words("10 off from 80", "满 80 减 10"), "spend", {"spend": 8000, "off": 1000}, (), 30),
    ("bakery", Words("Three buns for two", "馒头买二送一"), "buy_n", {"n": 3, "free": 1}, ("BREAD-BUNS",), 14),
    ("toys", Words("Train and blocks together", "火车积木组合"), "bundle", {"price": 19900}, ("TOY-TRAIN", "TOY-BLOCKS"), 40),
    ("books", Words("Students: 5 off each notebook", "学生价：每本减 5 元"), "amount", {"off": 500}, ("BOOK-NOTES",), 60),
)

# Curated directories: name, rule, and what is listed, each with the reason.
DIRECTORIES = (
    (Words("Made in Lantern Ferry", "灯渡好物"),
     Words("Made in the town by somebody one can visit; chosen each season by the town office.", "镇上有人可访的手作；镇公所每季甄选。"), (
        ("TEA-GREEN", Words("Picked on the hill behind the town, by people we know by name.", "采自镇后山，采茶人我们都叫得出名字。")),
        ("TOY-TRAIN", Words("Safe for the smallest: beeswax, no paint.", "蜂蜡擦制、不上漆，最小的孩子也放心。")),
        ("KILN-BOWL", Words("Export quality from our own clay.", "本地陶土，外贸品质。")),
        ("BREAD-SOUR", Words("A starter as old as the bakery.", "与店同龄的老面。")),
        ("WEAR-SCARF", Words("Mulberry silk, hemmed by hand.", "桑蚕丝，手工卷边。")))),
    (Words("Easy for elders", "长辈好用"),
     Words("Tried by the town's elders; what they could not open or read was left out.", "由镇上长辈试用；拧不开、看不清的不入选。"), (
        ("CARE-STICK", Words("The grip is warm in winter.", "冬天握着也不冰手。")),
        ("CARE-GLASSES", Words("Fold flat and survive being sat on.", "可折平，坐上也不坏。")),
        ("HOME-KETTLE", Words("One switch, large marks, stops by itself.", "一个开关，大刻度，自动断电。")),
        ("HOME-LAMP", Words("Bright enough to thread a needle.", "亮得可以穿针。")))),
)

# Prepaid cards: the shop, its amounts and what it adds to each, in yuan, and its own words.
CARDS = (
    ("bakery", ((100, 5), (200, 20), (500, 60)), Words("For those whose children know the smell of our oven.", "给闻着炉香长大的孩子们。")),
    ("tea", ((200, 0), (500, 50)), Words("A pot is waiting; the card remembers that it is paid.", "茶已备好，卡里记着呢。")),
)
