"""One collection of an open store: writing, searching, looking up."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from vecstore.errors import (
    InvalidArgument,
    InvalidInput,
    InvalidRecord,
    RecordNotFound,
    VecstoreError,
)
from vecstore.filters import Filter, parse
from vecstore.inputs import check_id, check_payload
from vecstore.records import (
    DEFAULT_FIELD,
    CollectionInfo,
    FieldValue,
    Hit,
    Hits,
    Input,
    ItemResult,
    Modality,
    Page,
    Query,
    Record,
    RecordReference,
    Role,
)
from vecstore.spaces import Metric, Space, Vector, admit
from vecstore.storage.catalog import CollectionRow, FieldRow
from vecstore.storage.writes import (
    KeptVectorGone,
    NewRecord,
    NewValue,
    delete_records,
    upsert,
)

if TYPE_CHECKING:
    from vecstore.store import Store

MAX_PAGE = 1000
SHOWN = 10

FilterLike = Filter | Mapping[str, Any]


class Collection:
    """A named set of records. Made by :meth:`Store.collection` and :meth:`Store.create_collection`.

    Every method may be called from many threads at once.
    """

    def __init__(self, store: Store, row: CollectionRow) -> None:
        self._store = store
        self._row = row

    @property
    def name(self) -> str:
        """The collection's name."""
        return self._row.name

    @property
    def metric(self) -> Metric:
        """How distance is measured."""
        return self._row.metric

    @property
    def space(self) -> Space:
        """The live space of the default field."""
        return self._field(DEFAULT_FIELD).space

    @property
    def encoder(self) -> str:
        """``model@version`` of the default field."""
        return f"{self.space.model}@{self.space.version}"

    def __repr__(self) -> str:
        return f"<Collection {self.name!r} of {self.encoder}>"

    def info(self) -> CollectionInfo:
        """What the collection is, and how much it holds."""
        self._store.require(self._row)
        return self._store.describe(self._row)

    # -- writing

    def upsert(self, records: Iterable[Record]) -> int:
        """Insert or replace records: all of them or, on any error, none.

        They are durable, and found by searches, when this returns. A record whose input is
        unchanged keeps its vector, and is not encoded again. The last of equal ids stays.

        Returns:
            How many records were given.

        Raises:
            InvalidRecord, InvalidInput, InvalidVector, SpaceRequired: a record is malformed.
            SpaceMismatch, SpaceUnknown: a vector of another space.
            ModelDrift: the encoder is not the one registered.
            Overloaded: the index cannot follow; try again.
        """
        batch = self._batch(records)
        if not batch:
            return 0
        checked = [self._check(record, number) for number, record in enumerate(batch)]
        for field in self._row.fields:
            index = self._store.index(self._row, field)
            index.wait_for_room(self._store.settings.tail_wait_seconds)
        try:
            self._write(checked, keep=True)
        except KeptVectorGone:
            self._write(checked, keep=False)
        return len(batch)

    def upsert_stream(self, batches: Iterable[Sequence[Record]]) -> Iterator[list[ItemResult]]:
        """Upsert batch after batch, each all or nothing; a bad one does not stop the others.

        Yields:
            For each batch the results of its records, in order: without an error where they are
            durable. Where one record was to blame, its neighbours say that nothing of the batch
            was written.
        """
        for batch in batches:
            yield self.upsert_batch(list(batch))

    def upsert_batch(self, batch: Sequence[Record]) -> list[ItemResult]:
        """One batch of :meth:`upsert_stream`."""
        try:
            self.upsert(batch)
        except VecstoreError as error:
            blamed = error.details.get("position")
            return [
                ItemResult(record.id, error if blamed in (None, str(number)) else _aside(error))
                for number, record in enumerate(batch)
            ]
        return [ItemResult(record.id) for record in batch]

    def delete(self, ids: Iterable[str]) -> int:
        """Delete records; ids that are not there are passed over.

        Returns:
            How many were there.
        """
        wanted = self._ids(ids)
        if not wanted:
            return 0
        row = self._row
        for field in row.fields:
            self._store.index(row, field)
        count, _ = self._store.write(
            lambda connection: delete_records(connection, row, wanted),
            lambda result: self._store.follow(row, result[1]),
        )
        return count

    def _batch(self, records: Iterable[Record]) -> list[Record]:
        batch = list(records)
        limit = self._store.settings.max_batch
        if len(batch) > limit:
            raise InvalidArgument(
                f"{len(batch)} records in one upsert; at most {limit} are allowed: use "
                "upsert_stream, or several calls",
                field="records",
            )
        for number, record in enumerate(batch):
            if not isinstance(record, Record):
                raise InvalidRecord(
                    f"record {number} is a {type(record).__name__}; give vecstore.Record objects",
                    position=number,
                )
        return batch

    def _check(self, record: Record, number: int) -> tuple[Record, str, dict[str, FieldValue]]:
        try:
            check_id(record.id)
            payload = check_payload(record.payload, self._store.settings)
            values = record.field_values()
            if not values:
                raise InvalidRecord(
                    f"record {record.id!r} has no text, image or vector; it could never be found"
                )
            for name, value in values.items():
                self._check_value(self._field(name), value)
        except VecstoreError as error:
            raise _at(error, record.id, number) from error
        return record, payload, values

    def _check_value(self, field: FieldRow, value: FieldValue) -> None:
        if value.text is not None and value.image is not None:
            raise InvalidInput(
                "text and image were both given for one field; it holds one of them", field="text"
            )
        if value.text is not None or value.image is not None:
            given = value.text if value.text is not None else value.image
            name = "text" if value.text is not None else "image"
            self._store.models.check_input(given, name)
        if value.vector is not None:
            self._admit(field, value.vector, "vector")
        elif value.text is None and value.image is None:
            raise InvalidRecord(f"the field {field.name!r} has no text, image or vector")

    def _write(
        self, checked: Sequence[tuple[Record, str, dict[str, FieldValue]]], *, keep: bool
    ) -> None:
        values: list[dict[str, NewValue]] = [{} for _ in checked]
        for field in self._row.fields:
            self._encode(field, checked, values, keep=keep)
        new = [
            NewRecord(record.id, payload, value)
            for (record, payload, _), value in zip(checked, values, strict=True)
        ]
        row = self._row
        self._store.write(
            lambda connection: upsert(connection, row, new),
            lambda changes: self._store.follow(row, changes),
        )

    def _encode(
        self,
        field: FieldRow,
        checked: Sequence[tuple[Record, str, dict[str, FieldValue]]],
        values: list[dict[str, NewValue]],
        *,
        keep: bool,
    ) -> None:
        """Fill in what each record's field is to hold, encoding the inputs that are new."""
        stored = self._row.store_inputs
        waiting: dict[bytes, Input] = {}
        digests: dict[int, bytes] = {}
        for number, (_, _, given) in enumerate(checked):
            value = given.get(field.name)
            if value is None:
                continue
            if value.vector is not None:
                values[number][field.name] = _new(b"", value, value.vector, stored)
                continue
            one = _input(value)
            digests[number] = bytes.fromhex(one.digest)
            waiting[digests[number]] = one
        present = {}
        if keep and digests:
            present = self._store.reader.entries(field, [checked[n][0].id for n in digests])
        fresh = {
            digest
            for number, digest in digests.items()
            if (entry := present.get(checked[number][0].id)) is None or entry.digest != digest
        }
        wanted = [digest for digest in waiting if digest in fresh]
        vectors = self._vectors(field, [waiting[digest] for digest in wanted], Role.DOCUMENT)
        encoded = dict(zip(wanted, vectors, strict=True))
        for number, digest in digests.items():
            value = checked[number][2][field.name]
            values[number][field.name] = _new(digest, value, encoded.get(digest), stored)

    def _vectors(self, field: FieldRow, inputs: Sequence[Input], role: Role) -> list[Vector]:
        if not inputs:
            return []
        release = self._store.models.resolve(f"{field.space.model}@{field.space.version}")
        vectors = self._store.models.encode(release, inputs, role)
        for number, vector in enumerate(vectors):
            try:
                self._admit(field, vector, "vector")
            except VecstoreError as error:
                shown = str(inputs[number].data)[:60]
                raise type(error)(
                    f"the encoder's vector for {shown!r}: {error.message}", **error.details
                ) from error
        return vectors

    def _admit(self, field: FieldRow, vector: object, name: str) -> Vector:
        accepted = field.space.complete or self._store.models.accepted(field.space)
        return admit(field.space, self._row.metric, vector, accepted=accepted, field=name)

    # -- searching

    def search(
        self,
        query: Query,
        k: int = 10,
        *,
        filter: FilterLike | None = None,
        field: str = DEFAULT_FIELD,
        include_payload: bool = True,
        include_text: bool = True,
    ) -> Hits:
        """The nearest records.

        Args:
            query: text or image bytes (encoded in the query role), a tagged vector, or a
                :class:`RecordReference` (that record itself is left out of its own collection's
                answer).
            k: hits wanted; as many come back while there are as many.
            filter: only records whose payload satisfies it; exact, whatever it leaves.
            field: the vector field to search.
            include_payload, include_text: what a hit brings along.

        Raises:
            SpaceMismatch, SpaceRequired, SpaceUnknown: the query's vector is not of this space.
            InvalidVector, InvalidInput, InvalidFilter, InvalidArgument: it is malformed.
            RecordNotFound: the record referred to is not there.
            ModelDrift: the encoder is not the one registered.
        """
        k = self._check_k(k)
        row = self._field(field)
        tree = _filter(filter)
        vector, itself = self._question(row, query)
        return self._answer(row, vector, k, tree, itself, include_payload, include_text)

    def search_batch(
        self,
        queries: Sequence[Query],
        k: int = 10,
        *,
        filter: FilterLike | None = None,
        field: str = DEFAULT_FIELD,
        include_payload: bool = True,
        include_text: bool = True,
    ) -> list[Hits]:
        """Many searches with the same settings; texts are encoded together.

        Raises:
            VecstoreError: as :meth:`search`; the message names the query by its number from 0.
        """
        k = self._check_k(k)
        row = self._field(field)
        tree = _filter(filter)
        limit = self._store.settings.max_batch
        if len(queries) > limit:
            raise InvalidArgument(
                f"{len(queries)} queries in one batch; at most {limit} are allowed",
                field="queries",
            )
        asked: list[tuple[Vector, str | None] | None] = []
        inputs: list[Input] = []
        for number, query in enumerate(queries):
            try:
                if isinstance(query, str | bytes | Input):
                    inputs.append(self._store.models.check_input(query, "query"))
                    asked.append(None)
                else:
                    asked.append(self._question(row, query))
            except VecstoreError as error:
                raise type(error)(
                    f"query {number}: {error.message}", **{**error.details, "position": str(number)}
                ) from error
        encoded = iter(self._vectors(row, inputs, Role.QUERY))
        return [
            self._answer(
                row, *(one or (next(encoded), None)), k, tree, include_payload, include_text
            )
            for one in asked
        ]

    def _question(self, field: FieldRow, query: object) -> tuple[Vector, str | None]:
        """The vector that asks, and the id of the record that it is, if it is one of this field."""
        if isinstance(query, Vector):
            return self._admit(field, query, "query"), None
        if isinstance(query, RecordReference):
            return self._referred(field, query)
        if isinstance(query, str | bytes | Input):
            one = self._store.models.check_input(query, "query")
            return self._vectors(field, [one], Role.QUERY)[0], None
        return self._admit(field, query, "query"), None

    def _referred(self, field: FieldRow, reference: RecordReference) -> tuple[Vector, str | None]:
        here = reference.collection in (None, self.name)
        other = self if here else self._store.collection(str(reference.collection))
        record = other.get([reference.id], include_vectors=True)[0]
        name = field.name if here else DEFAULT_FIELD
        vector = record.field_values().get(name, FieldValue()).vector
        if vector is None:
            raise RecordNotFound(
                f"record {reference.id!r} of {other.name!r} has no vector in the field {name!r}",
                record=reference.id,
            )
        return self._admit(field, vector, "query"), reference.id if here else None

    def _answer(
        self,
        field: FieldRow,
        vector: Vector,
        k: int,
        tree: Filter | None,
        itself: str | None,
        include_payload: bool,
        include_text: bool,
    ) -> Hits:
        index = self._store.index(self._row, field)
        wanted = k if itself is None else k + 1
        allowed = None
        if tree is not None:
            allowed = np.array(self._store.reader.labels(field, tree, self._row), np.int64)
        found = index.search(vector.values, wanted, allowed=allowed)
        if itself is not None:
            found = [hit for hit in found if hit[1] != itself][:k]
        l2 = self._row.metric is Metric.L2
        if not (include_payload or include_text):
            return Hits([Hit(id_, d, -d if l2 else 1.0 - d) for d, id_, _ in found], field.space)
        details = self._store.reader.details(self._row, field, [id_ for _, id_, _ in found])
        hits = [
            Hit(
                id_,
                d,
                -d if l2 else 1.0 - d,
                details[label][0] if include_payload else {},
                details[label][1] if include_text else None,
            )
            for d, id_, label in found
            if label in details
        ]
        if len(hits) < len(found):  # a record changed between the two reads: ask again
            return self._answer(field, vector, k, tree, itself, include_payload, include_text)
        return Hits(hits, field.space)

    def _check_k(self, k: int) -> int:
        limit = self._store.settings.max_k
        if isinstance(k, bool) or not isinstance(k, int | np.integer) or not 1 <= k <= limit:
            raise InvalidArgument(
                f"k is {k!r}; a whole number from 1 to {limit} is needed", field="k"
            )
        return int(k)

    # -- looking up

    def get(self, ids: Iterable[str], *, include_vectors: bool = False) -> list[Record]:
        """Records by id, in the order asked for.

        Raises:
            RecordNotFound: ids that are not there, by name.
        """
        wanted = self._ids(ids)
        self._store.require(self._row)
        found = self._store.reader.records(self._row, wanted, include_vectors)
        missing = [repr(one) for one in wanted if one not in found]
        if missing:
            more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
            raise RecordNotFound(
                f"not in collection {self.name!r}: {', '.join(missing[:SHOWN])}{more}; check the "
                "ids, or list the collection",
                collection=self.name,
                missing=len(missing),
            )
        return [found[one] for one in wanted]

    def count(self, filter: FilterLike | None = None) -> int:
        """How many records there are, or satisfy a filter."""
        self._store.require(self._row)
        tree = _filter(filter)
        if tree is None:
            return self._store.catalog.count(self._row)
        return self._store.reader.count(self._row, tree)

    def list(
        self,
        *,
        page_size: int = 100,
        page_token: str = "",
        filter: FilterLike | None = None,
        include_vectors: bool = False,
    ) -> Page:
        """Records by id, a page at a time.

        Args:
            page_size: 1 to 1000.
            page_token: ``next_page_token`` of the page before; empty for the first.
        """
        if not 1 <= page_size <= MAX_PAGE:
            raise InvalidArgument(
                f"page_size is {page_size}; 1 to {MAX_PAGE} are allowed", field="page_size"
            )
        self._store.require(self._row)
        tree = _filter(filter)
        asked = hashlib.sha256(f"{self._row.id}:{tree!r}".encode()).hexdigest()[:16]
        after = _after(page_token, asked) if page_token else ""
        found = self._store.reader.page(self._row, after, page_size + 1, tree, include_vectors)
        more = len(found) > page_size
        records = tuple(found[:page_size])
        return Page(records, _token(records[-1].id, asked) if more else "")

    def _ids(self, ids: Iterable[str]) -> list[str]:
        if isinstance(ids, str):
            raise InvalidArgument(
                f"ids is the single string {ids!r}; give a list of ids", field="ids"
            )
        wanted = list(ids)
        for one in wanted:
            check_id(one)
        return wanted

    def _field(self, name: str) -> FieldRow:
        row = self._row.field(name)
        if row is None:
            names = ", ".join(field.name for field in self._row.fields)
            raise InvalidArgument(
                f"the collection {self.name!r} has no vector field {name!r}; it has: {names}",
                field="field",
            )
        return row


