"""The demonstration district: invented places and people, as plain data."""

from dataclasses import dataclass

from community.tables import AgencyKind, Residency


@dataclass(frozen=True, slots=True)
class Person:
    """Someone of the demo cast; `sender` is the name on the simulator, empty for none."""

    sender: str
    name: str
    number: str
    household: str = ""
    residency: Residency = Residency.HOME
    city: str = ""
    time_zone: str = "Asia/Shanghai"
    born: str = ""
    phone: str = ""
    role: str = ""
    agency: str = ""
    login: str = ""
    rooms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """A demo community."""

    code: str
    name: str
    is_village: bool
    grids: tuple[tuple[str, str], ...]
    buildings: tuple[tuple[str, str, tuple[str, ...]], ...]  # grid, name, nicknames
    facilities: tuple[tuple[str, tuple[str, ...]], ...]
    dwellings: tuple[tuple[str, str, int], ...]  # household, address, area in 0.01 m²
    groups: tuple[tuple[str, str, str], ...]  # chat, name, building
    agencies: tuple[tuple[str, AgencyKind], ...]
    duties: tuple[tuple[str, str], ...]  # category, agency
    people: tuple[Person, ...]


ESTATE = Place(
    code="XFL",
    name="幸福里社区",
    is_village=False,
    grids=(("XFL-1", "第一网格"), ("XFL-2", "第二网格")),
    buildings=(
        ("XFL-1", "1栋", ()),
        ("XFL-1", "2栋", ()),
        ("XFL-1", "3栋", ("红楼",)),
        ("XFL-2", "8栋", ()),
        ("XFL-2", "12栋", ("老财校楼",)),
    ),
    facilities=(
        ("东门", ()),
        ("南门", ("正门",)),
        ("地下车库", ("车库",)),
        ("中心花园", ("喷水池",)),
        ("快递柜", ()),
        ("非机动车棚", ("车棚",)),
    ),
    dwellings=(
        ("XFL-0301", "3栋2单元501", 8_950),
        ("XFL-0302", "3栋2单元1202", 10_420),
        ("XFL-0303", "3栋1单元201", 8_950),
        ("XFL-0801", "8栋1单元1103", 12_100),
        ("XFL-1201", "12栋丙单元101", 6_230),
        ("XFL-1202", "12栋甲单元602", 6_230),
    ),
    groups=(
        ("xfl-3", "幸福里3栋群", "3栋"),
        ("xfl-12", "幸福里12栋群", "12栋"),
        ("xfl-all", "幸福里业主大群", ""),
    ),
    agencies=(
        ("安居物业", AgencyKind.PROPERTY),
        ("街道城建科", AgencyKind.DEPARTMENT),
        ("街道综合科", AgencyKind.DEPARTMENT),
    ),
    duties=(
        ("住房与物业", "安居物业"),
        ("环境保护", "安居物业"),
        ("治安安全", "街道综合科"),
        ("邻里纠纷", "街道综合科"),
        ("城乡建设", "街道城建科"),
        ("交通运输", "街道城建科"),
        ("教育文体", "街道综合科"),
        ("劳动和社会保障", "街道综合科"),
        ("商贸旅游", "街道综合科"),
        ("卫生计生", "街道综合科"),
        ("农村农业", "街道综合科"),
        ("民政救助", "街道综合科"),
        ("其他", "街道综合科"),
    ),
    people=(
        Person(
            "wangfang",
            "王芳",
            "XFL-R01",
            "XFL-0301",
            born="1984-03-12",
            phone="13900010001",
            rooms=("xfl-3", "xfl-all"),
        ),
        Person(
            "liqiang",
            "李强",
            "XFL-R02",
            "XFL-0302",
            born="1979-11-02",
            phone="13900010002",
            rooms=("xfl-3", "xfl-all"),
        ),
        Person("zhaonainai", "赵奶奶", "XFL-R03", "XFL-0303", born="1948-06-30", rooms=("xfl-3",)),
        Person(
            "chenmo",
            "陈默",
            "XFL-R04",
            "XFL-0801",
            Residency.TENANT,
            born="1997-01-20",
            phone="13900010004",
            rooms=("xfl-all",),
        ),
        Person(
            "laowei",
            "魏国庆",
            "XFL-R05",
            "XFL-1201",
            born="1957-09-09",
            rooms=("xfl-12", "xfl-all"),
        ),
        Person(
            "liumei",
            "刘梅",
            "XFL-R06",
            "XFL-1202",
            born="1990-04-18",
            phone="13900010006",
            rooms=("xfl-12", "xfl-all"),
        ),
        Person(
            "wushuji",
            "吴书记",
            "XFL-S01",
            residency=Residency.STAFF,
            role="secretary",
            login="wushuji",
            rooms=("xfl-3", "xfl-12", "xfl-all"),
        ),
        Person(
            "dingdi",
            "丁迪",
            "XFL-S02",
            residency=Residency.STAFF,
            role="grid_worker",
            login="dingdi",
            phone="13900010012",
            rooms=("xfl-3", "xfl-12", "xfl-all"),
        ),
        Person(
            "guoshifu",
            "郭师傅",
            "XFL-S03",
            residency=Residency.STAFF,
            role="agency_clerk",
            agency="安居物业",
            login="guoshifu",
            rooms=("xfl-3",),
        ),
        Person(
            "sunke",
            "孙科",
            "XFL-S04",
            residency=Residency.STAFF,
            role="agency_clerk",
            agency="街道综合科",
            login="sunke",
        ),
        Person(
            "qiangong",
            "钱工",
            "XFL-S05",
            residency=Residency.STAFF,
            role="agency_clerk",
            agency="街道城建科",
        ),
    ),
)

