"""The reference page of decision profiles, written from the profiles themselves."""

from deliberation.profiles import Profile, Requirement, shipped_profiles

NUMBER_WORDS: dict[str, str] = {
    "roll": "应到",
    "registered": "登记的选民",
    "interested": "有利害关系的业主",
    "heads": "业主总人数",
    "area": "专有部分总面积",
    "attend": "到会",
    "voted": "参加投票",
    "part_heads": "参与表决的人数",
    "part_area": "参与表决的面积",
    "yes": "赞成",
    "yes_heads": "赞成的人数",
    "yes_area": "赞成的面积",
    "no": "反对",
    "no_heads": "反对的人数",
    "no_area": "反对的面积",
    "abstain": "弃权",
    "abstain_heads": "弃权的人数",
    "abstain_area": "弃权的面积",
    "invalid": "废票",
    "invalid_heads": "废票的人数",
    "invalid_area": "废票的面积",
}
UNIT_WORDS = {"person": "人", "household": "户", "owner": "业主", "member": "成员"}
EFFECT_WORDS = {
    "binding": "有表决效力",
    "opinion": "意见征询，不具表决效力",
    "paper_only": "只登记和核算纸质结果，不在这里投票",
}
PROXY_WORDS = {"none": "不接受委托", "household": "同户成员", "elector": "其他有表决权的人"}

_HEAD = """# 表决规则一览

本页由 `python -m bot tally --profiles` 按规则文件（`deliberation/profiles/*.toml`）写出，不要手改。
社区可以把规则改得更严，不能改得更松。这里不代替法律意见；省、市另有规定的，先请熟悉当地规定的人
核对，再加一份当地的规则文件。

| 规则 | 名称 | 按什么算 | 到会要求 | 通过要求 | 依据 |
|---|---|---|---|---|---|
"""


def profile_list(profiles: tuple[Profile, ...] | None = None) -> str:
    """All profiles as a Markdown page: one table, then a section for each. Ends with a newline."""
    shown = shipped_profiles() if profiles is None else profiles
    return _HEAD + "".join(map(_row, shown)) + "\n" + "\n".join(map(_section, shown))


def requirement_words(requirement: Requirement) -> str:
    """A comparison in plain words, such as 到会 > 1/2 × 应到."""
    sign = "＞" if requirement.op == ">" else "≥"
    lhs, rhs = NUMBER_WORDS[requirement.lhs], NUMBER_WORDS[requirement.rhs]
    return f"{lhs} {sign} {requirement.ratio} × {rhs}"


def _row(profile: Profile) -> str:
    cells = (
        f"`{profile.id}`",
        profile.title,
        UNIT_WORDS[profile.unit],
        _wanted(profile, ("quorum",)),
        _wanted(profile, ("approve", "elected")),
        "、".join(profile.articles) or "无",
    )
    return "| " + " | ".join(cells) + " |\n"


def _wanted(profile: Profile, stages: tuple[str, ...]) -> str:
    wanted = [requirement_words(part) for part in profile.requirements if part.stage in stages]
    return "<br>".join(wanted) or "无"


def _section(profile: Profile) -> str:
    since = "" if profile.effective_from is None else f"，自 {profile.effective_from} 起适用"
    until = "" if profile.effective_until is None else f"，至 {profile.effective_until} 止"
    lines = [
        f"## {profile.title}",
        "",
        f"`{profile.id}`，第 {profile.version} 版{since}{until}。{EFFECT_WORDS[profile.effect]}。",
        "",
    ]
    if profile.law:
        lines.append(f"- 来源：{profile.law}（{profile.edition}）")
    lines.append(f"- 适用地方：{profile.place or '全国'}")
    lines.append(f"- 谁有表决权：{profile.electorate}")
    if profile.roll.age_min is not None:
        lines.append(f"- 年龄：表决截止那天满 {profile.roll.age_min} 周岁{_age_day(profile)}")
    lines.append(f"- 计票要用的数：{'、'.join(f'`{name}`' for name in profile.numbers) or '不限'}")
    lines += [f"- {requirement_words(r)}：{r.article}“{r.words}”" for r in profile.requirements]
    lines += _duties(profile)
    lines += [f"- {note}" for note in profile.notes]
    return "\n".join(lines) + "\n"


def _age_day(profile: Profile) -> str:
    if profile.roll.age_counts_from == "birthday":
        return "，生日当天就算。"
    return "，从生日的第二天起算。"


def _duties(profile: Profile) -> list[str]:
    proxy, publication = profile.proxy, profile.publication
    most = "" if proxy.held_max is None else f"，一人最多受托 {proxy.held_max} 份"
    source = f"（{proxy.article}）" if proxy.article else ""
    lines = [f"- 委托：{PROXY_WORDS[proxy.holder]}{most}。{proxy.words}{source}"]
    if profile.notice is not None:
        notice = profile.notice
        lines.append(f"- 通知：提前 {notice.days} 日。{notice.words}（{notice.article}）")
    source = f"（{publication.article}）" if publication.article else ""
    lines.append(f"- 公示：不少于 {publication.days} 日{source}")
    return lines
