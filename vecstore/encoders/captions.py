"""What an encoder says of images is believed only after a look at its form."""

from __future__ import annotations

from collections.abc import Sequence

from vecstore.errors import PluginError
from vecstore.inputs import shorten, text_flaw


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
