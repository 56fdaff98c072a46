import random

import numpy as np
import pytest

from vecstore.errors import InvalidArgument, InvalidInput, StorageError, TrainingFailed
from vecstore.tasks import Progress

pytestmark = pytest.mark.torch


def test_it_learns_and_keeps_the_best_weights(run, toy):
    before = toy.judge(toy.Net().eval())["loss"]
    job = toy.job(learning_rate=0.3)  # so high that it gets worse again
    _, result = run(job)
    losses = {point.step: point.validation for point in result.curve}
    assert len(losses) == job.evaluations
    assert max(losses) == result.steps == 78
    best = min(losses.values())
    assert best < before
    assert losses[78] > best
    assert result.metrics == {"loss": best, "items": 100}
    assert toy.judge(job.model)["loss"] == best
    assert not job.model.training


def test_the_curve_holds_the_mean_training_loss_between_its_points(run, toy):
    _, result = run(toy.job(epochs=2, evaluations=2, judge=None))
    assert [point.step for point in result.curve] == [13, 26]
    assert [point.validation for point in result.curve] == [None, None]
    losses = [point.loss for point in result.curve]
    assert 0 < losses[1] < losses[0] < 10
    assert result.metrics == {}


def test_without_judge_the_last_weights_are_kept(run, toy, folder):
    from vecstore.training.loop import load_weights

    digest, result = run(toy.job(judge=None))
    last = toy.Net()
    load_weights(last, folder / f"step-{result.steps}")
    assert digest == toy.digest(last) != toy.digest(toy.Net())


def test_it_stops_when_it_gets_no_better(run, toy):
    job = toy.job(learning_rate=0.3, patience=2, epochs=30, evaluations=30)
    _, result = run(job)
    losses = [point.validation for point in result.curve]
    assert len(losses) < 30
    assert losses.index(min(losses)) == len(losses) - 3
    assert result.steps == result.curve[-1].step


def test_reports_say_how_far_it_has_come(run, toy):
    reports = []
    run(report=reports.append)
    assert [one.step for one in reports] == list(range(1, 79))
    last = reports[-1]
    assert isinstance(last, Progress)
    assert (last.stage, last.steps, last.unit, last.seconds_left) == ("training", 78, "items", 0)
    assert last.rate > 0
    assert 0 < last.loss < 2
    assert last.validation is not None
    assert reports[0].seconds_left > 0


def test_it_says_nothing_by_itself(run, toy, capfd, recwarn):
    run()
    assert capfd.readouterr() == ("", "")
    assert not recwarn.list


def test_two_trainings_are_equal_and_two_seeds_are_not(run, toy, tmp_path):
    digests = []
    for seed in (3, 3, 4):
        folder = tmp_path / str(len(digests))
        folder.mkdir()
        digests.append(run(toy.job(epochs=1), seed=seed, folder=folder)[0])
    assert digests[0] == digests[1] != digests[2]


def test_random_generators_of_the_process_are_left_alone(run, toy):
    import torch

    def draws():
        return random.random(), np.random.rand(), float(torch.rand(1))

    random.seed(1), np.random.seed(1), torch.manual_seed(1)
    expected = draws()
    random.seed(1), np.random.seed(1), torch.manual_seed(1)
    run(toy.job(epochs=1))
    assert draws() == expected


def test_bf16_learns_too(run, toy, folder):
    digest, result = run(toy.job(precision="bf16"))
    assert result.metrics["loss"] < result.curve[0].validation
    assert digest != run(toy.job(precision="float32"), folder=_fresh(folder))[0]


def test_an_unknown_precision_is_refused(run, toy, folder):
    with pytest.raises(InvalidArgument, match="'fp16'; one of auto, float32, bf16"):
        run(toy.job(precision="fp16"))
    assert not list(folder.iterdir())


def test_nothing_to_train_on_is_refused(run, toy):
    with pytest.raises(InvalidInput, match="nothing to train on"):
        run(toy.job(train=toy.Points(count=0)))


def nan_from(toy, step):
    import torch

    class Broken(toy.Net):
        steps = 0

        def forward(self, x, y):
            out = super().forward(x, y)
            self.steps += self.training
            return {"loss": out["loss"] * (torch.nan if self.steps >= step else 1.0)}

    return Broken()


def test_a_loss_that_is_no_number_ends_it_and_the_last_checkpoint_stays(run, toy, folder):
    with pytest.raises(TrainingFailed, match=r"the loss is nan at step 30; .*learning_rate"):
        run(toy.job(model=nan_from(toy, 30)))
    kept = [toy.Net() for _ in range(2)]
    from vecstore.training.checkpoints import Checkpoints
    from vecstore.training.loop import load_weights

    newest = Checkpoints(folder).newest()
    assert newest.step == 23
    load_weights(kept[0], newest.folder)
    assert all(np.isfinite(tensor.numpy()).all() for tensor in kept[0].state_dict().values())
    # Gone on with, without the fault, it ends as if there had been none.
    resumed, _ = run()
    assert resumed == run(folder=_fresh(folder))[0]


def _fresh(folder):
    made = folder.parent / "fresh"
    made.mkdir()
    return made


def test_a_gradient_that_is_no_number_ends_it_before_the_weights_suffer(run, toy):
    import torch

    class Steep(toy.Net):
        steps = 0

        def forward(self, x, y):
            self.steps += self.training
            loss = super().forward(x, y)["loss"]
            if self.steps == 30:
                zero = (loss - loss.detach()).abs()
                loss = loss + torch.sqrt(zero)  # its slope at 0 is infinite
            return {"loss": loss}

    job = toy.job(model=Steep())
    with pytest.raises(TrainingFailed, match="the gradient's norm is nan at step 30"):
        run(job)
    assert all(np.isfinite(tensor.numpy()).all() for tensor in job.model.state_dict().values())


def test_weights_that_are_no_numbers_are_never_kept(run, toy, folder):
    import torch

    class Decayed(toy.Net):
        def forward(self, x, y):
            out = super().forward(x, y)
            with torch.no_grad():
                self.unused[0] = torch.nan
            return out

        def __init__(self):
            super().__init__()
            self.register_buffer("unused", torch.zeros(1))

    with pytest.raises(TrainingFailed, match=r"the weights unused are not finite .* step 8"):
        run(toy.job(model=Decayed()))
    assert [path.name for path in folder.iterdir()] == ["schedule.json"]


def test_a_held_out_figure_that_is_no_number_ends_it(run, toy):
    with pytest.raises(TrainingFailed, match="the held-out loss is nan after step 8"):
        run(toy.job(judge=lambda model: {"loss": float("nan")}))


def test_no_room_at_a_checkpoint(run, toy, folder, monkeypatch):
    from vecstore.training.loop import Loop

    write = Loop.write

    def full(self, place):
        write(self, place)
        if self.state.global_step == 16:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(Loop, "write", full)
    with pytest.raises(StorageError, match=r"step 16 cannot be written.*step 8 is kept.*--resume"):
        run()
    assert sorted(path.name for path in folder.iterdir()) == ["schedule.json", "step-8"]
    monkeypatch.undo()
    resumed, _ = run()
    assert resumed == run(folder=_fresh(folder))[0]
