"""Processes that are measured, ours and a bare one in turn."""

import sys

import pytest

from benchmarks.figures import Bar
from benchmarks.trainings import Spent, Trainings, in_turn, spent, train


def test_a_ratio_is_the_median_over_the_rounds():
    ours = [Spent(2.0, 3.0, 2**21), Spent(4.0, 3.0, 2**21), Spent(2.0, 3.0, 2**20)]
    bare = [Spent(2.0, 2.0, 2**22)] * 3
    figure = Trainings(ours, bare).figure("name", "train", Bar(0.9))
    assert (figure.ours, figure.peer, figure.value) == ("2.0 s", "2.0 s", 1.0)
    assert figure.met
    assert figure.note == ("1.50 times the processor time; at most 2 MiB of memory, and 4 MiB bare")


def test_what_a_process_takes_is_its_own(tmp_path):
    held = bytearray(2**28)  # what this process holds is not the other's
    held[:: 2**12] = bytes([1]) * 2**16
    module = "json.tool"  # reads a file and writes it
    (tmp_path / "in.json").write_text("[1]")
    found = spent(module, tmp_path / "in.json", tmp_path / "out.json")
    assert (tmp_path / "out.json").exists()
    assert 0 < found.busy <= found.seconds * 8
    assert 2**20 < found.peak < 2**27


def test_a_process_that_fails_is_no_measurement(tmp_path):
    with pytest.raises(RuntimeError, match="ended with code"):
        spent("json.tool", tmp_path / "nothing.json")


def test_sides_take_turns(monkeypatch, tmp_path):
    asked = []

    def noted(module, side, data, place, *more):
        assert place.is_dir()
        asked.append((module, side, place.relative_to(tmp_path).as_posix(), *more))
        return Spent(1.0, 1.0, 1)

    monkeypatch.setattr("benchmarks.trainings.spent", noted)
    found = in_turn("some.module", tmp_path, tmp_path, 2, "task")
    assert [side for _, side, *_ in asked] == ["ours", "bare"] * 2
    assert asked[3] == ("some.module", "bare", "1/bare", "task")
    assert (len(found.ours), len(found.bare)) == (2, 2)


def test_a_module_trains_the_side_that_it_is_asked_for(monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(sys, "argv", ["module", "bare", str(tmp_path), "place", "task"])
    train({"ours": lambda *_: seen.append("ours"), "bare": lambda *given: seen.append(given)})
    data, place, task = seen[0]
    assert (data, str(place), task) == (tmp_path, "place", "task")
