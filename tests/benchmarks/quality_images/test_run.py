"""The whole suite on small data: that every task gives its rows, not how good they are."""

import pytest

pytest.importorskip("torch")
pytest.importorskip("kornia")
pytest.importorskip("accelerate")
pytest.importorskip("sklearn")

from benchmarks.quality_images.models import Models
from benchmarks.quality_images.run import SUITE, main

pytestmark = pytest.mark.torch

VIEWED = {"image_size": 16, "width": 8, "epochs": 1.0}
TEXTS = {**VIEWED, "vocabulary": 60, "dim": 8}
SMALL = {
    "classification": VIEWED,
    "contrastive": VIEWED,
    "masked-patches": {
        **VIEWED,
        **{"patch": 4, "heads": 2, "depth": 1, "decoder_width": 8, "decoder_heads": 2},
    },
    "image-text": {**TEXTS, "text_width": 16, "text_layers": 1, "text_heads": 2},
    "captioning": TEXTS,
}
ROWS = {
    "classification": 2,
    "contrastive": 2,
    "masked-patches": 3,
    "image-text": 3,
    "held-out-names": 4,
    "captioning": 4,
}


@pytest.fixture
def small(monkeypatch):
    """Every training is of a small model, and short."""
    whole = Models._trained

    def short(self, task, data, label, seed, minutes, options):
        return whole(self, task, data, label, seed, minutes, {**options, **SMALL[task]})

    monkeypatch.setattr(Models, "_trained", short)


def test_every_task_has_its_rows():
    assert set(ROWS) == set(SUITE.modules)


@pytest.mark.parametrize("task", ["masked-patches", "image-text", "held-out-names", "captioning"])
def test_a_task_gives_its_rows(clothes, drawn, small, tmp_path, capsys, task):
    page = tmp_path / "page.md"
    kept = tmp_path / "kept"
    code = main([str(clothes), "--only", task, "--write", str(page), "--keep", str(kept)])
    printed = capsys.readouterr()
    assert code in (0, 1), printed.err
    assert "failed" not in printed.err
    text = page.read_text()
    name = "image-text" if task == "held-out-names" else task
    lines = [line for line in text.splitlines() if line.startswith(f"| {name} |")]
    assert len(lines) == ROWS[task]
    assert code == int("| missed |" in text)
    assert (kept / "models").is_dir()


def test_data_that_is_not_there_is_named(tmp_path, capsys):
    assert main([str(tmp_path), "--only", "classification"]) == 2
    assert str(tmp_path / "clothing") in capsys.readouterr().err


@pytest.mark.parametrize("given", [["--minutes", "0"], ["--seeds", "-1"], ["--minutes", "inf"]])
def test_budgets_and_seeds_are_above_zero(tmp_path, capsys, given):
    with pytest.raises(SystemExit):
        main([str(tmp_path), *given])
    assert "a number above 0 is needed" in capsys.readouterr().err
