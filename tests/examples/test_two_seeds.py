"""The example, on few and short texts."""

import importlib.util
import random
import re
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "two_seeds.py"


@pytest.fixture
def example():
    pytest.importorskip("gensim")
    spec = importlib.util.spec_from_file_location("vecstore_two_seeds", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def texts():
    """Each text is of one of ten topics, of thirty words each."""
    rng = random.Random(5)
    letters = "abcdefghijklmnopqrstuvwxyz"
    topics = [[f"{a}{b}file" for b in letters] for a in letters[:10]]
    return [" ".join(rng.choices(topics[n % 10], k=30)) for n in range(600)]


def test_two_seeds_are_two_spaces_that_a_map_brings_together(example, texts, capsys):
    example.main(texts, words=150, epochs=3)
    printed = capsys.readouterr().out
    figures = [float(one) for one in re.findall(r"^  .*?(-?\d\.\d{3})$", printed, re.MULTILINE)]
    assert len(figures) == 3
    assert abs(figures[0]) < 0.5
    assert figures[1] < 0.2
    assert "150 words, 150 numbers each" in printed
    assert "vecstore.SpaceMismatch: vectors of docs@2" in printed


def test_the_map_turns_one_onto_the_other(example):
    import numpy as np

    rng = np.random.default_rng(0)
    one = rng.normal(size=(50, 8)).astype(np.float32)
    one /= np.linalg.norm(one, axis=1, keepdims=True)
    rotation = np.linalg.qr(rng.normal(size=(8, 8)))[0].astype(np.float32)
    other = one @ rotation
    assert example.shared(one, other) < 0.3
    assert example.shared(one @ example.turn(one, other), other) == 1.0
    assert example.cosine(one, one) == pytest.approx(1.0)
