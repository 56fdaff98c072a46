import pytest

from vecstore.errors import StorageError, TrainingFailed
from vecstore.training.schedule import (
    Schedule,
    Speed,
    judged_steps,
    read_schedule,
    within,
    write_schedule,
)


@pytest.mark.parametrize(
    ("steps", "evaluations", "expected"),
    [
        (100, 4, [25, 50, 75, 100]),
        (10, 3, [3, 7, 10]),
        (2, 10, [1, 2]),
        (1, 10, [1]),
        (7, 1, [7]),
    ],
)
def test_judged_steps_are_spread_and_end_with_the_last(steps, evaluations, expected):
    assert judged_steps(steps, evaluations) == expected


def test_a_budget_is_for_steps_and_judging_and_checkpoints():
    steps, often = within(600.0, Speed(step=0.1, judge=3.0, save=0.5), 10)
    assert often == 10
    assert steps == pytest.approx((600 - 10 * 3.0 - (10 + 20) * 0.5) / 0.1, abs=1)


def test_judging_takes_no_more_than_a_fifth_of_a_budget():
    steps, often = within(60.0, Speed(step=0.1, judge=3.0, save=0.0), 10)
    assert often == 4
    assert steps == pytest.approx(480, abs=1)


def test_there_is_one_step_at_least():
    assert within(1.0, Speed(step=9.0, judge=9.0, save=9.0), 10) == (1, 1)


def test_a_schedule_is_kept(tmp_path):
    schedule = Schedule(10, [5, 10], "bf16", 1)
    assert read_schedule(tmp_path, 1) is None
    write_schedule(tmp_path, schedule)
    assert read_schedule(tmp_path, 1) == schedule


def test_a_schedule_of_other_processes_is_refused(tmp_path):
    write_schedule(tmp_path, Schedule(10, [10], "bf16", 2))
    with pytest.raises(TrainingFailed, match="--nproc-per-node 2"):
        read_schedule(tmp_path, 1)


def test_a_schedule_that_cannot_be_written(tmp_path):
    with pytest.raises(StorageError, match="make room"):
        write_schedule(tmp_path / "missing", Schedule(10, [10], "bf16", 1))
