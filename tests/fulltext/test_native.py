"""Native code ranks as looking at every text does, and never reads beside what it was given."""

from __future__ import annotations

import shutil
from types import SimpleNamespace

import numpy as np
import pytest

from vecstore.fulltext import native as module
from vecstore.fulltext import ranking
from vecstore.fulltext.corpus import Corpus
from vecstore.fulltext.native import found_by, native
from vecstore.fulltext.postings import Postings
from vecstore.storage.text_reads import TextRows

# More than some stretches of places that native code goes through at a time.
TEXTS = 20_000

built = pytest.mark.skipif(not native(), reason="there is no native code here")


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")
def test_it_is_there_where_there_is_a_compiler():
    assert native()


def weighed(places, impacts, dense=False):
    made = Postings(places, np.ones(len(places), np.uint8), len(places))
    made.impacts, made.most = impacts, float(impacts.max(initial=0))
    if dense:
        made.dense = np.zeros(TEXTS, np.float32)
        made.dense[places] = impacts
    return made


def drawn(draw, share, kinds):
    """A word that a share of all texts has, in long runs beside none at all or anywhere."""
    inside = draw.random(TEXTS) < share
    if draw.random() < 0.3:
        inside[: TEXTS // 2] = False
    places = inside.nonzero()[0].astype(np.int64)
    impacts = (draw.integers(0, kinds, len(places)) / 7 * 0.01 ** draw.random()).astype(np.float32)
    return weighed(places, impacts, dense=len(places) > TEXTS // 16)


def same(words, k, ranks):
    sums = np.zeros(TEXTS)
    for word in words:
        sums[word.places] += word.impacts
    order = np.lexsort((ranks, -sums))
    best = order[sums[order] > 0][:k]
    places, totals = found_by(words, k, ranks)
    assert np.array_equal(places, best)
    assert totals.tobytes() == sums[best].tobytes()
    places, totals = found_by(words, k, None)
    least = sums[best[-1]] if len(best) == k else 1e-12
    assert np.array_equal(places, (sums >= least).nonzero()[0])
    assert totals.tobytes() == sums[places].tobytes()


@built
@pytest.mark.parametrize("kinds", [2, 5, 100_000])
def test_it_ranks_as_looking_at_every_text_does(kinds):
    draw = np.random.default_rng(kinds)
    for _ in range(60):
        shares = np.sort(0.8 * draw.random(draw.integers(1, 13)) ** 4)
        words = [drawn(draw, share, kinds) for share in shares]
        ranks = draw.permutation(TEXTS).astype(np.int32)
        same(words, int(draw.choice([1, 10, 30, 3000, TEXTS])), ranks)


@built
def test_more_than_wanted_may_tie():
    everywhere = np.arange(TEXTS)
    word = weighed(everywhere, np.full(TEXTS, 2.5, np.float32), dense=True)
    same([word], 3, np.arange(TEXTS, 0, -1, dtype=np.int32))
    some = weighed(everywhere[::7].copy(), word.impacts[::7].copy())
    same([some, word], 5, everywhere.astype(np.int32))


@built
def test_there_may_be_nothing():
    nothing = weighed(np.empty(0, np.int64), np.empty(0, np.float32))
    for words in ([], [nothing], [nothing, nothing]):
        assert [len(part) for part in found_by(words, 10, None)] == [0, 0]


@built
def test_places_of_no_text_are_never_read():
    """Whatever stands in the postings, nothing beside them is read or written."""
    last = 2**63 - 1
    for places in ([last, -last - 1, 0], [-1, -5000, 3, 2], [last] * 3, [5, 1 << 40, 7]):
        word = weighed(np.array(places), np.ones(len(places), np.float32))
        beside = weighed(np.arange(3), np.ones(3, np.float32), dense=True)
        beside.dense = beside.dense[:1].copy()
        # The second is looked up for the texts of the first.
        found_by([word, beside], 1, None)
        found_by([beside, word], 1, None)
        with pytest.raises(IndexError, match="no rank"):
            found_by([word], 4, np.zeros(1, np.int32))


@built
def test_what_is_known_by_place_may_end_before_the_texts_do():
    word = weighed(np.array([0, 2]), np.full(2, 5, np.float32))
    beside = weighed(np.arange(3), np.ones(3, np.float32))
    beside.dense = np.full(3, 1e9, np.float32)[:1]
    beside.dense[0] = 1
    _, totals = found_by([word, beside], 1, None)
    assert totals.tolist() == [6.0]


@built
@pytest.mark.parametrize(
    ("word", "k", "least", "ranks"),
    [
        ((bytes(7), bytes(4), None, 1.0), 1, 0.0, None),
        ((bytes(8), bytes(8), None, 1.0), 1, 0.0, None),
        ((bytes(8), bytes(4), bytes(3), 1.0), 1, 0.0, None),
        ((bytes(8), bytes(4), None, -1.0), 1, 0.0, None),
        ((bytes(8), bytes(4), None, float("nan")), 1, 0.0, None),
        ([bytes(8), bytes(4), None, 1.0], 1, 0.0, None),
        ((bytes(8), bytes(4), None, 1.0), 0, 0.0, None),
        ((bytes(8), bytes(4), None, 1.0), 1, float("nan"), None),
        ((bytes(8), bytes(4), None, 1.0), 1, 0.0, bytes(3)),
    ],
)
def test_what_are_no_postings_is_refused(word, k, least, ranks):
    right = (bytes(8), bytes(4), bytes(4), 1.0)
    assert module._native.best([right], 1, 0.0, bytes(4))
    with pytest.raises(ValueError, match=r"best\(\) got"):
        module._native.best([right, word], k, least, ranks)


@pytest.fixture
def asked_anew():
    native.cache_clear()
    yield
    native.cache_clear()


def nothing_found(*given):
    return b"", b""


@pytest.mark.parametrize("found", [None, SimpleNamespace(best=nothing_found)])
def test_without_it_or_where_it_is_wrong_numpy_serves(asked_anew, monkeypatch, found):
    corpus = Corpus(TextRows(np.arange(3), ["a", "b", "c"], np.ones(3, np.float32)))
    word = weighed(np.arange(3), np.array([1, 3, 2], np.float32))
    monkeypatch.setattr(module, "_native", found)
    assert not native()
    assert ranking.best(corpus, [word], 2) == [("b", 3.0), ("c", 2.0)]


@built
def test_native_code_serves_all_texts_and_numpy_those_of_some_records(monkeypatch):
    assert native()
    corpus = Corpus(TextRows(np.arange(3), ["a", "b", "c"], np.ones(3, np.float32)))
    word = weighed(np.arange(3), np.array([1, 3, 2], np.float32))
    asked = []
    best = module._native.best
    counted = SimpleNamespace(best=lambda *given: asked.append(given) or best(*given))
    monkeypatch.setattr(module, "_native", counted)
    assert ranking.best(corpus, [word], 1) == [("b", 3.0)]
    assert len(asked) == 1
    among = ranking.Among(corpus, {"a", "c"})
    assert ranking.best(corpus, [word], 1, among) == [("c", 2.0)]
    assert len(asked) == 1
