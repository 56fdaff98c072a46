"""The example, on few and small photos: stripes or dots, good or spoilt."""

import importlib.util
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.torch

EXAMPLE = Path(__file__).parents[2] / "examples" / "visual_quality.py"


@pytest.fixture
def example(monkeypatch):
    for module in ("torch", "kornia", "sklearn", "matplotlib"):
        pytest.importorskip(module)
    spec = importlib.util.spec_from_file_location("vecstore_visual_quality", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "SIDE", 32)
    return module


@pytest.fixture
def photos(tmp_path):
    """Twenty of each of two kinds, in folders."""
    rng = np.random.default_rng(3)
    for kind in ("lines", "dots"):
        folder = tmp_path / "photos" / kind
        folder.mkdir(parents=True)
        for number in range(20):
            pixels = np.full((40, 30, 3), rng.integers(150, 255, 3), np.uint8)
            pixels[:: 4 + number % 3, :: 1 if kind == "lines" else 5] = 20
            Image.fromarray(pixels).save(folder / f"{number}.png")
    return tmp_path / "photos"


def test_both_models_are_asked_both_questions(example, photos, tmp_path, capsys, monkeypatch):
    settings = {"image_size": 16, "width": 4, "epochs": 1.0, "validation": 0.0}
    train = example.vecstore.Store.train

    budgets = []

    def small(store, task, data, *, minutes=None, **given):
        budgets.append(minutes)
        return train(store, task, data, **{**settings, **given})

    monkeypatch.setattr(example.vecstore.Store, "train", small)
    out = tmp_path / "maps.png"
    example.main([str(photos), "--minutes", "2.5", "--out", str(out)])
    printed = capsys.readouterr().out
    figures = re.findall(r"^  (\S.*?) +(\d\.\d{3}) +(\d\.\d{3})$", printed, re.MULTILINE)
    assert [words for words, *_ in figures] == [
        "trained on quality",
        "trained on kinds",
        "not trained at all",
        "most frequent answer",
    ]
    assert all(0 <= float(share) <= 1 for _, *shares in figures for share in shares)
    assert budgets == [2.5, 2.5, None]
    with Image.open(out) as picture:
        assert min(picture.size) > 500


def test_photos_to_train_on_and_to_ask_about_are_others(example, photos):
    known, asked = example.divided(photos)
    assert (len(known), len(asked)) == (32, 8)
    assert not {one.data for one in known} & {one.data for one in asked}
    assert {one.kind for one in known} == {"lines", "dots"}
    assert {one.quality for one in known} == {"good", "spoilt"}
    again, _ = example.divided(photos)
    assert again == known


def test_spoiling_changes_a_photo_and_keeps_its_size(example):
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    image, rng = Image.fromarray(pixels), np.random.default_rng(1)
    for _ in range(12):
        spoilt = np.asarray(example.spoilt(image, rng))
        assert spoilt.shape == pixels.shape
        assert np.abs(spoilt.astype(int) - pixels).mean() > 5


def test_a_folder_without_photos_is_said(example, tmp_path):
    with pytest.raises(SystemExit, match="holds no folders of photos"):
        example.main([str(tmp_path)])


def test_nearest_photos_vote(example):
    angles = np.linspace(0, 3, 40)
    known = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    answers = ["left"] * 20 + ["right"] * 20
    asked = known[[0, 39]]
    assert example.share_right(known, answers, asked, ["left", "right"]) == 1.0
    assert example.share_right(known, answers, asked, ["left", "left"]) == 0.5
    assert example.most_frequent(["a", "a", "b"], ["a", "b", "b", "b"]) == 0.25
