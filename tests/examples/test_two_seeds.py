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


def test_two_seeds_are_two_spaces_that_a_map_brings_together(example, texts, capsys, tmp_path):
    pytest.importorskip("sklearn")
    pytest.importorskip("matplotlib")
    picture = tmp_path / "seeds.png"
    example.main(texts, words=150, epochs=3, picture=picture)
    printed = capsys.readouterr().out
    figures = {
        name: (float(value), float(chance))
        for name, value, chance in re.findall(
            r"^  (\S.*?) +(-?\d\.\d{3})   by chance (\d\.\d{3})$", printed, re.MULTILINE
        )
    }
    assert abs(figures["cosine of an input's two vectors"][0]) < 0.5
    assert figures["the same input is found first"][0] < 0.2
    assert figures["cosine after the rotation"][0] > 0.8
    shared, chance = figures["shared among 10 neighbours after it"]
    assert shared > 3 * chance
    assert "150 words, 150 numbers each" in printed
    assert "So the store refuses to compare the two." in printed
    assert "vecstore.SpaceMismatch: vectors of docs@2" in printed
    assert picture.read_bytes().startswith(b"\x89PNG")
