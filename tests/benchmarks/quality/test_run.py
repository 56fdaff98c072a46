"""The table of qualities: its verdicts, and the exit code that follows from them."""

import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest

from benchmarks.quality.report import page, sentences
from benchmarks.quality.rows import Row
from benchmarks.quality.run import Bench, Suite, exit_code
from benchmarks.quality_text.run import main
from vecstore.errors import TrainingFailed

MET = Row("task", "data", "figure", "≥ 0.5", 0.61, "0.60 to 0.62", 3, "guessing", 0.25, True, "so")
MISSED = replace(MET, achieved=0.4, met=False)
ASIDE = replace(MET, bar="", interval="", baseline=None, baseline_name="", words="")


def test_one_missed_bar_is_an_error():
    assert exit_code([MET, ASIDE]) == 0
    assert exit_code([MET, MISSED, ASIDE]) == 1


def test_the_page_has_a_line_for_each_row():
    lines = page("# Title\n", [MET, MISSED, ASIDE], {"processor": "slow"}).splitlines()
    assert (
        "| task | data | figure | 0.610 (0.60 to 0.62) | 3 | ≥ 0.5 | guessing 0.250 | met |"
        in lines
    )
    assert sum("| missed |" in line for line in lines) == 1
    assert "| task | data | figure | 0.610 | 3 |  |  |  |" in lines
    assert lines[-1] == "Machine: processor slow."


def test_what_the_table_does_not_say_stands_below_it():
    assert sentences([MET, ASIDE]) == ["task, figure: so"]


def test_data_that_is_not_there_is_named(tmp_path, capsys):
    assert main([str(tmp_path), "--only", "word-context"]) == 2
    assert str(tmp_path) in capsys.readouterr().err


@pytest.fixture
def suite(monkeypatch):
    """Three tasks: one meets its bar, one fails, one is stopped by its user."""

    def judge(answer):
        def rows(bench):
            if isinstance(answer, BaseException):
                raise answer
            return answer

        return SimpleNamespace(rows=rows)

    answers = {"good": [MET], "bad": TrainingFailed("no number"), "stopped": KeyboardInterrupt()}
    for name, answer in answers.items():
        monkeypatch.setitem(sys.modules, f"made_up.{name}", judge(answer))
    return Suite("made_up", {name: name for name in answers}, "# Title\n")


def run(suite, tmp_path, *names):
    arguments = [str(tmp_path), "--write", str(tmp_path / "page.md")]
    given = suite.parser("").parse_args([*arguments, *(f"--only={name}" for name in names)])
    return suite.run(given, Bench(tmp_path, tmp_path))


def test_a_task_that_fails_leaves_the_others_to_be_judged(suite, tmp_path, capsys):
    assert run(suite, tmp_path, "bad", "good") == 1
    printed = capsys.readouterr()
    assert "bad: failed: no number" in printed.err
    assert "0.610" in printed.out


def test_what_was_judged_before_an_interruption_is_printed(suite, tmp_path, capsys):
    assert run(suite, tmp_path, "good", "stopped", "bad") == 130
    printed = capsys.readouterr()
    assert "0.610" in printed.out
    assert "failed" not in printed.err
    assert (tmp_path / "page.md").read_text().startswith("# Title")
