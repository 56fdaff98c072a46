"""Asking an older space with a newer model, through a map that was fitted: the values."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as made
from enum import StrEnum

import numpy as np

from vecstore.spaces import FloatArray, Identity, Space

PREFIX = "bridge-"

OnProgress = Callable[[int, int], None]
"""Told how many inputs are encoded, and of how many."""

FIGURES = ("recall@1", "overlap", "ceiling", "overlap/ceiling")
"""What a bridge is judged by, in the order of showing it."""


class BridgeKind(StrEnum):
    """How the map was fitted."""

    ORTHOGONAL = "orthogonal"
    """Procrustes (Schönemann 1966): a rotation; dims are padded or cut where they differ."""
    RIDGE = "ridge"
    """Least squares with a penalty (Hoerl and Kennard 1970)."""


@dataclass(frozen=True, slots=True, eq=False)
class BridgeMap:
    """A linear map between two spaces.

    Args:
        kind: how it was fitted.
        matrix: shape (dims before, dims after), float32; a row vector is multiplied from the left.
    """

    kind: BridgeKind
    matrix: FloatArray

    @property
    def digest(self) -> str:
        """sha256 (hex) over what it does."""
        rows, columns = self.matrix.shape
        head = f"{self.kind} {rows} {columns} ".encode()
        return hashlib.sha256(head + self.matrix.astype("<f4").tobytes()).hexdigest()

    def apply(self, values: FloatArray) -> FloatArray:
        """Map vectors, shape (n, dims before), float32, and make them of length 1.

        Returns:
            Shape (n, dims after), float32. A vector that the map makes zero stays zero.
        """
        mapped = values.astype(np.float64) @ self.matrix.astype(np.float64)
        lengths = np.linalg.norm(mapped, axis=1, keepdims=True)
        return (mapped / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)


@dataclass(frozen=True, slots=True)
class BridgeFigure:
    """A share with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class BridgeInfo:
    """A bridge on record.

    Args:
        name: as it is asked for.
        collection, field: the only ones that accept it.
        source: the newer model's space, in which queries are encoded.
        target: the space of the stored vectors.
        space: the bridged queries' own; see :func:`bridged_space`.
        kind: which of the fitted maps was taken.
        pairs, held_out: inputs that it was fitted on, and judged on.
        figures: ``recall@1`` of known items, ``overlap`` of neighbours, ``ceiling`` (the two
            models' own agreement) and ``overlap/ceiling``.
        forced: why it was taken although it is poor; empty where it is not.
        created_at: ISO 8601, UTC.
    """

    name: str
    collection: str
    field: str
    source: Space
    target: Space
    space: Space
    kind: BridgeKind
    pairs: int
    held_out: int
    figures: Mapping[str, BridgeFigure] = made(default_factory=dict)
    forced: str = ""
    created_at: str = ""


def bridged_space(source: Space, target: Space, digest: str, name: str) -> Space:
    """Where queries live that were encoded in ``source`` and mapped to ``target``.

    It is neither of the two: its identity is both spaces and the map.

    Args:
        source: of the encoder of the queries.
        target: of the vectors that they are compared with.
        digest: :attr:`BridgeMap.digest`.
        name: of the bridge.
    """
    parts = {
        "bridge": digest,
        "from": [source.model, source.version, source.transform, source.dim, source.fingerprint],
        "to": [target.model, target.version, target.transform, target.dim, target.fingerprint],
    }
    # Of two incomplete identities no complete one is made.
    missing = () if source.complete and target.complete else ("source or target",)
    return replace(
        source,
        dim=target.dim,
        fingerprint=Identity(parts, missing).fingerprint,
        transform=f"{PREFIX}{name}:{digest}",
    )
