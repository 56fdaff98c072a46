"""The standard canaries: fixed inputs on which preprocessing goes wrong first.

They are part of what every store has on record: a change here would make every recorded canary
useless, so they never change.
"""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Collection
from functools import lru_cache

from vecstore.records import Input, Modality

TEXTS = (
    "",
    " ",
    "?!",
    "a",
    "The quick brown fox jumps over the lazy dog.",
    "Straße, NAÏVE Façade and the MixedCaseIdentifier of HTTPServer",
    "the quick BROWN fox\tjumps\n\nover  the lazy dog",
    "Съешь же ещё этих мягких французских булок, да выпей чаю.",
    "色は匂へど散りぬるを 我が世誰ぞ常ならむ",
    "نص حكيم له سر قاطع وذو شأن عظيم",
    "ऋषियों को सताने वाले दुष्ट राक्षसों का नाश",
    "naïve, \ufb01nancial, x\u00b2, \u2460, \U0001f469\u200d\U0001f680\U0001f3fd, e\u0301",
    "def area(r: float) -> float:\n    return 3.141592653589793 * r ** 2  # 1e-7, 0xFF",
    " ".join(f"sentence {n} tells of river {n * 7919 % 97} and hill {n % 13}," for n in range(90)),
)

_EXIF_ROTATED_JPEG = (
    "/9j/4AAQSkZJRgABAQAAAQABAAD/4QAiRXhpZgAATU0AKgAAAAgAAQESAAMAAAABAAYAAAAAAAD/2wBDAA0JCgsKCA0L"
    "CgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYV"
    "FSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT0//wAARCAAQABgDASIA"
    "AhEBAxEB/8QAFgABAQEAAAAAAAAAAAAAAAAABgAF/8QAGBAAAgMAAAAAAAAAAAAAAAAAAAQFIjH/xAAWAQEBAQAAAAAA"
    "AAAAAAAAAAAEAwb/xAAbEQACAgMBAAAAAAAAAAAAAAAAAwUhAgQxIv/aAAwDAQACEQMRAD8AILxeVNReLyohXi8qai8X"
    "lSa3A9KU5YeXi8qQ1Xi8qQzF1GoTKeen/9k="
)
_CMYK_JPEG = (
    "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwANCQoLCggNCwoLDg4NDxMgFRMSEhMnHB4XIC4pMTAuKS0sMzpKPjM2RjcsLUBX"
    "QUZMTlJTUjI+WmFaUGBKUVJP/8AAFAgAEAAYBEMRAE0RAFkRAEsRAP/EABgAAQADAQAAAAAAAAAAAAAAAAYABQcE/8QA"
    "JxAAAAQEBgIDAQAAAAAAAAAAAAEEBQIDESETFTFCYqESIgYUMlH/2gAOBEMATQBZAEsAAD8AbO24Ks/59hkuWa3Gjz52"
    "HW4Eu+4TP+fYPLlmtxWz3XDr7AQ7bhM/59g6uWa3FdP+SYdffsba7bhlef8APsIlyzW4sXedh+VwJd9wmf8APsHVyzW4"
    "Du7rh+XsBDtuEz/n2Dy5ZrccDW0uL/KiVfYhRofI4SnRkcRxmVfxDapEdCM6kX8qZGQ//9k="
)


@lru_cache(maxsize=1)
def images() -> tuple[bytes, ...]:
    """PNG and JPEG files: plain, odd aspect ratios, one pixel, grey, alpha, rotated, CMYK."""
    return (
        png(32, 32, 3),
        png(96, 5, 3),
        png(5, 96, 3),
        png(1, 1, 3),
        png(24, 16, 1),
        png(24, 16, 4),
        base64.b64decode(_EXIF_ROTATED_JPEG),
        base64.b64decode(_CMYK_JPEG),
    )


def standard_canaries(modalities: Collection[Modality]) -> tuple[Input, ...]:
    """The standard inputs of these modalities; none for those that have no standard ones."""
    found = []
    if Modality.TEXT in modalities:
        found += [Input(Modality.TEXT, text) for text in TEXTS]
    if Modality.IMAGE in modalities:
        found += [Input(Modality.IMAGE, image) for image in images()]
    return tuple(found)


def png(width: int, height: int, channels: int) -> bytes:
    """A PNG file with a coloured pattern, 8 bits a channel: 1 grey, 3 colour, 4 colour and alpha.

    Pixels are stored, not compressed, so that every zlib writes the same bytes.
    """
    colour_type = {1: 0, 3: 2, 4: 6}[channels]
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            pixel = (x * 255 // width, y * 255 // height, (x * y * 5) % 256, (x * 9 + y * 3) % 256)
            rows += bytes(pixel[:channels])
    header = struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows), level=0)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
