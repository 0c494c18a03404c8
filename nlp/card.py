"""The model card: what the shipped model was trained on, how it scores, what it must not decide."""

from pathlib import Path
from typing import Any

from nlp.evaluate import evaluate_category, evaluate_intent, evaluate_place

CARD = Path(__file__).resolve().parents[1] / "docs" / "explanation" / "model-card.md"

_DATA = """## 学了什么

| 数据 | 条数 | 用处 | 来源与条件 |
|---|---|---|---|
| `nlp/data/chat/*.jsonl` | {lines} | 意图、类别、急缓、前后文 | 本项目手写，随项目发布 |
| `nlp/data/plain.jsonl`、`talk.jsonl` | 约 590 | 平常短句；无关的闲话 | 本项目手写，随项目发布 |
| 市民来信（标题、正文、七类） | {letters} | 类别；“和社区有关”的句子 | 公开比赛数据，不发布 |
| 短信、电影与旅行对话 | 抽样 13,000 | “和社区无关”的话 | NUS SMS、KdConv、CrossWOZ |
| 地址标注 | 8,957 | 楼、单元、层、室的位置 | Li 等，NAACL 2019，不发布 |

群聊的模型有两半，分数取平均：一半是字串的线性权重，一半是小的隐层网络，字串的向量先从没有标注的公开文本里学来。
整个来源（一个人写的那一份）轮流不学，用来校准置信度、学跟帖；门槛也照这样比过。
权重的词表只收至少在三条消息里出现过的字串，所以人名、电话留不下来。随机种子固定为 20261122。
"""

_LIMITS = """## 在哪里会错

- 上面群聊的分数略偏乐观：权重没学过这份判分数据，但早先几条危险规则和门槛是看着它定的。
- 轮流不学的自写来源（反话、方言、半句话最多）分数更低：带前文时门的召回约八成四、准确约八成。
- 训练的群聊是手写的，不是真实群聊；方言写法、反话、半句话最容易错。
- 住房与物业、邻里纠纷、治安安全、农村农业、民政救助、其他这六类没有公开标注，
  靠词表、手写例子和更正；群聊短句的类别因此远不如来信的类别准。
- 没有前文时，“[图片]”“九楼也有”这类跟帖听不出是什么事；带上前文会好很多。
- 危险信号宁可多报：每一百条平常话里会误报几条；演习和外地新闻大多挡得住，不是全部。
- 置信度在来信和没学过的自写来源上校准过；在判分数据上的偏差见上表。

## 不许由它单独决定的事

- 不许单独决定不救人：听出危险要叫人，没听出也不等于安全。
- 不许单独决定不受理、结案、处罚、发不发补助。
- 不许用来给居民打分、排名或判断人品。
- 疑似想不开的话，一律马上转给人，由人温和地回应。
"""


def write_card(manifest: dict[str, Any], folder: Path, target: Path = CARD) -> Path:
    """Write the card for the weights just trained, scored on the judging files of `folder`."""
    letters = evaluate_category(folder / "requests" / "labelled_dev.jsonl.gz")
    chat = evaluate_intent(folder / "chat" / "dev.jsonl")
    spans = evaluate_place(folder / "addresses" / "dev.jsonl.gz")
    parts = [
        "# 模型卡：读懂居民说的话",
        f"模型版本 `{manifest['version']}`。这一页由 `python -m nlp train` 写出，不要手改。",
        _DATA.format(lines=manifest["chat"]["lines"], letters=manifest["letters"]["letters"]),
        "## 分数（在没有学过的数据上，方括号是 95% 自助区间）",
        _letters_table(letters),
        _chat_table(chat),
        _class_table("各意图（带前文）", chat["context"]["classes"]),
        _class_table("各类别（来信标题）", letters["title"]["classes"]),
        f"地址的楼、单元、层、室：精确位置 F1 {spans['f1']:.3f}。",
        f"跟帖认出是哪件事（`same_as`）：F1 {chat['same_as']['f1']:.3f}。",
        _left_out_table(manifest["left_out"]),
        _LIMITS,
    ]
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("\n\n".join(part.strip() for part in parts) + "\n", encoding="utf-8")
    return target


_SOURCES = {
    "sms": "私人短信",
    "kdconv": "电影、音乐、旅行的对话",
    "crosswoz": "订餐、问路的对话",
    "letters": "市民来信的标题",
}


def _left_out_table(figures: dict[str, Any]) -> str:
    """Each public source as read, alone, by a model that learnt nothing from it."""
    rows = [
        "### 整个来源都没学过时",
        "",
        "每次去掉一个来源重新训练，再单条去读它。闲话越低越好，来信越高越好。",
        "",
        "| 来源 | 条数 | 听成和社区有关的 |",
        "|---|---|---|",
    ]
    for source, one in figures.items():
        rows.append(f"| {_SOURCES[source]} | {one['texts']} | {one['heard']:.3f} |")
    return "\n".join(rows)


def _letters_table(figures: dict[str, Any]) -> str:
    rows = ["| 来信类别 | macro-F1 | 校准误差 | 最有把握的八成 |", "|---|---|---|---|"]
    for name, key in (("标题", "title"), ("标题加正文", "full")):
        one = figures[key]
        low, high = one["interval"]
        error, surest = one["calibration_error"], one["surest_80_accuracy"]
        score = f"{one['macro_f1']:.3f} [{low:.3f}–{high:.3f}]"
        rows.append(f"| {name} | {score} | {error:.3f} | {surest:.3f} |")
    return "\n".join(rows)


def _chat_table(figures: dict[str, Any]) -> str:
    rows = [
        "| 群聊 | 意图 macro-F1 | 门：召回 / 准确 | 危险：召回 / 误报 | 校准误差 |",
        "|---|---|---|---|---|",
    ]
    for name, key in (("单条", "bare"), ("带前文", "context")):
        one = figures[key]
        low, high = one["interval"]
        gate, danger = one["gate"], one["emergency"]
        cells = [
            f"{one['macro_f1']:.3f} [{low:.3f}–{high:.3f}]",
            f"{gate['recall']:.3f} / {gate['precision']:.3f}",
            f"{danger['recall']:.3f} / {danger['others_flagged']:.3f}",
            f"{one['calibration_error']:.3f}",
        ]
        rows.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def _class_table(title: str, classes: dict[str, dict[str, float]]) -> str:
    rows = [f"### {title}", "", "| | 准确 | 召回 | F1 | 条数 |", "|---|---|---|---|---|"]
    for name, one in classes.items():
        figures = f"{one['precision']:.3f} | {one['recall']:.3f} | {one['f1']:.3f}"
        rows.append(f"| {name} | {figures} | {one['count']:.0f} |")
    return "\n".join(rows)
