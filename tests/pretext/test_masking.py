import numpy as np
import pytest

pytestmark = pytest.mark.torch

VOCABULARY = 50
CONTINUES = np.arange(VOCABULARY) >= 40
MASK = 4


@pytest.fixture
def ids():
    """Texts of 20 pieces between two special ones, filled up by one."""
    rng = np.random.default_rng(0)
    ids = rng.integers(5, 40, size=(3000, 23))
    ids[:, 0], ids[:, 21], ids[:, 22] = 2, 3, 0
    return ids


@pytest.fixture
def inside(ids):
    inside = np.ones(ids.shape, dtype=bool)
    inside[:, [0, 21, 22]] = False
    return inside


@pytest.fixture
def make():
    from vecstore.pretext.masking import Masker

    def make(share=0.15, whole_words=False, seed=7):
        return Masker(VOCABULARY, CONTINUES, share, whole_words, seed)

    return make


def test_three_of_twenty_are_hidden_and_80_10_10(make, ids, inside):
    shown, labels = make()(ids, inside, np.arange(len(ids)), epoch=0)
    hidden = labels != -100
    assert not hidden[~inside].any()
    assert (hidden.sum(axis=1) == 3).all()
    assert np.array_equal(labels[hidden], ids[hidden])
    assert np.array_equal(shown[~hidden], ids[~hidden])
    masked, same = shown[hidden] == MASK, shown[hidden] == ids[hidden]
    assert masked.mean() == pytest.approx(0.8, abs=0.02)
    assert same.mean() == pytest.approx(0.1 + 0.1 / 45, abs=0.015)
    others = shown[hidden][~masked & ~same]
    assert set(others) == set(range(5, VOCABULARY))
    places = np.flatnonzero(hidden.any(axis=0))
    assert places.tolist() == list(range(1, 21))


def test_one_is_hidden_at_least(make):
    ids = np.array([[2, 7, 3], [2, 8, 3]])
    inside = np.array([[False, True, False]] * 2)
    _, labels = make(share=0.01)(ids, inside, np.arange(2), epoch=0)
    assert (labels != -100).sum(axis=1).tolist() == [1, 1]


def test_texts_of_one_batch_do_not_touch_each_other(make, ids, inside):
    whole = make()(ids[:40], inside[:40], np.arange(40), epoch=2)
    alone = make()(ids[17:18], inside[17:18], np.array([17]), epoch=2)
    for one, other in zip(whole, alone, strict=True):
        assert np.array_equal(one[17:18], other)


def test_every_epoch_and_seed_hides_others(make, ids, inside):
    items = np.arange(len(ids))
    one, _ = make()(ids, inside, items, epoch=0)
    assert np.array_equal(one, make()(ids, inside, items, epoch=0)[0])
    assert not np.array_equal(one, make()(ids, inside, items, epoch=1)[0])
    assert not np.array_equal(one, make(seed=8)(ids, inside, items, epoch=0)[0])


def test_whole_words_are_hidden_whole(make, ids, inside):
    ids[:, [3, 4, 9, 15, 16, 17]] = 45  # pieces that go on with the word before
    _, labels = make(whole_words=True)(ids, inside, np.arange(len(ids)), epoch=0)
    hidden = labels != -100
    for begin, *rest in ([2, 3, 4], [8, 9], [14, 15, 16, 17]):
        for place in rest:
            assert np.array_equal(hidden[:, begin], hidden[:, place])
    assert (hidden.sum(axis=1) >= 3).all()
    assert hidden[:, 2].any()
    assert not hidden[:, 2].all()


def test_a_batch_is_made_of_items_of_their_epoch(make):
    from vecstore.pretext.masking import MaskedTexts, tokens
    from vecstore.pretext.wordpieces import pieces_of

    texts = MaskedTexts(pieces_of([[7, 8, 9, 10], [11, 12]] * 20), make(share=0.5))
    assert len(texts) == 40
    first = texts.collate([texts[0], texts[1]])
    assert {name: tuple(one.shape) for name, one in first.items()} == {
        "input_ids": (2, 6),
        "attention_mask": (2, 6),
        "labels": (2, 6),
    }
    assert first["attention_mask"].tolist() == [[1] * 6, [1] * 4 + [0] * 2]
    assert tokens(first) == 10
    held = [texts[item] for item in range(40)]
    texts.set_epoch(1)
    again, other = (texts.collate(items) for items in (held, [texts[item] for item in range(40)]))
    texts.set_epoch(0)
    assert again["labels"].equal(texts.collate([texts[item] for item in range(40)])["labels"])
    assert not again["labels"].equal(other["labels"])
