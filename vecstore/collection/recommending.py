"""Searching with examples: like some, and unlike others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

import numpy as np
from numpy.typing import NDArray

from vecstore.collection.asking import Asking
from vecstore.errors import InvalidArgument, InvalidVector, VecstoreError
from vecstore.fields import Field, Question
from vecstore.hits import Hits
from vecstore.records import RecordReference
from vecstore.searches import Example, SearchKeywords, checked_examples, example_error
from vecstore.spaces import Metric, Vector

# Below this length a sum of vectors of length 1 is nothing but rounding.
_NOTHING = 1e-6


class Recommending(Asking):
    """The method that finds records by examples."""

    def recommend(
        self,
        positive: Sequence[Example],
        negative: Sequence[Example] = (),
        k: int = 10,
        **given: Unpack[SearchKeywords],
    ) -> Hits:
        """Records like some examples, and unlike others.

        The query is ``mean(positive) + (mean(positive) - mean(negative))``, of vectors that have
        length 1 under cosine, and ``mean(positive)`` without negative examples. The examples
        themselves are left out of the answer.

        Args:
            positive: at least one id of a record, :class:`RecordReference` or tagged vector.
            negative: any number of them.
            k, given: see :meth:`search`.

        Raises:
            InvalidArgument: no positive example, too many of both, or they cancel each other out.
            SpaceMismatch, SpaceRequired, SpaceUnknown: an example is not of the field's space.
            RecordNotFound: an example is not there.
            VecstoreError: as :meth:`search`; the message names the example by its number from 0.
        """
        options = self._options(k, given)
        if options.bridge:
            raise InvalidArgument(
                f"bridge is {options.bridge!r}, and examples are looked for among the stored "
                "vectors, over no bridge; leave it out",
                field="bridge",
            )
        searched = self._field(options.field, options.space)
        likes = checked_examples("positive", positive)
        dislikes = checked_examples("negative", negative)
        self._require_sensible(len(likes), len(dislikes))
        likes, dislikes = self._placed("positive", likes), self._placed("negative", dislikes)
        wanted = self._vectors(searched, "positive", likes)
        unwanted = self._vectors(searched, "negative", dislikes)
        shown = {
            one.id
            for one in (*likes, *dislikes)
            if isinstance(one, RecordReference) and self._is_here(one)
        }
        query = _query(searched, wanted, unwanted)
        # An empty payload: a query that nobody wrote says nothing of ordinary ones.
        question = Question(query, payload={}, without=frozenset(shown))
        return self._answering(searched).answers([question], options)[0]

    def _require_sensible(self, positive: int, negative: int) -> None:
        if not positive:
            raise InvalidArgument(
                f"no positive example is given, and {negative} negative; give at least one "
                "positive example: nothing is near to what is only unlike something",
                field="positive",
            )
        limit = self._store.settings.max_batch
        if positive + negative > limit:
            raise InvalidArgument(
                f"{positive + negative} examples; at most {limit} are allowed: leave some out",
                field="positive",
            )

    def _is_here(self, reference: RecordReference) -> bool:
        return reference.collection is None

    def _placed(
        self, name: str, examples: Sequence[RecordReference | Vector]
    ) -> list[RecordReference | Vector]:
        """Examples, with no collection named where it is this one, be it by an alias."""
        placed: list[RecordReference | Vector] = []
        for number, one in enumerate(examples):
            if isinstance(one, RecordReference) and one.collection is not None:
                try:
                    own = self._store.row(str(one.collection)).name == self.name
                except VecstoreError as error:
                    raise example_error(error, name, number) from error
                placed.append(RecordReference(one.id) if own else one)
            else:
                placed.append(one)
        return placed

    def _vectors(
        self, field: Field, name: str, examples: Sequence[RecordReference | Vector]
    ) -> list[Vector]:
        """The examples' vectors, every one admitted to the field's space."""
        places = [
            n
            for n, one in enumerate(examples)
            if isinstance(one, RecordReference) and self._is_here(one)
        ]
        stored = self._stored_vectors(field, [_id(examples[n]) for n in places])
        own = dict(zip(places, stored, strict=True))
        vectors = []
        for number, one in enumerate(examples):
            try:
                if number in own:
                    vectors.append(field.admit(own[number], name))
                elif isinstance(one, RecordReference):
                    vectors.append(self._referred(field, one).vector)
                else:
                    vectors.append(field.admit(one, name))
            except VecstoreError as error:
                raise example_error(error, name, number) from error
        return vectors

    def _stored_vectors(self, field: Field, ids: Sequence[str]) -> list[Vector]:
        """Vectors of records of this collection, in the order of their ids.

        Raises:
            RecordNotFound: one is not there, or has none in the field.
        """
        self._store.require(self._row)
        found = self._store.reader.stored_vectors(field.row, list(dict.fromkeys(ids)))
        for one in ids:
            if one not in found:
                # Says whether the record is missing, or its vector.
                self._referred(field, RecordReference(one))
        return [found[one][1] for one in ids]


def _id(example: RecordReference | Vector) -> str:
    assert isinstance(example, RecordReference)  # noqa: S101 - for the type checker
    return example.id


def _query(field: Field, positive: Sequence[Vector], negative: Sequence[Vector]) -> Vector:
    metric = field.collection.metric
    mean = _mean(positive, metric)
    if negative:
        mean = mean + (mean - _mean(negative, metric))
    if metric is Metric.COSINE and np.linalg.norm(mean) < _NOTHING:
        raise InvalidArgument(
            "the examples cancel each other out: what they come to is all zeros, which has no "
            "direction and no cosine; give other examples, or fewer",
            field="positive",
        )
    with np.errstate(over="ignore"):
        values = mean.astype(np.float32)
    if not np.isfinite(values).all():
        raise InvalidVector(
            "the numbers of the examples are so large that what they come to is beyond float32; "
            "give other examples",
            field="positive",
        )
    return field.admit(Vector(field.space, values), "query")


def _mean(vectors: Sequence[Vector], metric: Metric) -> NDArray[np.float64]:
    matrix = np.stack([one.values for one in vectors]).astype(np.float64)
    if metric is Metric.COSINE:
        matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    mean: NDArray[np.float64] = matrix.mean(axis=0)
    return mean
