"""One release of a model, as it is on record."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sqlalchemy import RowMapping

from vecstore.evaluations import TaskCard
from vecstore.records import EncoderInfo, Modality
from vecstore.spaces import FloatArray, Space
from vecstore.storage.faults import as_written

EXTERNAL = "external"


@dataclass(frozen=True, slots=True, eq=False)
class Release:
    """One immutable release of a model, as it is on record.

    ``canaries`` has shape (n, dim), float32: what the encoder made of its canary inputs when it
    was registered; None for an external space, which vecstore cannot load.
    """

    space: Space
    loader: str
    source: str
    modalities: tuple[Modality, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    parts: Mapping[str, Any] = field(default_factory=dict)
    runtime: Mapping[str, str] = field(default_factory=dict)
    canaries: FloatArray | None = None
    accepted: str | None = None
    provenance: str | None = None
    card: TaskCard | None = None

    @property
    def name(self) -> str:
        """``model@version``"""
        return self.space.name

    @property
    def external(self) -> bool:
        """True where vecstore cannot load the model: it only knows the space."""
        return self.loader == EXTERNAL

    @property
    def info(self) -> EncoderInfo:
        """What callers are shown: nothing of paths or options."""
        return EncoderInfo(
            name=self.name,
            loader=self.loader,
            modalities=self.modalities,
            space=self.space,
            registered=True,
            accepted=self.accepted,
            provenance=self.provenance,
            parts=self.parts,
            runtime=self.runtime,
            card=self.card,
        )


def release_of(row: RowMapping | Mapping[str, Any]) -> Release:
    """The release that a row of ``releases`` holds.

    Raises:
        StorageError: its parts are not what is ever written.
    """
    space, canaries = space_of(row), row["canaries"]
    with as_written(f"the encoder {space.name}"):
        return Release(
            space=space,
            loader=row["loader"],
            source=row["source"],
            modalities=_modalities(row["modalities"].split()),
            options=json.loads(row["options"]),
            parts=json.loads(row["parts"]),
            runtime=json.loads(row["runtime"]),
            canaries=None
            if canaries is None
            else np.frombuffer(canaries, dtype="<f4").reshape(-1, row["dim"]),
            accepted=row["accepted"],
            provenance=row["provenance"],
            card=None if row["card"] is None else TaskCard(**json.loads(row["card"])),
        )


def space_of(row: RowMapping | Mapping[str, Any]) -> Space:
    """The space that some columns tell of: of a release, or of a field."""
    return Space(
        model=row["model"],
        version=row["version"],
        dim=row["dim"],
        fingerprint=row["fingerprint"],
        transform=row.get("transform", ""),
    )


def _modalities(names: Sequence[str]) -> tuple[Modality, ...]:
    return tuple(Modality(name) for name in names)
