import pytest

pytest.importorskip("gensim")

from vecstore.encoders.options import resolve_options
from vecstore.pretext import word_speed
from vecstore.pretext.word_context import SPEC
from vecstore.pretext.word_corpus import read_corpus
from vecstore.pretext.word_model import new_model


@pytest.fixture
def parts(topic_data):
    options = resolve_options(SPEC, {"vector_size": 8, "min_count": 1})
    corpus = read_corpus(topic_data, share=0.0, min_count=1, seed=0)
    return new_model(options, corpus, 1), corpus, options


@pytest.fixture
def clock(monkeypatch):
    """Each round of the loop takes a second of a clock that stands still otherwise."""
    now = [0.0]

    def train_round(model, sentences, between, watch):
        for sentence in sentences:
            now[0] += 1.0
            watch(len(sentence))

    monkeypatch.setattr(word_speed, "train_round", train_round)
    monkeypatch.setattr(word_speed.time, "monotonic", lambda: now[0])
    return now


def test_the_epochs_are_what_fits_into_the_time_left(parts, clock):
    # 3,000 words at 10 a second are 300 seconds an epoch; 4 seconds went into measuring.
    assert word_speed.epochs_within(4 + 300 * 5 / 0.95 + 1, *parts, 0.0) == 5
    assert clock[0] == 4.0


def test_what_is_done_between_epochs_counts(parts, clock):
    assert word_speed.epochs_within(4 + 400 * 5 / 0.95 + 1, *parts, 100.0) == 5


def test_the_measurement_is_a_small_share_of_a_short_budget(parts, clock):
    word_speed.epochs_within(40, *parts, 0.0)
    assert clock[0] == 2.0


@pytest.mark.parametrize("seconds", [3.0, 0.0, -5.0])
def test_there_is_one_epoch_at_least(parts, clock, seconds):
    assert word_speed.epochs_within(seconds, *parts, 0.0) == 1


def test_speed_is_measured_with_gensim(parts):
    assert word_speed.epochs_within(20.0, *parts, 0.0) > 1
