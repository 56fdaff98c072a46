"""Training of word-context: gensim's loop, epoch by epoch, behind the face of a pretext task."""

from __future__ import annotations

import time
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from vecstore.artifacts.manifest import CurvePoint
from vecstore.errors import InvalidArgument, TrainingFailed
from vecstore.pretext import word_model, word_options, word_vectors
from vecstore.pretext.word_checkpoint import BEST, LATEST, Checkpoint, load_checkpoint
from vecstore.pretext.word_corpus import Corpus, read_corpus
from vecstore.pretext.word_files import read_words, write_words
from vecstore.pretext.word_judge import Judge, Rules
from vecstore.pretext.word_speed import epochs_within
from vecstore.tasks import Progress, Run, TextData, Trained


def fit(data: TextData, run: Run) -> Trained:
    """Train word vectors, or go on with a training that was interrupted.

    Raises:
        InvalidArgument: an option out of range.
        InvalidInput: no words, or too few frequent ones.
        TrainingFailed: vectors that are no numbers any more, or a checkpoint that does not serve.
        StorageError: a checkpoint cannot be written.
    """
    begun = time.monotonic()
    word_options.check(run.options)
    run.report(Progress("counting words"))
    corpus = read_corpus(
        data,
        share=run.options["validation"],
        min_count=run.options["min_count"],
        seed=run.seed,
    )
    return _Training(corpus, run, begun).trained()


