"""The whole suite on small data: that every task gives its rows, not how good they are."""

import csv
import json

import numpy as np
import pytest

pytest.importorskip("sklearn")

from benchmarks.quality_judging import clinc, dimensions, labels
from benchmarks.quality_judging.run import SUITE, main

INTENTS = ("money", "weather", "food", "travel")
ROWS = {"unfamiliar": 9, "dimensions": 13, "labels": 6, "pairs": 1}


def questions(rng, intents, count):
    """Pairs (text, intent), no text twice."""
    return [
        [
            f"{intent} {intent}{rng.integers(4)} word{rng.integers(20)} n{rng.integers(10**9)}",
            intent,
        ]
        for intent in intents
        for _ in range(count)
    ]


@pytest.fixture
def data(tmp_path):
    """A folder with both data sets, as small as they may be."""
    rng = np.random.default_rng(4)
    whole = {
        "train": questions(rng, INTENTS, 100),
        "val": questions(rng, INTENTS, 15),
        "test": questions(rng, INTENTS, 12),
        "oos_test": questions(rng, ("nothing",), 20),
    }
    (tmp_path / "clinc150").mkdir()
    (tmp_path / "clinc150" / "data_full.json").write_text(json.dumps(whole))
    (tmp_path / "stsb").mkdir()
    with (tmp_path / "stsb" / "stsb-en-test.csv").open("w", newline="") as file:
        for number in range(12):
            common = " ".join(f"word{one}" for one in range(number))
            csv.writer(file).writerow([f"{common} left", f"{common} right", number / 2])
    return tmp_path


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    """An encoder that is quick, and a task that is short."""
    monkeypatch.setattr(clinc, "ENCODER", "hashing@1")
    monkeypatch.setattr(labels, "SHOTS", (5,))
    monkeypatch.setattr(labels, "DRAWS", 1)
    figures = tuple(one for one in labels.FIGURES if "@" not in one or one.endswith("@5"))
    monkeypatch.setattr(labels, "FIGURES", figures)
    monkeypatch.setattr(dimensions, "SAMPLES", 4)


def test_every_task_has_its_rows():
    assert set(ROWS) == set(SUITE.modules)


@pytest.mark.parametrize("task", ROWS)
def test_a_task_gives_its_rows(data, tmp_path, capsys, task):
    page = tmp_path / "page.md"
    code = main([str(data), "--only", task, "--write", str(page)])
    printed = capsys.readouterr()
    assert code in (0, 1), printed.err
    assert "failed" not in printed.err
    text = page.read_text()
    lines = [line for line in text.splitlines() if line.startswith(f"| {task} |")]
    assert len(lines) == ROWS[task]
    assert code == int("| missed |" in text)


@pytest.mark.parametrize(
    ("task", "file"),
    [("unfamiliar", "data_full.json"), ("dimensions", "data_full.json"),
     ("labels", "data_full.json"), ("pairs", "stsb-en-test.csv")],
)  # fmt: skip
def test_data_that_is_not_there_is_named(tmp_path, capsys, task, file):
    assert main([str(tmp_path), "--only", task]) == 2
    assert file in capsys.readouterr().err
