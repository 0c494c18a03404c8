"""Who may do what: the one table of roles and capabilities.

`case.see` shows the cases of a place to staff; a party sees its own case and an agency the cases
assigned to it without any capability (cases/desk.py). docs/reference/roles.md is made from here.
"""

from collections.abc import Mapping

ROLE_WORDS: Mapping[str, str] = {
    "resident": "居民",
    "volunteer": "志愿者",
    "building_steward": "楼栋长",
    "unit_steward": "单元长",
    "grid_worker": "网格员",
    "grid_lead": "网格长",
    "committee": "居委会/村委会成员",
    "secretary": "社区书记",
    "agency_clerk": "承办单位经办人",
    "dispatcher": "街道/区调度员",
    "supervisor": "督查",
    "evaluator": "第三方评估",
    "mediator": "调解员",
    "operator": "运维",
}

CAPABILITY_WORDS: Mapping[str, str] = {
    "case.report": "反映诉求",
    "case.see": "看本辖区的案件",
    "case.desk": "受理：代人登记、分类、立案、答复、并案、判定不是诉求",
    "case.dispatch": "派单",
    "case.handle": "签收、办理、反馈派给本单位的案件",
    "case.verify": "核查、退回重办",
    "case.supervise": "督查、重新打开",
    "request.see": "看机器人听到的诉求",
    "request.correct": "纠正机器人的判断",
    "people.see": "看居民名册（每次查看都留痕）",
    "people.edit": "改居民名册、导入名册、发绑定码",
    "places.edit": "改网格、楼栋、群",
    "roles.grant": "授予和收回角色",
    "duties.edit": "改权责清单和值班表",
    "knowledge.edit": "写知识库、处理没答上来的问题",
    "listening.edit": "调机器人听懂的门槛",
    "history.see": "看事件记录",
    "outbox.see": "看没有送达的消息并重发",
    "consultation.draft": "拟协商话题、改协商草稿",
    "today.see": "看今天要办的事",
    "district.figures": "看全区数字",
    "operate": "运行维护",
}

_DESK = frozenset(
    {
        "case.report",
        "case.see",
        "case.desk",
        "case.dispatch",
        "case.verify",
        "request.see",
        "request.correct",
        "people.see",
        "people.edit",
        "places.edit",
        "history.see",
        "outbox.see",
        "consultation.draft",
        "today.see",
        "knowledge.edit",
    }
)

CAPABILITIES: Mapping[str, frozenset[str]] = {
    "resident": frozenset({"case.report"}),
    "volunteer": frozenset({"case.report"}),
    "building_steward": frozenset({"case.report"}),
    "unit_steward": frozenset({"case.report"}),
    "grid_worker": frozenset({"case.report", "case.see", "case.verify", "today.see"}),
    "grid_lead": frozenset(
        {"case.report", "case.see", "case.verify", "case.dispatch", "request.see", "today.see"}
    ),
    "committee": _DESK,
    "secretary": _DESK | {"roles.grant", "duties.edit", "case.supervise", "listening.edit"},
    "agency_clerk": frozenset({"case.handle", "today.see"}),
    "dispatcher": frozenset(
        {"case.see", "case.dispatch", "today.see", "district.figures", "knowledge.edit"}
    ),
    "supervisor": frozenset(
        {"case.see", "case.verify", "case.supervise", "history.see", "district.figures"}
    ),
    "evaluator": frozenset({"case.verify", "district.figures"}),
    "mediator": frozenset({"case.report"}),
    "operator": frozenset(
        {"operate", "outbox.see", "history.see", "roles.grant", "today.see", "listening.edit"}
    ),
}
