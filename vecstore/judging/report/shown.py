"""What others wrote, as a page may show it: short, on one line, nothing invisible."""

from __future__ import annotations

import base64
import io

from vecstore.errors import InvalidInput
from vecstore.inputs import decode_image
from vecstore.records import Input, Modality

LABEL_LENGTH = 40
TEXT_LENGTH = 160
THUMBNAIL = 84

# They join letters and emoji, and turn no text around.
_JOINERS = "\u200c\u200d"


def shown(text: str, length: int = TEXT_LENGTH) -> str:
    """A text on one line, cut to a length; what cannot be seen is written as its escape.

    Characters that turn the direction of a text, and halves of characters, are among those. The
    result is not escaped for HTML: the template does that.
    """
    # Far more than is shown need not be looked at.
    line = " ".join(text[: 8 * length].split())
    seen = "".join(
        char if char.isprintable() or char in _JOINERS else char.encode("unicode_escape").decode()
        for char in line
    )
    return seen if len(seen) <= length else seen[: length - 1].rstrip() + "…"


def shown_input(given: Input) -> str:
    """An input in words; of an image, only that it is one."""
    return "an image" if isinstance(given.data, bytes) else shown(given.data)


def thumbnail(given: Input) -> str:
    """The ``data:`` URI of a small JPEG of an image; empty where there is none to be shown.

    It is encoded again, so that nothing of the file but its pixels gets into the page.
    """
    if given.modality is not Modality.IMAGE or not isinstance(given.data, bytes):
        return ""
    try:
        image = decode_image(given.data, least=2 * THUMBNAIL)
    except InvalidInput:
        return ""
    image.thumbnail((THUMBNAIL, THUMBNAIL))
    packed = io.BytesIO()
    image.save(packed, "JPEG", quality=80)
    return f"data:image/jpeg;base64,{base64.b64encode(packed.getvalue()).decode()}"
