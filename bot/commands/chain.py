"""`python -m bot chain`: a pasted 接龙 made into one clean list."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from core.errors import Refusal


def chain(
    file: Annotated[
        str, typer.Argument(help="粘贴下来的群消息（文本文件）；不写就从标准输入读。")
    ] = "-",
    as_json: Annotated[bool, typer.Option("--json", help="写成 JSON，给程序读。")] = False,
) -> None:
    """把几份分叉的接龙并成一份：只信各人自己写的那一行，被别人改过的会指出来。"""
    from deliberation.signup_chain import NOT_A_BALLOT  # slow import
    from deliberation.signup_merge import compile_chains  # slow import
    from deliberation.signup_transcript import (  # slow import
        clean_list,
        flag_words,
        read_transcript,
    )

    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        chains = compile_chains(read_transcript(raw.decode("utf-8-sig")))
    except OSError as trouble:
        raise _stopped(f"打不开 {file}：{trouble.strerror or trouble}") from trouble
    except UnicodeDecodeError as trouble:
        raise _stopped(f"{file} 不是 UTF-8 编码的文字") from trouble
    except Refusal as refusal:
        raise _stopped(str(refusal)) from refusal
    if not chains:
        raise _stopped("里面没有找到接龙（要有“#接龙”开头的一份）。")
    for compiled in chains:
        flags = [flag_words(flag) for flag in compiled.flags]
        if as_json:
            row = {
                "title": compiled.title,
                "copies": compiled.post_count,
                "confirmed": [
                    {"sender": entry.owner, "name": entry.name, "text": entry.text}
                    for entry in compiled.confirmed
                ],
                "to_ask": [
                    {"added_by": entry.added_by, "name": entry.name, "text": entry.text}
                    for entry in compiled.to_ask
                ],
                "flags": flags,
            }
            sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
        else:
            notes = "".join(f"注意：{words}。\n" for words in flags)
            sys.stdout.write(f"{clean_list(compiled)}\n{notes}{NOT_A_BALLOT}\n\n")


def _stopped(words: str) -> typer.Exit:
    typer.echo(words, err=True)
    return typer.Exit(1)
