"""Which safetensors files a model is loaded from, and whether they hold all of it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

_SINGLE = "model.safetensors"
_INDEX = "model.safetensors.index.json"
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
