"""A task judged on small photos: that models are trained once, and rows tell what was found."""

import pytest

pytest.importorskip("torch")
pytest.importorskip("kornia")
pytest.importorskip("accelerate")
pytest.importorskip("sklearn")

from benchmarks.quality.run import Bench
from benchmarks.quality_images.models import models
from benchmarks.quality_images.photos import UNTRAINED, Judged

pytestmark = pytest.mark.torch

SMALL = {"image_size": 16, "width": 4, "batch_size": 16}


@pytest.fixture
def bench(clothes, tmp_path):
    return Bench(clothes, tmp_path / "kept", minutes=None, seeds=(1, 2))


def test_a_row_is_the_mean_of_the_seeds_beside_the_best_baseline(bench):
    with models(bench) as trained:
        judged = Judged("classification", trained, {**SMALL, "epochs": 0.5})
        assert len(set(judged.names)) == 2
        row = judged.row("20-NN", 1.01)
        assert 0 <= row.achieved <= 1
        assert (row.task, row.seeds, row.bar, row.met) == ("classification", 2, "≥ 1.01", False)
        assert row.baseline == 1.0  # each kind has a colour of its own
        assert f"{UNTRAINED}, 20-NN" in f"{row.baseline_name} {row.words}"
        assert "most frequent kind 0.333" in row.words
        assert judged.row("logistic", None).met
        trained_before = len(trained.store.list_models())
    assert trained_before == 3
    # A second run finds them.
    with models(bench) as trained:
        again = Judged("classification", trained, {**SMALL, "epochs": 0.5})
        assert again.names == judged.names
        assert len(trained.store.list_models()) == trained_before


def test_another_setting_is_another_model(bench):
    with models(bench) as trained:
        folder = bench.data / "clothing" / "train"
        made = [
            trained.trained("contrastive", folder, "clothes", 1, **SMALL, epochs=epochs)
            for epochs in (0.001, 0.002)
        ]
        assert made[0] != made[1]
        assert "loss" in trained.metrics(made[0])
