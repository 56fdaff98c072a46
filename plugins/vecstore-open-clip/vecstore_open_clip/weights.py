"""Weights: into a model from a file that must hold all of it, and their digest."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import torch

from vecstore.errors import InvalidArgument
from vecstore_open_clip.hub import first_line

_SHOWN = 5


def load_weights(model: torch.nn.Module, file: Path) -> None:
    """Fill a model from a safetensors file; older names of tensors are understood.

    Raises:
        InvalidArgument: no safetensors file, one of another architecture, one that lacks a
            parameter, or one with NaN or infinity.
    """
    import open_clip

    if file.suffix != ".safetensors":
        raise InvalidArgument(
            f"the weights are in {file.name}; a file .safetensors is needed", field="weights"
        )
    try:
        # Not strict: the library would list whatever does not fit in one long line.
        result = open_clip.load_checkpoint(model, str(file), strict=False)
    except Exception as error:
        raise InvalidArgument(
            f"the weights in {file.name} do not fit the architecture, or the file is damaged "
            f"({' '.join(first_line(error).split())} ...); name the architecture that they were "
            "trained with, or get them again",
            field="weights",
        ) from error
    _require_none(result.missing_keys, file, "lacks", "The library would make numbers up for it")
    _require_none(result.unexpected_keys, file, "also holds", "It is of another architecture")
    _require_numbers(model, file)


def _require_none(names: Sequence[str], file: Path, how: str, why: str) -> None:
    if names:
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        raise InvalidArgument(
            f"{file.name} {how} {', '.join(names[:_SHOWN])}{more}. {why}: name the architecture "
            "that the weights were trained with, or get the whole file",
            field="weights",
        )


def _require_numbers(model: torch.nn.Module, file: Path) -> None:
    for name, tensor in model.state_dict().items():
        if not torch.isfinite(tensor).all():
            raise InvalidArgument(
                f"{name} in {file.name} holds NaN or infinity; get the weights again",
                field="weights",
            )


def digest_of(model: torch.nn.Module) -> str:
    """sha256 (hex) over every tensor of a model in float32: name, dtype, shape, bytes.

    Taken from the model and not from a file, so that neither the kind of file nor older names in
    it matter, and a freshly initialised model has one too.
    """
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        if tensor.is_floating_point():
            shape = ",".join(str(size) for size in tensor.shape)
            digest.update(f"{name}\0{str(tensor.dtype).removeprefix('torch.')}[{shape}]\0".encode())
            digest.update(tensor.detach().cpu().contiguous().numpy().data)
    return digest.hexdigest()
