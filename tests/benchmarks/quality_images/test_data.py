"""What is read, and how it is divided."""

import numpy as np
import pytest

from benchmarks.quality_images import clothing, emoji


def test_photos_have_the_number_of_their_kind(clothes):
    found = clothing.read(clothes)
    assert found.kinds == ("hat", "shirt", "shoes")
    assert [len(part.images) for part in (found.train, found.validation, found.test)] == [
        60,
        15,
        18,
    ]
    assert found.test.labels.tolist() == [0] * 6 + [1] * 6 + [2] * 6
    assert found.majority == pytest.approx(1 / 3)
    squares = clothing.squares(found.test.images, 8)
    assert squares.shape == (18, 8, 8, 3)
    assert squares.mean(axis=(0, 1, 2)).argmax() in (0, 1, 2)
    assert (squares.mean(axis=(1, 2)).argmax(axis=1) == found.test.labels).all()


def test_photos_that_are_not_there_are_named(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        clothing.read(tmp_path)
    assert str(tmp_path / "clothing") in str(caught.value.filename)
    (tmp_path / "clothing" / "train" / "hat").mkdir(parents=True)
    with pytest.raises(FileNotFoundError) as caught:
        clothing.read(tmp_path)
    assert str(tmp_path / "clothing") in str(caught.value.filename)


def test_a_tenth_of_the_names_is_held_out_always_the_same(drawn):
    found, again = emoji.read(drawn), emoji.read(drawn)
    assert len(found) == 24
    assert len(found.held_out) == 2
    assert sorted([*found.known, *found.held_out]) == list(range(24))
    assert (found.held_out == again.held_out).all()


def test_pairs_are_pictures_with_their_own_names(drawn):
    found = emoji.read(drawn)
    assert found.pairs(found.noto)[3] == (found.noto[3], "red dot 3")
    places = np.array([5, 2])
    assert found.pairs(found.twemoji, places) == [
        (found.twemoji[5], "blue dot 5"),
        (found.twemoji[2], "blue square 2"),
    ]
    assert found.noto[5] != found.twemoji[5]
