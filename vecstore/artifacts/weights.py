"""The digest of a model's weights, from its safetensors files alone.

Tensors are taken in the order of their names, each with dtype, shape and bytes, so that neither
the order in a file nor the division into several files matters.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import struct
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from vecstore.errors import InvalidArgument

_LENGTH = struct.Struct("<Q")


def weights_digest(files: Iterable[tuple[str, Path]]) -> str:
    """sha256 (hex) over every tensor: name, dtype, shape, bytes, by sorted name.

    Raises:
        InvalidArgument: a file is not a whole safetensors file.
    """
    digest = hashlib.sha256()
    with ExitStack() as stack:
        tensors = sorted(
            (f"{prefix}/{name}", description, data)
            for prefix, file in files
            for name, description, data in _tensors(file, stack)
        )
        for name, description, data in tensors:
            digest.update(f"{name}\0{description}\0".encode())
            digest.update(data)
    return digest.hexdigest()


def _tensors(file: Path, stack: ExitStack) -> Iterator[tuple[str, str, memoryview]]:
    """Name, dtype with shape, and bytes of every tensor in a file."""
    opened = stack.enter_context(file.open("rb"))
    try:
        mapped = stack.enter_context(mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ))
        view = stack.enter_context(memoryview(mapped))
        (length,) = _LENGTH.unpack_from(view)
        start = _LENGTH.size + length
        header: dict[str, Any] = json.loads(bytes(view[_LENGTH.size : start]))
        header.pop("__metadata__", None)
        for name, about in header.items():
            first, last = (start + int(at) for at in about["data_offsets"])
            if not start <= first <= last <= len(view):
                raise ValueError(f"tensor {name} lies outside the file")
            shape = ",".join(str(int(size)) for size in about["shape"])
            data = stack.enter_context(view[first:last])
            yield name, f"{about['dtype']}[{shape}]", data
    except (ValueError, KeyError, TypeError, struct.error) as error:
        raise InvalidArgument(
            f"{file.name} is not a whole safetensors file ({error}); get the model again",
            field="source",
        ) from error
