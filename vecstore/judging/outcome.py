"""What came out of judging encoders over one data set by one protocol."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vecstore.evaluations import DataSummary, Evaluation, Figure, Protocol
from vecstore.records import Input
from vecstore.spaces import FloatArray, Space

TWIN_OF = "random twin of "
"""How the name of an encoder's twin begins, before that of the encoder."""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """One encoder, or one baseline, by one protocol.

    Args:
        name: such as "all-MiniLM-L6-v2@1", "TF-IDF" or "random twin of words@1".
        space: of its vectors; None for a baseline.
        figures: by name, such as "probe.accuracy@10".
        vectors: of the outcome's sample, shape (sample, dim), float32; None where there are none,
            or none that are dense.
        confusion: shape (classes, clusters), where labels were judged by.
        rankings: shape (queries, up to 10), rows of documents, best first, where retrieval was.
    """

    name: str
    space: Space | None
    figures: Mapping[str, Figure]
    vectors: FloatArray | None = None
    confusion: NDArray[np.int64] | None = None
    rankings: NDArray[np.int64] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """One protocol over one data set.

    Args:
        protocol, data, seed, settings: by what, on what and how.
        judged: encoders first, then baselines.
        evaluations: as on record, one for each encoder.
        classes: the labels that there are, sorted; the rows of a confusion.
        sample: some of the inputs, evenly over the classes; the rows of ``Judged.vectors``. Empty
            where the inputs are not at hand.
        sample_labels: one for each row of ``Judged.vectors``.
        queries, documents: as shown to people, where retrieval was judged; what is no text is
            shown by its id.
        relevant: for each query the rows of the documents that it should find, with their gains.
        skipped: what was left out and why, one sentence each.
    """

    protocol: Protocol
    data: DataSummary
    seed: int
    settings: Mapping[str, Any]
    judged: tuple[Judged, ...]
    evaluations: tuple[Evaluation, ...]
    classes: tuple[str, ...] = ()
    sample: tuple[Input, ...] = ()
    sample_labels: tuple[str, ...] = ()
    queries: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    relevant: tuple[Mapping[int, float], ...] = ()
    skipped: tuple[str, ...] = ()
