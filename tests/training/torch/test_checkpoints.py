import json

import pytest

from vecstore.errors import StorageError
from vecstore.files.durable import write_whole
from vecstore.training.checkpoints import Checkpoints


def writer(text="weights"):
    def write(folder):
        (folder / "weights").write_text(text)

    return write


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def checkpoints(tmp_path):
    return Checkpoints(tmp_path)


def test_there_is_none_at_first(checkpoints):
    assert checkpoints.newest() is None


def test_what_was_written_is_found(checkpoints):
    for step in (9, 10):
        checkpoints.write(step, writer(str(step)), {"step": step})
    newest = checkpoints.newest()
    assert newest.step == 10
    assert newest.state == {"step": 10}
    assert (newest.folder / "weights").read_text() == "10"


def test_the_last_two_and_the_best_are_kept(checkpoints, tmp_path):
    (tmp_path / "schedule.json").write_text("{}")
    for step in range(1, 7):
        checkpoints.write(step, writer(), {}, best=2)
    assert names(tmp_path) == ["schedule.json", "step-2", "step-5", "step-6"]
    checkpoints.write(7, writer(), {}, best=7)
    assert names(tmp_path) == ["schedule.json", "step-6", "step-7"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: (folder / "whole.json").unlink(),
        lambda folder: (folder / "whole.json").write_text('{"files"'),
        lambda folder: (folder / "whole.json").write_text("{}"),
        lambda folder: (folder / "weights").unlink(),
        lambda folder: (folder / "weights").write_text("w"),
    ],
)
def test_one_that_is_not_whole_does_not_count_and_is_removed(checkpoints, tmp_path, spoil):
    checkpoints.write(1, writer(), {})
    checkpoints.write(2, writer(), {})
    spoil(tmp_path / "step-2")
    assert checkpoints.newest().step == 1
    checkpoints.prune()
    assert names(tmp_path) == ["step-1"]


def test_a_disk_without_room_costs_only_the_new_one(checkpoints, tmp_path):
    checkpoints.write(1, writer(), {"a": 1})

    def full(folder):
        (folder / "weights").write_text("w")
        raise OSError(28, "No space left on device")

    with pytest.raises(
        StorageError, match=r"step 2 .*No space left.* MB are free\); the one of step 1"
    ):
        checkpoints.write(2, full, {})
    assert names(tmp_path) == ["step-1"]
    assert checkpoints.newest().state == {"a": 1}


def test_an_interrupted_one_leaves_nothing(checkpoints, tmp_path):
    def interrupted(folder):
        (folder / "weights").write_text("w")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        checkpoints.write(1, interrupted, {})
    assert names(tmp_path) == []


def test_a_step_can_be_written_again(checkpoints):
    checkpoints.write(1, writer("old"), {})
    checkpoints.write(1, writer("new"), {})
    assert (checkpoints.newest().folder / "weights").read_text() == "new"


def test_a_file_is_replaced_in_one_step(tmp_path, monkeypatch):
    file = tmp_path / "file.json"
    write_whole(file, json.dumps(1))

    def full(path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("vecstore.files.durable.sync", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(file, json.dumps(2))
    assert json.loads(file.read_text()) == 1
