"""Judged by labels: clusters, probes, and the health of the vectors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from vecstore.errors import InvalidArgument
from vecstore.evaluation.clustering import cluster
from vecstore.evaluation.health import NEIGHBOURS, health
from vecstore.evaluation.matrices import Vectors, is_sparse
from vecstore.evaluation.probe import probe
from vecstore.evaluations import DataSummary, Figure, Protocol
from vecstore.inputs import shorten
from vecstore.judging.baselines import Baseline, baselines_of
from vecstore.judging.data import Inputs, even_sample
from vecstore.judging.lineup import LineUp
from vecstore.judging.outcome import Judged, Outcome
from vecstore.judging.protocols.settings import common_settings
from vecstore.judging.request import SHOTS, EvaluationRequest
from vecstore.judging.subjects import Subject
from vecstore.records import Input, Role
from vecstore.spaces import FloatArray

SAMPLE = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """Labelled inputs, or labelled vectors of a collection.

    Args:
        labels: one for each.
        summary: of the data.
        inputs: empty where they are not at hand; vectors are then stored ones.
        places: how messages call each input.
        stored: shape (n, dim); None where inputs are to be encoded.
        notes: what was left out in reading, one sentence each.
    """

    labels: tuple[str, ...]
    summary: DataSummary
    inputs: tuple[Input, ...] = ()
    places: tuple[str, ...] = ()
    stored: FloatArray | None = None
    notes: tuple[str, ...] = ()

    @property
    def is_sample(self) -> bool:
        """Whether there was more than the limit."""
        return "of" in self.summary.counts

    @classmethod
    def of(cls, inputs: Inputs) -> Labelled:
        """What was read from a file, or given in Python."""
        return cls(inputs.labels or (), inputs.summary, inputs.inputs, inputs.places)

    def vectors(self, subject: Subject) -> FloatArray:
        """The vectors of a subject."""
        if self.stored is not None:
            return self.stored
        return subject.encode(self.inputs, Role.DOCUMENT, self.places)

    def baselines(self) -> tuple[Baseline, ...]:
        """Those that fit; none where inputs are not at hand."""
        return baselines_of(self.inputs[0].modality) if self.inputs else ()


@dataclass(frozen=True, slots=True)
class Shots:
    """Samples a class that there are enough inputs for.

    Args:
        used: those.
        notes: what was left out, one sentence each.
    """

    used: tuple[int, ...]
    notes: tuple[str, ...] = ()


def choose_shots(labelled: Labelled, asked: Sequence[int] | None) -> Shots:
    """The shots that every class has enough inputs for, one more to be tested with.

    Args:
        labelled: what there is.
        asked: by the caller; None for the usual ones, of which those that cannot be are left out.

    Raises:
        InvalidArgument: one that was asked for cannot be.
    """
    name, count = min(Counter(labelled.labels).items(), key=lambda item: (item[1], item[0]))
    wanted = SHOTS if asked is None else tuple(sorted(asked))
    used = tuple(shot for shot in wanted if shot < count)
    left = [shot for shot in wanted if shot >= count]
    if not left:
        return Shots(used)
    sample = " in the sample" if labelled.is_sample else ""
    smallest = f"the smallest class, {shorten(name)}, has {count:,}{sample}"
    if asked is not None:
        raise InvalidArgument(
            f"a probe with {max(left)} samples a class needs {max(left) + 1} inputs of each, and "
            f"{smallest}; ask for fewer shots, leave the class out, or give more",
            field="shots",
        )
    probes = "all probes" if not used else "probes with " + " and ".join(map(str, left))
    return Shots(
        used,
        (
            f"{probes} samples a class were left out: {smallest}"
            if used
            else f"all probes were left out: {smallest}, and {min(wanted) + 1} are needed",
        ),
    )


def check_labelled(labelled: Labelled) -> None:
    """Raise InvalidArgument where every input has a label of its own."""
    classes = len(set(labelled.labels))
    if classes < len(labelled.labels):
        return
    if labelled.is_sample:
        raise InvalidArgument(
            f"the limit of {classes:,} inputs leaves no class of {labelled.summary.name} with more "
            "than one; raise it, or name another column of labels",
            field="limit",
        )
    raise InvalidArgument(
        f"each of the {classes:,} inputs of {labelled.summary.name} has a label of its own; "
        "give several inputs of a class, or name another column of labels",
        field="labelled",
    )


def label_figures(shots: Sequence[int]) -> tuple[str, ...]:
    """Names of the figures, with these shots."""
    probes = (
        f"probe.{kind}@{shot}" for kind in ("accuracy", "linear", "neighbour") for shot in shots
    )
    return (
        *(f"clustering.{name}" for name in ("v_measure", "adjusted_rand", "silhouette")),
        *probes,
        *(f"health.{name}" for name in ("effective_rank", "hubness", "duplicates")),
    )


def judge_labels(
    labelled: Labelled, shots: Shots, lineup: LineUp, request: EvaluationRequest
) -> Outcome:
    """Judge everybody by labels, baselines first, and put each encoder's figures on record."""
    bench = _Bench(labelled, shots, request)
    rows = lineup.baseline_vectors(labelled.baselines(), labelled.inputs)
    baselines = [bench.judge(name, given) for name, (given, _) in rows.items()]
    found = lineup.judge(
        Protocol.LABELS, labelled.summary, bench.settings, baselines, bench.judge_subject
    )
    notes = (*labelled.notes, *shots.notes, *bench.notes, *lineup.skipped)
    return Outcome(
        protocol=Protocol.LABELS,
        data=labelled.summary,
        seed=request.seed,
        settings=bench.settings,
        judged=found.judged,
        evaluations=found.evaluations,
        classes=tuple(sorted(set(labelled.labels))),
        sample=tuple(labelled.inputs[row] for row in bench.sample) if labelled.inputs else (),
        sample_labels=tuple(labelled.labels[row] for row in bench.sample),
        skipped=tuple(dict.fromkeys(notes)),
    )


