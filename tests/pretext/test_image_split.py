"""What is held out, and how few images will do."""

import pytest

from vecstore.errors import InvalidInput
from vecstore.pretext.image_split import held_out


def test_what_is_held_out_is_not_trained_on():
    train, judged = held_out(100, 0.1, seed=3)
    assert len(judged) == 10
    assert sorted([*train, *judged]) == list(range(100))
    assert held_out(100, 0.1, seed=4)[1].tolist() != judged.tolist()


def test_no_more_than_so_many_are_held_out():
    train, judged = held_out(100, 0.5, seed=3, most=7)
    assert (len(train), len(judged)) == (93, 7)


def test_two_images_at_least_stay_to_learn_from():
    assert [len(part) for part in held_out(3, 0.5, seed=3)] == [2, 1]
    assert [len(part) for part in held_out(2, 0.0, seed=3)] == [2, 0]


@pytest.mark.parametrize(("count", "share"), [(0, 0.0), (1, 0.0), (1, 0.1), (2, 0.1)])
def test_too_few_images_are_refused(count, share):
    with pytest.raises(InvalidInput, match=f"there are {count} images"):
        held_out(count, share, seed=3)


def test_several_are_held_out_where_they_are_compared():
    assert [len(part) for part in held_out(20, 0.05, seed=3, least=2)] == [18, 2]
    with pytest.raises(InvalidInput, match=r"there are 3 images, .* hold 2 out"):
        held_out(3, 0.05, seed=3, least=2)
