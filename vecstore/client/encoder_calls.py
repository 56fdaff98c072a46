"""The calls about encoders: listing, encoding, transforms."""

from __future__ import annotations

from collections.abc import Sequence

from vecstore.client.calls import Call
from vecstore.records import EncoderInfo, InputLike, Role
from vecstore.spaces import Space, Vector
from vecstore.transforms import TransformInfo
from vecstore.v1 import encoder_service_pb2 as encoder_pb
from vecstore.wire.catalog import encoder_from_message
from vecstore.wire.records import inputs_to_messages, role_to_message, sendable
from vecstore.wire.transforms import transform_from_message
from vecstore.wire.vectors import space_from_message, vector_from_message

_ENCODERS = "/vecstore.v1.EncoderService/"


def list_encoders() -> Call[list[EncoderInfo]]:
    """``list_encoders()`` of a store."""
    return Call(
        f"{_ENCODERS}ListEncoders",
        encoder_pb.ListEncodersRequest(),
        encoder_pb.ListEncodersResponse,
        lambda answer: [encoder_from_message(one) for one in answer.encoders],
    )


def encoder(name: str) -> Call[EncoderInfo]:
    """``encoder(name)`` of a store."""
    return Call(
        f"{_ENCODERS}GetEncoder",
        encoder_pb.GetEncoderRequest(encoder=sendable(name, "encoder")),
        encoder_pb.GetEncoderResponse,
        lambda answer: encoder_from_message(answer.encoder),
    )


def space(name: str) -> Call[Space]:
    """``space(name)`` of a store."""

    def read(answer: encoder_pb.GetEncoderResponse) -> Space:
        return space_from_message(answer.encoder.space)

    request = encoder_pb.GetEncoderRequest(encoder=sendable(name, "encoder"))
    return Call(f"{_ENCODERS}GetEncoder", request, encoder_pb.GetEncoderResponse, read)


def list_transforms() -> Call[list[TransformInfo]]:
    """``list_transforms()`` of a store."""
    return Call(
        f"{_ENCODERS}ListTransforms",
        encoder_pb.ListTransformsRequest(),
        encoder_pb.ListTransformsResponse,
        lambda answer: [transform_from_message(one) for one in answer.transforms],
    )


def encode(
    name: str, inputs: Sequence[InputLike], role: str | Role, transform: str
) -> Call[list[Vector]]:
    """``encode(...)`` of a store."""
    request = encoder_pb.EncodeRequest(
        encoder=sendable(name, "encoder"),
        inputs=inputs_to_messages(inputs),
        role=role_to_message(role),
        transform=sendable(transform, "transform"),
    )
    return Call(
        f"{_ENCODERS}Encode",
        request,
        encoder_pb.EncodeResponse,
        lambda answer: [vector_from_message(one) for one in answer.vectors],
    )