class _Training:
    def __init__(self, corpus: Corpus, run: Run, begun: float) -> None:
        self._begun = begun
        self._corpus = corpus
        self._run = run
        self._notes = list(corpus.notes)
        options = run.options
        self._model = word_model.new_model(options, corpus, run.seed)
        self._notes += _start(self._model, run)
        rules = Rules(
            options["window"],
            options["negative"],
            options["sample"],
            options["architecture"] == "skip-gram",
            run.seed,
        )
        self._seen = Judge(corpus.sentences, corpus.counts, rules)
        self._unseen = Judge(corpus.held_out, corpus.counts, rules)
        self._curve: list[CurvePoint] = []
        self._epochs = 0

    def trained(self) -> Trained:
        """Train to the end."""
        self._begin()
        words = self._corpus.words
        watch = _Watch(self._run, words * (self._epochs - self._done), self._epochs)
        watch.point = self._curve[-1]
        while self._done < self._epochs and not self._exhausted():
            between = word_model.rates(self._run.options["learning_rate"], self._done, self._epochs)
            word_model.train_round(self._model, self._corpus.sentences, between, watch)
            self._check_finite()
            self._judge(self._done + 1)
            self._save()
            watch.point = self._curve[-1]
            watch(0)
        if self._best() is not self._curve[-1]:
            self._restored(BEST)
        return self._result(self._best())

    @property
    def _done(self) -> int:
        return self._curve[-1].step

    def _begin(self) -> None:
        """Take up what an interrupted run left, or fix the number of epochs and start."""
        if (found := self._restored(LATEST)) is not None:
            self._model.random.set_state(found.random)
            self._epochs = found.epochs
            self._curve = list(found.curve)
            return
        self._epochs = self._run.options["epochs"]
        self._judge(0)
        if self._run.minutes is not None:
            self._run.report(Progress("measuring speed"))
            throw_away = word_model.new_model(self._run.options, self._corpus, self._run.seed)
            between = self._seconds_between()
            left = self._run.minutes * 60 - (time.monotonic() - self._begun)
            self._epochs = epochs_within(left, throw_away, self._corpus, self._run.options, between)
        self._save()

    def _seconds_between(self) -> float:
        """How long judging and a checkpoint take."""
        before = time.monotonic()
        self._judge(0)
        self._curve.pop()
        trial = self._run.folder / "trial.safetensors"
        self._checkpoint().save(trial)
        trial.unlink()
        return time.monotonic() - before

    def _restored(self, name: str) -> Checkpoint | None:
        """The checkpoint of this name, if there is one; the model then has its weights."""
        found = load_checkpoint(self._run.folder / name)
        if found is not None:
            try:
                word_model.restore(self._model, found.arrays)
            except ValueError as error:
                raise TrainingFailed(
                    f"the checkpoint {name} belongs to another training ({error}); train again "
                    "without --resume"
                ) from error
        return found

    def _judge(self, step: int) -> None:
        inputs, outputs = self._model.wv.vectors, self._model.syn1neg
        seen = self._seen.figures(inputs, outputs)["loss"] if len(self._seen) else None
        unseen = self._unseen.figures(inputs, outputs) if len(self._unseen) else {}
        validation = unseen.pop("loss", None)
        self._curve.append(CurvePoint(step, seen, validation, unseen))

    def _check_finite(self) -> None:
        for array in word_model.arrays(self._model).values():
            if not np.isfinite(array).all():
                raise TrainingFailed(
                    f"after epoch {self._done + 1} vectors hold NaN or infinity; the checkpoint of "
                    f"epoch {self._done} is kept. Train with a smaller learning_rate than "
                    f"{self._run.options['learning_rate']:g}",
                    epoch=self._done + 1,
                )

    def _checkpoint(self) -> Checkpoint:
        return Checkpoint(
            word_model.arrays(self._model),
            self._model.random.get_state(),
            self._epochs,
            self._curve,
        )

    def _save(self) -> None:
        checkpoint = self._checkpoint()
        if self._run.options["patience"] and self._best() is self._curve[-1]:
            checkpoint.save(self._run.folder / BEST)
        checkpoint.save(self._run.folder / LATEST)

    def _best(self) -> CurvePoint:
        """The point whose weights are kept: the last, or with patience the best."""
        judged = [point for point in self._curve if point.validation is not None]
        if not self._run.options["patience"] or not judged:
            return self._curve[-1]
        return min(judged, key=lambda point: (point.validation, point.step))

    def _exhausted(self) -> bool:
        patience = self._run.options["patience"]
        return bool(patience) and self._done - self._best().step >= patience

    def _result(self, kept: CurvePoint) -> Trained:
        options = self._run.options
        self._run.report(Progress("finding the common component", self._done, self._epochs))
        vectors = word_model.word_vectors(self._model, self._corpus)
        component = word_vectors.common_component(
            vectors, options["smoothing"], self._corpus.sentences
        )

        def write(folder: Path) -> None:
            write_words(folder, vectors, component)

        arrays = word_model.arrays(self._model)
        parameters = sum(array.size for name, array in arrays.items() if name != "outputs")
        return Trained(
            write=write,
            encoder=word_vectors.encoder_settings(options["smoothing"], options["unknown"]),
            metrics=self._metrics(kept),
            curve=self._curve,
            sizes={
                "vocabulary": len(vectors.words),
                "parameters": parameters,
                "trained_parameters": parameters + arrays["outputs"].size,
                "epochs": kept.step,
            },
            runtime={name: version(name) for name in ("gensim", "numpy", "scipy")},
            notes=(*self._notes, *self._said_of_budget(), *self._said_of_unknown()),
        )

    def _metrics(self, kept: CurvePoint) -> Mapping[str, float]:
        unknown, among = self._corpus.unknown()
        found = dict(kept.metrics)
        if kept.validation is not None:
            found["loss"] = kept.validation
        if among:
            found["unknown_words"] = unknown / among
        return found

    def _said_of_budget(self) -> list[str]:
        if self._run.minutes is None:
            return []
        return [f"the budget of {self._run.minutes:g} minutes gave {self._epochs:,} epochs"]

    def _said_of_unknown(self) -> list[str]:
        unknown, among = self._corpus.unknown()
        if not among:
            return []
        done = {"skip": "skipped", "subwords": "made from their subwords"}
        return [
            f"{unknown:,} of the {among:,} words held out ({unknown / among:.1%}) were unknown; "
            f"unknown words are {done[self._run.options['unknown']]}"
        ]


class _Watch:
    """Reports how far a training has come, whenever some words are done."""

    def __init__(self, run: Run, words: int, epochs: int) -> None:
        self.point = CurvePoint(0)
        self._run = run
        self._words = words
        self._epochs = epochs
        self._done = 0
        self._begun = time.monotonic()

    def __call__(self, words: int) -> None:
        self._done += words
        rate = self._done / max(time.monotonic() - self._begun, 1e-9)
        self._run.report(
            Progress(
                "training",
                self.point.step,
                self._epochs,
                self.point.loss,
                self.point.validation,
                rate,
                "words",
                (self._words - self._done) / rate,
            )
        )


def _start(model: Any, run: Run) -> list[str]:
    """Give a model the vectors of the artifact to start from."""
    if not run.starts:
        return []
    name = run.starts[0].manifest.name
    start, _ = read_words(run.starts[0])
    dim = start.vectors.shape[1]
    if dim != run.options["vector_size"]:
        raise InvalidArgument(
            f"{name} has vectors of {dim} numbers and vector_size is "
            f"{run.options['vector_size']}; set vector_size={dim}",
            field="vector_size",
        )
    common = word_model.start_from(model, start)
    return [
        f"{common:,} of {len(model.wv):,} words began with the vectors of "
        f"{name}, the others at random"
    ]
