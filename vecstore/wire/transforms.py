"""What is known of transforms to messages and back."""

from __future__ import annotations

from vecstore.errors import InternalError
from vecstore.transforms import TransformInfo, TransformKind
from vecstore.v1 import encoder_service_pb2 as pb
from vecstore.wire.payloads import object_from_message, object_to_message
from vecstore.wire.vectors import space_from_message, space_to_message


def transform_to_message(info: TransformInfo) -> pb.Transform:
    """What is known of a transform."""
    message = pb.Transform(
        name=info.name,
        kind=info.kind,
        to=space_to_message(info.after),
        digest=info.digest,
        provenance=object_to_message(info.provenance, field="provenance"),
        created_at=info.created_at,
    )
    # A word of Python, so no keyword.
    getattr(message, "from").CopyFrom(space_to_message(info.before))
    return message


def transform_from_message(message: pb.Transform) -> TransformInfo:
    """What is known of a transform.

    Raises:
        InternalError: of a kind that this client does not know.
    """
    try:
        kind = TransformKind(message.kind)
    except ValueError:
        raise InternalError(
            f"the server described the transform {message.name!r} of kind {message.kind!r}; it may "
            "be a newer vecstore than this client"
        ) from None
    return TransformInfo(
        name=message.name,
        kind=kind,
        before=space_from_message(getattr(message, "from")),
        after=space_from_message(message.to),
        provenance=object_from_message(message.provenance, field="provenance"),
        created_at=message.created_at,
    )