VILLAGE = Place(
    code="HYC",
    name="花园村",
    is_village=True,
    grids=(("HYC-1", "村网格"),),
    buildings=(("HYC-1", "3组", ()), ("HYC-1", "5组", ("塘上",))),
    facilities=(("村口桥", ()), ("老槐树", ()), ("五组大塘", ("大塘",)), ("村文化广场", ())),
    dwellings=(
        ("HYC-0301", "3组12号", 14_600),
        ("HYC-0302", "3组15号", 11_800),
        ("HYC-0501", "5组7号", 13_200),
    ),
    groups=(("hyc-all", "花园村大家庭", ""),),
    agencies=(("花园村村委会", AgencyKind.ORGANISATION), ("镇农业服务中心", AgencyKind.DEPARTMENT)),
    duties=(
        ("农村农业", "镇农业服务中心"),
        *(
            (category, "花园村村委会")
            for category in (
                "城乡建设",
                "环境保护",
                "交通运输",
                "教育文体",
                "劳动和社会保障",
                "商贸旅游",
                "卫生计生",
                "住房与物业",
                "邻里纠纷",
                "治安安全",
                "民政救助",
                "其他",
            )
        ),
    ),
    people=(
        Person(
            "mahua",
            "马华",
            "HYC-S03",
            residency=Residency.STAFF,
            role="agency_clerk",
            agency="镇农业服务中心",
        ),
        Person(
            "chenwei",
            "陈伟",
            "HYC-R01",
            "HYC-0301",
            Residency.AWAY,
            city="东莞",
            born="1986-02-11",
            phone="13900020001",
            rooms=("hyc-all",),
        ),
        Person("chenma", "陈秀英", "HYC-R02", "HYC-0301", born="1955-08-15", rooms=("hyc-all",)),
        Person("yangsan", "杨三", "HYC-R03", "HYC-0501", born="1968-12-01", rooms=("hyc-all",)),
        Person(
            "xiaofang",
            "方小芳",
            "HYC-R04",
            "HYC-0302",
            Residency.AWAY,
            city="马德里",
            time_zone="Europe/Madrid",
            born="1992-07-07",
            rooms=("hyc-all",),
        ),
        Person(
            "zhangzhishu",
            "张支书",
            "HYC-S01",
            residency=Residency.STAFF,
            role="secretary",
            login="zhangzhishu",
            rooms=("hyc-all",),
        ),
        Person(
            "huwei",
            "胡伟",
            "HYC-S02",
            residency=Residency.STAFF,
            role="agency_clerk",
            agency="花园村村委会",
            login="huwei",
            rooms=("hyc-all",),
        ),
    ),
)

DISTRICT_PEOPLE = (
    Person("", "周调度", "QX-S01", residency=Residency.STAFF, role="dispatcher", login="qu"),
    Person("", "马督查", "QX-S02", residency=Residency.STAFF, role="supervisor", login="ducha"),
)

PLACES = (ESTATE, VILLAGE)

# What has been said before anyone looks: sender, chat, words. An empty chat is private.
TALK: tuple[tuple[str, str, str], ...] = (
    ("wangfang", "xfl-3", "三栋二单元电梯又坏了，老人下不来楼"),
    ("liqiang", "xfl-3", "我们也是，二单元"),
    ("laowei", "xfl-12", "12栋丙单元楼道灯不亮好几天了，晚上摸黑"),
    ("liumei", "xfl-12", "南门快递柜旁边垃圾堆成山了，臭死了，能不能有人来清一下"),
    ("chenmo", "", "地下车库B2漏水，都淹到8栋电梯口了"),
    ("yangsan", "hyc-all", "村口桥的护栏断了一截，小孩天天从那过，太危险了"),
    ("chenwei", "", "3组门口路灯坏了，我妈晚上出门看不见"),
    ("liumei", "", "医保异地报销怎么办"),
    ("chenmo", "xfl-all", "请问周末垃圾房几点可以扔垃圾？"),
    ("zhaonainai", "", "老年公交卡怎么办理呢"),
)
# Which of them has gone how far: words in the text, and the steps taken since.
PROGRESS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("楼道灯", ("sign", "done:换了两只灯管和声控开关", "yes", "rate:5")),
    ("垃圾堆成山", ("sign", "done:已清运，加了一个桶")),
    ("地下车库B2", ("sign",)),
    ("护栏断了", ("sign", "done:焊好了，刷了漆", "yes", "rate:4")),
)
