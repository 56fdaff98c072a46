import numpy as np
import pytest

from vecstore.errors import InvalidInput

pytestmark = pytest.mark.torch

VOCABULARY = 40


@pytest.fixture
def segments():
    """Documents of 1, 5, 2 and 30 passages; each piece names its passage."""
    from vecstore.pretext.segments import Segments
    from vecstore.pretext.wordpieces import pieces_of

    sizes = np.array([1, 5, 2, 30])
    end = np.cumsum(sizes)
    parts = [[5 + n % 35] * (1 + n % 4) for n in range(int(end[-1]))]
    return Segments(pieces_of(parts), np.repeat(np.arange(4), sizes), end - sizes, end)


@pytest.fixture
def masker():
    from vecstore.pretext.masking import Masker

    return Masker(VOCABULARY, np.zeros(VOCABULARY, dtype=bool), 0.15, False, seed=7)


@pytest.fixture
def pairs(segments, masker):
    from vecstore.pretext.pairs import Pairs

    return Pairs(segments, masker)


def test_half_are_true_and_none_of_the_others_is_from_the_same_document(pairs, segments):
    assert len(pairs) == 4 + 1 + 29
    items = np.arange(len(pairs))
    trues, seconds_seen = [], set()
    for epoch in range(200):
        firsts, seconds, true = pairs.pairs(items, epoch)
        same = segments.document[firsts] == segments.document[seconds]
        assert np.array_equal(seconds[true], firsts[true] + 1)
        assert np.array_equal(same, true)
        trues.append(true.mean())
        seconds_seen |= set(seconds[~true].tolist())
    assert np.mean(trues) == pytest.approx(0.5, abs=0.03)
    assert seconds_seen == set(range(len(segments)))


def test_pairs_follow_from_epoch_and_item_alone(pairs):
    items = np.arange(len(pairs))
    whole = pairs.pairs(items, 3)
    alone = pairs.pairs(items[7:8], 3)
    assert [one[7] for one in whole] == [one[0] for one in alone]
    assert not np.array_equal(whole[1], pairs.pairs(items, 4)[1])


def test_for_judging_every_pair_is_there_true_and_false(segments, masker):
    from vecstore.pretext.pairs import Pairs

    both = Pairs(segments, masker, both=True)
    assert len(both) == 2 * 34
    firsts, _, true = both.pairs(np.arange(len(both)), 0)
    assert true.tolist() == [True] * 34 + [False] * 34
    assert np.array_equal(firsts[:34], firsts[34:])


def test_a_batch_holds_both_parts(pairs, segments):
    items = [pairs[item] for item in range(len(pairs))]
    batch = {name: one.numpy() for name, one in pairs.collate(items).items()}
    firsts, seconds, true = pairs.pairs(np.arange(len(pairs)), 0)
    lengths = segments.pieces.lengths()
    assert batch["input_ids"].shape == (34, 11)
    assert np.array_equal(batch["next_label"], true)
    assert np.array_equal(
        batch["attention_mask"].sum(axis=1), lengths[firsts] + lengths[seconds] + 3
    )
    assert np.array_equal(batch["token_type_ids"].sum(axis=1), lengths[seconds] + 1)
    original = np.where(batch["labels"] == -100, batch["input_ids"], batch["labels"])
    for row, (one, other) in enumerate(zip(firsts, seconds, strict=True)):
        head, tail = (5 + number % 35 for number in (one, other))
        expected = [2, *[head] * lengths[one], 3, *[tail] * lengths[other], 3]
        assert original[row][: len(expected)].tolist() == expected
        assert not original[row][len(expected) :].any()
    special = np.isin(original, [0, 2, 3])
    assert (batch["labels"][special] == -100).all()
    assert ((batch["labels"] != -100).sum(axis=1) >= 1).all()


def test_one_document_is_refused(masker):
    from vecstore.pretext.pairs import Pairs
    from vecstore.pretext.segments import Segments
    from vecstore.pretext.wordpieces import pieces_of

    one = Segments(pieces_of([[5], [6]]), np.zeros(2, int), np.array([0]), np.array([2]))
    with pytest.raises(InvalidInput, match="at least 2 documents"):
        Pairs(one, masker)
    single = Segments(pieces_of([[5], [6]]), np.arange(2), np.arange(2), np.arange(1, 3))
    with pytest.raises(InvalidInput, match="no document has two passages"):
        Pairs(single, masker)
