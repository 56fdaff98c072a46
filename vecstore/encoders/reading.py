"""Which kinds of input an encoder reads, and the refusal of all others."""

from __future__ import annotations

from collections.abc import Sequence

from vecstore.errors import InvalidInput
from vecstore.records import Input, Modality
from vecstore.specs import Encoder

_PLURALS = {
    Modality.TEXT: "texts",
    Modality.IMAGE: "images",
    Modality.CATEGORIES: "categories",
}


def plural(modality: Modality) -> str:
    """What messages call inputs of a kind."""
    return _PLURALS[modality]


def require_readable(encoder: Encoder, inputs: Sequence[Input], name: str) -> None:
    """Raise InvalidInput at the first input of a kind that an encoder does not read.

    Args:
        encoder: is to read them.
        inputs: what it is given.
        name: how messages call the encoder.
    """
    for number, one in enumerate(inputs):
        if one.modality not in encoder.modalities:
            raise _unread(encoder, one.modality, number, name)


def _unread(encoder: Encoder, given: Modality, number: int, name: str) -> InvalidInput:
    readable = " and ".join(plural(one) for one in sorted(encoder.modalities))
    unread = plural(given)
    return InvalidInput(
        f"{name} reads {readable}, not {unread}; give it {readable}, or use an encoder (or a "
        f"collection of one) that reads {unread}",
        field=str(given),
        input=number,
        reads=" ".join(sorted(encoder.modalities)),
    )
