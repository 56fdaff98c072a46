"""RecordService: writing, reading and deleting records."""

from __future__ import annotations

from collections.abc import AsyncIterator

from vecstore.errors import InvalidArgument
from vecstore.filters import Filter
from vecstore.paging import image_bytes
from vecstore.records import ItemResult, WriteMode
from vecstore.service.calls import Context
from vecstore.service.ingesting import ingest_message
from vecstore.service.servicer import Servicer
from vecstore.service.streams import UpsertStream
from vecstore.v1 import record_service_pb2 as pb
from vecstore.wire.filters import filter_from_message
from vecstore.wire.items import mode_from_message
from vecstore.wire.payload_indexes import facet_to_message
from vecstore.wire.payloads import object_from_message
from vecstore.wire.records import records_from_messages, records_to_messages

DEFAULT_PAGE = 100
DEFAULT_SAMPLE = 10
# Records read at a time: an answer that would be too large is refused before it fills the memory.
_PART = 256


_Selecting = pb.DeleteRecordsRequest | pb.UpdatePayloadRequest
_Keyed = pb.UpsertRequest | _Selecting
_Chosen = pb.SampleRecordsRequest | pb.CountFacetsRequest
_Filtered = pb.ListRecordsRequest | pb.CountRecordsRequest | _Selecting | _Chosen


class RecordServicer(Servicer):
    """Translates RecordService to the store."""

    service = pb.DESCRIPTOR.services_by_name["RecordService"]
    writes = frozenset({"Upsert", "DeleteRecords", "UpdatePayload"})

    def Upsert(self, request: pb.UpsertRequest) -> pb.UpsertResponse:
        self.require_batch(len(request.records), "records")
        collection = self.collection(request.collection)
        records, mode = records_from_messages(request.records), mode_from_message(request.mode)
        if mode is WriteMode.INSERT:
            _require_no_versions(request)
            count = collection.insert(records, idempotency_key=_key(request))
        else:
            write = collection.update if mode is WriteMode.UPDATE else collection.upsert
            count = write(
                records, if_versions=dict(request.if_versions), idempotency_key=_key(request)
            )
        return pb.UpsertResponse(count=count)

    async def UpsertStream(self, requests: AsyncIterator[bytes], context: Context) -> None:
        stream = UpsertStream(self.calls, self._upsert_batch, self.store.settings.max_batch)
        await stream.run(requests, context)

    def GetRecords(self, request: pb.GetRecordsRequest) -> pb.GetRecordsResponse:
        self.require_batch(len(request.ids), "ids")
        collection = self.collection(request.collection)
        response, images = pb.GetRecordsResponse(), 0
        for start in range(0, len(request.ids), _PART):
            part = list(request.ids[start : start + _PART])
            records = collection.get(part, include_vectors=request.include_vectors)
            images += sum(image_bytes(record) for record in records)
            self._require_room(images)
            response.records.extend(records_to_messages(records))
        return response

    def DeleteRecords(self, request: pb.DeleteRecordsRequest) -> pb.DeleteRecordsResponse:
        self.require_batch(len(request.ids), "ids")
        count = self.collection(request.collection).delete(
            _ids(request),
            filter=_filter(request),
            if_versions=dict(request.if_versions),
            idempotency_key=_key(request),
        )
        return pb.DeleteRecordsResponse(count=count)

    def UpdatePayload(self, request: pb.UpdatePayloadRequest) -> pb.UpdatePayloadResponse:
        self.require_batch(len(request.ids), "ids")
        values = None
        if request.HasField("set"):
            values = object_from_message(request.set, field="set", error=InvalidArgument)
        count = self.collection(request.collection).update_payload(
            _ids(request),
            filter=_filter(request),
            set=values,
            unset=list(request.unset),
            if_versions=dict(request.if_versions),
            idempotency_key=_key(request),
        )
        return pb.UpdatePayloadResponse(count=count)

    def ListRecords(self, request: pb.ListRecordsRequest) -> pb.ListRecordsResponse:
        page = self.collection(request.collection).list(
            page_size=request.page_size or DEFAULT_PAGE,
            page_token=request.page_token,
            filter=_filter(request),
            include_vectors=request.include_vectors,
        )
        return pb.ListRecordsResponse(
            records=records_to_messages(page.records), next_page_token=page.next_page_token
        )

    def CountRecords(self, request: pb.CountRecordsRequest) -> pb.CountRecordsResponse:
        collection = self.collection(request.collection)
        return pb.CountRecordsResponse(count=collection.count(_filter(request)))

    def SampleRecords(self, request: pb.SampleRecordsRequest) -> pb.SampleRecordsResponse:
        records = self.collection(request.collection).sample(
            request.count or DEFAULT_SAMPLE,
            filter=_filter(request),
            seed=request.seed if request.HasField("seed") else None,
            include_vectors=request.include_vectors,
        )
        return pb.SampleRecordsResponse(records=records_to_messages(records))

    def CountFacets(self, request: pb.CountFacetsRequest) -> pb.CountFacetsResponse:
        found = self.collection(request.collection).facets(
            request.key, filter=_filter(request), limit=request.limit or DEFAULT_PAGE
        )
        return pb.CountFacetsResponse(facets=[facet_to_message(one) for one in found])

    def DescribeRecords(self, request: pb.DescribeRecordsRequest) -> pb.DescribeRecordsResponse:
        self.require_batch(len(request.ids), "ids")
        collection = self.collection(request.collection)
        captions = collection.describe(list(request.ids), encoder=request.encoder or None)
        return pb.DescribeRecordsResponse(captions=captions)

    def _require_room(self, images: int) -> None:
        limit = self.store.settings.max_message_bytes
        if images > limit:
            raise InvalidArgument(
                f"the images of these records have more than {limit} bytes, which is what one "
                "message may have; ask for fewer records",
                field="ids",
            )

    def _upsert_batch(self, name: str, request: pb.UpsertStreamRequest) -> list[ItemResult]:
        collection = self.collection(name)
        if request.each:
            return ingest_message(collection, request)
        return collection.upsert_batch(
            records_from_messages(request.records),
            mode=mode_from_message(request.mode),
            idempotency_key=request.idempotency_key or None,
        )


def _filter(request: _Filtered) -> Filter | None:
    return filter_from_message(request.filter) if request.HasField("filter") else None


def _ids(request: _Selecting) -> list[str] | None:
    """The ids of a request that names records, or a filter in their place.

    No ids at all are an empty list of them: a message cannot tell the two apart.
    """
    return None if request.HasField("filter") and not request.ids else list(request.ids)


def _key(request: _Keyed) -> str | None:
    return request.idempotency_key or None


def _require_no_versions(request: pb.UpsertRequest) -> None:
    if request.if_versions:
        raise InvalidArgument(
            "if_versions was given with the mode INSERT, which expects no record to be there; "
            "leave it out, or use UPSERT",
            field="if_versions",
        )
