"""EncoderService: what encoders there are, and encoding with them."""

from __future__ import annotations

from vecstore.service.servicer import Servicer
from vecstore.v1 import encoder_service_pb2 as pb
from vecstore.wire.catalog import encoder_to_message
from vecstore.wire.records import inputs_from_messages, role_from_message
from vecstore.wire.transforms import transform_to_message
from vecstore.wire.vectors import vector_to_message


class EncoderServicer(Servicer):
    """Translates EncoderService to the store."""

    service = pb.DESCRIPTOR.services_by_name["EncoderService"]

    def ListEncoders(self, _request: pb.ListEncodersRequest) -> pb.ListEncodersResponse:
        encoders = [encoder_to_message(info) for info in self.store.list_encoders()]
        return pb.ListEncodersResponse(encoders=encoders)

    def GetEncoder(self, request: pb.GetEncoderRequest) -> pb.GetEncoderResponse:
        return pb.GetEncoderResponse(
            encoder=encoder_to_message(self.store.encoder(request.encoder))
        )

    def Encode(self, request: pb.EncodeRequest) -> pb.EncodeResponse:
        self.require_batch(len(request.inputs), "inputs")
        inputs = inputs_from_messages(request.inputs)
        vectors = self.store.encode(
            request.encoder,
            inputs,
            role=role_from_message(request.role),
            transform=request.transform,
        )
        return pb.EncodeResponse(vectors=[vector_to_message(vector) for vector in vectors])

    def ListTransforms(self, _request: pb.ListTransformsRequest) -> pb.ListTransformsResponse:
        transforms = [transform_to_message(info) for info in self.store.list_transforms()]
        return pb.ListTransformsResponse(transforms=transforms)
