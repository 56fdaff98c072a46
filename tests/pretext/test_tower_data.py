"""Batches of pairs, and which of them are held out."""

import numpy as np
import pytest

from vecstore.errors import InvalidInput
from vecstore.tasks import PairData

pytestmark = pytest.mark.torch

TEXTS = ["red fox", "blue whale", "red fox", "a long text of the blue whale", "fox"]


@pytest.fixture(scope="module")
def data():
    """Five texts of four images, each image of one brightness; the last has two texts."""
    pixels = np.arange(4, dtype=np.uint8)[:, None, None, None].repeat(2, 1).repeat(2, 2)
    return PairData(pixels.repeat(3, 3), TEXTS, np.array([0, 1, 2, 3, 3]), "0" * 64)


@pytest.fixture(scope="module")
def tokenizer():
    from vecstore.pretext.wordpieces import train_tokenizer

    return train_tokenizer(TEXTS, 60, True, fewer=True)


@pytest.fixture
def pairs(data, tokenizer):
    from vecstore.pretext.tower_data import ImageTexts

    every = ImageTexts(data, tokenizer, 5)
    return lambda numbers=range(5), **settings: every.part(numbers, **settings)


def test_a_batch_holds_images_with_their_texts(pairs, tokenizer):
    batch = pairs().collate([4, 1])
    assert batch["pixels"][:, 0, 0, 0].tolist() == [3, 1]
    shown = [tokenizer.decode(ids.tolist()) for ids in batch["input_ids"]]
    assert shown == ["fox", "blue whale"]
    assert batch["attention_mask"].sum(dim=1).tolist() == [3, 4]


def test_texts_are_cut_and_stand_between_their_marks(pairs):
    from vecstore.pretext.wordpieces import CLS, SEP, SPECIALS

    ids = pairs().collate([3])["input_ids"][0].tolist()
    assert len(ids) == 5
    assert (ids[0], ids[-1]) == (SPECIALS.index(CLS), SPECIALS.index(SEP))


def test_the_same_image_and_the_same_text_have_one_number(pairs):
    batch = pairs().collate([0, 1, 2, 3, 4])
    assert batch["images"].tolist() == [0, 1, 2, 3, 3]
    texts = batch["texts"].tolist()
    assert texts[0] == texts[2]
    assert len(set(texts)) == 4


def test_a_small_batch_is_filled_up_with_the_pairs_that_follow(pairs):
    some = pairs([0, 2, 3, 4], least=3)
    assert some.collate([3])["pixels"][:, 0, 0, 0].tolist() == [3, 0, 2]
    assert some.collate([0, 3])["pixels"][:, 0, 0, 0].tolist() == [0, 3, 2]
    assert some.collate([2, 0, 1])["pixels"][:, 0, 0, 0].tolist() == [3, 0, 2]


def test_a_batch_is_never_filled_up_beyond_what_there_is(pairs):
    assert len(pairs([0, 1], least=3).collate([1])["images"]) == 2


def test_what_is_judged_comes_once(pairs):
    batches = pairs([4, 0, 2], least=2).batches(2)
    assert [batch["images"].tolist() for batch in batches] == [[3, 0], [2]]


def test_an_image_is_held_out_with_all_its_texts(data):
    from vecstore.pretext.tower_data import split_pairs

    for seed in range(8):
        train, judged = split_pairs(data, 0.5, seed)
        assert sorted([*train, *judged]) == [0, 1, 2, 3, 4]
        assert not set(data.image_of[train]) & set(data.image_of[judged])
        assert len(set(data.image_of[judged])) == 2


def test_two_images_are_held_out_at_least(data):
    from vecstore.pretext.tower_data import split_pairs

    _, judged = split_pairs(data, 0.1, 3)
    assert len(set(data.image_of[judged])) == 2


def test_nothing_is_held_out_where_nothing_should_be(data):
    from vecstore.pretext.tower_data import split_pairs

    train, judged = split_pairs(data, 0.0, 7)
    assert train.tolist() == [0, 1, 2, 3, 4]
    assert not len(judged)


def test_too_few_images_are_refused(data):
    from vecstore.pretext.tower_data import split_pairs

    one = PairData(data.pixels[:1], ["a", "b", "c"], np.zeros(3, dtype=np.int64), "0" * 64)
    with pytest.raises(InvalidInput, match="1 images"):
        split_pairs(one, 0.1, 7)
