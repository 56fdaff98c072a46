"""One vector field of an open collection: what may enter it, and what it answers."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vecstore.calibrations import Unfamiliarity
from vecstore.config import Settings
from vecstore.errors import (
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    SpaceMismatch,
    SpaceRetired,
    StorageError,
    VecstoreError,
)
from vecstore.familiarity.requests import evenly, require_enough
from vecstore.faults import blamed_on
from vecstore.filters import Filter
from vecstore.hits import Hit, Strangeness, bare_hit, bare_hits
from vecstore.index.batching import Columns
from vecstore.index.filtering import Told
from vecstore.index.planner import unfiltered_plan
from vecstore.index.searching import Found, Outdated
from vecstore.inputs import check_input
from vecstore.plans import Plan
from vecstore.records import Input, Payload, Query, Role
from vecstore.reembeddings import FieldState
from vecstore.spaces import FloatArray, Metric, Space, Vector, admit, admit_all
from vecstore.storage.catalog import CollectionRow, FieldRow

if TYPE_CHECKING:
    from vecstore.index.live import LiveIndex
    from vecstore.store import Store

# The kinds of query that an encoder reads.
ENCODED = (str, bytes, Mapping, Input)

# A vector, or why there is none.
Encoded = Vector | VecstoreError

_NONE: Set[int] = frozenset()
_QUOTED = 60
_ATTEMPTS = 50
_OPTIMISTIC = 4


@dataclass(frozen=True, slots=True)
class Question:
    """A query as a vector of the field's space.

    Args:
        vector: the query.
        itself: the record that it is taken from, and is left out.
        payload: that record's.
        without: further records that are left out.
    """

    vector: Vector
    itself: str | None = None
    payload: Payload | None = None
    without: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Asked:
    """One query of several: its number, and what is asked, encoded or not yet."""

    number: int
    what: Input | Question


def batch_of(queries: Iterable[Query], limit: int) -> Sequence[Query]:
    """Queries of one call.

    Raises:
        InvalidArgument: they are more than ``limit``, or one query alone.
    """
    if isinstance(queries, ENCODED):
        raise InvalidArgument(
            f"queries is one {type(queries).__name__}; give a list of queries", field="queries"
        )
    given = queries if isinstance(queries, Sequence) else tuple(queries)
    if len(given) > limit:
        raise InvalidArgument(
            f"{len(given)} queries in one batch; at most {limit} are allowed", field="queries"
        )
    return given


def asked_of(
    queries: Sequence[Query], settings: Settings, question: Callable[[Query], Question]
) -> list[Asked]:
    """Queries checked one by one; those that an encoder reads are not encoded yet.

    Args:
        queries: what is asked.
        settings: limits.
        question: what becomes of every other query.

    Raises:
        VecstoreError: what is wrong with one, which the message names by its number from 0.
    """
    asked: list[Asked] = []
    for number, query in enumerate(queries):
        try:
            if isinstance(query, ENCODED):
                asked.append(Asked(number, check_input(query, settings, "query")))
            else:
                asked.append(Asked(number, question(query)))
        except VecstoreError as error:
            details = {**error.details, "position": str(number)}
            raise type(error)(f"query {number}: {error.message}", **details) from error
    return asked


class Field:
    """A vector field, bound to one live space.

    Args:
        store: the open store.
        collection: the collection that it belongs to.
        row: the field.
    """

    __slots__ = ("_accepted", "_store", "collection", "row")

    def __init__(self, store: Store, collection: CollectionRow, row: FieldRow) -> None:
        self._store = store
        self.collection = collection
        self.row = row
        self._accepted = row.space.complete

    @property
    def space(self) -> Space:
        """The live space."""
        return self.row.space

    @property
    def bridge(self) -> str:
        """The bridge that questions come over; empty for none."""
        return ""

    @property
    def bridge_forced(self) -> bool:
        """Whether that was taken although it is poor."""
        return False

    @property
    def index(self) -> LiveIndex:
        """The open index."""
        return self._store.index(self.collection, self.row)

    def admit(self, vector: object, name: str) -> Vector:
        """A vector that may enter or question this field; see :func:`vecstore.spaces.admit`."""
        if not self._accepted:
            self._accepted = self._store.models.accepted(self.space)
        try:
            return admit(
                self.space, self.collection.metric, vector, accepted=self._accepted, field=name
            )
        except SpaceMismatch as error:
            raise self._explained(error, vector) from None

    def _explained(self, error: SpaceMismatch, vector: object) -> SpaceMismatch:
        """What to do with a vector of a space that this field had once, or is to have."""
        given = getattr(vector, "space", None)
        if self.row.state is not FieldState.LIVE:
            return error
        called, name = self.row.name, self.collection.name
        other = self.collection.other(called)
        beside = other is not None and other.space == given
        hint = f"to search that, say space={given.name!r}" if beside and given is not None else ""
        if other is not None and beside and other.state is FieldState.STAGED:
            return SpaceMismatch(
                f"{error.message}. It is of the space {other.space.name}, which is staged beside "
                f"the live one, and is filled from the inputs: {hint}",
                **error.details,
            )
        for one in reversed(self.collection.retired):
            if one.field == called and one.space == given:
                return SpaceRetired(
                    f"{one.space.name} was left by the field {called!r} of {name!r} at "
                    f"{one.since}; it lives in {self.space.name} now: encode anew with that"
                    + (f"; {hint}" if hint else ""),
                    since=one.since,
                    live=self.space.name,
                    **error.details,
                )
        over = self._store.bridges.hint(self.collection, self.row, given)
        return SpaceMismatch(f"{error.message}; {over}", **error.details) if over else error

    def moved(self, vector: object) -> bool:
        """Whether a vector is of a space that this field has left, or has beside its live one."""
        row, collection, space = self.row, self.collection, getattr(vector, "space", None)
        left = any(one.field == row.name and one.space == space for one in collection.retired)
        return left or any(one.name == row.name and one.space == space for one in collection.beside)

    def admit_all(self, vectors: Sequence[object]) -> FloatArray | None:
        """Vectors that may question this field, as rows; see :func:`spaces.admit_all`."""
        if not self._accepted:
            self._accepted = self._store.models.accepted(self.space)
        return admit_all(self.space, self.collection.metric, vectors, accepted=self._accepted)

    def encode(self, inputs: Sequence[Input], role: Role) -> list[Vector]:
        """Admitted vectors of inputs, in their order."""
        if not inputs:
            return []
        transforms = self._store.transforms
        release = self._store.models.resolve(f"{self.space.model}@{self.space.version}")
        vectors = transforms.encode(release, transforms.of(self.space), inputs, role)
        for number, vector in enumerate(vectors):
            try:
                self.admit(vector, "vector")
            except VecstoreError as error:
                shown = str(inputs[number].data)[:_QUOTED]
                after = f" after {self.space.transform_name}" if self.space.transform else ""
                raise type(error)(
                    f"the encoder's vector for {shown!r}{after}: {error.message}", **error.details
                ) from error
        return vectors

    def encode_each(self, inputs: Sequence[Input], role: Role) -> list[Encoded]:
        """The same, with an error in the place of what the encoder refuses."""
        try:
            return list(self.encode(inputs, role))
        except VecstoreError as error:
            # An encoder that cannot be loaded is not asked for each of them.
            if len(inputs) == 1 or isinstance(error, NotFound | FailedPrecondition):
                return [error] * len(inputs)
        half = len(inputs) // 2
        return self.encode_each(inputs[:half], role) + self.encode_each(inputs[half:], role)

    def questions(self, asked: Sequence[Asked]) -> list[Question]:
        """Queries as vectors, in their order; what is to be encoded is encoded together.

        Raises:
            VecstoreError: what is wrong with one, which the message names by its number.
        """
        inputs = [(one.number, one.what) for one in asked if isinstance(one.what, Input)]
        numbers = [number for number, _ in inputs]
        with blamed_on(lambda place: (f"query {numbers[place]}", numbers[place])):
            encoded = iter(self.encode([given for _, given in inputs], Role.QUERY))
        return [
            one.what if isinstance(one.what, Question) else Question(next(encoded)) for one in asked
        ]

    def ordinary(self, asked: Sequence[Asked]) -> FloatArray:
        """Vectors of ordinary queries: different ones, and of many so many as are kept.

        Returns:
            Shape (n, dim), float32.

        Raises:
            InvalidArgument: too few that differ, or records of this very collection.
        """
        for one in asked:
            if isinstance(one.what, Question) and one.what.itself is not None:
                raise InvalidArgument(
                    f"query {one.number} is the record {one.what.itself!r} of this collection, "
                    "which says nothing of queries; give texts, or vectors of queries",
                    field="queries",
                )
        once = list({one.what: one for one in reversed(asked)}.values())[::-1]
        require_enough(len(once))
        vectors = self.questions([once[place] for place in evenly(len(once))])
        different = list({one.vector.values.tobytes(): one for one in vectors}.values())
        require_enough(len(different))
        return np.stack([one.vector.values for one in different])

    def strangeness(self, question: Question, nearest: float | None) -> Unfamiliarity | None:
        """How far a query lies from all that the field holds.

        Args:
            question: the query.
            nearest: distance of the nearest record, whatever a filter says; None without records.
        """
        if nearest is None:
            return None
        field = self._store.familiarity.of(self.collection, self.row, self.index)
        return field.judged(nearest, question.vector.values, question.payload)

    def all_strangeness(
        self, values: FloatArray, rows: Sequence[Sequence[Hit]]
    ) -> list[Strangeness]:
        """The same for vectors (n, dim), by the hits of each without a filter."""
        familiarity = self._store.familiarity
        if not familiarity.on:
            return [None] * len(rows)
        field = familiarity.of(self.collection, self.row, self.index)
        if all(rows):
            return [*field.all_judged([hits[0].distance for hits in rows], values)]
        return [
            field.judged(hits[0].distance, one) if hits else None
            for hits, one in zip(rows, values, strict=True)
        ]

    @property
    def tells_unfamiliar(self) -> bool:
        """Whether answers say how strange the query is."""
        return self._store.familiarity.on

    @property
    def gathers(self) -> bool:
        """Whether queries from use are gathered, with consent."""
        field = self._store.familiarity.of(self.collection, self.row, self.index)
        return field.gathered is not None

    def evaluated(self) -> bool:
        """Whether anybody has judged the encoder, by what is on record."""
        # The database need not answer for a search that asks it for nothing else.
        try:
            return self._store.evaluations.evaluated(self.row.space)
        except StorageError:
            return False

    def nearest(
        self, question: Question, k: int, filter_: Filter | None, *, explain: bool = False
    ) -> tuple[Found, Plan | None]:
        """The nearest records, and how they were found where ``explain`` asks for it."""
        values, itself = question.vector.values, question.itself
        wanted = k if itself is None else k + 1
        plan: Plan | None = None
        if filter_ is None:
            found = self.index.search(values, wanted)
            if explain:
                plan = unfiltered_plan(self.index.count)
        else:
            found, plan = self._filtered(values, wanted, filter_, explain=explain)
        if itself is not None:
            found = [hit for hit in found if hit[1] != itself][:k]
        return found, plan

    def _filtered(
        self, values: FloatArray, k: int, filter_: Filter, *, explain: bool
    ) -> tuple[Found, Plan | None]:
        """The nearest among the records that satisfy a filter, as of one moment.

        Where the index cannot tell them by itself, database and index are read one after the other.
        Where a commit falls between, they are read again, and at last while the writer waits, so
        that nothing that satisfies it is missed.
        """
        index = self.index
        answer = index.search_filtered(values, k, filter_, explain=explain)
        if answer is not None:
            return answer

        def search() -> tuple[Found, Plan | None]:
            version = index.version
            labels = self._store.reader.labels(self.row, filter_, self.collection)
            told = Told(np.array(labels, np.int64), version)
            found = index.search_filtered(values, k, filter_, told, explain=explain)
            return ([], None) if found is None else found

        for _ in range(_OPTIMISTIC):
            with contextlib.suppress(Outdated):
                return search()
        return self._store.owner.between_commits(search)

    @property
    def carried(self) -> Set[int]:
        """Labels of vectors that were mapped from another space; usually none."""
        return self._store.owner.carried.get(self.row.id, _NONE)

    def _hit(self, distance: float, record: str, label: int, carried: Set[int]) -> Hit:
        score = -distance if self.collection.metric is Metric.L2 else 1.0 - distance
        return Hit(record, distance, score, carried=label in carried)

    def bare_hits(self, found: Found) -> list[Hit]:
        """Hits of records found, without payloads and texts."""
        carried = self.carried
        if carried:
            return [self._hit(*one, carried) for one in found]
        if self.collection.metric is Metric.L2:
            return [bare_hit(record, distance, -distance) for distance, record, _ in found]
        return [bare_hit(record, distance, 1.0 - distance) for distance, record, _ in found]

    def rows_of_hits(self, found: Columns | Sequence[Found]) -> list[list[Hit]]:
        """The same for many queries at a time."""
        if not isinstance(found, Columns):
            return [self.bare_hits(one) for one in found]
        if self.carried:
            return [self.bare_hits(one) for one in found.rows()]
        distances = found.distances.astype(np.float64)
        scores = -distances if self.collection.metric is Metric.L2 else 1.0 - distances
        hits = bare_hits(found.ids, distances.ravel().tolist(), scores.ravel().tolist())
        count, width = distances.shape
        return [hits[row * width : (row + 1) * width] for row in range(count)]
