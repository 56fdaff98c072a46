"""What plugins offer: encoders, and the cheap, frozen descriptions by which they are found.

A spec is made at start-up for every plugin installed, so making one must cost nothing: heavy
imports and weights belong inside ``load``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from vecstore.evaluations import TaskCard
from vecstore.records import Input, Modality, Role
from vecstore.spaces import FloatArray, Identity, Metric

Options = Mapping[str, Any]


class Encoder(ABC):
    """A loaded release: turns inputs into vectors of one space.

    Attributes:
        dim: length of the vectors.
        modalities: what it reads. All modalities share the one space.
        normalized: True where every vector has length 1.
    """

    dim: int
    modalities: frozenset[Modality]
    normalized: bool = False

    @abstractmethod
    def identity(self) -> Identity:
        """What decides the numbers. Computed from the model itself, not from where it came."""

    @abstractmethod
    def encode(self, inputs: Sequence[Input], role: Role) -> FloatArray:
        """Encode inputs, in their order.

        Args:
            inputs: at least one, each of a modality in :attr:`modalities`.
            role: document (to be stored) or query.

        Returns:
            Shape (len(inputs), dim), dtype float32, finite. A row does not depend on its
            neighbours in the batch.

        Raises:
            InvalidInput: an input that it cannot read; with ``input=NUMBER`` the caller is told
                which of them it is.
        """

    def canaries(self) -> Sequence[Input] | None:
        """Fixed inputs that catch what a hash cannot see; None for the standard ones."""
        return None

    def runtime(self) -> Mapping[str, str]:
        """Library versions and the like: on record, and no part of the identity."""
        return {}

    def card(self) -> TaskCard | None:
        """What the model was made for, as far as it says so itself; kept at registration."""
        return None

    def random_twin(self, seed: int) -> Encoder | None:  # noqa: ARG002 - for those that have one
        """The same encoder with the weights of a new draw, as before any training.

        It is what an evaluation is held against. None where there is no such thing.
        """
        return None

    def close(self) -> None:  # noqa: B027 - most encoders hold nothing to give back
        """Give memory back."""


@runtime_checkable
class Describer(Protocol):
    """What an encoder may do beside encoding: say in words what an image shows."""

    def describe(self, images: Sequence[Input]) -> Sequence[str]:
        """Captions of images, in their order.

        Args:
            images: at least one, each of the modality image.

        Returns:
            As many texts, the same ones at every call.

        Raises:
            InvalidInput: an image that it cannot read; with ``input=NUMBER`` the caller is told
                which of them it is.
        """
        ...


@dataclass(frozen=True, slots=True)
class Option:
    """One setting of a loader.

    Args:
        name: its name.
        type: str, int, float or bool; text from the command line is converted to it.
        default: its value where nobody sets it.
        help: one sentence.
    """

    name: str
    type: type[str] | type[int] | type[float] | type[bool]
    default: str | int | float | bool | None
    help: str


@dataclass(frozen=True, slots=True)
class ReadyRelease:
    """A release that a plugin brings along, usable without registering it first.

    Args:
        model, version: its name.
        source: what the loader loads.
        options: settings that differ from the loader's defaults.
        modalities: what it reads; None for all that its loader's encoders may read.
    """

    model: str
    version: str
    source: str
    options: Options = field(default_factory=dict, hash=False)
    modalities: tuple[Modality, ...] | None = None


@dataclass(frozen=True, slots=True)
class EncoderSpec:
    """A loader: how one kind of encoder is made from a source.

    Args:
        loader: its name, unique among all plugins.
        summary: one sentence for ``vecstore encoders list``.
        modalities: what its encoders may read.
        load: (source, options) -> Encoder, every option resolved to a value. Heavy imports go
            in here. Raises a VecstoreError where the source is not usable.
        options: the settings it knows.
        ready: releases that come with the plugin.
        card: (source) -> what a model of this source was made for; asked where the encoder itself
            does not say.
    """

    loader: str
    summary: str
    modalities: tuple[Modality, ...]
    load: Callable[[str, Options], Encoder]
    options: tuple[Option, ...] = ()
    ready: tuple[ReadyRelease, ...] = ()
    card: Callable[[str], TaskCard | None] | None = None


class NeighbourIndex(Protocol):
    """A structure that finds near neighbours of vectors that it holds under integer keys.

    The caller prepares vectors for the metric (unit length under cosine) and guards with its own
    lock: ``add`` and ``remove`` run alone, the others may run beside each other.
    Distances: smaller is nearer; 1 - inner product for cosine and ip, squared l2 for l2.
    """

    def __len__(self) -> int:
        """Keys held, removed ones included."""
        ...

    def add(self, keys: NDArray[np.int64], vectors: FloatArray) -> None:
        """Take in vectors of shape (n, dim) under new keys, ascending and beyond every key held."""
        ...

    def remove(self, keys: NDArray[np.int64]) -> None:
        """Never return these keys from a search again. Removing a key twice is no error."""
        ...

    def search(self, query: FloatArray, k: int) -> tuple[NDArray[np.int64], FloatArray]:
        """Keys and distances, nearest first, of up to ``k`` neighbours of one vector (dim,)."""
        ...

    def vectors(self, keys: NDArray[np.int64]) -> FloatArray:
        """The vectors under these keys, shape (n, dim), as they were added.

        Raises:
            NotFound: a key was never added.
        """
        ...

    def keys(self) -> NDArray[np.int64]:
        """Every key held, removed ones included, in no order."""
        ...

    def save(self, path: Path) -> None:
        """Write one file."""
        ...


@runtime_checkable
class BatchIndex(Protocol):
    """What a :class:`NeighbourIndex` may do beside: answer many queries in one call."""

    def search_many(self, queries: FloatArray, k: int) -> tuple[NDArray[np.int64], FloatArray]:
        """What ``search`` answers to every one of the queries, on as many cores as it may use.

        Args:
            queries: shape (n, dim), float32.
            k: how many neighbours of each.

        Returns:
            Keys and distances, each of shape (n, m), nearest first; m is ``k``, or all keys that
            are not removed where they are fewer.
        """
        ...


@runtime_checkable
class RowIndex(Protocol):
    """What a :class:`NeighbourIndex` may do beside: show its vectors by the row where they stand.

    Rows do not change while the index is there. Both are called beside ``search``, and never beside
    ``add``.
    """

    def rows(self, keys: NDArray[np.int64]) -> NDArray[np.int32] | None:
        """The row of each key, shape (n,), and -1 for a key that was never added.

        None where this index, for whatever reason, has to be asked for vectors by their keys.
        """
        ...

    def at(self, rows: NDArray[np.int32]) -> FloatArray:
        """The vectors in rows that ``rows`` told; shape (n, dim)."""
        ...

    def tend(self) -> None:
        """Called beside searches, now and then, when nothing else is left to do."""
        ...


@dataclass(frozen=True, slots=True)
class IndexSpec:
    """An index backend.

    Args:
        name: its name, unique among all plugins.
        summary: one sentence.
        create: (dim, metric, capacity) -> an empty index.
        load: (path, dim, metric) -> the index that ``save`` wrote. Called only with files whose
            digest is known to be right.
        exact: True where answers are exact, so that no vector can be out of reach.
        parameters: what a saved index depends on (JSON-like): one that was saved under other
            parameters is built anew, not loaded.
    """

    name: str
    summary: str
    create: Callable[[int, Metric, int], NeighbourIndex]
    load: Callable[[Path, int, Metric], NeighbourIndex]
    exact: bool = False
    parameters: Options = field(default_factory=dict, hash=False)
