"""`python -m nlp`: read messages, score on labelled files, train."""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TextIO

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
    for stream in (sys.stdin, sys.stdout):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    return read_lines(sys.stdin, sys.stdout)


def _evaluate(options: argparse.Namespace) -> int:
    from nlp.evaluate import EVALUATIONS  # slow import

    figures = EVALUATIONS[options.task](options.file)
    sys.stdout.write(json.dumps(figures, ensure_ascii=False, indent=1) + "\n")
    return 0


def _train(options: argparse.Namespace) -> int:
    if options.with_corrections:
        return _retrain(options)
    from nlp.card import write_card  # slow import
    from nlp.corpus import testdata  # slow import
    from nlp.train import train  # slow import, optional dependency

    manifest = train(options.data)
    card = write_card(json.loads(manifest.read_text(encoding="utf-8")), options.data or testdata())
    sys.stdout.write(f"{manifest}\n{card}\n")
    return 0


def _retrain(options: argparse.Namespace) -> int:
    from nlp.reading import weights_folder  # slow import
    from nlp.retrain import retrain  # slow import

    facts = retrain(options.with_corrections, weights_folder(), options.to)
    sys.stdout.write(json.dumps(facts, ensure_ascii=False, indent=1) + "\n")
    return 0 if facts["installed"] else 1


def _evaluate_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--task", required=True, choices=("category", "intent", "place"))
    parser.add_argument("file", type=Path, help="带标注的 JSON Lines 文件")


def _train_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, default=None, help="公开数据所在的文件夹")
    parser.add_argument("--with-corrections", type=Path, help="更正的 JSON Lines：从现有权重接着学")
    parser.add_argument("--to", type=Path, default=Path("var/nlp"), help="新模型放在哪个文件夹")


def _no_options(_: argparse.ArgumentParser) -> None:
    return None


COMMANDS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None], Command]] = {
    "read": ("读懂消息：标准输入每行一个 JSON，标准输出每行一个答案", _no_options, _read),
    "evaluate": ("用带标注的文件打分", _evaluate_options, _evaluate),
    "train": ("训练并写出权重", _train_options, _train),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command of the table and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m nlp", description="读懂居民说的话。")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, (help_text, add_options, _) in COMMANDS.items():
        add_options(commands.add_parser(name, help=help_text, description=help_text))
    options = parser.parse_args(arguments)
    return COMMANDS[options.command][2](options)


if __name__ == "__main__":
    sys.exit(main())
