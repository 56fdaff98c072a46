"""Labels as numbers, and a share of every class held out."""

import numpy as np
import pytest

from vecstore.errors import InvalidInput
from vecstore.pretext.classification_labels import held_out_of_each, numbered


def test_classes_are_numbered_in_their_order():
    classes, numbers = numbered(["shoe", "hat", "shoe", "dress"])
    assert classes == ["dress", "hat", "shoe"]
    assert numbers.tolist() == [2, 1, 2, 0]


@pytest.mark.parametrize("labels", [[], ["hat", "hat"]])
def test_fewer_than_two_classes_are_refused(labels):
    with pytest.raises(InvalidInput, match="two or more"):
        numbered(labels)


def test_every_class_has_its_share_held_out():
    labels = np.array([0] * 40 + [1] * 20 + [2] * 2 + [3])
    train, judged = held_out_of_each(labels, 0.1, seed=1)
    assert np.bincount(labels[judged], minlength=4).tolist() == [4, 2, 1, 0]
    assert sorted([*train, *judged]) == list(range(len(labels)))
    assert np.all(np.diff(train) > 0)
    assert np.all(np.diff(judged) > 0)


def test_the_choice_follows_from_the_seed():
    labels = np.arange(200) % 3
    first, again, other = (held_out_of_each(labels, 0.2, seed)[1].tolist() for seed in (1, 1, 2))
    assert first == again != other


def test_nothing_is_held_out_where_none_is_asked_for():
    train, judged = held_out_of_each(np.array([0, 1, 1]), 0.0, seed=1)
    assert train.tolist() == [0, 1, 2]
    assert judged.tolist() == []


def test_classes_of_one_photo_each_leave_nothing_to_judge_by():
    with pytest.raises(InvalidInput, match="validation to 0"):
        held_out_of_each(np.arange(5), 0.1, seed=1)
