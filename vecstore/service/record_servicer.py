"""RecordService: writing, reading and deleting records."""

from __future__ import annotations

from collections.abc import AsyncIterator

from vecstore.errors import InvalidArgument
from vecstore.filters import Filter
from vecstore.paging import image_bytes
from vecstore.records import ItemResult
from vecstore.service.calls import Context
from vecstore.service.servicer import Servicer
from vecstore.service.streams import UpsertStream
from vecstore.v1 import record_service_pb2 as pb
from vecstore.v1 import types_pb2
from vecstore.wire.filters import filter_from_message
from vecstore.wire.records import records_from_messages, records_to_messages

DEFAULT_PAGE = 100
# Records read at a time: an answer that would be too large is refused before it fills the memory.
_PART = 256


class RecordServicer(Servicer):
    """Translates RecordService to the store."""

    service = pb.DESCRIPTOR.services_by_name["RecordService"]
    writes = frozenset({"Upsert", "DeleteRecords"})

    def Upsert(self, request: pb.UpsertRequest) -> pb.UpsertResponse:
        self.require_batch(len(request.records), "records")
        collection = self.store.collection(request.collection)
        return pb.UpsertResponse(count=collection.upsert(records_from_messages(request.records)))

    async def UpsertStream(self, requests: AsyncIterator[bytes], context: Context) -> None:
        stream = UpsertStream(self.calls, self._upsert_batch, self.store.settings.max_batch)
        await stream.run(requests, context)

    def GetRecords(self, request: pb.GetRecordsRequest) -> pb.GetRecordsResponse:
        self.require_batch(len(request.ids), "ids")
        collection = self.store.collection(request.collection)
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
        collection = self.store.collection(request.collection)
        return pb.DeleteRecordsResponse(count=collection.delete(list(request.ids)))

    def ListRecords(self, request: pb.ListRecordsRequest) -> pb.ListRecordsResponse:
        page = self.store.collection(request.collection).list(
            page_size=request.page_size or DEFAULT_PAGE,
            page_token=request.page_token,
            filter=_filter(request),
            include_vectors=request.include_vectors,
        )
        return pb.ListRecordsResponse(
            records=records_to_messages(page.records), next_page_token=page.next_page_token
        )

    def CountRecords(self, request: pb.CountRecordsRequest) -> pb.CountRecordsResponse:
        collection = self.store.collection(request.collection)
        return pb.CountRecordsResponse(count=collection.count(_filter(request)))

    def DescribeRecords(self, request: pb.DescribeRecordsRequest) -> pb.DescribeRecordsResponse:
        self.require_batch(len(request.ids), "ids")
        collection = self.store.collection(request.collection)
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

    def _upsert_batch(self, collection: str, messages: list[types_pb2.Record]) -> list[ItemResult]:
        return self.store.collection(collection).upsert_batch(records_from_messages(messages))


def _filter(request: pb.ListRecordsRequest | pb.CountRecordsRequest) -> Filter | None:
    return filter_from_message(request.filter) if request.HasField("filter") else None
