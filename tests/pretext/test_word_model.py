import threading
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("gensim")

from gensim.models import FastText, Word2Vec

from vecstore.encoders.options import resolve_options
from vecstore.pretext import subwords, word_model
from vecstore.pretext.word_context import SPEC
from vecstore.pretext.word_corpus import read_corpus
from vecstore.pretext.word_files import WordVectors

SMALL = {"vector_size": 12, "window": 3, "min_count": 1, "buckets": 500, "learning_rate": 0.05}
KINDS = {
    "skip-gram": {},
    "cbow": {"architecture": "cbow"},
    "subwords": {"unknown": "subwords"},
}
kinds = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture
def corpus(topic_data):
    return read_corpus(topic_data, share=0.0, min_count=1, seed=0)


def made(corpus, seed=3, **options):
    settings = resolve_options(SPEC, {**SMALL, **options})
    return word_model.new_model(settings, corpus, seed), settings


def train(model, corpus, epochs=3, rate=0.05, watch=lambda words: None):
    for epoch in range(epochs):
        between = word_model.rates(rate, epoch, epochs)
        word_model.train_round(model, corpus.sentences, between, watch)


@kinds
def test_epoch_by_epoch_is_what_gensim_does_in_one_go(corpus, kind):
    ours, settings = made(corpus, **KINDS[kind])
    train(ours, corpus)
    bare = (FastText if kind == "subwords" else Word2Vec)(
        vector_size=12,
        window=3,
        min_count=1,
        sample=settings["sample"],
        negative=settings["negative"],
        sg=int(kind != "cbow"),
        alpha=0.05,
        min_alpha=0.05 / 250,
        workers=1,
        seed=3,
        sorted_vocab=0,
        **({"bucket": 500} if kind == "subwords" else {}),
    )
    bare.build_vocab_from_freq(corpus.counts, corpus_count=len(corpus.sentences))
    before = bare.wv.vectors.copy()
    bare.train(corpus.sentences, total_examples=len(corpus.sentences), epochs=3)
    assert not np.allclose(bare.wv.vectors, before, atol=1e-2)
    for name, array in word_model.arrays(ours).items():
        assert np.allclose(array, word_model.arrays(bare)[name], atol=1e-5), name


@kinds
def test_matrices_and_generator_are_all_that_there_is(corpus, kind):
    whole, _ = made(corpus, **KINDS[kind])
    train(whole, corpus, epochs=2)
    saved = {name: array.copy() for name, array in word_model.arrays(whole).items()}
    state = whole.random.get_state()
    train(whole, corpus, epochs=2)

    other, _ = made(corpus, seed=99, **KINDS[kind])
    word_model.restore(other, saved)
    other.random.set_state(state)
    train(other, corpus, epochs=2)
    for name, array in word_model.arrays(whole).items():
        assert (array == word_model.arrays(other)[name]).all(), name
    assert (whole.wv.vectors == other.wv.vectors).all()


def test_a_strangers_matrices_are_refused(corpus):
    model, _ = made(corpus)
    other, _ = made(corpus, vector_size=13)
    with pytest.raises(ValueError, match="other names or shapes"):
        word_model.restore(model, word_model.arrays(other))


def test_rates_fall_evenly_from_the_first_to_the_last():
    pairs = [word_model.rates(0.025, epoch, 5) for epoch in range(5)]
    assert pairs[0][0] == 0.025
    assert pairs[-1][1] == pytest.approx(0.0001)
    assert [last for _, last in pairs[:-1]] == [first for first, _ in pairs[1:]]


@pytest.fixture
def gensim_threads():
    """The threads that were not there when the test began."""
    others = set(threading.enumerate())
    return lambda: [one for one in threading.enumerate() if one not in others]


@pytest.mark.parametrize("workers", [1, 3])
def test_what_the_watcher_raises_stops_gensim(corpus, workers, monkeypatch, gensim_threads):
    model, _ = made(corpus, workers=workers)
    model.batch_words = 20
    long = replace(corpus, sentences=corpus.sentences * 20)
    seen, trained, told = [], [], threading.Event()
    own = Word2Vec._do_train_job

    def counted(*job):
        trained.append(job)
        if len(trained) > 9:
            told.wait(60)
        return own(*job)

    monkeypatch.setattr(Word2Vec, "_do_train_job", counted)

    def watch(words):
        seen.append(words)
        if len(seen) == 2:
            told.set()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(model, long, watch=watch)
    assert not [thread for thread in gensim_threads() if thread.name == "word-context"]
    assert len(trained) < long.words / 20 / 2
    for thread in gensim_threads():
        thread.join(10)
    assert gensim_threads() == []
    assert len(seen) == 2
    # The model is still of use.
    train(model, corpus, epochs=1)


def test_every_word_is_counted(corpus):
    model, _ = made(corpus)
    seen = []
    train(model, corpus, epochs=1, watch=seen.append)
    assert sum(seen) == corpus.words


def test_a_failure_in_gensims_threads_is_raised_here(corpus, monkeypatch):
    model, _ = made(corpus)

    def fail(*_):
        raise MemoryError("no more")

    monkeypatch.setattr(Word2Vec, "_do_train_job", fail)
    with pytest.raises(MemoryError, match="no more"):
        train(model, corpus)


@pytest.mark.parametrize("of_subwords", [True, False])
@kinds
def test_common_words_start_from_given_vectors(corpus, kind, of_subwords):
    model, _ = made(corpus, **KINDS[kind])
    words = ["rust", "unheard", "cat"]
    vectors = np.random.default_rng(0).normal(size=(3, 12)).astype(np.float32)
    ngrams = np.ones((500, 12), np.float32) if of_subwords else None
    before = model.wv["dog"].copy()
    start = WordVectors(words, vectors, np.array([3, 2, 1]), ngrams)
    assert word_model.start_from(model, start) == 2
    assert np.allclose(model.wv["cat"], vectors[2], atol=1e-5)
    assert np.allclose(model.wv["rust"], vectors[0], atol=1e-5)
    assert np.allclose(model.wv["dog"], before) is not (kind == "subwords" and of_subwords)


def test_unknown_words_are_made_as_gensim_makes_them(corpus):
    model, _ = made(corpus, unknown="subwords")
    train(model, corpus)
    found = word_model.word_vectors(model, corpus)
    assert found.words == tuple(corpus.counts)
    for word in ("cats", "été"):
        mean = found.ngrams[subwords.buckets_of(word, 500)].mean(axis=0)
        assert np.allclose(mean, model.wv[word], atol=1e-6)
