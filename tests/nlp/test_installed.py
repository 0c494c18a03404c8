"""Models of an installation: found, chosen, picked up by a running process, and put back."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from nlp import reading
from nlp.installed import choose_model, chosen_version, installed_models
from nlp.reading import WEIGHTS, models, read, refresh_models, use_weights, weights_folder

SHIPPED = json.loads((WEIGHTS / "manifest.json").read_text("utf-8"))["version"]


@pytest.fixture(autouse=True)
def shipped_again():
    yield
    use_weights(None)


def install(folder, version, *, age=0):
    """A model like the shipped one under another version."""
    shutil.copytree(WEIGHTS, folder / version)
    path = folder / version / "manifest.json"
    facts = json.loads(path.read_text("utf-8")) | {"version": version, "parent": SHIPPED}
    path.write_text(json.dumps(facts), "utf-8")
    os.utime(path, (1_800_000_000 - age, 1_800_000_000 - age))


def test_models_are_listed_newest_first_and_broken_ones_left_out(tmp_path):
    install(tmp_path, "a-1", age=60)
    install(tmp_path, "b-2")
    shutil.copytree(tmp_path / "b-2", tmp_path / "renamed")
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "manifest.json").write_text("{", "utf-8")

    found = installed_models(tmp_path)

    assert [(one.version, one.parent) for one in found] == [("b-2", SHIPPED), ("a-1", SHIPPED)]
    assert installed_models(tmp_path / "none") == []


def test_only_what_is_there_can_be_chosen(tmp_path):
    install(tmp_path, "a-1")

    assert chosen_version(tmp_path) == ""
    choose_model(tmp_path, "a-1")
    assert chosen_version(tmp_path) == "a-1"
    for wrong in ("b-2", "..", "a-1/../a-1"):
        with pytest.raises(KeyError):
            choose_model(tmp_path, wrong)
    choose_model(tmp_path, "")
    assert chosen_version(tmp_path) == ""


def test_a_chosen_model_that_is_gone_stands_for_the_shipped_one(tmp_path):
    install(tmp_path, "a-1")
    choose_model(tmp_path, "a-1")
    use_weights(tmp_path)
    assert weights_folder() == tmp_path / "a-1"

    shutil.rmtree(tmp_path / "a-1")

    assert weights_folder() == WEIGHTS


def test_a_running_process_takes_up_the_model_that_was_chosen(tmp_path):
    use_weights(tmp_path)
    assert read("3栋电梯坏了").model == SHIPPED
    install(tmp_path, "a-1")
    choose_model(tmp_path, "a-1")
    assert read("3栋电梯坏了").model == SHIPPED

    assert refresh_models() is True
    assert refresh_models() is False

    assert read("3栋电梯坏了").model == "a-1"
    choose_model(tmp_path, "")
    refresh_models()
    assert read("3栋电梯坏了").model == SHIPPED


def test_a_chosen_model_that_cannot_be_loaded_at_start_gives_way_to_the_shipped_one(tmp_path):
    install(tmp_path, "a-1")
    (tmp_path / "a-1" / "tower.npz").unlink()  # as models of an earlier version are
    choose_model(tmp_path, "a-1")
    use_weights(tmp_path)

    assert read("3栋电梯坏了").model == SHIPPED


def test_a_model_that_cannot_be_loaded_leaves_the_old_one(tmp_path):
    models()
    use_weights(tmp_path)
    install(tmp_path, "a-1")
    (tmp_path / "a-1" / "chat.npz").write_bytes(b"torn")
    choose_model(tmp_path, "a-1")

    with pytest.raises((OSError, ValueError, KeyError)):
        refresh_models()

    assert read("3栋电梯坏了").model == SHIPPED


def test_what_was_heard_with_the_old_model_is_forgotten(tmp_path):
    install(tmp_path, "a-1")
    context = reading.Context(messages=(("1", "bo", "东门的灯不亮"),))
    read("我也看到了", context)
    assert reading._earlier.cache_info().currsize > 0

    choose_model(tmp_path, "a-1")
    use_weights(tmp_path)

    assert reading._earlier.cache_info().currsize == 0


def test_the_command_reads_with_the_folder_of_the_environment(tmp_path):
    install(tmp_path, "a-1")
    choose_model(tmp_path, "a-1")

    done = subprocess.run(
        [sys.executable, "-m", "nlp", "read"],
        input='{"text":"3栋电梯坏了"}\n',
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "YUNSHEQU_NLP_WEIGHTS": str(tmp_path)},
    )

    assert json.loads(done.stdout)["model"] == "a-1"
