"""One collection of an open store: writing, searching, looking up."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from vecstore import paging
from vecstore.calibrations import Calibration, Measure
from vecstore.describing import captions
from vecstore.errors import InvalidArgument, RecordNotFound, VecstoreError
from vecstore.familiarity.requests import change
from vecstore.fields import ENCODED, Asked, Field, Question, SearchOptions, asked_of, batch_of
from vecstore.filters import Filter, parse
from vecstore.inputs import check_id, check_input
from vecstore.intake import check, encode
from vecstore.records import (
    DEFAULT_FIELD,
    CollectionInfo,
    FieldValue,
    Hits,
    ItemResult,
    Page,
    Query,
    Record,
    RecordReference,
    Role,
    refused,
)
from vecstore.spaces import Metric, Space, Vector
from vecstore.storage.catalog import CollectionRow
from vecstore.storage.writes import KeptVectorGone, delete_records, upsert

if TYPE_CHECKING:
    from vecstore.store import Store

MAX_BATCH_HITS = 100_000
_SHOWN = 10
_INTEGERS = (int, np.integer)

FilterLike = Filter | Mapping[str, Any]


class Collection:
    """A named set of records. Made by :meth:`Store.collection` and :meth:`Store.create_collection`.

    Every method may be called from many threads at once.
    """

    def __init__(self, store: Store, row: CollectionRow) -> None:
        self._store = store
        self._row = row
        self._fields = {field.name: Field(store, row, field) for field in row.fields}

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
        return self._fields[DEFAULT_FIELD].space

    @property
    def encoder(self) -> str:
        """``model@version`` of the default field."""
        return f"{self.space.model}@{self.space.version}"

    def __repr__(self) -> str:
        return f"<Collection {self.name!r} of {self.encoder}>"

    def info(self) -> CollectionInfo:
        """What the collection is, and how much it holds."""
        self._store.require(self._row)
        return self._store.collection_info(self._row)

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
        checked = check(list(records), self._fields, self._store.settings)
        if not checked:
            return 0
        for field in self._fields.values():
            field.index.wait_for_room(self._store.settings.tail_wait_seconds)
        row, reader = self._row, self._store.reader
        for keep in (True, False):
            new = encode(checked, self._fields, reader, keep=keep)
            try:
                self._store.write(
                    lambda connection, new=new: upsert(connection, row, new),  # type: ignore[misc]
                    lambda changes: self._store.owner.follow(row, changes),
                )
                break
            except KeptVectorGone:  # never raised where nothing was kept
                continue
        return len(checked)

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
            return refused([_id(record) for record in batch], error)
        return [ItemResult(_id(record)) for record in batch]

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
            lambda result: self._store.owner.follow(row, result[1]),
        )
        return count

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
            query: text, image bytes or a dict of categories (encoded in the query role), a tagged
                vector, or a :class:`RecordReference` (that record itself is left out of its own
                collection's answer).
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
        options = self._options(k, filter, include_payload, include_text)
        searched = self._field(field)
        return searched.answer(self._question(searched, query), options)

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
        options = self._options(k, filter, include_payload, include_text)
        searched = self._field(field)
        queries = batch_of(queries, self._store.settings.max_batch)
        if len(queries) * options.k > MAX_BATCH_HITS:
            raise InvalidArgument(
                f"{len(queries)} queries of {options.k} hits in one batch; at most "
                f"{MAX_BATCH_HITS} hits are allowed in all: ask for fewer, or in several calls",
                field="queries",
            )
        asked = self._asked(searched, queries)
        return [searched.answer(one, options) for one in searched.questions(asked)]

    def _asked(self, field: Field, queries: Sequence[Query]) -> builtins.list[Asked]:
        settings = self._store.settings
        return asked_of(queries, settings, lambda query: self._question(field, query))

    def calibrate(
        self,
        queries: Iterable[Query] | None = None,
        *,
        label_key: str | None = None,
        measure: str | Measure | None = None,
        gather: bool | None = None,
        clear: bool = False,
    ) -> Calibration:
        """Tell the unfamiliar by these queries, or by another measure, from now on.

        Args:
            queries: ordinary ones, at least 50 that differ; they replace those supplied before. Up
                to 1,000 of them, evenly spread, are kept, as vectors alone.
            label_key: key of the payload that holds the classes of records; its values are
                strings, whole numbers or booleans, and ``a.b`` is ``b`` inside ``a``.
            measure: nearest, prototypes (where a label key is named) or mahalanobis.
            gather: consent, or its end, to keep vectors of up to 1,000 queries from use; they
                calibrate where none were supplied. Its end deletes them.
            clear: forget queries, measure and consent first.

        Raises:
            InvalidArgument: too few queries, or records without classes; nothing is changed.
            VecstoreError: as :meth:`search_batch`; nothing is changed.
        """
        asked = change(measure, label_key, gather, clear)
        self._store.require(self._row)
        field = self._fields[DEFAULT_FIELD]
        supplied = None
        if queries is not None:
            given = batch_of(queries, self._store.settings.max_batch)
            supplied = field.ordinary(self._asked(field, given))
        return self._store.familiarity.calibrate(self._row, field.row, field.index, asked, supplied)

    def _question(self, field: Field, query: object) -> Question:
        if isinstance(query, Vector):
            return Question(field.admit(query, "query"))
        if isinstance(query, RecordReference):
            return self._referred(field, query)
        if isinstance(query, ENCODED):
            given = check_input(query, self._store.settings, "query")
            return Question(field.encode([given], Role.QUERY)[0])
        return Question(field.admit(query, "query"))

    def _referred(self, field: Field, reference: RecordReference) -> Question:
        here = reference.collection in (None, self.name)
        other = self if here else self._store.collection(str(reference.collection))
        record = other.get([reference.id], include_vectors=True)[0]
        name = field.row.name if here else DEFAULT_FIELD
        vector = record.field_values().get(name, FieldValue()).vector
        if vector is None:
            raise RecordNotFound(
                f"record {reference.id!r} of {other.name!r} has no vector in the field {name!r}",
                record=reference.id,
            )
        admitted = field.admit(vector, "query")
        return Question(admitted, reference.id, record.payload) if here else Question(admitted)

    def _options(
        self, k: int, filter_: FilterLike | None, include_payload: bool, include_text: bool
    ) -> SearchOptions:
        limit = self._store.settings.max_k
        if isinstance(k, bool) or not isinstance(k, _INTEGERS) or not 1 <= k <= limit:
            raise InvalidArgument(
                f"k is {k!r}; a whole number from 1 to {limit} is needed", field="k"
            )
        return SearchOptions(int(k), _filter(filter_), include_payload, include_text)

    def _field(self, name: str) -> Field:
        found = self._fields.get(name)
        if found is None:
            raise InvalidArgument(
                f"the collection {self.name!r} has no vector field {name!r}; it has: "
                f"{', '.join(self._fields)}",
                field="field",
            )
        return found

    def _ids(self, ids: Iterable[str]) -> builtins.list[str]:
        if isinstance(ids, str):
            raise InvalidArgument(
                f"ids is the single string {ids!r}; give a list of ids", field="ids"
            )
        wanted = [check_id(one) for one in ids]
        limit = self._store.settings.max_batch
        if len(wanted) > limit:
            raise InvalidArgument(
                f"{len(wanted)} ids in one call; at most {limit} are allowed: use several calls",
                field="ids",
            )
        return wanted

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
            more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
            raise RecordNotFound(
                f"not in collection {self.name!r}: {', '.join(missing[:_SHOWN])}{more}; check the "
                "ids, or list the collection",
                collection=self.name,
                missing=len(missing),
            )
        return [found[one] for one in wanted]

    def describe(self, ids: Iterable[str], *, encoder: str | None = None) -> builtins.list[str]:
        """Captions of the images of records, in the order asked for.

        Args:
            ids: of records that hold an image.
            encoder: ``model@version`` of an encoder that writes captions; the collection's own
                where left out.

        Raises:
            RecordNotFound: ids that are not there, by name.
            InvalidRecord: a record that holds no image.
            InvalidArgument: the encoder writes no captions.
            EncoderNotFound: there is no such encoder.
            ModelDrift: the encoder is not the one registered.
        """
        chosen = self.encoder if encoder is None else encoder
        return captions(self._store.models, chosen, self._row, self._ids(ids), self.get)

    def count(self, filter: FilterLike | None = None) -> int:
        """How many records there are, or satisfy a filter."""
        tree = _filter(filter)
        self._store.require(self._row)
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
            page_size: 1 to 1000. A page of large images ends earlier, so that it always fits into
                one message; only an empty ``next_page_token`` says that nothing follows.
            page_token: ``next_page_token`` of the page before; empty for the first.
            filter: only records whose payload satisfies it.
            include_vectors: whether records bring their vectors along.
        """
        tree = _filter(filter)
        self._store.require(self._row)
        row, reader = self._row, self._store.reader

        def read(last: str, count: int) -> builtins.list[Record]:
            return reader.page(row, last, count, tree, include_vectors)

        limit = self._store.settings.max_message_bytes // 2
        return paging.page(read, paging.listing(row.id, tree), page_size, page_token, limit)


def _filter(filter_: FilterLike | None) -> Filter | None:
    return None if filter_ is None or filter_ == {} else parse(filter_)


def _id(record: object) -> str:
    return str(getattr(record, "id", ""))
