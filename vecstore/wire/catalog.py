"""What is known of encoders and collections to messages and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from vecstore.errors import InternalError, InvalidArgument
from vecstore.inputs.fields import checked_fields
from vecstore.records import (
    DEFAULT_FIELD,
    BesideInfo,
    CollectionInfo,
    EncoderInfo,
    FieldInfo,
    Modality,
    NewField,
)
from vecstore.reembeddings import FieldState
from vecstore.v1 import collection_service_pb2 as collection_pb
from vecstore.v1 import encoder_service_pb2 as encoder_pb
from vecstore.v1 import types_pb2 as pb
from vecstore.wire.calibrations import calibration_from_message, calibration_to_message
from vecstore.wire.evaluations import (
    card_from_message,
    card_to_message,
    evaluation_from_message,
    evaluation_to_message,
)
from vecstore.wire.payload_indexes import index_to_message, indexes_from_messages
from vecstore.wire.payloads import object_from_message, object_to_message
from vecstore.wire.records import sendable
from vecstore.wire.vectors import (
    metric_from_message,
    metric_to_message,
    space_from_message,
    space_to_message,
)

_MODALITIES = {
    pb.MODALITY_TEXT: Modality.TEXT,
    pb.MODALITY_IMAGE: Modality.IMAGE,
    pb.MODALITY_CATEGORIES: Modality.CATEGORIES,
}
_STATES = frozenset(FieldState)
_MODALITY_NUMBERS = {modality: number for number, modality in _MODALITIES.items()}


def collection_to_message(info: CollectionInfo) -> collection_pb.Collection:
    """What a collection is."""
    return collection_pb.Collection(
        name=info.name,
        fields=[_field_to_message(field) for field in info.fields],
        metric=metric_to_message(info.metric),
        count=info.count,
        store_inputs=info.store_inputs,
        calibration=None if info.calibration is None else calibration_to_message(info.calibration),
        encoder_evaluated=info.encoder_evaluated,
        indexes=[index_to_message(one.key, one.type) for one in info.indexes],
        aliases=info.aliases,
    )


def collection_from_message(message: collection_pb.Collection) -> CollectionInfo:
    """What a collection is.

    Raises:
        InternalError: it has no field "default".
    """
    fields = sorted(map(_field_from_message, message.fields), key=_not_default)
    if not fields or _not_default(fields[0]):
        raise InternalError(
            f"the server described collection {message.name!r} without a field "
            f"{DEFAULT_FIELD!r}; it may be a newer vecstore than this client"
        )
    return CollectionInfo(
        name=message.name,
        encoder=fields[0].encoder,
        space=fields[0].space,
        metric=metric_from_message(message.metric),
        count=message.count,
        store_inputs=message.store_inputs,
        index=fields[0].index,
        indexed=fields[0].indexed,
        calibration=calibration_from_message(message.calibration)
        if message.HasField("calibration")
        else None,
        encoder_evaluated=message.encoder_evaluated,
        fields=tuple(fields),
        indexes=indexes_from_messages(message.indexes),
        aliases=tuple(message.aliases),
    )


def _not_default(field: FieldInfo) -> bool:
    return field.name != DEFAULT_FIELD


def _field_to_message(info: FieldInfo) -> collection_pb.Field:
    return collection_pb.Field(
        name=info.name,
        encoder=info.encoder,
        space=space_to_message(info.space),
        index=info.index,
        indexed=info.indexed,
        beside=None if info.beside is None else _beside_to_message(info.beside),
    )


def _beside_to_message(info: BesideInfo) -> collection_pb.SpaceBeside:
    return collection_pb.SpaceBeside(
        space=space_to_message(info.space), state=info.state, indexed=info.indexed
    )


def _beside_from_message(message: collection_pb.SpaceBeside) -> BesideInfo:
    return BesideInfo(
        space_from_message(message.space),
        FieldState(message.state),
        message.indexed if message.HasField("indexed") else None,
    )


def _field_from_message(message: collection_pb.Field) -> FieldInfo:
    return FieldInfo(
        name=message.name,
        encoder=message.encoder,
        space=space_from_message(message.space),
        index=message.index,
        indexed=message.indexed if message.HasField("indexed") else None,
        beside=_beside_from_message(message.beside)
        # A state that is newer than this client says nothing to it.
        if message.beside.state in _STATES
        else None,
    )


def fields_to_messages(
    given: Mapping[str, str | NewField] | None,
) -> list[collection_pb.NewField]:
    """Vector fields that a new collection is to have beside "default".

    Raises:
        InvalidArgument: see :func:`vecstore.inputs.fields.checked_fields`.
    """
    return [
        collection_pb.NewField(
            name=name,
            encoder=sendable(field.encoder, "encoder"),
            index=sendable(field.index, "index"),
            transform=sendable(field.transform, "transform"),
        )
        for name, field in checked_fields(given).items()
    ]


def fields_from_messages(messages: Iterable[collection_pb.NewField]) -> dict[str, NewField]:
    """Vector fields that a new collection is to have beside "default".

    Raises:
        InvalidArgument: one name is given twice.
    """
    fields: dict[str, NewField] = {}
    for message in messages:
        if message.name in fields:
            raise InvalidArgument(
                f"the vector field {message.name!r} is given twice; give each once", field="fields"
            )
        fields[message.name] = NewField(message.encoder, message.index or "hnsw", message.transform)
    return fields


def encoder_to_message(info: EncoderInfo) -> encoder_pb.Encoder:
    """What is known of an encoder."""
    return encoder_pb.Encoder(
        name=info.name,
        loader=info.loader,
        modalities=[_MODALITY_NUMBERS[modality] for modality in info.modalities],
        space=None if info.space is None else space_to_message(info.space),
        registered=info.registered,
        accepted=info.accepted,
        provenance=info.provenance,
        parts=object_to_message(info.parts, field="parts"),
        runtime=info.runtime,
        card=None if info.card is None else card_to_message(info.card),
        evaluations=[evaluation_to_message(one) for one in info.evaluations],
    )


def encoder_from_message(message: encoder_pb.Encoder) -> EncoderInfo:
    """What is known of an encoder; modalities newer than this client are left out."""
    return EncoderInfo(
        name=message.name,
        loader=message.loader,
        modalities=tuple(_MODALITIES[n] for n in message.modalities if n in _MODALITIES),
        space=space_from_message(message.space) if message.HasField("space") else None,
        registered=message.registered,
        accepted=message.accepted if message.HasField("accepted") else None,
        provenance=message.provenance if message.HasField("provenance") else None,
        parts=object_from_message(message.parts, field="parts"),
        runtime=dict(message.runtime),
        card=card_from_message(message.card) if message.HasField("card") else None,
        evaluations=tuple(evaluation_from_message(one) for one in message.evaluations),
    )
