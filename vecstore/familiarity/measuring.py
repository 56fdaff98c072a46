"""Distances of ordinary queries, or of records, to a collection as it is now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import Engine

from vecstore.calibrations import Basis, Measure
from vecstore.errors import InvalidArgument
from vecstore.familiarity.classes import Mahalanobis, Prototypes, Yardstick, summed
from vecstore.familiarity.requests import label_path
from vecstore.familiarity.sampling import live_vectors, sample
from vecstore.familiarity.scale import BLUR, FEWEST, Scale
from vecstore.spaces import FloatArray, Metric
from vecstore.storage.calibrations import (
    SUPPLIED,
    USED,
    CalibrationRows,
    CalibrationSettings,
    read_classes,
)
from vecstore.storage.catalog import CollectionRow, FieldRow

if TYPE_CHECKING:
    from vecstore.index.live import LiveIndex

SAMPLED = 512
"""Records that stand for a collection."""

# Records that classes are learnt from.
_MOST_FITTED = 100_000

# Called after every distance with what makes a scale of those so far; what it raises ends it.
Proceed = Callable[[Callable[[], Scale]], None]


@dataclass(frozen=True, slots=True)
class Subject:
    """What is measured: one field of an open collection."""

    engine: Engine
    collection: CollectionRow
    row: FieldRow
    index: LiveIndex

    def measured(
        self, rows: CalibrationRows, gathered: int, rewritten: int, proceed: Proceed
    ) -> Scale:
        """The scale of this moment.

        Args:
            rows: what is on record, or is to be.
            gathered: how many queries had been taken from use by then.
            rewritten: how many payloads that classes are read from had changed by then.
            proceed: called again and again.

        Raises:
            InvalidArgument: the label key has one class only, or none.
        """
        bare = Scale(
            records=self.index.count,
            turnover=self.index.turnover + rewritten,
            gathered=gathered,
            # A squared distance of equal vectors is 0; one less a product is next to it.
            blur=0.0 if self.collection.metric is Metric.L2 else BLUR,
        )
        basis, source, note = basis_of(rows.settings, rows.counts, bare.records)
        bare = replace(bare, basis=basis, source=source, note=note)
        if basis is Basis.NONE:
            return bare
        classes = self._classes(rows.settings)
        bare = replace(bare, yardstick=self._yardstick(rows.settings, classes))
        asked = (
            self._of_queries(rows.queries[source], bare.yardstick)
            if source
            else self._of_records(classes, bare.yardstick)
        )
        distances: list[float] = []

        def so_far() -> Scale:
            if len(distances) >= FEWEST:
                return replace(bare, distances=sorted(distances))
            return replace(bare, basis=Basis.NONE, source="", note=too_few(len(distances)))

        for distance in asked:
            if distance is not None:
                distances.append(distance)
            proceed(so_far)
        return so_far()

    def _of_queries(
        self, vectors: FloatArray, yardstick: Yardstick | None
    ) -> Iterator[float | None]:
        for place in np.random.default_rng(0).permutation(len(vectors)).tolist():
            vector = vectors[place]
            yield self._nearest(vector) if yardstick is None else yardstick.distance(vector)

    def _of_records(
        self, classes: dict[int, str], yardstick: Yardstick | None
    ) -> Iterator[float | None]:
        """Each record held against the others."""
        live = self.index.labels()
        if yardstick is not None:
            live = live[np.isin(live, list(classes))]
        for labels, vectors in live_vectors(self.index, sample(live, SAMPLED)):
            for label, vector in zip(labels.tolist(), vectors, strict=True):
                if yardstick is None:
                    yield self._nearest(vector, label)
                else:
                    yield yardstick.distance(vector, classes[label])

    def _nearest(self, vector: FloatArray, itself: int | None = None) -> float | None:
        found = self.index.search(vector, 1 if itself is None else 2)
        return next((distance for distance, _, label in found if label != itself), None)

    def _classes(self, said: CalibrationSettings) -> dict[int, str]:
        if said.measure is Measure.NEAREST or said.label_key is None:
            return {}
        chosen = set(sample(self.index.labels(), _MOST_FITTED).tolist())
        path = label_path(said.label_key)
        return read_classes(self.engine, self.collection, self.row, path, chosen)

    def _yardstick(self, said: CalibrationSettings, classes: dict[int, str]) -> Yardstick | None:
        if said.measure is Measure.NEAREST or said.label_key is None:
            return None
        metric = self.collection.metric
        pieces = (
            (vectors, [classes[label] for label in labels.tolist()])
            for labels, vectors in live_vectors(self.index, np.array(sorted(classes), np.int64))
        )
        scatter = said.measure is Measure.MAHALANOBIS
        sums = summed(pieces, self.row.space.dim, scatter=scatter, key=said.label_key)
        return Mahalanobis(sums, metric) if scatter else Prototypes(sums, metric)


def basis_of(
    said: CalibrationSettings, counts: Mapping[str, int], records: int
) -> tuple[Basis, str, str]:
    """Whose distances calibrate a collection: basis, source of the queries, note.

    Args:
        said: what was said of it.
        counts: how many queries there are of each source.
        records: how many vectors are live.
    """
    for source in (SUPPLIED, USED):
        if counts.get(source, 0) >= FEWEST:
            return (Basis.QUERIES, source, "") if records else (Basis.NONE, "", too_few(0, 1))
    if records < FEWEST:
        return Basis.NONE, "", too_few(records)
    note = f"nothing is flagged until at least {FEWEST} ordinary queries calibrate it"
    if said.gathers:
        note += f" ({counts.get(USED, 0)} gathered so far)"
    return Basis.RECORDS, "", note


def too_few(records: int, needed: int = FEWEST) -> str:
    """Why so few records tell nothing."""
    number = "1 record" if records == 1 else f"{records} records"
    wanted = "1 is" if needed == 1 else f"{needed} are"
    return f"not calibrated: {number}; at least {wanted} needed"


def unfit(error: InvalidArgument) -> str:
    """Why classes tell nothing any more."""
    return f"not calibrated: {error.message}"
