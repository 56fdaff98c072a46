"""Each rule of the pretext contract catches a task that breaks it."""

import dataclasses
import importlib.util
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from vecstore.testing.pretext import PretextContract, _Training

_TOY = Path(__file__).parents[1] / "training" / "conftest.py"


@pytest.fixture(scope="module")
def toy():
    spec = importlib.util.spec_from_file_location("letters_task", _TOY)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def broken(toy, tmp_path):
    """The rules that a task breaks, and all that there are."""

    def broken(**changes):
        task = dataclasses.replace(toy.SPEC, **changes)
        trained = _Training(task, toy.TEXTS, {}, tmp_path / "first")
        trained.run()
        found, names = set(), [n for n in vars(PretextContract) if n.startswith("test_")]
        for number, name in enumerate(names):
            folder = tmp_path / str(number)
            folder.mkdir()
            again = _Training(task, toy.TEXTS, {}, folder / "again")
            given = {
                "task": task,
                "contract_training": trained,
                "contract_again": again,
                "tmp_path": folder,
            }
            method = getattr(PretextContract(), name).__func__
            wanted = method.__code__.co_varnames[1 : method.__code__.co_argcount]
            try:
                method(PretextContract(), **{key: given[key] for key in wanted})
            except AssertionError:
                found.add(name)
        return found

    return broken


def altered(toy, **changes):
    """Fits as the toy does, and changes what comes of it."""

    def fit(data, run):
        trained = toy.fit(data, run)
        return dataclasses.replace(
            trained, **{name: change(trained) for name, change in changes.items()}
        )

    return fit


def test_a_sound_task_breaks_nothing(broken):
    assert broken() == set()


def test_a_loss_that_rises_is_found(broken, toy):
    fit = altered(toy, curve=lambda trained: trained.curve[::-1])
    assert broken(fit=fit) == {"test_the_loss_falls"}


def test_a_task_that_keeps_silent_is_found(broken, toy):
    class Silent:
        def __init__(self, run):
            self._run = run

        def __getattr__(self, name):
            return getattr(self._run, name)

        def report(self, progress):
            pass

    assert "test_progress_is_reported" in broken(fit=lambda data, run: toy.fit(data, Silent(run)))


def test_a_head_that_is_kept_is_found(broken, toy):
    def whole(trained):
        def write(folder):
            trained.write(folder)
            size = trained.sizes["trained_parameters"]
            save_file({"head": np.zeros(size, np.float32)}, folder / "head.safetensors")

        return write

    assert broken(fit=altered(toy, write=whole)) == {"test_the_head_is_dropped"}


def test_figures_that_are_missing_are_found(broken, toy):
    fit = altered(toy, metrics=lambda trained: {})
    assert broken(fit=fit) == {"test_there_are_figures_on_held_out_data"}


def test_a_pickle_is_found(broken, toy):
    def pickled(trained):
        def write(folder):
            trained.write(folder)
            (folder / "weights.pkl").write_bytes(b"x")

        return write

    assert broken(fit=altered(toy, write=pickled)) == {"test_weights_are_safetensors"}


class Changed:
    """A run whose seed is another."""

    def __init__(self, run, seed):
        self._run, self.seed = run, seed

    def __getattr__(self, name):
        return getattr(self._run, name)


def test_draws_that_do_not_follow_from_the_seed_are_found(broken, toy):
    seeds = iter(range(1000))
    found = broken(fit=lambda data, run: toy.fit(data, Changed(run, next(seeds))))
    assert "test_the_same_training_ends_with_the_same_weights" in found


def test_a_seed_that_is_not_used_is_found(broken, toy):
    found = broken(fit=lambda data, run: toy.fit(data, Changed(run, 1)))
    assert found == {"test_another_seed_is_another_space"}


def test_a_resume_that_begins_anew_is_found(broken, toy):
    def forgetful(data, run):
        (run.folder / "state.npz").unlink(missing_ok=True)
        return toy.fit(data, Reporting(run))

    class Reporting:
        def __init__(self, run):
            self._run = run

        def __getattr__(self, name):
            return getattr(self._run, name)

        def report(self, progress):
            self._run.report(dataclasses.replace(progress, step=progress.step - 1))

    assert broken(fit=forgetful) == {"test_a_resumed_training_ends_as_an_uninterrupted_one"}


def test_a_resume_that_ends_elsewhere_is_found(broken, toy):
    def drifting(data, run):
        resumed = (run.folder / "state.npz").exists()
        trained = toy.fit(data, run)
        if not resumed:
            return trained

        def write(folder):
            trained.write(folder)
            table = np.random.default_rng(0).normal(size=(27, 8)).astype(np.float32)
            save_file({"letters": table}, folder / "model.safetensors")

        return dataclasses.replace(trained, write=write)

    found = broken(fit=drifting)
    assert found == {"test_a_resumed_training_ends_as_an_uninterrupted_one"}
