"""The stand-alone verifier: it finds every single change, names it, and never stumbles."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.canonical import canonical
from core.signatures import private_key
from deliberation import verify_bundle
from deliberation.bundle import bundle_files, write_bundle
from deliberation.invented_vote import invent_vote
from deliberation.profiles import find_profile, shipped_profiles
from deliberation.verify_bundle import Broken, recount
from tests.deliberation.bundles import (
    OWNERS,
    PERSON,
    edited,
    files,
    joined,
    lines,
    relisted,
    trouble,
    vote,
    zipped,
)

SCRIPT = Path(verify_bundle.__file__)
KINDS = [
    ("named", PERSON, "recount"),
    ("named", OWNERS, "recount"),
    ("named", OWNERS, "notice"),
    ("detached", PERSON, "recount"),
    ("detached", PERSON, "notice"),
]


# What is right is found right ------------------------------------------------------------------


@pytest.mark.parametrize(("mode", "profile", "kind"), KINDS)
def test_an_honest_bundle_is_verified(mode, profile, kind):
    text = recount(zipped(files(mode, profile, kind=kind)), vote(mode, profile).heads[-1]["root"])

    assert text[0] == "验过了，没有发现改动。"
    size = len(vote(mode, profile).records)
    assert text[-1] == f"树根对得上：公布它时票链有 {size} 条，之后的 0 条只有签名担保。"


@pytest.mark.parametrize(
    "profile", [one.id for one in shipped_profiles() if one.effect != "paper_only"]
)
@pytest.mark.parametrize("ballots", [0, 1, 9, 31])
def test_every_profile_is_recounted_alike(profile, ballots):
    # I2: the bundle's count by the script equals the stored one, made by other code.
    rule = find_profile(profile)
    text = recount(zipped(files("named", profile, ballots=ballots)), None)

    told = json.loads(vote("named", profile, ballots).tally)
    assert len(told["results"][0]["checks"]) == len(rule.requirements)
    assert any(f"（{told['results'][0]['outcome']}）" in line for line in text)


@pytest.mark.slow
@given(
    st.sampled_from([one.id for one in shipped_profiles() if one.effect != "paper_only"]),
    st.integers(0, 60),
    st.integers(0, 2**32),
)
@settings(max_examples=25, deadline=None)
def test_any_invented_vote_is_recounted_alike(profile, ballots, seed):
    # I2 as a property: whatever was voted, the stranger's count is the stored one.
    invented = invent_vote(ballots=ballots, mode="named", profile=find_profile(profile), seed=seed)

    text = recount(zipped(bundle_files(invented, "recount")), None)

    outcome = json.loads(invented.tally)["results"][0]["outcome"]
    assert any(f"（{outcome}）" in line for line in text)


@pytest.mark.parametrize("ballots", [0, 1, 9, 10, 19, 20, 21, 75])
def test_detached_votes_of_any_size_are_verified(ballots):
    text = recount(zipped(files("detached", ballots=ballots)), None)

    assert f"，参加 {ballots}，" in text[3]


def test_the_script_alone_says_it_in_words(tmp_path):
    file = tmp_path / "bundle.zip"
    write_bundle(file, vote(), "recount")

    done = subprocess.run(
        [sys.executable, "-I", "-S", str(SCRIPT), str(file)],
        capture_output=True,
        encoding="utf-8",
        env={"PYTHONIOENCODING": "utf-8"},
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert "结果：通过（PASSED）" in done.stdout
    assert "没有给 --root：要是有人把整个包连同签名重做一份，这里看不出来。" in done.stdout


def test_the_script_refuses_in_one_line(tmp_path):
    file = tmp_path / "bundle.zip"
    changed = {**files(), "question.json": edited(files()["question.json"], title="换了")}
    file.write_bytes(zipped(changed).getvalue())

    done = subprocess.run(
        [sys.executable, "-I", "-S", str(SCRIPT), str(file)],
        capture_output=True,
        encoding="utf-8",
        env={"PYTHONIOENCODING": "utf-8"},
    )

    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout == "不对：question.json 被换过或改过：与票链第 0 条定下的不同\n"


def test_the_script_imports_the_standard_library_only():
    nodes = list(ast.walk(ast.parse(SCRIPT.read_text("utf-8"))))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom)}

    assert "hashlib" in names
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names


def test_the_bundle_carries_the_verifier_itself():
    assert files()["verify_bundle.py"] == SCRIPT.read_bytes()


def test_a_root_may_be_given_in_groups_and_from_any_day():
    heads = vote().heads
    spoken = " ".join(re.findall("........", heads[2]["root"])).upper()

    text = recount(zipped(files()), spoken)

    after = len(vote().records) - heads[2]["size"]
    assert (
        text[-1]
        == f"树根对得上：公布它时票链有 {heads[2]['size']} 条，之后的 {after} 条只有签名担保。"
    )


def test_a_bundle_rewritten_as_a_whole_is_found_by_the_root_alone():
    other = invent_vote(ballots=120, mode="named", profile=find_profile(PERSON), seed=2)
    forged = bundle_files(other, "recount")

    assert recount(zipped(forged), None)[0] == "验过了，没有发现改动。"
    assert "树根对不上" in trouble(forged, vote().heads[-1]["root"])


# Every single change is found and named --------------------------------------------------------


@pytest.mark.parametrize("relist", [False, True])
@pytest.mark.parametrize(("mode", "ballots"), [("named", 40), ("detached", 120)])
def test_a_changed_byte_of_a_record_names_the_record(mode, ballots, relist):
    honest = files(mode, ballots=ballots)
    records = lines(honest["log.jsonl"])
    for place, record in enumerate(records):
        at = record.rindex(b'"previous"') - 3  # inside the last value before the link
        forged = record[:at] + bytes([record[at] ^ 1]) + record[at + 1 :]
        parts = [*records[:place], forged, *records[place + 1 :]]
        changed = {**honest, "log.jsonl": joined(parts)}

        found = trouble(relisted(changed) if relist else changed)

        last = place == len(records) - 1
        where = f"票链前 {len(records)} 条" if last else f"第 {place} 条被改过，第 {place + 1} 条"
        names = (where, f"log.jsonl 第 {place + 1} 行", f"第 {place} 条", "截止时记下的张数")
        assert any(name in found for name in names), found


def test_deletion_order_and_addition_are_told_apart():
    honest = files()
    records = lines(honest["log.jsonl"])

    def with_log(parts):
        return trouble(relisted({**honest, "log.jsonl": joined(parts)}))

    assert with_log(records[:7] + records[8:]) == "票链：第 7 条不见了，它的位置上是第 8 条"
    assert with_log([*records[:7], records[8], records[7], *records[9:]]) == (
        "票链：第 7 条不见了，它的位置上是第 8 条"
    )
    assert with_log([*records[:8], records[7], *records[8:]]) == (
        "票链：第 7 条多出来了，或次序被调换"
    )
    assert "没有开头" in with_log([])
    assert "没有截止" in with_log(records[:20])
    assert re.fullmatch(
        r"第 8 份树根（计票后，.*）时票链有 127 条，现在只剩 126 条", with_log(records[:-1])
    )
    last = json.loads(records[-1])
    more = {
        **last,
        "seq": len(records),
        "previous": verify_bundle.sha256(b"\x00" + records[-1]).hexdigest(),
    }
    assert with_log([*records, canonical(more)]) == "票链比最后一份树根多出 1 条，从第 127 条起"


def test_a_rechained_log_is_found_by_the_signed_root():
    honest = files()
    records = [json.loads(line) for line in lines(honest["log.jsonl"])]
    victim = next(n for n, record in enumerate(records) if record["kind"] == "ballot")
    records[victim]["channel"] = "desk"
    parts, previous = [], "0" * 64
    for record in records:
        line = canonical({**record, "previous": previous})
        previous = verify_bundle.sha256(b"\x00" + line).hexdigest()
        parts.append(line)

    found = trouble(relisted({**honest, "log.jsonl": joined(parts)}))

    assert re.search(r"第 1 份树根（每日，.*）与票链前 \d+ 条算出的不同", found)


def test_a_roll_with_one_more_or_one_less_is_found():
    honest = files()
    roll = lines(honest["roll.txt"])

    for forged in (roll[1:], sorted([*roll, b"a" * 64])):
        found = trouble(relisted({**honest, "roll.txt": joined(forged)}))
        assert found == "roll.txt 被换过或改过：与票链第 0 条定下的不同"


def test_a_roll_with_the_same_line_twice_is_found():
    honest = files()
    roll = lines(honest["roll.txt"])
    forged = {**honest, "roll.txt": joined([roll[0], *roll])}

    with ZipFile(zipped(forged)) as bundle, pytest.raises(Broken) as caught:
        verify_bundle.hashes(bundle, "roll.txt")

    assert str(caught.value) == "roll.txt 第 2 行重复，或不在应有的次序"


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("question.json", {"title": "别的事"}),
        ("question.json", {"terms": {}}),
        ("profile.json", {"effect": "opinion"}),
        ("profile.json", {"checks": []}),
    ],
)
def test_another_question_or_rule_is_named(name, facts):
    honest = files()

    found = trouble(relisted({**honest, name: edited(honest[name], **facts)}))

    assert found == f"{name} 被换过或改过：与票链第 0 条定下的不同"


def test_another_tally_is_named():
    honest = files()
    tally = json.loads(honest["tally.json"])
    tally["answers"]["yes"]["count"] += 1
    forged = canonical(tally)

    assert trouble(relisted({**honest, "tally.json": forged})) == (
        "tally.json 被改过：不是签了名的那份计票结果"
    )


@pytest.mark.parametrize("field", ["time", "root", "size", "number", "previous", "stage", "motion"])
def test_any_fact_of_a_head_is_signed(field):
    honest = files()
    heads = [json.loads(line) for line in lines(honest["heads.jsonl"])]
    for place, head in enumerate(heads):
        value = head[field]
        other = value + 1 if isinstance(value, int) else {"daily": "close"}.get(value, "daily")
        if field in ("root", "previous"):
            other = "f" * 64
        forged = canonical({**head, field: other})
        parts = [canonical(one) for one in heads]
        parts[place] = forged

        found = trouble(relisted({**honest, "heads.jsonl": joined(parts)}))

        assert f"第 {place} 份树根" in found


def test_heads_left_out_or_moved_are_found():
    honest = files()
    heads = lines(honest["heads.jsonl"])

    def with_heads(parts):
        return trouble(relisted({**honest, "heads.jsonl": joined(parts)}))

    for gone in range(len(heads) - 1):
        assert "接不上" in with_heads(heads[:gone] + heads[gone + 1 :])
    assert with_heads(heads[:-1]) == "开始、截止、计票后的树根不全，或不在其时"
    assert "接不上" in with_heads([*heads[:2], heads[3], heads[2], *heads[4:]])
    assert with_heads([]) == "开始、截止、计票后的树根不全，或不在其时"


def test_a_signature_by_another_key_is_found():
    honest = files()
    heads = lines(honest["heads.jsonl"])
    head = json.loads(heads[-1])
    del head["signature"]
    head["signature"] = private_key(b"\x07" * 32).sign(canonical(head)).hex()

    found = trouble(relisted({**honest, "heads.jsonl": joined([*heads[:-1], canonical(head)])}))

    assert re.fullmatch(r"第 8 份树根（计票后，.*）被改过：签名不对", found)


@pytest.mark.parametrize("mode", ["named", "detached"])
def test_an_opening_that_says_something_else_is_found(mode):
    honest = files(mode)
    openings = lines(honest["openings.jsonl"])
    first = json.loads(openings[0])
    other = "no" if first["choice"]["option"] != "no" else "yes"

    def with_openings(parts):
        return trouble(relisted({**honest, "openings.jsonl": joined(parts)}))

    turned = canonical({**first, "choice": {"option": other}})
    assert with_openings([turned, *openings[1:]]) == (
        "openings.jsonl 第 1 行打不开任何一张票：选择或盐被改过"
    )
    salted = canonical({**first, "salt": "0" * 64})
    assert "打不开" in with_openings([salted, *openings[1:]])
    assert with_openings(openings[1:]) == "有 1 张票没有打开"
    assert with_openings([openings[0], *openings]) == (
        "openings.jsonl 第 2 行重复，或不在应有的次序"
    )
    assert "第 2 行重复" in with_openings([openings[1], openings[0], *openings[2:]])


def test_weights_are_those_sealed_in_the_roll():
    honest = files("named", OWNERS)
    weights = lines(honest["weights.jsonl"])
    first = json.loads(weights[0])

    def with_weights(parts):
        return trouble(relisted({**honest, "weights.jsonl": joined(parts)}))

    larger = canonical({**first, "area": first["area"] + 1})
    assert with_weights([larger, *weights[1:]]) == "weights.jsonl 第 1 行与名册不符"
    assert with_weights(weights[:-1]) == "weights.jsonl 的行数与名册不同"
    assert "与名册不符" in with_weights([*weights, weights[-1]])
    assert "与名册不符" in with_weights([weights[1], weights[0], *weights[2:]])


def test_the_list_of_those_who_voted_is_fixed_at_the_close():
    honest = files("detached")
    voted = lines(honest["voted.txt"])

    found = trouble(relisted({**honest, "voted.txt": joined(voted[1:])}))

    assert found == "voted.txt 被改过：不是截止时定下的那份名单"


def test_a_recount_without_openings_is_no_recount():
    honest = files()
    forged = {name: data for name, data in honest.items() if name != "openings.jsonl"}

    assert trouble(relisted(forged)) == "openings.jsonl 不见了"
    assert trouble(forged) == "openings.jsonl 不见了"


@pytest.mark.parametrize("kind", ["recount", "notice"])
def test_another_kind_is_found(kind):
    honest = files("named", OWNERS, kind=kind)
    other = {"recount": "notice", "notice": "recount"}[kind]
    forged = {**honest, "bundle.json": edited(honest["bundle.json"], kind=other)}

    assert re.fullmatch(r"openings\.jsonl (不见了|不该在这里)", trouble(forged))


@pytest.mark.parametrize("name", ["README.txt", "verify_bundle.py"])
def test_what_lies_beside_the_vote_is_listed_too(name):
    honest = files()

    assert trouble({**honest, name: b"other"}) == f"{name} 与 bundle.json 里记的指纹不同"
    without = {one: data for one, data in honest.items() if one != name}
    assert trouble(without) == f"{name} 与 bundle.json 里记的指纹不同"
