"""Masking: what must not stay in texts kept as examples."""

import re
from functools import partial

_MASKS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)"), "证件号"),
    (re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)"), "电话"),
    (re.compile(r"(?<!\d)0\d{2,3}[- ]?\d{7,8}(?!\d)"), "电话"),
    (re.compile(r"(?<!\d)\d{12,19}(?!\d)"), "卡号"),
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+"), "邮箱"),
    (re.compile(r"[\u4e00-\u9fff][A-Z][A-Z0-9]{5,6}(?![A-Z0-9])"), "车牌"),
    (
        re.compile(
            r"(?:我叫|我是|本人|姓名[:：]?|联系人[:：]?)"
            r"([赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕张孔曹严华金魏陶姜谢邹章苏潘葛范彭郎鲁韦马方任袁柳唐罗薛雷贺"
            r"汤殷毕郝安常傅齐康余顾孟黄萧尹姚邵汪毛戴宋庞熊纪舒董梁杜阮贾江郭林钟徐邱骆高夏蔡田胡凌万卢丁邓洪石崔龚程"
            r"陆翁段侯全班秋仲宁甘祖武刘叶白赖谭][\u4e00-\u9fff]{1,2})(?![\u4e00-\u9fff]{0,1}(?:楼|栋|室))"
        ),
        "某人",
    ),
)


def masked(text: str) -> str:
    """`text` without identity numbers, telephones, cards, plates, mail addresses and names."""
    for pattern, word in _MASKS:
        text = pattern.sub(partial(_hidden, word), text)
    return text


def _hidden(word: str, hit: re.Match[str]) -> str:
    return hit[0].replace(hit[1], word) if hit.re.groups else word
