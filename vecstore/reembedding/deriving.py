"""Spaces whose vectors can be computed from the stored ones, without encoding anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from vecstore.errors import StorageError, VecstoreError
from vecstore.fields import Encoded, Field
from vecstore.spaces import FloatArray, Space, Vector

if TYPE_CHECKING:
    from vecstore.store import Store


def derives(source: Space, target: Space) -> bool:
    """Whether a space is another one after a transform, of the very same release.

    Vectors that callers brought and records without a stored input then move like all others.
    """
    same = replace(target, transform="", dim=source.dim) == source
    return same and bool(target.transform)


class Deriver:
    """Computes vectors of a transformed space from those that its encoder gave.

    Args:
        store: the open store.
        space: of the vectors before.
        other: the field in the transformed space.

    Raises:
        ModelDrift, SpaceMismatch: the encoder or the transform is not what the spaces say.
    """

    def __init__(self, store: Store, space: Space, other: Field) -> None:
        transform = store.transforms.of(other.space)
        if transform is None:
            raise StorageError(f"{other.space} names no transform")
        self._transforms, self._transform = store.transforms, transform
        self._release = store.models.resolve(f"{space.model}@{space.version}")
        store.models.load(self._release)
        self._other = other

    def vectors(self, before: Sequence[FloatArray]) -> list[Encoded]:
        """Vectors after the transform, as encoding would give them; an error for one without.

        Args:
            before: each of shape (dim,), float32.
        """
        if not before:
            return []
        values = self._transforms.apply(self._release, self._transform, np.stack(before))
        return [admitted(self._other, one) for one in values]


def admitted(other: Field, values: FloatArray) -> Encoded:
    """Numbers as a vector of a field, or why they cannot be one."""
    try:
        return other.admit(Vector(other.space, values), "the computed vector")
    except VecstoreError as error:
        return error
