"""Which baselines there are for a kind of input."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vecstore.evaluation.matrices import Vectors
from vecstore.judging.baselines.categories import plain_columns
from vecstore.judging.baselines.pixels import raw_pixels, whitened_pixels
from vecstore.judging.baselines.tfidf import tfidf
from vecstore.records import Input, Modality


@dataclass(frozen=True, slots=True)
class Baseline:
    """A way to vectors that needs no encoder.

    Args:
        name: as people know it.
        vectors: (inputs, others) -> (rows of inputs, rows of others), dense or sparse. Whatever
            is fitted sees the inputs only; ``others`` may be empty. Raises Unfit.
    """

    name: str
    vectors: Callable[[Sequence[Input], Sequence[Input]], tuple[Vectors, Vectors]]


_OF = {
    Modality.TEXT: (Baseline("TF-IDF", tfidf),),
    Modality.IMAGE: (
        Baseline("raw pixels", raw_pixels),
        Baseline("whitened PCA of pixels", whitened_pixels),
    ),
    Modality.CATEGORIES: (Baseline("columns as they are", plain_columns),),
}


def baselines_of(modality: Modality) -> tuple[Baseline, ...]:
    """The baselines for inputs of a kind."""
    return _OF[modality]
