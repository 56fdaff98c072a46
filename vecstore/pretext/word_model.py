"""gensim's models, and one round of gensim's own loop that can be watched and stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from queue import SimpleQueue
from typing import Any

import numpy as np
from gensim.models import FastText, Word2Vec

from vecstore.pretext import subwords
from vecstore.pretext.word_corpus import Corpus, Sentence
from vecstore.pretext.word_files import WordVectors
from vecstore.specs import Options

_FLOOR = 1 / 250
"""The last learning rate over the first: gensim's own, 0.0001 of 0.025."""

Watch = Callable[[int], None]


def new_model(options: Options, corpus: Corpus, seed: int) -> Any:
    """A gensim model with the corpus' vocabulary, its weights as they are before training."""
    settings = {
        "vector_size": options["vector_size"],
        "window": options["window"],
        "min_count": 1,  # the vocabulary is chosen already
        "sample": options["sample"],
        "negative": options["negative"],
        "workers": options["workers"],
        "sg": int(options["architecture"] == "skip-gram"),
        "alpha": options["learning_rate"],
        "min_alpha": options["learning_rate"] * _FLOOR,
        "sorted_vocab": 0,
        "seed": seed % 2**32,
    }
    if options["unknown"] == "subwords":
        settings |= {
            "bucket": options["buckets"],
            "min_n": subwords.SMALLEST,
            "max_n": subwords.LARGEST,
        }
        model = FastText(**settings)
    else:
        model = Word2Vec(**settings)
    model.build_vocab_from_freq(corpus.counts, corpus_count=len(corpus.sentences))
    return model


def arrays(model: Any) -> dict[str, Any]:
    """The matrices that training changes, by name; views, not copies."""
    if isinstance(model, FastText):
        inner = {"vocabulary": model.wv.vectors_vocab, "ngrams": model.wv.vectors_ngrams}
    else:
        inner = {"vectors": model.wv.vectors}
    return {**inner, "outputs": model.syn1neg}


def restore(model: Any, saved: Mapping[str, Any]) -> None:
    """Give a model the matrices of :func:`arrays`.

    Raises:
        ValueError: they are those of another model.
    """
    own = arrays(model)
    if {n: a.shape for n, a in own.items()} != {n: a.shape for n, a in saved.items()}:
        raise ValueError("the matrices have other names or shapes")
    for name, array in own.items():
        array[:] = saved[name]
    if isinstance(model, FastText):
        model.wv.adjust_vectors()


def start_from(model: Any, start: WordVectors) -> int:
    """Give the words that a model has in common with another the other's vectors.

    Returns:
        How many they are.
    """
    wanted = {word: place for place, word in enumerate(start.words)}
    common = [word for word in model.wv.index_to_key if word in wanted]
    here = [model.wv.key_to_index[word] for word in common]
    there = [wanted[word] for word in common]
    if isinstance(model, FastText):
        _start_subwords(model, start, here, there)
    else:
        model.wv.vectors[here] = start.vectors[there]
    return len(common)


def _start_subwords(model: Any, start: WordVectors, here: list[int], there: list[int]) -> None:
    """A word is the mean of its own row and its n-grams': set its own so that the mean is right."""
    wv = model.wv
    if start.ngrams is not None and start.ngrams.shape == wv.vectors_ngrams.shape:
        wv.vectors_ngrams[:] = start.ngrams
    for mine, other in zip(here, there, strict=True):
        buckets = wv.buckets_word[mine]
        of_ngrams = wv.vectors_ngrams[buckets].sum(axis=0)
        wv.vectors_vocab[mine] = start.vectors[other] * (len(buckets) + 1) - of_ngrams
    wv.adjust_vectors()


def word_vectors(model: Any, corpus: Corpus) -> WordVectors:
    """What is kept of a model: all but its head."""
    return WordVectors(
        tuple(corpus.counts),
        model.wv.vectors,
        np.array(list(corpus.counts.values()), dtype=np.int64),
        model.wv.vectors_ngrams if isinstance(model, FastText) else None,
    )


def rates(learning_rate: float, epoch: int, epochs: int) -> tuple[float, float]:
    """The learning rate at the start and at the end of an epoch (from 0 on), falling linearly."""
    step = learning_rate * (1 - _FLOOR) / epochs
    return learning_rate - step * epoch, learning_rate - step * (epoch + 1)


def train_round(
    model: Any, sentences: Sequence[Sentence], between: tuple[float, float], watch: Watch
) -> None:
    """Train one epoch.

    gensim's loop runs in threads of its own; this one watches. What ``watch`` raises, Ctrl-C
    included, stops them before it is raised.

    Args:
        model: of :func:`new_model`.
        sentences: to learn from.
        between: the learning rate at its start and at its end.
        watch: called with the number of words done since the last call.
    """
    _Round(model, sentences, between).run(watch)


class _Round:
    """One call of ``model.train``, in a thread.

    gensim hangs where one of its threads fails, so failures are caught there and carried over.
    """

    def __init__(
        self, model: Any, sentences: Sequence[Sentence], between: tuple[float, float]
    ) -> None:
        self._model = model
        self._sentences = sentences
        self._between = between
        self._done: SimpleQueue[int | None] = SimpleQueue()
        self._stopped = threading.Event()
        self._failure: BaseException | None = None

    def run(self, watch: Watch) -> None:
        thread = threading.Thread(target=self._train, name="word-context", daemon=True)
        thread.start()
        try:
            while (words := self._done.get()) is not None:
                watch(words)
        finally:
            self._stopped.set()
            thread.join()
        if self._failure is not None:
            raise self._failure

    def _train(self) -> None:
        own = self._model._do_train_job
        self._model._do_train_job = lambda *job: self._job(own, *job)
        try:
            self._model.train(
                self._fed(),
                total_examples=len(self._sentences),
                epochs=1,
                start_alpha=self._between[0],
                end_alpha=self._between[1],
            )
        except BaseException as error:  # noqa: BLE001 - raised again by run()
            self._failure = error
        finally:
            del self._model._do_train_job
            self._done.put(None)

    def _fed(self) -> Iterator[Sentence]:
        for sentence in self._sentences:
            if self._stopped.is_set():
                return
            yield sentence

    def _job(
        self, own: Callable[..., tuple[int, int]], batch: list[Sentence], *rest: Any
    ) -> tuple[int, int]:
        words = sum(map(len, batch))
        if self._stopped.is_set():
            return 0, words
        try:
            result = own(batch, *rest)
        except BaseException as error:  # noqa: BLE001 - raised again by run()
            self._failure = error
            self._stopped.set()
            return 0, words
        self._done.put(words)
        return result
