"""What encoders are judged on: the values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vecstore.evaluations import DataSummary
from vecstore.records import Input, Modality


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """Inputs, with labels or without.

    Args:
        inputs: in the order of the data; all of one modality.
        labels: one for each; None where none were asked for.
        summary: name, digest over inputs and labels, and counts: "inputs", with labels "classes",
            and "repeated" where some equal an earlier one, "of" where these are a sample of so
            many, and "skipped" where some were passed over.
        places: how messages call each of them, such as "line 3 of questions.csv".
    """

    inputs: tuple[Input, ...]
    labels: tuple[str, ...] | None
    summary: DataSummary
    places: tuple[str, ...]

    @property
    def modality(self) -> Modality:
        """What all of them are."""
        return self.inputs[0].modality


@dataclass(frozen=True, slots=True, eq=False)
class Queries:
    """Queries with what they should find.

    Args:
        queries: texts; or what else the encoder reads.
        relevant: for each query the row of every document that it should find, with the gain of
            finding it (above 0); none is empty.
        ids: of the documents, by row.
        documents: by row; None where they are the records of a collection.
        summary: name, digest and counts: "queries", "documents", "relevant".
        places: how messages call each query.
    """

    queries: tuple[Input, ...]
    relevant: tuple[Mapping[int, float], ...]
    ids: tuple[str, ...]
    documents: tuple[Input, ...] | None
    summary: DataSummary
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ScoredPairs:
    """Pairs of texts, each with a score of how near they are.

    Args:
        a, b: the texts.
        scores: one for each pair; any scale, more is nearer.
        summary: name, digest and counts: "pairs".
        places: how messages call each pair.
    """

    a: tuple[Input, ...]
    b: tuple[Input, ...]
    scores: tuple[float, ...]
    summary: DataSummary
    places: tuple[str, ...]
