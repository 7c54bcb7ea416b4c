"""What Lantern Ferry sells: about eighty goods and services, each with its offers.

A row: stock number, shop, kind, drawing, price in fen, stock, offered as, labels, English | 中文, about in both, and what the kind asks.
Offered as: c at the counter, k to collect, i within the hour, o by parcel. Stock 0: none is counted (services) or none is left.
"""

# ruff: noqa: E501  (one good, one line)
# fmt: off

from __future__ import annotations

import msgspec

from highstreet.kit.text import Words

FORMATS = {"c": "counter", "k": "collect", "i": "instant", "o": "online"}


class Good(msgspec.Struct, frozen=True):
    """One row; `asked` as "code=value; ..."; `options` as "name: value, value"; `tiers` as "least:price"; `sold_by` unit and step."""

    sku: str
    shop: str
    kind: str
    picture: str
    price: int
    stock: int
    offered: str
    labels: str
    title: Words
    about: Words
    asked: str = ""
    options: str = ""
    tiers: str = ""
    sold_by: tuple[str, int] = ("piece", 1)
    sells: str = "goods"


def _good(sku: str, shop: str, kind: str, picture: str, price: int, stock: int, offered: str, labels: str, title: str, about: str,
          asked: str = "", *, options: str = "", tiers: str = "", sold_by: tuple[str, int] = ("piece", 1), sells: str = "goods") -> Good:
    en, zh = (part.strip() for part in title.split("|"))
    told, told_zh = (part.strip() for part in about.split("|"))
    return Good(sku, shop, kind, picture, price, stock, offered, labels, Words(en, zh), Words(told, told_zh), asked, options, tiers, sold_by, sells)


