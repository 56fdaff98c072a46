"""A budget of minutes in epochs: speed is measured once, on a model that is thrown away."""

from __future__ import annotations

import contextlib
import time
from typing import Any

from vecstore.pretext.word_corpus import Corpus
from vecstore.pretext.word_model import rates, train_round
from vecstore.specs import Options

_LONGEST = 4.0
_SHARE = 0.05
_RESERVE = 0.95
"""Of the time left; the rest is for the end."""
_MOST = 10_000


class _EnoughError(Exception):
    pass


def epochs_within(
    seconds: float, model: Any, corpus: Corpus, options: Options, between: float
) -> int:
    """How many epochs fit into a time; at least one.

    Args:
        seconds: what is left of the budget.
        model: a fresh one, spoilt by the measurement.
        corpus: to train on.
        options: of the task.
        between: seconds that judging and a checkpoint take after each epoch.
    """
    rate, took = _words_a_second(min(_LONGEST, _SHARE * max(seconds, 0.0)), model, corpus, options)
    fitting = (seconds - took) * _RESERVE / (corpus.words / rate + between)
    return max(1, min(_MOST, int(fitting)))


def _words_a_second(
    limit: float, model: Any, corpus: Corpus, options: Options
) -> tuple[float, float]:
    """The speed, and the seconds that it took to find it."""
    begun = time.monotonic()
    done = 0

    def watch(words: int) -> None:
        nonlocal done
        done += words
        if time.monotonic() - begun >= limit:
            raise _EnoughError

    with contextlib.suppress(_EnoughError):
        train_round(model, corpus.sentences, rates(options["learning_rate"], 0, 1), watch)
    took = max(time.monotonic() - begun, 1e-9)
    return done / took, took
