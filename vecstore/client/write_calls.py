"""The calls that write, change and delete records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from vecstore.changes import checked_key, checked_versions, require_selection
from vecstore.client.calls import Call
from vecstore.errors import InvalidArgument
from vecstore.inputs import shorten
from vecstore.records import Record, WriteMode
from vecstore.searches import FilterLike
from vecstore.v1 import record_service_pb2 as record_pb
from vecstore.wire.filters import filter_to_message
from vecstore.wire.items import mode_to_message
from vecstore.wire.payloads import object_to_message
from vecstore.wire.records import checked_ids, records_to_messages, sendable

_RECORDS = "/vecstore.v1.RecordService/"

Versions = Mapping[str, int] | None


def write(
    collection: str,
    records: Iterable[Record],
    mode: WriteMode,
    if_versions: Versions,
    idempotency_key: str | None,
) -> Call[int]:
    """``insert``, ``update`` or ``upsert`` of a collection, in one message."""
    messages = records_to_messages(records)
    request = record_pb.UpsertRequest(
        collection=collection,
        records=messages,
        mode=mode_to_message(mode),
        if_versions=checked_versions(if_versions, [one.id for one in messages]),
        idempotency_key=_key(idempotency_key),
    )
    return Call(
        f"{_RECORDS}Upsert",
        request,
        record_pb.UpsertResponse,
        _count,
        too_large="use upsert_stream, or write fewer records at a time",
    )


def delete_records(
    collection: str,
    ids: Iterable[str] | None,
    filter: FilterLike | None,
    if_versions: Versions,
    idempotency_key: str | None,
) -> Call[int]:
    """``delete(...)`` of a collection."""
    request = record_pb.DeleteRecordsRequest(
        collection=collection,
        **_selection(ids, filter, if_versions),
        idempotency_key=_key(idempotency_key),
    )
    return Call(f"{_RECORDS}DeleteRecords", request, record_pb.DeleteRecordsResponse, _count)


def update_payload(
    collection: str,
    ids: Iterable[str] | None,
    filter: FilterLike | None,
    set: Mapping[str, Any] | None,
    unset: Iterable[str],
    if_versions: Versions,
    idempotency_key: str | None,
) -> Call[int]:
    """``update_payload(...)`` of a collection."""
    if isinstance(unset, str):
        raise InvalidArgument(
            f"unset is the single string {shorten(unset)}; give a list of keys", field="unset"
        )
    values = None
    if set is not None:
        values = object_to_message(set, field="set", error=InvalidArgument)
    request = record_pb.UpdatePayloadRequest(
        collection=collection,
        **_selection(ids, filter, if_versions),
        set=values,
        unset=[sendable(key, "unset") for key in unset],
        idempotency_key=_key(idempotency_key),
    )
    return Call(f"{_RECORDS}UpdatePayload", request, record_pb.UpdatePayloadResponse, _count)


def _selection(
    ids: Iterable[str] | None, filter: FilterLike | None, if_versions: Versions
) -> dict[str, Any]:
    require_selection(ids, filter)
    wanted = None if ids is None else checked_ids(ids)
    return {
        "ids": wanted or (),
        "filter": None if filter is None else filter_to_message(filter),
        "if_versions": checked_versions(if_versions, wanted),
    }


def _key(given: str | None) -> str:
    return "" if given is None else checked_key(given)


def _count(answer: Any) -> int:
    return int(answer.count)
