"""The digest of training data: of its content alone, whatever form or file it came in.

Every part is framed by its length, so that no two contents make the same bytes.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Mapping, Sequence

_NUMBER = struct.Struct("<Q")


def text_digest(documents: Sequence[Sequence[str]]) -> str:
    """sha256 (hex) over documents of passages."""
    digest = hashlib.sha256(b"vecstore text/1\n" + _NUMBER.pack(len(documents)))
    for document in documents:
        digest.update(_NUMBER.pack(len(document)) + _framed(document))
    return digest.hexdigest()


def table_digest(
    columns: Mapping[str, Sequence[str]], target: Sequence[str], target_name: str
) -> str:
    """sha256 (hex) over a table; the order of rows and columns counts."""
    digest = hashlib.sha256(b"vecstore table/1\n" + _NUMBER.pack(len(columns)))
    for name, cells in (*columns.items(), (target_name, target)):
        digest.update(_framed([name]) + _NUMBER.pack(len(cells)) + _framed(cells))
    return digest.hexdigest()


def image_digest(images: Sequence[bytes], labels: Sequence[str] | None) -> str:
    """sha256 (hex) over images, each by its own sha256, with their labels or without."""
    digest = hashlib.sha256(b"vecstore images/1\n" + _NUMBER.pack(len(images)))
    digest.update(b"".join(images))
    if labels is not None:
        digest.update(b"labels\n" + _framed(labels))
    return digest.hexdigest()


def pair_digest(images: Sequence[bytes], texts: Sequence[str]) -> str:
    """sha256 (hex) over pairs of images, each by its own sha256, and texts."""
    digest = hashlib.sha256(b"vecstore pairs/1\n" + _NUMBER.pack(len(images)))
    digest.update(b"".join(images) + _framed(texts))
    return digest.hexdigest()


def _framed(texts: Iterable[str]) -> bytes:
    encoded = (text.encode() for text in texts)
    return b"".join(part for data in encoded for part in (_NUMBER.pack(len(data)), data))
