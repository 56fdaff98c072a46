"""Texts, images and what else an encoder reads."""

from __future__ import annotations

from collections.abc import Mapping

from vecstore.config import Settings
from vecstore.errors import InvalidInput
from vecstore.inputs.categories import check_categories, check_categories_text
from vecstore.inputs.images import image_form
from vecstore.inputs.shown import shorten, text_flaw, utf8_size
from vecstore.records import Input, Modality


def check_text(text: object, settings: Settings, field: str = "text") -> str:
    """One text input.

    Args:
        text: what the caller gave.
        settings: for ``max_text_bytes``.
        field: how messages call it.

    Returns:
        The text, unchanged.

    Raises:
        InvalidInput: not a str, empty or only white space, too long, or not storable.
    """
    if not isinstance(text, str):
        raise InvalidInput(
            f"{field} is {shorten(text)}, a {type(text).__name__}; a text is a str", field=field
        )
    if not text or text.isspace():
        raise InvalidInput(
            f"{field} is {shorten(text)}, which has nothing to encode; give a text with at least "
            "one character that is not white space",
            field=field,
        )
    flaw = text_flaw(text)
    if flaw:
        raise InvalidInput(
            f"{field} {shorten(text)} contains {flaw}; remove it and send the text again",
            field=field,
        )
    size = utf8_size(text)
    if size > settings.max_text_bytes:
        raise InvalidInput(
            f"{field} {shorten(text)} has {size} bytes as UTF-8; at most "
            f"{settings.max_text_bytes} are allowed: split it into several records",
            field=field,
        )
    return text


def check_image(data: object, settings: Settings, field: str = "image") -> bytes:
    """The bytes of one image file, as far as its header tells (see :func:`image_form`).

    Args:
        data: what the caller gave.
        settings: for ``max_image_bytes`` and ``max_image_pixels``.
        field: how messages call it.

    Returns:
        The bytes, unchanged.

    Raises:
        InvalidInput: not bytes (a path or URL is never read), empty, too many, another format,
            animated, or too many pixels.
    """
    if not isinstance(data, bytes):
        raise InvalidInput(
            f"{field} is {shorten(data)}, a {type(data).__name__}; an image is the bytes of a PNG, "
            "JPEG or WebP file (never a path or URL)",
            field=field,
        )
    if len(data) > settings.max_image_bytes:
        raise InvalidInput(
            f"{field} has {len(data)} bytes; at most {settings.max_image_bytes} are allowed: "
            "send a smaller image",
            field=field,
        )
    if not data:
        raise InvalidInput(
            f"{field} is empty (0 bytes); send the bytes of a PNG, JPEG or WebP file", field=field
        )
    if not _is_image(data):
        raise InvalidInput(
            f"{field} begins with {shorten(data)}, which is none of PNG, JPEG and WebP; send the "
            "bytes of such a file",
            field=field,
        )
    try:
        image_form(data, max_pixels=settings.max_image_pixels)
    except InvalidInput as error:
        called = "" if field == "image" else f"{field}: "
        raise InvalidInput(f"{called}{error.message}", field=field) from error
    return data


def check_input(value: object, settings: Settings, field: str) -> Input:
    """A caller's text (str), image (bytes) or categories (dict) as an input for an encoder.

    Raises:
        InvalidInput: another type, or see :func:`check_text`, :func:`check_image` and
            :func:`check_categories`.
    """
    if isinstance(value, Input):
        if value.modality is Modality.CATEGORIES:
            return Input(Modality.CATEGORIES, check_categories_text(value.data, settings, field))
        value = value.data
    if isinstance(value, str):
        return Input(Modality.TEXT, check_text(value, settings, field))
    if isinstance(value, bytes):
        return Input(Modality.IMAGE, check_image(value, settings, field))
    if isinstance(value, Mapping):
        return Input(Modality.CATEGORIES, check_categories(value, settings, field))
    raise InvalidInput(
        f"{field} is a {type(value).__name__}; give text (str), an image (bytes) or categories "
        "(dict)",
        field=field,
    )


def _is_image(data: bytes) -> bool:
    return data.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")) or (
        data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    )
