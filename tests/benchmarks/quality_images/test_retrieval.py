"""Where a right picture comes among all."""

import numpy as np
import pytest

pytest.importorskip("sklearn")

from benchmarks.quality_images import emoji
from benchmarks.quality_images.image_text import recall_row
from benchmarks.quality_images.retrieval import like_known, looked_up, ranks


def test_a_rank_counts_what_is_as_near():
    pictures = np.array([[1, 0], [0.8, 0.6], [0.8, 0.6], [0, 1]], np.float32)
    asked = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    assert ranks(asked, pictures, np.array([0, 1, 0])).tolist() == [0, 2, 3]


def test_a_dictionary_finds_the_other_artists_picture(drawn):
    found = emoji.read(drawn)
    for name, one in looked_up(found).items():
        assert name.startswith("its Noto picture, ")
        assert one.shape == (24,)
        assert (one == 0).mean() > 0.8


def test_the_most_similar_name_is_among_those_known(drawn):
    found = emoji.read(drawn)
    for one in like_known(found, of_twemoji=False).values():
        assert one.shape == (2,)
        assert (one > 0).all()  # the picture of the other name comes first


def test_a_row_names_the_best_baseline_and_says_where_it_is_better():
    found = [np.array([0, 20, 30, 1]), np.array([0, 1, 30, 1])]
    others = {"a dictionary": np.zeros(4, int), "a guess": np.full(4, 99)}
    row = recall_row(
        "image-text", "emoji", "R@10", found, 10, 0.6, others, chance=0.1, words="Mind. "
    )
    assert row.achieved == pytest.approx(5 / 8)
    assert (row.seeds, row.bar, row.met) == (2, "≥ 0.6", True)
    assert (row.baseline_name, row.baseline) == ("a dictionary", 1.0)
    assert row.words == "The baseline is better. Mind. a guess 0.000, chance 0.100"
    better = recall_row("image-text", "emoji", "R@10", found, 10, 0.7, {}, chance=0.1)
    assert (better.met, better.baseline_name, better.words) == (False, "chance", "")
