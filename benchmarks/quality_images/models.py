"""Models that a run trains, once each: what a kept folder holds already is not trained again."""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import vecstore
from benchmarks.quality.run import Bench
from vecstore.store import Store
from vecstore.tasks import Progress

STORE = "models"
# One step, with which nothing is learnt.
_NO_EPOCHS, _NO_RATE = 0.001, 1e-8
_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Models:
    """Trained models of a run.

    Args:
        store: where they are.
        bench: budget and seeds.
    """

    store: Store
    bench: Bench

    def trained(self, task: str, data: Any, label: str, seed: int, **options: Any) -> str:
        """Train a model, or go on with its training, unless it is there.

        Args:
            task: the pretext task.
            data: as for ``Store.train``.
            label: of the data and what is special about the model; becomes the model's name.
            seed: of the training.
            options: of the task.

        Returns:
            ``model@version``; the version follows from all settings.
        """
        return self._trained(task, data, label, seed, self.bench.minutes, options)

    def untrained(self, task: str, data: Any, label: str, seed: int, **options: Any) -> str:
        """The same model as it was drawn at random, before any training."""
        still = {"epochs": _NO_EPOCHS, "learning_rate": _NO_RATE, "evaluations": 1}
        return self._trained(task, data, f"{label}-untrained", seed, None, options | still)

    def metrics(self, model: str) -> dict[str, float]:
        """What the training found on the data that it held out."""
        manifest = self.store.model(model).manifest
        assert manifest is not None  # it was trained here
        return dict(manifest.metrics)

    def _trained(
        self,
        task: str,
        data: Any,
        label: str,
        seed: int,
        minutes: float | None,
        options: dict[str, Any],
    ) -> str:
        settings = json.dumps([task, seed, minutes, options], sort_keys=True)
        version = hashlib.sha256(settings.encode()).hexdigest()[:8]
        name = f"{label}@{version}"
        if name not in {info.name for info in self.store.list_models()}:
            self.store.train(
                task,
                data,
                name=label,
                version=version,
                seed=seed,
                minutes=minutes,
                resume=True,
                on_progress=_Said(name),
                **options,
            )
        return name


@contextmanager
def models(bench: Bench) -> Iterator[Models]:
    """The models of a run; they stay in its folder."""
    with vecstore.open(bench.folder / STORE) as store:
        yield Models(store, bench)


class _Said:
    """Now and then a line about a training."""

    def __init__(self, name: str) -> None:
        self._name, self._last = name, 0.0

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._last < _SECONDS:
            return
        self._last = now
        said = [f"{self._name}: {progress.stage}"]
        if progress.steps is not None:
            said.append(f"step {progress.step:,} of {progress.steps:,}")
        if progress.loss is not None:
            said.append(f"loss {progress.loss:.3f}")
        if progress.seconds_left is not None:
            said.append(f"{progress.seconds_left / 60:.1f} minutes left")
        print(", ".join(said), file=sys.stderr, flush=True)
