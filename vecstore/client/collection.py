"""A collection of a remote store."""

from __future__ import annotations

import builtins
import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Unpack

from vecstore.answers import Facet, FusedHits, Group
from vecstore.bridges import BridgeInfo, OnProgress
from vecstore.calibrations import Calibration, Measure
from vecstore.client import (
    bridge_calls,
    collection_calls,
    hybrid_calls,
    quick_calls,
    record_calls,
    search_calls,
    write_calls,
)
from vecstore.client.channel import Channel
from vecstore.client.info import Described
from vecstore.client.reembedding import RemoteReembedding
from vecstore.client.requests import check_timeout
from vecstore.hits import Hits
from vecstore.ingesting import BATCH_BYTES, PATIENCE, ingestion
from vecstore.payload_indexes import IndexType, PayloadIndex
from vecstore.records import (
    DEFAULT_FIELD,
    CollectionInfo,
    ItemResult,
    Page,
    Query,
    Record,
    WriteMode,
)
from vecstore.searches import Example, FilterLike, SearchKeywords


class RemoteCollection(Described):
    """Made by :meth:`RemoteStore.collection` and :meth:`RemoteStore.create_collection`.

    Its methods are those of :class:`vecstore.collection.Collection`, and raise the same errors.
    """

    def __init__(self, channel: Channel, info: CollectionInfo, called: str | None = None) -> None:
        super().__init__(info, called)
        self._channel = channel

    def with_timeout(self, seconds: float) -> RemoteCollection:
        """This collection, with so many seconds for each call; see :func:`connect`.

        Raises:
            InvalidArgument: no time to wait.
        """
        return RemoteCollection(
            self._channel.with_timeout(check_timeout(seconds)), self._info, self._called
        )

    def info(self) -> CollectionInfo:
        """See :meth:`vecstore.collection.Collection.info`."""
        self._info = self._channel.call(collection_calls.get_collection(self._called))
        return self._info

    def insert(self, records: Iterable[Record], *, idempotency_key: str | None = None) -> int:
        """See :meth:`vecstore.collection.Collection.insert`; all records travel in one message."""
        call = write_calls.write(self._called, records, WriteMode.INSERT, None, idempotency_key)
        return self._channel.call(call)

    def update(
        self,
        records: Iterable[Record],
        *,
        if_versions: Mapping[str, int] | None = None,
        idempotency_key: str | None = None,
    ) -> int:
        """See :meth:`vecstore.collection.Collection.update`; all records travel in one message."""
        mode = WriteMode.UPDATE
        call = write_calls.write(self._called, records, mode, if_versions, idempotency_key)
        return self._channel.call(call)

    def upsert(
        self,
        records: Iterable[Record],
        *,
        if_versions: Mapping[str, int] | None = None,
        idempotency_key: str | None = None,
    ) -> int:
        """See :meth:`vecstore.collection.Collection.upsert`; all records travel in one message."""
        mode = WriteMode.UPSERT
        call = write_calls.write(self._called, records, mode, if_versions, idempotency_key)
        return self._channel.call(call)

    def upsert_stream(self, batches: Iterable[Sequence[Record]]) -> Iterator[list[ItemResult]]:
        """See :meth:`vecstore.collection.Collection.upsert_stream`.

        Up to 8 batches are on their way at a time, so results come that much later.
        """
        return self._channel.upsert_stream(self._called, batches)

    def ingest(
        self,
        records: Iterable[Record],
        *,
        mode: str | WriteMode = WriteMode.UPSERT,
        batch_bytes: int = BATCH_BYTES,
        batch_size: int | None = None,
        patience: float = PATIENCE,
    ) -> Iterator[ItemResult]:
        """See :meth:`vecstore.collection.Collection.ingest`.

        Up to 8 batches are on their way at a time, so results come that much later.
        """
        most = self._channel.settings.max_batch
        options = ingestion(mode, batch_bytes, batch_size, patience, most)
        return self._channel.ingest(self._called, records, options)

    def search(self, query: Query, k: int = 10, **given: Unpack[SearchKeywords]) -> Hits:
        """See :meth:`vecstore.collection.Collection.search`."""
        quick = quick_calls.bare_search(self._called, query, k, given)
        if quick is not None:
            return self._channel.call(quick)
        options = search_calls.search_options(k, given)
        return self._channel.call(search_calls.search(self._called, query, options))

    def search_batch(
        self, queries: Sequence[Query], k: int = 10, **given: Unpack[SearchKeywords]
    ) -> list[Hits]:
        """See :meth:`vecstore.collection.Collection.search_batch`."""
        options = search_calls.search_options(k, given)
        return self._channel.call(search_calls.search_batch(self._called, queries, options))

    def recommend(
        self,
        positive: Sequence[Example],
        negative: Sequence[Example] = (),
        k: int = 10,
        **given: Unpack[SearchKeywords],
    ) -> Hits:
        """See :meth:`vecstore.collection.Collection.recommend`."""
        options = search_calls.search_options(k, given)
        return self._channel.call(search_calls.recommend(self._called, positive, negative, options))

    def search_groups(
        self,
        query: Query,
        key: str,
        *,
        groups: int = 10,
        group_size: int = 1,
        **given: Unpack[SearchKeywords],
    ) -> list[Group]:
        """See :meth:`vecstore.collection.Collection.search_groups`."""
        options = search_calls.search_options(1, given)
        return self._channel.call(
            search_calls.search_groups(self._called, query, key, groups, group_size, options)
        )

    def search_hybrid(
        self,
        query: Query | None = None,
        k: int = 10,
        *,
        fields: Iterable[str] | Mapping[str, Query | None] = (DEFAULT_FIELD,),
        text: str | None = None,
        weights: Mapping[str, float] | None = None,
        candidates: int | None = None,
        filter: FilterLike | None = None,
        offset: int = 0,
        include_payload: bool = True,
        include_text: bool = True,
        bridge: str = "",
    ) -> FusedHits:
        """See :meth:`vecstore.collection.Collection.search_hybrid`."""
        call = hybrid_calls.search_hybrid(
            self._called,
            query,
            k,
            fields,
            text,
            weights,
            candidates,
            filter,
            offset,
            include_payload,
            include_text,
            bridge,
        )
        return self._channel.call(call)

    def calibrate(
        self,
        queries: Iterable[Query] | None = None,
        *,
        label_key: str | None = None,
        measure: str | Measure | None = None,
        gather: bool | None = None,
        clear: bool = False,
    ) -> Calibration:
        """See :meth:`vecstore.collection.Collection.calibrate`."""
        call = collection_calls.calibrate(self._called, queries, label_key, measure, gather, clear)
        return self._channel.call(call)

    def reembedding(self, field: str = DEFAULT_FIELD) -> RemoteReembedding:
        """See :meth:`vecstore.collection.Collection.reembedding`.

        A field that is not there is told by the first call of what this gives back.
        """
        return RemoteReembedding(self._channel, self._called, field)

    def fit_bridge(
        self,
        encoder: str,
        *,
        name: str,
        field: str = DEFAULT_FIELD,
        pairs: int = 2000,
        seed: int = 0,
        force: str = "",
        on_progress: OnProgress | None = None,
    ) -> BridgeInfo:
        """See :meth:`vecstore.collection.Collection.fit_bridge`.

        It may take as long as it takes, whatever the time for a call is. Whoever stops waiting
        stops it.
        """
        call = bridge_calls.fit_bridge(self._called, encoder, name, field, pairs, seed, force)
        with contextlib.closing(self._channel.answers(call)) as steps:
            for step in steps:
                if (made := bridge_calls.told(step, on_progress)) is not None:
                    return made
        raise bridge_calls.cut_short(self._called, name)

    def list_bridges(self) -> builtins.list[BridgeInfo]:
        """See :meth:`vecstore.collection.Collection.list_bridges`."""
        return self._channel.call(bridge_calls.list_bridges(self._called))

    def delete_bridge(self, name: str) -> None:
        """See :meth:`vecstore.collection.Collection.delete_bridge`."""
        self._channel.call(bridge_calls.delete_bridge(self._called, name))

    def get(self, ids: Iterable[str], *, include_vectors: bool = False) -> list[Record]:
        """See :meth:`vecstore.collection.Collection.get`."""
        return self._channel.call(record_calls.get_records(self._called, ids, include_vectors))

    def update_payload(
        self,
        ids: Iterable[str] | None = None,
        *,
        filter: FilterLike | None = None,
        set: Mapping[str, Any] | None = None,
        unset: Iterable[str] = (),
        if_versions: Mapping[str, int] | None = None,
        idempotency_key: str | None = None,
    ) -> int:
        """See :meth:`vecstore.collection.Collection.update_payload`."""
        call = write_calls.update_payload(
            self._called, ids, filter, set, unset, if_versions, idempotency_key
        )
        return self._channel.call(call)

    def delete(
        self,
        ids: Iterable[str] | None = None,
        *,
        filter: FilterLike | None = None,
        if_versions: Mapping[str, int] | None = None,
        idempotency_key: str | None = None,
    ) -> int:
        """See :meth:`vecstore.collection.Collection.delete`."""
        call = write_calls.delete_records(self._called, ids, filter, if_versions, idempotency_key)
        return self._channel.call(call)

    def describe(self, ids: Iterable[str], *, encoder: str | None = None) -> list[str]:
        """See :meth:`vecstore.collection.Collection.describe`."""
        return self._channel.call(record_calls.describe_records(self._called, ids, encoder))

    def count(self, filter: FilterLike | None = None) -> int:
        """See :meth:`vecstore.collection.Collection.count`."""
        return self._channel.call(record_calls.count_records(self._called, filter))

    def sample(
        self,
        count: int = 10,
        *,
        filter: FilterLike | None = None,
        seed: int | None = None,
        include_vectors: bool = False,
    ) -> list[Record]:
        """See :meth:`vecstore.collection.Collection.sample`."""
        call = record_calls.sample_records(self._called, count, filter, seed, include_vectors)
        return self._channel.call(call)

    def facets(
        self, key: str, *, filter: FilterLike | None = None, limit: int = 100
    ) -> list[Facet]:
        """See :meth:`vecstore.collection.Collection.facets`."""
        call = record_calls.count_facets(self._called, key, filter, limit)
        return self._channel.call(call)

    def create_index(self, key: str, type: str | IndexType) -> PayloadIndex:
        """See :meth:`vecstore.collection.Collection.create_index`."""
        return self._channel.call(collection_calls.create_index(self._called, key, type))

    def drop_index(self, key: str, type: str | IndexType | None = None) -> None:
        """See :meth:`vecstore.collection.Collection.drop_index`."""
        self._channel.call(collection_calls.delete_index(self._called, key, type))

    def list(
        self,
        *,
        page_size: int = 100,
        page_token: str = "",
        filter: FilterLike | None = None,
        include_vectors: bool = False,
    ) -> Page:
        """See :meth:`vecstore.collection.Collection.list`."""
        call = record_calls.list_records(
            self._called, page_size, page_token, filter, include_vectors
        )
        return self._channel.call(call)
