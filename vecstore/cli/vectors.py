"""Vectors in files: JSON that says which space the numbers live in."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from vecstore.errors import InvalidArgument, InvalidVector

if TYPE_CHECKING:
    from vecstore.spaces import Vector


def read_vector_file(name: str) -> Vector:
    """The one vector that a file (``-``: standard input) holds.

    Raises:
        InvalidArgument: the file cannot be read.
        InvalidVector, SpaceRequired: its content is no vector with a space.
    """
    from vecstore.exchange.values import read_vector

    where = "standard input" if name == "-" else name
    try:
        document = json.loads(_text(name))
    except (ValueError, RecursionError) as error:
        raise InvalidVector(
            f"{where} does not hold one JSON document ({error}); write one vector to it with "
            "`vecstore encode ENCODER TEXT --json`",
            field="vector",
        ) from None
    return read_vector(document)


def _text(name: str) -> str:
    if name == "-":
        return sys.stdin.read()
    try:
        return Path(name).read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidArgument(
            f"cannot read {name}: {error.strerror}; give a file that holds a vector as "
            "`vecstore encode --json` prints it",
            field="vector",
        ) from None