def _input(value: FieldValue) -> Input:
    if value.text is not None:
        return Input(Modality.TEXT, value.text)
    return Input(Modality.IMAGE, value.image or b"")


def _new(digest: bytes, value: FieldValue, vector: Vector | None, stored: bool) -> NewValue:
    return NewValue(
        digest,
        None if vector is None else vector.values,
        value.text if stored else None,
        value.image if stored else None,
    )


def _filter(filter_: FilterLike | None) -> Filter | None:
    return None if filter_ is None or filter_ == {} else parse(filter_)


def _at(error: VecstoreError, record: object, number: int) -> VecstoreError:
    """The same error, told of a record by its place in the batch."""
    details = {**error.details, "position": str(number)}
    return type(error)(f"record {record!r} (number {number}): {error.message}", **details)


def _aside(error: VecstoreError) -> InvalidRecord:
    return InvalidRecord(
        "not written, because another record of the same batch was refused "
        f"(number {error.details['position']}); send it again without that one",
        position=error.details["position"],
        aborted=True,
    )


def _token(last: str, asked: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([asked, last]).encode()).decode()


def _after(token: str, asked: str) -> str:
    try:
        made_for, last = json.loads(base64.urlsafe_b64decode(token.encode()))
    except ValueError:
        made_for, last = None, None
    if made_for != asked or not isinstance(last, str):
        raise InvalidArgument(
            f"the page token {token[:40]!r} belongs to another listing; begin again without one",
            field="page_token",
        )
    return last
