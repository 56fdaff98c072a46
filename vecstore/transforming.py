"""From an encoder's vectors to those of a transformed space, and what a store offers of it.

A transform is found by the name that a person gave it, or by a space that names it; in both cases
its digest decides, never its name alone.
"""

from __future__ import annotations

import builtins
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from vecstore.config import Settings
from vecstore.errors import InvalidArgument
from vecstore.faults import blamed_on
from vecstore.inputs import check_input
from vecstore.records import Input, InputLike, Role
from vecstore.spaces import FloatArray, Space, Vector, require_same_space
from vecstore.storage.releases import Release
from vecstore.storage.transforms import TransformRows, taken
from vecstore.transforms import (
    Transform,
    TransformInfo,
    check_name,
    chosen,
    external,
    info_of,
    truncated,
)

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from vecstore.models import Models


class Transforms:
    """Finds, keeps and applies transforms.

    Args:
        engine: where they are on record.
        models: the encoders whose vectors they take.
    """

    def __init__(self, engine: Engine, models: Models) -> None:
        self._rows = TransformRows(engine)
        self._models = models
        # By the space of the vectors that they give; they never change.
        self._loaded: dict[Space, Transform] = {}

    def list(self) -> list[TransformInfo]:
        """Every fitted or drawn transform, by name."""
        return self._rows.infos()

    def require_free(self, name: str) -> None:
        """Raise AlreadyExists where a fitted or drawn transform has this name.

        Raises:
            InvalidArgument: not a name for one.
        """
        check_name(name)
        if any(info.name == name for info in self.list()):
            raise taken(name)

    def add(
        self, transform: Transform, before: Space, provenance: Mapping[str, Any]
    ) -> TransformInfo:
        """Put a fitted or drawn transform on record, for good.

        Args:
            transform: under a name that is free.
            before: the encoder's own space.
            provenance: JSON values: what it was fitted on.

        Raises:
            AlreadyExists: the name is taken.
            InvalidArgument: not a name for one.
        """
        check_name(transform.name)
        return self._rows.add(transform, before, provenance)

    def find(self, name: str, space: Space) -> Transform:
        """The transform of this name for the vectors of an encoder.

        Args:
            name: ``truncate-N``, or that of a fitted or drawn one.
            space: the encoder's own.

        Raises:
            NotFound: there is none; the message lists those that there are.
            InvalidArgument: it takes the vectors of another encoder, or gives no fewer dims.
            StorageError: what is on record is not what was written.
        """
        found = truncated(name, space)
        if found is None:
            after = chosen(name, space, self.list()).after
            found = self._loaded.get(after)
            if found is None:
                found = self._loaded[after] = self._rows.get(name)
        return found

    def of(self, space: Space) -> Transform | None:
        """What a space says is done to vectors after the encoder; None for nothing.

        Raises:
            SpaceMismatch: this store's transform of that name, or its encoder, is another one.
            NotFound, StorageError: see :meth:`find`.
        """
        if not space.transform:
            return None
        found = self._loaded.get(space)
        if found is None:
            before = self._models.resolve(f"{space.model}@{space.version}").space
            found = self.find(space.transform_name, before)
            require_same_space(found.space(before), space, accepted=True)
            self._loaded[space] = found
        return found

    def named(self, release: Release, name: str) -> Transform | None:
        """What is to be done to an encoder's vectors, as a caller says it; None for nothing.

        Raises:
            InvalidArgument: an external space, whose vectors are not made here.
            NotFound, StorageError: see :meth:`find`.
        """
        if not name:
            return None
        if release.external:
            raise external(release.name, name)
        return self.find(name, release.space)

    def space(self, release: Release, name: str) -> Space:
        """Where an encoder's vectors live after what :meth:`named` finds."""
        done = self.named(release, name)
        return release.space if done is None else done.space(release.space)

    def encode(
        self,
        release: Release,
        transform: Transform | None,
        inputs: Sequence[Input],
        role: Role,
    ) -> builtins.list[Vector]:
        """Vectors of inputs after a transform, in their order; see :meth:`Models.encode`."""
        vectors = self._models.encode(release, inputs, role)
        if transform is None or not vectors:
            return vectors
        values = self.apply(release, transform, np.stack([one.values for one in vectors]))
        space = transform.space(release.space)
        return [Vector(space, row) for row in values]

    def apply(self, release: Release, transform: Transform, values: FloatArray) -> FloatArray:
        """Transform vectors of an encoder, as that encoder's vectors are: of length 1 or not.

        Args:
            release: the encoder.
            transform: for its vectors.
            values: shape (n, dim of the encoder), float32.

        Returns:
            Shape (n, dim of the transform), float32.
        """
        return transform.apply(values, normalized=self._models.load(release).normalized)


class Transformed(ABC):
    """The part of a store that makes vectors, transformed or as the encoder gives them.

    Attributes:
        models: the store's releases.
        transforms: what may be done to their vectors.
        settings: limits.
    """

    models: Models
    transforms: Transforms
    settings: Settings

    @abstractmethod
    def _require_open(self) -> None:
        """Raise StoreClosed where the store is closed."""

    def encode(
        self,
        encoder: str,
        inputs: Sequence[InputLike],
        *,
        role: str | Role = Role.DOCUMENT,
        transform: str = "",
    ) -> list[Vector]:
        """Vectors of inputs, tagged with their space.

        Args:
            encoder: ``model@version``, or ``model`` where it has one version.
            inputs: texts, the bytes of images, or dicts of categories by column.
            role: "document" for what is stored, "query" for what is asked.
            transform: what is done to them then: ``truncate-N``, or the name of a fitted
                transform; nothing where empty.
        """
        self._require_open()
        if isinstance(inputs, str | bytes):
            raise InvalidArgument("inputs is one string; give a list of inputs", field="inputs")
        if len(inputs) > self.settings.max_batch:
            raise InvalidArgument(
                f"{len(inputs)} inputs in one call; at most {self.settings.max_batch} are allowed",
                field="inputs",
            )
        try:
            side = Role(role)
        except ValueError:
            raise InvalidArgument(
                f"role is {role!r}; 'document' or 'query' is needed", field="role"
            ) from None
        release = self.models.resolve(encoder)
        done = self.transforms.named(release, transform)
        checked = [
            check_input(one, self.settings, f"inputs[{number}]")
            for number, one in enumerate(inputs)
        ]
        with blamed_on(lambda number: (f"inputs[{number}]", number)):
            return self.transforms.encode(release, done, checked, side)

    def space(self, name: str, *, transform: str = "") -> Space:
        """The space of an encoder, to tag vectors made elsewhere by the very same model.

        Args:
            name: ``model@version``, or ``model`` where it has one version.
            transform: what is done to its vectors then; see :meth:`encode`.
        """
        self._require_open()
        return self.transforms.space(self.models.resolve(name), transform)

    def list_transforms(self) -> list[TransformInfo]:
        """Every fitted or drawn transform, by name; truncation needs no record."""
        self._require_open()
        return self.transforms.list()

    def transform(self, name: str) -> TransformInfo:
        """What is known of one fitted or drawn transform.

        Raises:
            NotFound: there is none of this name.
        """
        return info_of(name, self.list_transforms())
