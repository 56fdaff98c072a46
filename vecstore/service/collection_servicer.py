"""CollectionService: making, describing and deleting collections."""

from __future__ import annotations

from vecstore.errors import InvalidArgument
from vecstore.payload_indexes import IndexType
from vecstore.service.servicer import Servicer
from vecstore.v1 import collection_service_pb2 as pb
from vecstore.wire.calibrations import calibration_to_message, measure_from_message
from vecstore.wire.catalog import collection_to_message, fields_from_messages
from vecstore.wire.payload_indexes import index_to_message, type_from_message
from vecstore.wire.queries import queries_from_messages
from vecstore.wire.vectors import metric_from_message


class CollectionServicer(Servicer):
    """Translates CollectionService to the store."""

    service = pb.DESCRIPTOR.services_by_name["CollectionService"]
    writes = frozenset(
        {
            *("CreateCollection", "DeleteCollection", "CalibrateCollection"),
            *("CreateIndex", "DeleteIndex", "UpdateAliases"),
        }
    )

    def CreateCollection(self, request: pb.CreateCollectionRequest) -> pb.CreateCollectionResponse:
        collection = self.store.create_collection(
            request.name,
            encoder=request.encoder,
            metric=metric_from_message(request.metric),
            store_inputs=not request.discard_inputs,
            index=request.index or "hnsw",
            transform=request.transform,
            fields=fields_from_messages(request.fields),
        )
        return pb.CreateCollectionResponse(collection=collection_to_message(collection.info()))

    def GetCollection(self, request: pb.GetCollectionRequest) -> pb.GetCollectionResponse:
        info = self.collection(request.name).info()
        return pb.GetCollectionResponse(collection=collection_to_message(info))

    def ListCollections(self, _request: pb.ListCollectionsRequest) -> pb.ListCollectionsResponse:
        collections = [collection_to_message(info) for info in self.store.list_collections()]
        return pb.ListCollectionsResponse(collections=collections)

    def DeleteCollection(self, request: pb.DeleteCollectionRequest) -> pb.DeleteCollectionResponse:
        self.store.delete_collection(request.name)
        return pb.DeleteCollectionResponse()

    def CalibrateCollection(
        self, request: pb.CalibrateCollectionRequest
    ) -> pb.CalibrateCollectionResponse:
        self.require_batch(len(request.queries), "queries")
        calibration = self.collection(request.name).calibrate(
            queries_from_messages(request.queries) or None,
            label_key=request.label_key if request.HasField("label_key") else None,
            measure=measure_from_message(request.measure),
            gather=request.gather if request.HasField("gather") else None,
            clear=request.clear,
        )
        return pb.CalibrateCollectionResponse(calibration=calibration_to_message(calibration))

    def CreateIndex(self, request: pb.CreateIndexRequest) -> pb.CreateIndexResponse:
        wanted = type_from_message(request.index)
        if wanted is None:
            raise InvalidArgument(
                f"the index on {request.index.key!r} has no type; use one of "
                f"{', '.join(IndexType)}",
                field="type",
            )
        index = self.collection(request.collection).create_index(request.index.key, wanted)
        return pb.CreateIndexResponse(index=index_to_message(index.key, index.type))

    def DeleteIndex(self, request: pb.DeleteIndexRequest) -> pb.DeleteIndexResponse:
        index = request.index
        self.collection(request.collection).drop_index(index.key, type_from_message(index))
        return pb.DeleteIndexResponse()

    def ListAliases(self, _request: pb.ListAliasesRequest) -> pb.ListAliasesResponse:
        return pb.ListAliasesResponse(aliases=self.store.list_aliases())

    def UpdateAliases(self, request: pb.UpdateAliasesRequest) -> pb.UpdateAliasesResponse:
        self.require_batch(len(request.set), "set")
        self.require_batch(len(request.delete), "delete")
        aliases = self.store.update_aliases(dict(request.set), list(request.delete))
        return pb.UpdateAliasesResponse(aliases=aliases)
