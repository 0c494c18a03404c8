"""How moments, numbers and lines are said to people: Chinese, short, in the place's own time."""

from datetime import datetime
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")
WEEKDAYS = "一二三四五六日"


def say_time(moment: datetime, now: datetime, zone: ZoneInfo = LOCAL) -> str:
    """今天 14:20, 昨天 09:00, 明天 18:00, 11月20日 周五 10:00, or with the year when another."""
    there, here = moment.astimezone(zone), now.astimezone(zone)
    days = (there.date() - here.date()).days
    clock = f"{there:%H:%M}"
    near = {-1: "昨天", 0: "今天", 1: "明天"}.get(days)
    if near is not None:
        return f"{near} {clock}"
    day = f"{there.month}月{there.day}日 周{WEEKDAYS[there.weekday()]} {clock}"
    return day if there.year == here.year else f"{there.year}年{day}"


def say_left(due: datetime, now: datetime) -> str:
    """还剩 1天3小时, or 已超时 2小时."""
    seconds = (due - now).total_seconds()
    word = "还剩" if seconds >= 0 else "已超时"
    minutes = int(abs(seconds) // 60)
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    if days:
        span = f"{days}天{hours}小时" if hours else f"{days}天"
    elif hours:
        span = f"{hours}小时{minutes}分" if minutes and hours < 3 else f"{hours}小时"
    else:
        span = f"{minutes}分钟"
    return f"{word} {span}"


def shorten(text: str, most: int) -> str:
    """The text in one line of at most so many characters, with … where it was cut."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"
