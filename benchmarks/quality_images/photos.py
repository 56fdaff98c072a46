"""Encoders of photos of clothes, judged by what simple probes tell from their vectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from benchmarks.quality.encoding import encoded
from benchmarks.quality.intervals import bootstrap
from benchmarks.quality.rows import Row
from benchmarks.quality_images import clothing
from benchmarks.quality_images.models import Models
from benchmarks.quality_images.pixels import Pixels, baselines
from benchmarks.quality_images.probes import PROBES, Right, Sides

UNTRAINED = "the same backbone untrained"


@dataclass(frozen=True)
class Judged:
    """A task's encoders of the photos, one a seed.

    Args:
        task: the pretext task.
        models: trains and encodes.
        options: of the task, where they are not its defaults.
    """

    task: str
    models: Models
    options: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def pixels(self) -> Pixels:
        """The photos, and what baselines make of them."""
        return baselines(self.models.bench.data)

    @cached_property
    def names(self) -> list[str]:
        """The trained encoders."""
        folder, seeds = self.pixels.clothing.folder, self.models.bench.seeds
        return [
            self.models.trained(self.task, folder, f"clothes-{self.task}", seed, **self.options)
            for seed in seeds
        ]

    @cached_property
    def sides(self) -> list[Sides]:
        """The photos' vectors by each of them."""
        return [self._encoded(name) for name in self.names]

    @cached_property
    def untrained(self) -> Sides:
        """The photos' vectors before any training."""
        folder, seed = self.pixels.clothing.folder, self.models.bench.seeds[0]
        label = f"clothes-{self.task}"
        return self._encoded(self.models.untrained(self.task, folder, label, seed, **self.options))

    def row(self, probe: str, bar: float | None) -> Row:
        """What a probe tells, beside the best of what any probe tells of any baseline.

        Args:
            probe: one of ``PROBES``.
            bar: the least share that is good enough; None where it only stands beside others.
        """
        found = self.pixels.clothing
        trained = [PROBES[probe](found, sides) for sides in self.sides]
        right: Right = np.mean(trained, axis=0)
        reached = float(right.mean())
        others = {name: float(one.mean()) for name, one in self.pixels.right.items()}
        others[f"{UNTRAINED}, {probe}"] = float(PROBES[probe](found, self.untrained).mean())
        best = max(others, key=lambda name: others[name])
        return Row(
            self.task,
            clothing.NAME,
            f"kind of clothes, {probe}",
            "" if bar is None else f"≥ {bar}",
            reached,
            bootstrap(right),
            len(trained),
            best,
            others[best],
            bar is None or reached >= bar,
            _sentence(reached, others, best, found.majority),
        )

    def _encoded(self, model: str) -> Sides:
        found, store = self.pixels.clothing, self.models.store
        parts = (found.train, found.validation, found.test)
        return Sides(*(encoded(store, model, part.images) for part in parts))


def _sentence(reached: float, others: Mapping[str, float], best: str, majority: float) -> str:
    rest = "; ".join(f"{name} {share:.3f}" for name, share in others.items() if name != best)
    loses = "" if reached > others[best] else "The baseline is better. "
    return f"{loses}{rest}; most frequent kind {majority:.3f}"
