"""The toy, and a run of it."""

import importlib.util
from pathlib import Path

import pytest

TOY = Path(__file__).with_name("toy.py")


@pytest.fixture(scope="session")
def toy():
    """The module toy.py; torch works in one thread from here on, for equal numbers."""
    import torch

    spec = importlib.util.spec_from_file_location("toy", TOY)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield module
    torch.set_num_threads(threads)


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "checkpoints"
    made.mkdir()
    return made


@pytest.fixture(scope="session")
def run_in(toy):
    """Trains a job in a folder: (digest of the weights, what optimise returned)."""
    from vecstore.training.trainer import optimise

    def run(folder, job=None, *, seed=3, minutes=None, report=lambda progress: None):
        chosen = toy.job() if job is None else job
        result = optimise(chosen, seed=seed, minutes=minutes, folder=folder, report=report)
        return toy.digest(chosen.model), result

    return run


@pytest.fixture
def run(run_in, folder):
    """The same in the folder of the test, or in another one."""

    def run(job=None, *, folder=folder, **settings):
        return run_in(folder, job, **settings)

    return run


@pytest.fixture(scope="session")
def usual(run_in, tmp_path_factory):
    """What comes of the usual job without any interruption."""
    return run_in(tmp_path_factory.mktemp("usual"))


@pytest.fixture
def uninterrupted(run_in, usual, tmp_path):
    """The same training without any interruption."""

    def uninterrupted(job=None, **settings):
        if job is None and not settings:
            return usual
        folder = tmp_path / "uninterrupted"
        folder.mkdir()
        return run_in(folder, job, **settings)

    return uninterrupted
