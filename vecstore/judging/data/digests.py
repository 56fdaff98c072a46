"""Digests of what encoders are judged on: of the content alone, whatever form it came in.

Every part is framed by its length, so that no two contents make the same bytes.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable

from vecstore.records import Input

_NUMBER = struct.Struct("<Q")


def digest_of(kind: str, *parts: Iterable[str] | None) -> str:
    """sha256 (hex) over lists of texts.

    Args:
        kind: what they are, such as "labels".
        parts: the lists; one that is None differs from an empty one.
    """
    digest = hashlib.sha256(f"vecstore judging {kind}/1\n".encode())
    for part in parts:
        if part is None:
            digest.update(b"none\n")
            continue
        texts = [text.encode() for text in part]
        digest.update(_NUMBER.pack(len(texts)))
        for text in texts:
            digest.update(_NUMBER.pack(len(text)) + text)
    return digest.hexdigest()


def contents(inputs: Iterable[Input]) -> list[str]:
    """What stands for each input."""
    return [one.digest for one in inputs]


def repeats(inputs: Iterable[Input]) -> dict[str, int]:
    """The count of inputs that equal an earlier one; empty where there are none."""
    stand = contents(inputs)
    count = len(stand) - len(set(stand))
    return {"repeated": count} if count else {}
