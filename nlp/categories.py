"""The categories of requests: thirteen first-level names every installation knows."""

CATEGORIES: tuple[str, ...] = (
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
    "农村农业",
    "民政救助",
    "其他",
)
