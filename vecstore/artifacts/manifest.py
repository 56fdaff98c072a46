"""The manifest of an artifact: what was trained, how, on what, and with what success."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from vecstore.errors import ArtifactDamaged

FORMAT = 1
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One point of a learning curve.

    Args:
        step: optimiser steps made (epochs, where a task has no steps).
        loss: the mean training loss since the point before; None where the task has none.
        validation: the loss on held-out data; None where it was not judged here.
        metrics: other figures on held-out data.
    """

    step: int
    loss: float | None = None
    validation: float | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file of an artifact: sha256 (hex) and number of bytes."""

    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """All that is known of an artifact.

    Args:
        name: ``model@version`` that it was trained as.
        task: the pretext task, which is also its loader.
        options: every option of the task with its value.
        encoder: settings of its encoder.
        data: kind, digest and counts of what it was trained on; name and domain, where known.
        seed: of everything random.
        minutes: the budget that was given, or None.
        seconds: what the training took, interruptions left out.
        sizes: numbers of parameters, words and the like.
        metrics: figures on held-out data.
        curve: the learning curve.
        lineage: names and fingerprints of the artifacts that it started from, the nearest first.
        fingerprint, parts, dim: of its encoder's identity.
        created_at: ISO 8601, UTC.
        files: every other file of the folder, by name.
        notes: what the training had to say.
    """

    name: str
    task: str
    options: Mapping[str, Any]
    encoder: Mapping[str, Any]
    data: Mapping[str, Any]
    seed: int
    minutes: float | None
    seconds: float
    sizes: Mapping[str, int]
    metrics: Mapping[str, float]
    curve: Sequence[CurvePoint]
    lineage: Sequence[Mapping[str, str]]
    fingerprint: str
    parts: Mapping[str, Any]
    dim: int
    created_at: str
    files: Mapping[str, FileEntry]
    notes: Sequence[str] = ()

    def to_json(self) -> str:
        """The text of the manifest's file, closed by :attr:`digest`."""
        return json.dumps({**self._said(), "seal": self.digest}, indent=1, allow_nan=False) + "\n"

    @property
    def digest(self) -> str:
        """sha256 (hex) over all that the manifest says, and so over the whole artifact."""
        return _seal(self._said())

    def _said(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(json.dumps(asdict(self), allow_nan=False))
        return {"format": FORMAT, **said}

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read :meth:`to_json` back.

        Raises:
            ArtifactDamaged: no manifest, an altered one, or one of another format.
        """
        try:
            values = json.loads(text)
            if values.pop("seal") != _seal(values):
                raise ArtifactDamaged(
                    "the artifact's manifest was altered after it was written (its digest "
                    "differs); get the artifact again",
                    file=MANIFEST,
                )
            form = values.pop("format")
            if form == FORMAT:
                values["curve"] = tuple(CurvePoint(**point) for point in values["curve"])
                values["lineage"] = tuple(values["lineage"])
                values["notes"] = tuple(values["notes"])
                values["files"] = {n: FileEntry(**one) for n, one in values["files"].items()}
                found = cls(**values)
                _check(found)
                return found
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ArtifactDamaged(
                f"the artifact's manifest cannot be read ({error!r}); get the artifact again",
                file=MANIFEST,
            ) from error
        raise ArtifactDamaged(
            f"the artifact is of format {form!r}, and this vecstore reads {FORMAT}; use the "
            "vecstore that wrote it",
            file=MANIFEST,
        )


_TEXTS = ("name", "task", "fingerprint", "created_at")
_NUMBERS = ("seed", "seconds", "dim")
_MAPPINGS = ("options", "encoder", "data", "parts")


def _check(manifest: Manifest) -> None:
    """Raise TypeError or ValueError where a value is of another kind than it should be."""
    for names, kinds in ((_TEXTS, (str,)), (_NUMBERS, (int, float)), (_MAPPINGS, (dict,))):
        for name in names:
            _require(name, getattr(manifest, name), *kinds)
    _require("minutes", manifest.minutes, int, float, type(None))
    for point in manifest.curve:
        _require("curve", point.step, int)
        _require("curve", point.loss, int, float, type(None))
        _require("curve", point.validation, int, float, type(None))
        _require_numbers("curve", point.metrics)
    _require_numbers("sizes", manifest.sizes)
    _require_numbers("metrics", manifest.metrics)
    for entry in manifest.files.values():
        _require("files", entry.sha256, str)
        _require("files", entry.bytes, int)
    for note in manifest.notes:
        _require("notes", note, str)
    for one in manifest.lineage:
        _require("lineage", one["name"], str)
        _require("lineage", one["fingerprint"], str)


def _require_numbers(name: str, values: object) -> None:
    for value in dict(values).values():  # type: ignore[call-overload]
        _require(name, value, int, float)


def _require(name: str, value: object, *kinds: type) -> None:
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise TypeError(f"{name} is {value!r:.60}")


def _seal(said: Mapping[str, Any]) -> str:
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
