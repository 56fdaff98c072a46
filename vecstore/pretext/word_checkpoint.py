"""The state of a word-context training at an epoch's end: one file, whole or not there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from vecstore.artifacts.manifest import CurvePoint
from vecstore.errors import StorageError, TrainingFailed
from vecstore.files.durable import sync

LATEST = "latest.safetensors"
BEST = "best.safetensors"

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a training needs to go on as if it had never stopped.

    Args:
        arrays: the model's matrices.
        random: the state of the generator that draws, as numpy names its parts.
        epochs: how many there will be; fixed before the first.
        curve: a point for each epoch done, after the one of the start.
    """

    arrays: Arrays
    random: Sequence[Any]
    epochs: int
    curve: Sequence[CurvePoint]

    @property
    def done(self) -> int:
        """Epochs done."""
        return self.curve[-1].step

    def save(self, path: Path) -> None:
        """Write it beside, then put it in the place of the one before.

        Raises:
            StorageError: there is no room, or the folder cannot be written; the one before stays.
        """
        name, keys, *rest = self.random
        tensors = {**self.arrays, "random": np.asarray(keys)}
        about = {
            "digest": _digest(tensors),
            "random": [name, *rest],
            "epochs": self.epochs,
            "curve": [asdict(point) for point in self.curve],
        }
        beside = path.with_suffix(".new")
        try:
            save_file(tensors, beside, {"about": json.dumps(about)})
            sync(beside)
            beside.replace(path)
            sync(path.parent)
        except (OSError, SafetensorError) as error:
            beside.unlink(missing_ok=True)
            raise StorageError(
                f"the checkpoint of epoch {self.done} cannot be written ({error}); the one before "
                "it is kept: make room, and go on with --resume"
            ) from error


def _digest(arrays: Arrays) -> str:
    """sha256 (hex) over names and content."""
    found = hashlib.sha256()
    for name in sorted(arrays):
        found.update(name.encode() + b"\0" + np.ascontiguousarray(arrays[name]).tobytes())
    return found.hexdigest()


def load_checkpoint(path: Path) -> Checkpoint | None:
    """The checkpoint in a file, or None where there is none.

    Raises:
        TrainingFailed: the file is no checkpoint.
    """
    if not path.exists():
        return None
    try:
        with safe_open(path, "np") as file:
            about = json.loads(file.metadata()["about"])
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if _digest(arrays) != about["digest"]:
            raise ValueError("it was altered")
        curve = [CurvePoint(**point) for point in about["curve"]]
        name, *rest = about["random"]
        random = (name, arrays.pop("random"), *rest)
        return Checkpoint(arrays, random, int(about["epochs"]), curve)
    except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
        raise TrainingFailed(
            f"the checkpoint {path.name} cannot be read ({error!r}); train again with --restart"
        ) from error
