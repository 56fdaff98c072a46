"""Checkpoints of a training on the disk: whole or not there, the last two and the best."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from vecstore.artifacts.folder import file_entry
from vecstore.errors import StorageError
from vecstore.files.durable import sync, write_whole

_PREFIX = "step-"
_RECEIPT = "whole.json"
_KEPT = 2


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A whole checkpoint.

    Args:
        folder: where its files lie.
        step: steps made.
        state: what the training needs to know beside its weights; JSON values.
    """

    folder: Path
    step: int
    state: Mapping[str, Any]


class Checkpoints:
    """The checkpoints in a folder, which may hold other files too.

    A checkpoint is a folder of its own. Its receipt, which lists the other files with sizes and
    digests, is written last, once these are on the disk: a folder without one is none.

    Attributes:
        folder: where they lie.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def newest(self) -> Checkpoint | None:
        """The last whole checkpoint; None where there is none."""
        return next((found for step in self._steps() if (found := self.at(step))), None)

    def at(self, step: int) -> Checkpoint | None:
        """The whole checkpoint of a step; None where there is none."""
        folder = self._place(step)
        try:
            receipt = json.loads((folder / _RECEIPT).read_bytes())
            found = {name: _entry(folder / name) for name in receipt["files"]}
        except (OSError, ValueError, KeyError):
            return None
        if found != receipt["files"]:
            return None
        return Checkpoint(folder, step, receipt["state"])

    def write(
        self,
        step: int,
        files: Callable[[Path], None],
        state: Mapping[str, Any],
        best: int | None = None,
    ) -> None:
        """Write a checkpoint, and remove those that are not needed any more.

        Args:
            step: steps made.
            files: (empty folder) -> writes the files.
            state: kept in the receipt; JSON values.
            best: the step of a checkpoint to keep beside the last two.

        Raises:
            StorageError: it cannot be written. What was written of it is removed, and the former
                checkpoints stay.
        """
        folder = self._place(step)
        shutil.rmtree(folder, ignore_errors=True)
        try:
            folder.mkdir(parents=True)
            files(folder)
            self._sign(folder, state)
        except (OSError, RuntimeError, SafetensorError) as error:
            # Libraries wrap the disk's answer: torch in RuntimeError, safetensors in its own.
            shutil.rmtree(folder, ignore_errors=True)
            raise self._fault(step, error) from error
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        self._prune(best)

    def prune(self) -> None:
        """Remove what a killed process left half written."""
        for step in self._steps():
            if self.at(step) is None:
                shutil.rmtree(self._place(step), ignore_errors=True)

    def _sign(self, folder: Path, state: Mapping[str, Any]) -> None:
        names = sorted(file.name for file in folder.iterdir())
        for name in names:
            sync(folder / name)
        receipt = {"files": {name: _entry(folder / name) for name in names}, "state": state}
        write_whole(folder / _RECEIPT, json.dumps(receipt, allow_nan=False))
        sync(self.folder)

    def _prune(self, best: int | None) -> None:
        for step in self._steps()[_KEPT:]:
            if step != best:
                # The receipt goes first: what is removed by halves must not look whole.
                (self._place(step) / _RECEIPT).unlink(missing_ok=True)
                shutil.rmtree(self._place(step), ignore_errors=True)

    def _steps(self) -> list[int]:
        """Steps of which there is a folder, whole or not; the last first."""
        names = [path.name for path in self.folder.glob(f"{_PREFIX}*")]
        numbers = [name.removeprefix(_PREFIX) for name in names]
        return sorted((int(number) for number in numbers if number.isdecimal()), reverse=True)

    def _place(self, step: int) -> Path:
        return self.folder / f"{_PREFIX}{step}"

    def _fault(self, step: int, error: Exception) -> StorageError:
        former = self.newest()
        kept = f"the one of step {former.step} is kept" if former else "there is no former one"
        try:
            free = f", {shutil.disk_usage(self.folder).free / 1e6:.0f} MB are free"
        except OSError:
            free = ""
        return StorageError(
            f"the checkpoint of step {step} cannot be written to {str(self.folder)!r} "
            f"({error}{free}); {kept}. Make room on the disk, then go on with --resume "
            "(resume=True in Python)",
            path=str(self.folder),
        )


def _entry(file: Path) -> list[str | int]:
    """Digest and size, as they stand in a receipt."""
    entry = file_entry(file)
    return [entry.sha256, entry.bytes]