GOODS = (
    # Lamplight Bakery
    _good("BREAD-SOUR", "bakery", "food.bakery", "bread", 2800, 24, "cki", "local handmade fresh_today", "Ferry sourdough, 600 g | 渡口酸面包 600 克", "Two days of rising, one hour of fire. | 两天发酵，一小时炉火。"),
    _good("BREAD-BUNS", "bakery", "food.bakery", "steamed-buns", 300, 120, "cki", "local fresh_today vegetarian", "Steamed bun | 老面馒头", "Old dough, nothing else. | 老面发酵，别无他物。", tiers="10:260"),
    _good("BREAD-OSM", "bakery", "food.bakery", "cake", 3600, 16, "cki", "handmade heritage", "Osmanthus cake, six pieces | 桂花糕 六块", "With flowers from the three bridges. | 用三座桥边的桂花。"),
    _good("BREAD-MILK", "bakery", "food.bakery", "bread", 1800, 30, "cki", "fresh_today", "Milk loaf | 牛奶吐司", "Soft enough for the smallest and the oldest. | 老少皆宜的松软。"),
    _good("BREAD-SESAME", "bakery", "food.bakery", "bread", 600, 60, "cki", "local fresh_today vegetarian", "Sesame flatbread | 芝麻烧饼", "Forty layers, counted. | 数过，四十层。"),
    _good("BREAD-BIRTH", "bakery", "custom", "cake", 16800, 4, "ck", "handmade", "Birthday cake to order | 定制生日蛋糕", "Tell us the name two days before. | 请提前两天告知姓名。", "lead_days=2"),
    # Willow Tea House
    _good("TEA-GREEN", "tea", "food.tea", "tea-tin", 12800, 40, "cko", "local organic", "Hill green tea | 后山绿茶", "Picked before the spring rains. | 雨前手采。", "tea=green; net_content=100 g; origin=Lantern Ferry", options="size: 100 g, 250 g"),
    _good("TEA-BLACK", "tea", "food.tea", "tea-tin", 9800, 35, "cko", "local", "Lamp-smoked black tea, 100 g | 灯烟红茶 100 克", "Dried above pine embers. | 松炭慢烘。", "tea=black; net_content=100 g"),
    _good("TEA-CHRYS", "tea", "food.tea", "tea-tin", 4200, 60, "cko", "no_added_sugar", "Chrysanthemum flowers, 50 g | 胎菊 50 克", "One flower opens per cup. | 一杯一朵。", "tea=herbal; net_content=50 g"),
    _good("TEA-BRICK", "tea", "food.tea", "tea-tin", 25600, 12, "ko", "time_honoured", "Dark tea brick of 2016 | 2016 年黑茶砖", "Ten years in the loft. | 阁楼存放十年。", "tea=dark; net_content=357 g"),
    _good("TEA-CUP", "tea", "home.kitchen", "ceramic-bowl", 5900, 25, "cko", "handmade export_quality", "Tea cup from Ferry Kiln | 渡口窑茶杯", "Thin rim, warm foot. | 薄口暖足。", "material=stoneware"),
    _good("TEA-COFFEE", "tea", "food.tea", "coffee", 6800, 20, "cko", "", "Yunnan coffee beans, 250 g | 云南咖啡豆 250 克", "Roasted on Thursdays. | 每周四烘焙。", "tea=coffee; net_content=250 g"),
    # Three Bridges Grocery
    _good("GROC-RICE", "grocer", "food.rice_noodles", "rice", 5200, 80, "cki", "local green", "New rice, 5 kg | 新米 5 公斤", "This autumn's harvest. | 今秋新收。", "net_content=5 kg; shelf_life_days=360", tiers="4:4900"),
    _good("GROC-NOOD", "grocer", "food.rice_noodles", "noodles", 890, 150, "cki", "vegetarian", "Dried noodles, 500 g | 挂面 500 克", "Three minutes. | 三分钟。", "net_content=500 g; shelf_life_days=365"),
    _good("GROC-OIL", "grocer", "food.pantry", "honey", 6800, 40, "cki", "green", "Rapeseed oil, 2 l | 菜籽油 2 升", "Cold pressed in the next village. | 邻村冷榨。", "net_content=2 l; shelf_life_days=540"),
    _good("GROC-SOY", "grocer", "food.pantry", "honey", 1680, 90, "cki", "time_honoured vegetarian", "Soy sauce, 500 ml | 酱油 500 毫升", "Sun and jars, nothing faster. | 只靠日头和缸。", "net_content=500 ml; shelf_life_days=720"),
    _good("GROC-EGGS", "grocer", "food.eggs_dairy", "eggs", 1980, 70, "cki", "local", "Ten eggs | 鸡蛋 十枚", "Hens that walk. | 会走路的鸡。", "keep=cool; shelf_life_days=30"),
    _good("GROC-MILK", "grocer", "food.eggs_dairy", "milk", 1380, 60, "cki", "fresh_today", "Fresh milk, 950 ml | 鲜牛奶 950 毫升", "Yesterday it was grass. | 昨天还是青草。", "keep=cool; shelf_life_days=7"),
    _good("GROC-APPL", "grocer", "food.fruit", "apples", 690, 200, "cki", "", "Apples | 苹果", "Sold by the pound. | 按斤卖。", sold_by=("gram", 500)),
    _good("GROC-ORAN", "grocer", "food.fruit", "oranges", 880, 160, "cki", "local", "Island oranges | 岛上蜜橘", "From the islands in the lake. | 来自湖心岛。", sold_by=("gram", 500)),
    _good("GROC-CABB", "grocer", "food.vegetables", "vegetables", 450, 90, "cki", "local fresh_today", "Green cabbage | 青菜", "One head, washed. | 一棵，洗净。"),
    _good("GROC-HONEY", "grocer", "food.pantry", "honey", 5800, 30, "ckio", "local organic no_added_sugar", "Rape-flower honey, 500 g | 油菜花蜜 500 克", "From hives on the river meadow. | 河滩蜂箱所产。", "net_content=500 g; shelf_life_days=720"),
    _good("GROC-SOAP", "grocer", "home.care", "soap", 960, 80, "cki", "green", "Laundry soap, two bars | 洗衣皂 两块", "Smells of nothing. | 没有味道。", "net_content=400 g"),
    _good("GROC-JUICE", "grocer", "food.drinks", "milk", 2200, 48, "cki", "no_added_sugar", "Pear juice, 1 l | 梨汁 1 升", "Only pears. | 只有梨。", "net_content=1 l; shelf_life_days=120"),
    # The Ferryman's Noodles
    _good("NOOD-FISH", "noodles", "meals.dishes", "noodles", 2600, 60, "cki", "local fresh_today", "Fish broth noodles | 鱼汤面", "Bones from the Early Net, four hours. | 早网的鱼骨，熬四小时。", "allergens=fish, wheat"),
    _good("NOOD-BEEF", "noodles", "meals.dishes", "noodles", 3200, 50, "cki", "", "Beef noodles | 牛肉面", "Eight slices, counted in public. | 八片，当面数。", "allergens=wheat"),
    _good("NOOD-VEG", "noodles", "meals.dishes", "noodles", 1900, 50, "cki", "vegetarian", "Mushroom noodles | 香菇素面", "Grandma He's recipe. | 何奶奶的方子。", "allergens=wheat, soy"),
    _good("NOOD-DUMP", "noodles", "meals.dishes", "dumplings", 2400, 80, "cki", "handmade", "Twelve dumplings | 水饺 十二只", "Pork and shepherd's purse. | 荠菜猪肉。", "allergens=wheat"),
    _good("NOOD-SOYM", "noodles", "meals.breakfast", "milk", 400, 100, "cki", "vegetarian fresh_today", "Soy milk, one bowl | 豆浆 一碗", "From six in the morning. | 清晨六点起。", "allergens=soy"),
    _good("NOOD-WONT", "noodles", "meals.breakfast", "dumplings", 1500, 60, "cki", "handmade", "Small wontons | 小馄饨", "Thin enough to read through. | 皮薄可透字。", "allergens=wheat"),
    # Old Chen's Wooden Toys
    _good("TOY-TRAIN", "toys", "family.toys", "toy-train", 12800, 14, "cko", "local handmade infant", "Wooden train | 木头小火车", "Beech, five carriages. | 榉木，五节车厢。", "age_from=1; material=beech"),
    _good("TOY-BLOCKS", "toys", "family.toys", "wooden-blocks", 9900, 20, "cko", "handmade green", "Building blocks, forty | 积木 四十块", "Every block fits every other. | 块块相合。", "age_from=2; material=beech"),
    _good("TOY-BEAR", "toys", "family.toys", "toy-bear", 8800, 9, "cko", "handmade infant", "Jointed bear | 会动的小熊", "Sits by itself. | 自己会坐。", "age_from=3; material=linen"),
    _good("TOY-CHAIR", "toys", "home.furniture", "chair", 18800, 6, "cko", "handmade", "Child's chair | 儿童小椅", "Carries a grandfather too. | 爷爷坐也稳。", "material=beech; dimensions=30 x 30 x 50 cm"),
    _good("TOY-NAME", "toys", "custom", "wooden-blocks", 6800, 10, "cko", "handmade", "Blocks with a name | 姓名积木", "Up to eight letters. | 最多八个字母。", "lead_days=4"),
    # Needle & Reed Tailors
    _good("WEAR-SCARF", "tailor", "wear.clothes", "scarf", 16800, 12, "cko", "handmade heritage", "Silk scarf | 真丝围巾", "Mulberry silk from the lake villages. | 湖边村子的桑蚕丝。", "material=silk", options="colour: lamp red, reed green"),
    _good("WEAR-JACKET", "tailor", "wear.clothes", "jacket", 32800, 15, "cko", "local", "Padded cotton jacket | 棉布夹袄", "Warm without weight. | 暖而不重。", "material=cotton", options="size: S, M, L"),
    _good("WEAR-HAT", "tailor", "wear.clothes", "hat", 6900, 18, "cko", "handmade", "Straw hat | 草编帽", "Reed from the east bank. | 东岸芦苇。", "material=reed"),
    _good("WEAR-SHOES", "tailor", "wear.shoes", "shoes", 12800, 24, "cko", "handmade time_honoured", "Cloth shoes | 千层底布鞋", "A thousand layers of sole. | 千层底。", "material=cotton", options="size: 36, 38, 40, 42"),
    _good("WEAR-UMBR", "tailor", "wear.bags", "umbrella", 15800, 10, "cko", "handmade heritage", "Oil-paper umbrella | 油纸伞", "It rains here. Often. | 这里常下雨。", "material=paper, bamboo"),
    _good("WEAR-QUILT", "tailor", "home.textiles", "quilt", 45800, 8, "cko", "local", "Cotton quilt, 200 x 230 | 棉花被 200×230", "Six pounds of cotton. | 六斤棉花。", "material=cotton; size=200 x 230 cm"),
    _good("WEAR-MEASURE", "tailor", "wear.tailoring", "scissors", 88000, 0, "c", "handmade", "A suit to measure | 量身西服一套", "Three fittings. | 三次试衣。", "material=wool", sells="service"),
    # The Reading Boat
    _good("BOOK-LAKE", "books", "media.books", "book", 4800, 22, "cko", "local", "Stories of the Lake | 湖上故事", "Told by ferrymen, written by Xu Shu. | 渡工口述，许舒整理。", "author=Xu Shu"),
    _good("BOOK-BREAD", "books", "media.books", "book", 6800, 14, "cko", "", "Bread for Beginners | 面包入门", "With Baker Wu's notes. | 附吴师傅批注。", "author=Wu Deng"),
    _good("BOOK-SEAS", "books", "media.books", "book", 5600, 18, "cko", "", "The Twenty-Four Seasons | 二十四节气", "Large print. | 大字本。", "author=Luo Min"),
    _good("BOOK-NOTES", "books", "media.stationery", "notebook", 2200, 90, "cko", "student green", "Squared notebook | 方格笔记本", "Lies flat. | 可平摊。", tiers="5:1900"),
    _good("BOOK-BRUSH", "books", "media.stationery", "pen-brush", 3900, 26, "cko", "handmade", "Writing brush | 毛笔", "Weasel hair, bamboo. | 狼毫竹杆。"),
    _good("BOOK-BAG", "books", "wear.bags", "backpack", 19800, 12, "cko", "student", "School bag | 书包", "Light, with a dry pocket. | 轻便，有防水袋。", "material=canvas"),
    # Spring Well Pharmacy
    _good("CARE-GRAN", "pharmacy", "health.pharmacy", "medicine", 1980, 60, "cki", "", "Isatis root granules | 板蓝根颗粒", "Ask us before you mix medicines. | 合用药物请先咨询。", "approval=Z-0001 (example); shelf_life_days=730"),
    _good("CARE-PRESS", "pharmacy", "health.pharmacy", "medicine", 1680, 60, "ki", "", "Amlodipine tablets, 5 mg | 苯磺酸氨氯地平片 5 毫克", "For high blood pressure; on prescription only. | 用于高血压；处方药，须凭处方购买。", "approval=H-0003 (example); shelf_life_days=730; prescription=needed; substance=Amlodipine 氨氯地平"),
    _good("CARE-SUGAR", "pharmacy", "health.pharmacy", "medicine", 2350, 60, "ki", "", "Metformin tablets, 500 mg | 盐酸二甲双胍片 500 毫克", "For type 2 diabetes; on prescription only. | 用于 2 型糖尿病；处方药，须凭处方购买。", "approval=H-0004 (example); shelf_life_days=730; prescription=needed; substance=Metformin 二甲双胍"),
    _good("CARE-PLAST", "pharmacy", "health.pharmacy", "medicine", 1200, 100, "cki", "", "Plasters, twenty | 创可贴 二十片", "Stay on in the rain. | 雨天也不掉。", "approval=Z-0002 (example); shelf_life_days=1095"),
    _good("CARE-THERM", "pharmacy", "devices.appliances", "thermometer", 4900, 25, "cki", "age_friendly", "Thermometer with large digits | 大字体温计", "Speaks the figure aloud. | 会报数。", "energy=none; warranty_months=24"),
    _good("CARE-STICK", "pharmacy", "family.elders", "walking-stick", 13800, 11, "cko", "age_friendly", "Walking stick | 手杖", "Folds, and stands by itself. | 可折叠，自立。", "material=beech, aluminium"),
    _good("CARE-GLASSES", "pharmacy", "family.elders", "glasses", 8900, 30, "cko", "age_friendly", "Reading glasses | 老花镜", "From +1.0 to +3.0. | 一百至三百度。", options="strength: +1.0, +2.0, +3.0"),
    _good("CARE-FORM", "pharmacy", "family.infant", "infant-formula", 26800, 24, "cki", "infant certified", "Infant formula, stage 1, 800 g | 婴儿配方奶粉 1 段 800 克", "Breast milk is best; ask the nurse. | 母乳最佳，请咨询护士。", "age_from=0; shelf_life_days=720"),
    _good("CARE-STROLL", "pharmacy", "family.infant", "stroller", 89800, 5, "ko", "infant export_quality", "Stroller | 婴儿推车", "Over three bridges without a bump. | 过三座桥也不颠。", "age_from=0; shelf_life_days=3650"),
    # The Early Net
    _good("FISH-CARP", "fish", "food.meat", "fish", 1900, 80, "cki", "local fresh_today", "Lake carp | 湖鲤", "Sold by the pound, cleaned. | 按斤卖，代杀。", "keep=cool", sold_by=("gram", 500)),
    _good("FISH-WHITE", "fish", "food.meat", "fish", 4200, 30, "cki", "local fresh_today", "White fish | 太湖白鱼", "Best steamed. | 清蒸最好。", "keep=cool", sold_by=("gram", 500)),
    _good("FISH-SHRIMP", "fish", "food.meat", "fish", 5800, 24, "cki", "local fresh_today", "White shrimp, 250 g | 白虾 250 克", "Still jumping at six. | 清晨六点还在跳。", "keep=cool"),
    _good("FISH-BALLS", "fish", "food.meat", "dumplings", 2600, 30, "cki", "handmade", "Fish balls, 400 g | 手打鱼丸 400 克", "Beaten by hand, you can hear it. | 手打，听得见。", "keep=frozen"),
    # Lin & Daughter
    _good("HOME-KETTLE", "hardware", "devices.appliances", "kettle", 15900, 18, "cko", "age_friendly trade_in", "Electric kettle, 1.5 l | 电水壶 1.5 升", "One switch, large marks. | 一个开关，大刻度。", "energy=1; warranty_months=24"),
    _good("HOME-LAMP", "hardware", "home.furniture", "lamp", 12900, 16, "cko", "age_friendly green", "Reading lamp | 阅读台灯", "Warm light that does not flicker. | 暖光不频闪。", "material=steel; dimensions=40 cm"),
    _good("HOME-FAN", "hardware", "devices.appliances", "fan", 19900, 12, "cko", "trade_in", "Standing fan | 落地扇", "Quiet enough for a nap. | 静得可以午睡。", "energy=1; warranty_months=24"),
    _good("HOME-WASH", "hardware", "devices.appliances", "washing-machine", 219900, 4, "coi", "green trade_in", "Washing machine, 8 kg | 洗衣机 8 公斤", "Carried up to the fourth floor. | 包送上四楼。", "energy=1; appliance=washer; warranty_months=36"),
    _good("HOME-WOK", "hardware", "home.kitchen", "wok", 16800, 15, "cko", "time_honoured", "Hammered iron wok | 手工铁锅", "Thirty-six thousand blows. | 三万六千锤。", "material=iron"),
    _good("HOME-TOOLS", "hardware", "other", "toolbox", 23800, 9, "cko", "", "Household tool box | 家用工具箱", "Everything you borrow from neighbours. | 从此不用借邻居的。"),
    _good("HOME-PHONE", "hardware", "devices.second_hand", "phone", 129900, 3, "co", "refurbished", "Refurbished phone, 128 GB | 翻新手机 128 GB", "New battery, checked, six months' warranty. | 新电池，已检测，保修半年。", "condition=good; warranty_months=6"),
    _good("HOME-MEND", "hardware", "services.repair", "toolbox", 5000, 0, "c", "", "Repair of small appliances | 小家电维修", "Parts are charged apart. | 配件另计。", "minutes=45", sells="service"),
    # Ferry Kiln
    _good("KILN-BOWL", "kiln", "home.kitchen", "ceramic-bowl", 4800, 120, "cko", "local export_quality", "Rice bowl | 饭碗", "The bowl that goes to Hamburg. | 出口汉堡的那只碗。", "material=stoneware", tiers="6:4200,24:3800"),
    _good("KILN-VASE", "kiln", "home.gifts", "ceramic-bowl", 22800, 8, "cko", "handmade heritage", "Celadon vase | 青瓷花瓶", "No two alike. | 没有两只相同。", "material=celadon"),
    _good("KILN-PLATE", "kiln", "home.kitchen", "ceramic-bowl", 6800, 80, "cko", "export_quality", "Dinner plate, 26 cm | 餐盘 26 厘米", "For Europe's dishwashers, and yours. | 过得了洗碗机。", "material=stoneware"),
    _good("KILN-POT", "kiln", "home.plants", "flowers", 5200, 30, "cko", "local", "Flower pot with chrysanthemum | 菊花盆栽", "Flowers until the first frost. | 开到初霜。"),
    # Grandpa Gu's Garden
    _good("GU-GREENS", "garden", "food.vegetables", "vegetables", 500, 40, "ck", "local fresh_today organic", "A bundle of greens | 一把青菜", "Picked when you ask. | 现要现摘。"),
    _good("GU-RADISH", "garden", "food.vegetables", "vegetables", 400, 50, "ck", "local fresh_today", "White radish | 白萝卜", "Sweet after the first frost. | 霜后更甜。"),
    _good("GU-EGGS", "garden", "food.eggs_dairy", "eggs", 2600, 12, "ck", "local fresh_today", "Ten garden eggs | 园子土鸡蛋 十枚", "Seven hens, known by name. | 七只鸡，各有名字。", "keep=cool; shelf_life_days=30"),
    _good("GU-SEED", "garden", "home.plants", "seedling", 300, 60, "ck", "local", "Seedling in a pot | 盆栽菜苗", "For your own window. | 种在自家窗台。"),
    _good("GU-FLOW", "garden", "home.plants", "flowers", 1200, 15, "ck", "local fresh_today", "A bunch of asters | 一束翠菊", "For no reason at all. | 不为什么。"),
)
