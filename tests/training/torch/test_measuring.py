import time

import pytest

pytestmark = pytest.mark.torch


def test_measuring_leaves_the_model_as_it_was(toy, folder):
    from vecstore.training.measuring import measure
    from vecstore.training.torch_setup import own_draws, quiet

    job = toy.job()
    before = toy.digest(job.model)
    reports = []
    with quiet(), own_draws():
        speed = measure(job, 5.0, "float32", 3, folder, reports.append)
    assert toy.digest(job.model) == before
    assert list(folder.iterdir()) == []
    assert speed.step > 0
    assert speed.judge > 0
    assert speed.save > 0
    assert {one.stage for one in reports} == {"measuring the speed"}
    assert [one.step for one in reports] == list(range(1, len(reports) + 1))


def test_the_first_steps_are_not_counted(monkeypatch):
    from types import SimpleNamespace

    from vecstore.training.measuring import _Stopwatch

    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    watch = _Stopwatch(1000.0, lambda progress: None)
    control = SimpleNamespace(should_training_stop=False)
    for step, seconds in enumerate([9.0, 5.0, 3.0, *[1.0] * 60], start=1):
        clock[0] += seconds
        watch.on_step_end(
            SimpleNamespace(process_index=0), SimpleNamespace(global_step=step), control
        )
        if control.should_training_stop:
            break
    assert clock[0] == 60.0  # 6 % of the budget
    assert watch.seconds() == 1.0


def test_a_training_within_a_budget_is_the_same_after_ctrl_c(run, folder, tmp_path, monkeypatch):
    from vecstore.training import trainer
    from vecstore.training.schedule import Speed

    def stop(progress):
        if progress.step == 20:
            raise KeyboardInterrupt

    monkeypatch.setattr(trainer, "measure", lambda *_: Speed(step=0.06, judge=0.0, save=0.0))
    with pytest.raises(KeyboardInterrupt):
        run(minutes=0.1, report=stop)
    twin = tmp_path / "twin"
    twin.mkdir()
    (twin / "schedule.json").write_bytes((folder / "schedule.json").read_bytes())
    resumed = run(minutes=0.1)
    assert 20 < resumed[1].steps <= 100
    assert resumed == run(minutes=0.1, folder=twin)
