"""A training that was interrupted ends with the weights of one that was not."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from vecstore.errors import TrainingFailed

pytestmark = pytest.mark.torch

TOY = Path(__file__).with_name("toy.py")


def stop_at(step):
    def report(progress):
        if progress.step == step:
            raise KeyboardInterrupt

    return report


@pytest.mark.parametrize("step", [1, 8, 23, 40])
def test_after_ctrl_c(run, uninterrupted, folder, step):
    with pytest.raises(KeyboardInterrupt):
        run(report=stop_at(step))
    assert (folder / f"step-{step}").is_dir()
    assert run() == uninterrupted()


def test_after_ctrl_c_at_the_last_step_it_is_finished(run, uninterrupted):
    assert run(report=stop_at(78)) == uninterrupted()


@pytest.fixture
def heeds_ctrl_c():
    """Ctrl-C counts, also where the tests run in the background and ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heeds_ctrl_c")
def test_ctrl_c_waits_for_the_end_of_the_step(run, toy, folder, uninterrupted):
    class Signalled(toy.Net):
        steps = 0

        def forward(self, x, y):
            self.steps += self.training
            if self.steps == 31 and self.training:
                os.kill(os.getpid(), signal.SIGINT)
            return super().forward(x, y)

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        run(toy.job(model=Signalled()))
    assert signal.getsignal(signal.SIGINT) is before
    assert (folder / "step-31").is_dir()
    assert run() == uninterrupted()


@pytest.mark.usefixtures("heeds_ctrl_c")
def test_a_second_ctrl_c_does_not_wait(run, toy, folder):
    class Insisting(toy.Net):
        steps = 0

        def forward(self, x, y):
            self.steps += self.training
            if self.steps == 31 and self.training:
                for _ in range(2):
                    os.kill(os.getpid(), signal.SIGINT)
            return super().forward(x, y)

    with pytest.raises(KeyboardInterrupt):
        run(toy.job(model=Insisting()))
    assert not (folder / "step-31").exists()


def test_in_another_thread_ctrl_c_is_left_alone(run, uninterrupted):
    before = signal.getsignal(signal.SIGINT)
    seen, results = set(), []
    thread = threading.Thread(
        target=lambda: results.append(
            run(report=lambda _: seen.add(signal.getsignal(signal.SIGINT)))
        )
    )
    thread.start()
    thread.join()
    assert seen == {before}
    assert results == [uninterrupted()]


def test_after_early_stopping_began_to_count(run, toy, uninterrupted):
    settings = {"learning_rate": 0.3, "patience": 3, "epochs": 30, "evaluations": 30}
    expected = uninterrupted(toy.job(**settings))
    best = min(expected[1].curve, key=lambda point: point.validation).step
    with pytest.raises(KeyboardInterrupt):
        run(toy.job(**settings), report=stop_at(best + 20))  # one evaluation without a better loss
    assert run(toy.job(**settings)) == expected


def test_a_finished_training_is_not_trained_again(run, toy):
    first = run()
    reports = []
    assert run(report=reports.append) == first
    assert reports == []


def test_in_bf16(run, toy, uninterrupted):
    with pytest.raises(KeyboardInterrupt):
        run(toy.job(precision="bf16"), report=stop_at(23))
    assert run(toy.job(precision="bf16")) == uninterrupted(toy.job(precision="bf16"))


def test_a_half_written_checkpoint_is_ignored_and_removed(run, folder, uninterrupted):
    with pytest.raises(KeyboardInterrupt):
        run(report=stop_at(23))
    with pytest.raises(KeyboardInterrupt):
        run(report=stop_at(29))
    (folder / "step-29" / "whole.json").unlink()
    seen = []
    assert run(report=lambda progress: seen.append(progress.step)) == uninterrupted()
    assert seen[0] == 24
    assert not (folder / "step-29").exists()


def test_the_schedule_is_not_made_again(run, toy, folder):
    with pytest.raises(KeyboardInterrupt):
        run(report=stop_at(23))
    _, result = run(toy.job(epochs=99), minutes=5.0)
    assert result.steps == 78


def test_another_number_of_processes_is_refused(run, folder):
    with pytest.raises(KeyboardInterrupt):
        run(report=stop_at(23))
    kept = json.loads((folder / "schedule.json").read_text())
    (folder / "schedule.json").write_text(json.dumps({**kept, "world": 2}))
    with pytest.raises(TrainingFailed, match=r"ran in 2 processes, this one has 1; .*torchrun"):
        run()


def test_after_sigkill(toy, tmp_path, folder):
    def child(place):
        command = [sys.executable, str(TOY), str(place), "20"]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    with child(folder) as killed:
        for line in killed.stdout:
            if line.strip() == "100":
                killed.kill()
                break
    assert killed.returncode == -signal.SIGKILL
    assert list(folder.glob("step-*"))
    whole = tmp_path / "whole"
    whole.mkdir()
    with child(folder) as resumed, child(whole) as through:
        answers = [process.stdout.read().splitlines() for process in (resumed, through)]
    assert answers[0][-1] == answers[1][-1]
    assert len(answers[0][-1].split()) == 3
    assert 1 < int(answers[0][0]) <= 261  # it went on, and did not begin again
    assert answers[1][0] == "1"
