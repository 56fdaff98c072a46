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
from itertools import islice
from pathlib import Path
from typing import Any

from vecstore.errors import InvalidArgument

_SINGLE = "model.safetensors"
_INDEX = "model.safetensors.index.json"
_LENGTH = struct.Struct("<Q")
_SAMPLED = 32


def weight_files(folder: Path, parts: Iterable[str]) -> list[tuple[str, Path]]:
    """The safetensors files that a model is loaded from.

    Args:
        folder: the model.
        parts: folders of its parts, in order, relative to it.

    Returns:
        Pairs of a prefix for tensor names (the part's number) and a file.
    """
    found = []
    for number, part in enumerate(parts):
        top = folder / part
        places = [top] if part == "" else [top, *(p for p in sorted(top.rglob("*")) if p.is_dir())]
        for place in places:
            prefix = "/".join([str(number), *place.relative_to(top).parts])
            found += [(prefix, file) for file in _files_of(place)]
    return found


def _files_of(place: Path) -> list[Path]:
    if (place / _SINGLE).is_file():
        return [place / _SINGLE]
    if (place / _INDEX).is_file():
        shards = json.loads((place / _INDEX).read_bytes())["weight_map"].values()
        return [place / shard for shard in sorted(set(shards))]
    return []


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


def invented(model: Any, files: Iterable[tuple[str, Path]]) -> list[str]:
    """Names of a model's parameters that are in none of its files.

    The libraries fill in random numbers for what they miss, with no more than a warning. Numbers
    are compared and not names, since the libraries rename. Poolers, which many models lack and
    none of them uses for its vectors, do not count.
    """
    from safetensors import safe_open

    dtype = next(model.parameters()).dtype
    known = set()
    for _, path in files:
        with safe_open(path, framework="pt") as file:
            known |= {_sample(file.get_tensor(name).to(dtype)) for name in file.keys()}  # noqa: SIM118
    return [
        name
        for name, parameter in model.named_parameters()
        if "pooler." not in name and _sample(parameter) not in known
    ]


def _sample(tensor: Any) -> tuple[float, ...]:
    """The size of a tensor and some of its numbers, enough to know it again."""
    flat = tensor.detach().reshape(-1)
    step = max(1, len(flat) // _SAMPLED)
    return (len(flat), *islice(flat[::step].float().cpu().tolist(), _SAMPLED))


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