class _Bench:
    """Where vectors are judged by the same labels, each in the same way."""

    def __init__(self, labelled: Labelled, shots: Shots, request: EvaluationRequest) -> None:
        self._labelled = labelled
        self._shots = shots
        self._request = request
        self.sample = even_sample(labelled.labels, SAMPLE, request.seed)
        self.notes: list[str] = []
        if len(labelled.labels) <= NEIGHBOURS:
            self.notes.append(
                f"the health of the vectors was left out: it needs {NEIGHBOURS + 1} of them, and "
                f"there are {len(labelled.labels)}"
            )
        self.settings: Mapping[str, Any] = {
            "shots": list(shots.used),
            "draws": request.draws,
            "limit": request.limit,
            "role": str(Role.DOCUMENT),
            **common_settings(labelled.inputs or ()),
        }

    def judge_subject(self, subject: Subject) -> Judged:
        """An encoder, its health included, or a twin."""
        vectors = self._labelled.vectors(subject)
        judged = self.judge(subject.name, vectors)
        if subject.space is None:
            return judged
        figures = {**judged.figures, **self._health(vectors)}
        return replace(judged, space=subject.space, figures=figures)

    def judge(self, name: str, vectors: Vectors) -> Judged:
        """Anybody's vectors."""
        request, labels = self._request, self._labelled.labels
        request.report(f"clusters of {name}", 0, None)
        found = cluster(vectors, labels, request.seed)
        figures = {**found.figures, **self._probe(name, vectors)}
        shown = None if is_sparse(vectors) else np.ascontiguousarray(vectors[self.sample])
        return Judged(name, None, figures, shown, found.confusion)

    def _probe(self, name: str, vectors: Vectors) -> Mapping[str, Figure]:
        if not self._shots.used:
            return {}
        request = self._request

        def report(done: int, of: int) -> None:
            request.report(f"probes of {name}", done, of)

        return probe(
            vectors, self._labelled.labels, self._shots.used, request.draws, request.seed, report
        )

    def _health(self, vectors: FloatArray) -> Mapping[str, Figure]:
        return health(vectors, self._request.seed) if len(vectors) > NEIGHBOURS else {}
