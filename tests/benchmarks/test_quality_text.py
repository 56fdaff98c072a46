"""The table of qualities: its verdicts, and the exit code that follows from them."""

from dataclasses import replace

import pytest

pytest.importorskip("benchmarks.quality_text.run")

from benchmarks.quality_text.report import page, sentences
from benchmarks.quality_text.rows import Row
from benchmarks.quality_text.run import exit_code, main

MET = Row("task", "data", "figure", "≥ 0.5", 0.61, "0.60 to 0.62", 3, "guessing", 0.25, True, "so")
MISSED = replace(MET, achieved=0.4, met=False)
ASIDE = replace(MET, bar="", interval="", baseline=None, baseline_name="", words="")


def test_one_missed_bar_is_an_error():
    assert exit_code([MET, ASIDE]) == 0
    assert exit_code([MET, MISSED, ASIDE]) == 1


def test_the_page_has_a_line_for_each_row():
    lines = page([MET, MISSED, ASIDE], {"processor": "slow"}).splitlines()
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
