"""Encoders that say what images show, and what they say: believed after a look at its form."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vecstore.errors import InvalidArgument, PluginError
from vecstore.inputs import shorten, text_flaw
from vecstore.records import Modality
from vecstore.specs import Describer, Encoder


def as_describer(encoder: Encoder, name: str, others: Iterable[str]) -> Describer:
    """An encoder as one that writes captions of images.

    Args:
        encoder: the one to ask.
        name: how messages call it.
        others: encoders that do, for the message.

    Raises:
        InvalidArgument: it writes none.
    """
    if isinstance(encoder, Describer) and Modality.IMAGE in encoder.modalities:
        return encoder
    which = ", ".join(sorted(others)) or "one trained by captioning"
    raise InvalidArgument(
        f"{name} does not describe images; name an encoder that does, such as {which}",
        field="encoder",
        encoder=name,
    )


def checked_captions(captions: object, count: int, name: str) -> list[str]:
    """The captions of ``count`` images, in the form that :class:`vecstore.specs.Describer` owes.

    Args:
        captions: what its ``describe`` returned.
        count: how many images it was given.
        name: how messages call it.

    Raises:
        PluginError: not as many texts, or one that cannot be sent.
    """
    if isinstance(captions, Sequence) and not isinstance(captions, str | bytes):
        texts = [one for one in captions if isinstance(one, str) and text_flaw(one) is None]
        if len(texts) == len(captions) == count:
            return texts
    raise PluginError(
        f"{name}: describe gave {shorten(captions)} where {count} texts were needed; report it to "
        "the author of its plugin"
    )
