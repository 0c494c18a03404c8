"""Whether words ask for knowledge, or ask somebody to come and do something."""

import re

from nlp.plain import plain

TEXT_MAX = 120

_ASKS = re.compile(
    r"[?？]|[吗么嘛呢不没]$|怎么|怎样|咋|如何|什么|啥|几点|几号|几月|几天|几[个户本张次栋幢折只条份家层路岁点]|周几|哪|谁|多少|多久|多长|"
    r"能不能|可不可以|要不要|需不需要|有没有|是不是|用不用|会不会|请问|点样|边度|几[时多]"
)
_WHEN = r"什么时候|啥时候|啥时|几时|多久|几点|哪天|何时|什么时间"
_DO = (
    r"(?<!装)修|来人|处理|解决|弄好|搞好|弄一下|通了|疏通|清理|清走|清掉|清了|恢复|来水|来电|来气|通水|通电|通气|"
    r"供水|供电|供暖|能好|才好|拆掉|换掉|装上|派人|上门看|过来看|管管|管一管"
)
_WANTS = re.compile(
    rf"(?:{_WHEN}).{{0,10}}(?:{_DO})|(?:{_DO}).{{0,8}}(?:{_WHEN})|"
    r"谁(?:来|去|给)?(?:修|管|处理|清)|(?:怎么|咋)(?:还(?:不|没|是|这|那|在)|又|老是?|总)|还没(?:有)?(?:人|修|来|处理|清|弄|解决|好)|"
    r"没(?:有)?人(?:来|管|修|清|收|处理)|有没有人(?:来|管|修|清|处理)|"
    r"(?:能不能|可不可以|可以|能|麻烦|帮).{0,6}(?:来|派|帮|安排).{0,6}(?:修|看|处理|清|弄|换|疏通)|"
    r"(?:修|管|处理|清理|疏通|解决|反映|登记)一下|(?:上次|之前|昨天|前天|已经)?(?:报|反映|投诉|登记)(?:过|了)?的|"
    r"到底(?:什么时候|啥时候|管不管|修不修)"
)


def is_asking(text: str) -> bool:
    """Whether the words have the form of a question; long texts tell, they do not ask."""
    words = plain(text)
    return len(words) <= TEXT_MAX and _ASKS.search(words) is not None


def wants_action(text: str) -> bool:
    """Whether a question is really a call to do something: 什么时候来修, 怎么还没人管."""
    return _WANTS.search(plain(text)) is not None
