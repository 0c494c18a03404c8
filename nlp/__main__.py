"""`python -m nlp`: read messages, score on labelled files, train."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TextIO

TASKS = ("category", "intent", "place", "similar", "topics")
FEW_MAX = 1000

Command = Callable[[argparse.Namespace], int]


def context_of(row: dict[str, Any]) -> Any:
    """The `Context` of one input line: sender, addressed, context, matters, gazetteer."""
    from nlp.reading import Context  # slow import

    return Context(
        sender=row.get("sender"),
        addressed=bool(row.get("addressed", False)),
        messages=_messages(row.get("context") or ()),
        matters=_messages(row.get("matters") or ()),
        gazetteer=tuple(str(name) for name in row.get("gazetteer") or ()),
        thresholds={str(k): float(v) for k, v in (row.get("thresholds") or {}).items()},
        categories=tuple(str(name) for name in row.get("categories") or ()),
    )


def _messages(rows: Iterable[dict[str, Any]]) -> tuple[tuple[str, str, str], ...]:
    return tuple(
        (str(row.get("id", place)), str(row.get("sender") or ""), str(row["text"]))
        for place, row in enumerate(rows)
    )


def answer(line: str) -> tuple[dict[str, Any], bool]:
    """The answer to one input line, and whether the line was good."""
    from nlp.reading import read  # slow import

    try:
        row = json.loads(line)
        if not isinstance(row, dict) or not isinstance(row.get("text"), str):
            return {"error": "每行应是一个带 text 的 JSON 对象"}, False
        context = context_of(row)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as trouble:
        return {"error": f"读不懂这一行：{trouble}"}, False
    reading = read(row["text"], context)
    said = {"id": row["id"]} if "id" in row else {}
    said |= {
        "intent": reading.intent.value,
        "category": reading.category,
        "category2": reading.category2,
        "urgency": reading.urgency,
        "place": reading.place,
        "confidence": reading.confidence,
        "category_confidence": reading.category_confidence,
        "reasons": list(reading.reasons),
        "same_as": reading.same_as,
        "model": reading.model,
    }
    return said, True


def read_lines(source: TextIO, sink: TextIO) -> int:
    """Answer every line of `source` on `sink` in order; 1 if any line was bad, else 0."""
    all_good = True
    for line in source:
        if not line.strip():
            continue
        said, good = answer(line)
        all_good = all_good and good
        sink.write(json.dumps(said, ensure_ascii=False).encode("utf-8", "replace").decode() + "\n")
    return 0 if all_good else 1


def _read(_: argparse.Namespace) -> int:
    _speak_utf8()
    return read_lines(sys.stdin, sys.stdout)


def _speak_utf8() -> None:
    for stream in (sys.stdin, sys.stdout):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")


def _evaluate(options: argparse.Namespace) -> int:
    if options.task in ("similar", "topics"):
        return _evaluate_texts(options)
    from nlp.evaluate import EVALUATIONS  # slow import

    figures = EVALUATIONS[options.task](options.file)
    sys.stdout.write(json.dumps(figures, ensure_ascii=False, indent=1) + "\n")
    return 0


def _evaluate_texts(options: argparse.Namespace) -> int:
    from nlp.text_rows import TextFileError  # slow import
    from nlp.text_scores import evaluate_similar, evaluate_topics  # slow import

    try:
        if options.task == "similar":
            figures = evaluate_similar(options.file, options.corpus)
        else:
            figures = evaluate_topics(options.file, options.corpus, options.predicted)
    except TextFileError as trouble:
        return _refused(trouble)
    sys.stdout.write(json.dumps(figures, ensure_ascii=False, indent=1) + "\n")
    return 0


def _similar(options: argparse.Namespace) -> int:
    from nlp.text_commands import similar  # slow import
    from nlp.text_rows import TextFileError  # slow import

    _speak_utf8()
    try:
        similar(options.corpus, options.queries, options.top, sys.stdout)
    except TextFileError as trouble:
        return _refused(trouble)
    return 0


def _topics(options: argparse.Namespace) -> int:
    from nlp.text_commands import topics  # slow import
    from nlp.text_rows import TextFileError  # slow import

    _speak_utf8()
    try:
        topics(options.file, options.least, sys.stdout)
    except TextFileError as trouble:
        return _refused(trouble)
    return 0


def _refused(trouble: ValueError) -> int:
    sys.stderr.write(f"{trouble}\n")
    return 1


def _train(options: argparse.Namespace) -> int:
    if options.with_corrections:
        return _retrain(options)
    from nlp.card import write_card  # slow import
    from nlp.corpus import testdata  # slow import
    from nlp.left_out import note_left_out  # slow import, optional dependency
    from nlp.train import train  # slow import, optional dependency

    folder = options.data or testdata()
    manifest = train(folder)
    note_left_out(manifest, folder)
    card = write_card(json.loads(manifest.read_text(encoding="utf-8")), folder)
    sys.stdout.write(f"{manifest}\n{card}\n")
    return 0


def _retrain(options: argparse.Namespace) -> int:
    from nlp.reading import weights_folder  # slow import
    from nlp.retrain import retrain  # slow import

    facts = retrain(options.with_corrections, weights_folder(), options.to)
    sys.stdout.write(json.dumps(facts, ensure_ascii=False, indent=1) + "\n")
    return 0 if facts["installed"] else 1


def _evaluate_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--task", required=True, choices=TASKS)
    parser.add_argument("file", type=Path, help="带标注的 JSON Lines 文件")
    parser.add_argument("--corpus", type=Path, help="similar、topics：标注所指的文字，默认公开来信")
    parser.add_argument("--predicted", type=Path, help="topics：给这个文件里的话题打分，不另算")


def _train_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, default=None, help="公开数据所在的文件夹")
    parser.add_argument("--with-corrections", type=Path, help="更正的 JSON Lines：从现有权重接着学")
    parser.add_argument("--to", type=Path, default=Path("var/nlp"), help="新模型放在哪个文件夹")


def _similar_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--corpus", type=Path, required=True, help="在哪些文字里找（JSON Lines）")
    parser.add_argument("--queries", type=Path, required=True, help="为哪些文字找（JSON Lines）")
    parser.add_argument("--top", type=_few, default=20, help="每条最多给几个，默认 20")


def _topics_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="带 id、time、title、body 的 JSON Lines")
    parser.add_argument("--least", type=_few, default=2, help="少于几条的不列，默认 2")


def _few(words: str) -> int:
    if not words.isdecimal() or not 1 <= int(words) <= FEW_MAX:
        raise argparse.ArgumentTypeError(f"应是 1 到 {FEW_MAX} 的整数")
    return int(words)


def _no_options(_: argparse.ArgumentParser) -> None:
    return None


COMMANDS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None], Command]] = {
    "read": ("读懂消息：标准输入每行一个 JSON，标准输出每行一个答案", _no_options, _read),
    "evaluate": ("用带标注的文件打分", _evaluate_options, _evaluate),
    "similar": ("为每条文字找说同一件事的别的文字", _similar_options, _similar),
    "topics": ("从许多文字里找大家在说什么", _topics_options, _topics),
    "train": ("训练并写出权重", _train_options, _train),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command of the table and return its exit status."""
    # One thread adds up in one order, so that a seed gives the same weights again; and tables as
    # small as ours cost several threads more than they save.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    parser = argparse.ArgumentParser(prog="python -m nlp", description="读懂居民说的话。")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, (help_text, add_options, _) in COMMANDS.items():
        add_options(commands.add_parser(name, help=help_text, description=help_text))
    options = parser.parse_args(arguments)
    installed = os.environ.get("YUNSHEQU_NLP_WEIGHTS")
    if installed:
        from nlp.reading import use_weights  # slow import

        use_weights(Path(installed))
    return COMMANDS[options.command][2](options)


if __name__ == "__main__":
    sys.exit(main())
