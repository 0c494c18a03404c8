"""What happened to a case, in people's words: a timeline without officialese. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cases.queries import Step
from cases.rules import Phase

PHASE_IN_WORDS: Mapping[Phase, str] = {
    Phase.COLLECTED: "社区正在看",
    Phase.TRIAGE: "社区正在看",
    Phase.NEED_INFO_INTAKE: "等您补充",
    Phase.ANSWERED: "已答复",
    Phase.DECLINED: "不予受理",
    Phase.REGISTERED: "已立案，正在派",
    Phase.DISPATCHED: "已派，等接手",
    Phase.DISPUTED: "正在定谁来办",
    Phase.IN_PROGRESS: "正在办",
    Phase.NEED_INFO_HANDLING: "等您补充",
    Phase.SUSPENDED: "暂时办不了",
    Phase.FEEDBACK: "说办好了",
    Phase.VERIFYING: "等您确认",
    Phase.CLOSED: "已解决",
    Phase.EVALUATED: "已解决",
    Phase.MERGED: "并到另一件",
    Phase.WITHDRAWN: "已撤回",
    Phase.DISCARDED: "不是诉求",
    Phase.ARCHIVED: "已归档",
}
"""A phase as the people who asked understand it; the console has words of its own."""

PHASE_IN_PUBLIC: Mapping[Phase, str] = {
    **PHASE_IN_WORDS,
    Phase.NEED_INFO_INTAKE: "等补充",
    Phase.NEED_INFO_HANDLING: "等补充",
    Phase.VERIFYING: "等居民确认",
}
"""The same for everybody else."""

# Steps that only the house itself is interested in.
SILENT = frozenset({"classify", "classified", "start_verify", "rated", "evaluate", "restore"})
_WORDS: Mapping[str, str] = {
    "collect": "收到诉求",
    "endorse": "又有 {count} 人说也遇到了",
    "endorse_undone": "有 {count} 人撤回了附议",
    "accept": "已立案",
    "dispatch": "派给{agency}",
    "sign": "{agency}接手了",
    "deem_signed": "{agency}到时限没有签收，按规定算已接手",
    "report_done": "{agency}说办好了",
    "rework": "还没解决，退回重办",
    "answer_recorded": "当面或在电话里说了，工作人员代记",
    "undo_withdraw": "取消撤回，接着办",
    "confirmed": "有 {count} 人确认解决了",
    "resident_close": "大家确认解决了，结案",
    "confirm_close": "现场核查过，结案",
    "answer": "社区答复",
    "ack_answer": "认可了答复",
    "not_answered": "没答到点上，转去办理",
    "ask_info_intake": "请补充",
    "ask_info_handling": "请补充",
    "info_given_intake": "已补充",
    "info_given_handling": "已补充",
    "info_timeout_handling": "没等到补充，先接着办",
    "merge": "和另一件同样的事并在一起办",
    "withdraw": "已撤回",
    "reopen": "重新打开，接着办",
    "discard_noise": "社区认为这不是诉求",
    "word": "补充说明",
    "photo": "加了 {count} 张照片",
}
_TONES: Mapping[str, str] = {
    "report_done": "ask",
    "ask_info_intake": "ask",
    "ask_info_handling": "ask",
    "answer": "ask",
    "resident_close": "done",
    "confirm_close": "done",
    "ack_answer": "done",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One point of the timeline: what happened, when, with whose words; `tone` is plain, ask or
    done.
    """

    at: datetime
    name: str
    title: str
    text: str | None
    tone: str
    count: int = 1


def story(steps: Sequence[Step], agency: str | None) -> list[Entry]:
    """The timeline for people, newest first; equal steps that follow each other are one entry."""
    entries: list[Entry] = []
    for step in steps:
        if step.name in SILENT:
            continue
        entry = Entry(step.at, step.name, "", step.text, _TONES.get(step.name, "plain"))
        if entries and _is_more_of_the_same(entries[-1], entry):
            entry = replace(entry, count=entries[-1].count + 1)
            entries[-1] = entry
        else:
            entries.append(entry)
    return [replace(entry, title=_title(entry, agency)) for entry in reversed(entries)]


def latest_words(steps: Sequence[Step], *names: str) -> str:
    """The words of the latest of these steps, empty when there are none."""
    for step in reversed(steps):
        if step.name in names and step.text:
            return step.text
    return ""


def _is_more_of_the_same(before: Entry, entry: Entry) -> bool:
    return before.name == entry.name and not before.text and not entry.text


def _title(entry: Entry, agency: str | None) -> str:
    words = _WORDS.get(entry.name, "有新进展")
    return words.format(count=entry.count, agency=agency or "承办单位")
