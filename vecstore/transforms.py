"""What is done to a vector after the encoder: fewer dims, in a space of their own.

Truncation needs nothing but the number of dims. What is fitted (PCA) or drawn (random projection)
is a named, immutable artifact, whose digest is part of the identity of the space.

No mean is subtracted: distances under l2 do not depend on it, and neighbours under cosine are
those of the full vectors more often without.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from vecstore.errors import InvalidArgument
from vecstore.spaces import FloatArray, Space

_TRUNCATION = re.compile(r"truncate-([1-9][0-9]{0,5})")


class TransformKind(StrEnum):
    """How the dims of a transform come about."""

    TRUNCATE = "truncate"
    PCA = "pca"
    RANDOM = "random"


@dataclass(frozen=True, slots=True, eq=False)
class Transform:
    """Fewer dims.

    Args:
        name: ``truncate-N``, or the name that a fitted or drawn one was given.
        kind: how it came about.
        input_dim, dim: lengths of the vectors before and after.
        matrix: shape (input_dim, dim), float32; None for truncation.
    """

    name: str
    kind: TransformKind
    input_dim: int
    dim: int
    matrix: FloatArray | None = None

    @property
    def digest(self) -> str:
        """sha256 (hex) over what it does; empty for truncation, whose name says it all."""
        if self.matrix is None:
            return ""
        shape = f"{self.kind} {self.input_dim} {self.dim} ".encode()
        return hashlib.sha256(shape + self.matrix.astype("<f4").tobytes()).hexdigest()

    @property
    def identity(self) -> str:
        """What stands in :attr:`Space.transform`."""
        return f"{self.name}:{self.digest}" if self.digest else self.name

    def space(self, before: Space) -> Space:
        """Where its vectors live.

        Args:
            before: the encoder's own space.
        """
        return replace(before, dim=self.dim, transform=self.identity)

    def apply(self, values: FloatArray, *, normalized: bool) -> FloatArray:
        """Transform vectors.

        Args:
            values: shape (n, input_dim), float32.
            normalized: whether the encoder's vectors have length 1; these then have it too,
                unless nothing is left of them.

        Returns:
            Shape (n, dim), float32. A row does not depend on its neighbours, but for rounding.
        """
        if self.matrix is None:
            found = np.array(values[:, : self.dim], np.float32)
        else:
            found = values.astype(np.float32) @ self.matrix
        if normalized:
            lengths = np.linalg.norm(found, axis=1, keepdims=True)
            found /= np.where(lengths > 0, lengths, np.float32(1))
        return np.ascontiguousarray(found, dtype=np.float32)


def truncation(dim: int, input_dim: int) -> Transform:
    """The first ``dim`` of ``input_dim`` numbers.

    Raises:
        InvalidArgument: not fewer than there are.
    """
    check_dims(dim, input_dim)
    return Transform(f"{TransformKind.TRUNCATE}-{dim}", TransformKind.TRUNCATE, input_dim, dim)


def truncation_dim(name: str) -> int | None:
    """The dims of ``truncate-N``; None where a name says something else."""
    found = _TRUNCATION.fullmatch(name)
    return None if found is None else int(found[1])


def fit_pca(values: FloatArray, dim: int, name: str) -> Transform:
    """The directions in which vectors differ most (principal components).

    Args:
        values: shape (n, input_dim), float32; at least as many rows as dims before.
        dim: how many of them.
        name: of the transform.

    Raises:
        InvalidArgument: more dims than there are, or too few rows.
    """
    rows, input_dim = values.shape
    check_dims(dim, input_dim)
    if rows < input_dim:
        raise InvalidArgument(
            f"PCA of {input_dim} dims needs at least as many vectors; {rows:,} were given: give "
            f"more data, or use a random projection or truncate-{dim}, which need none",
            field="data",
        )
    _, directions = np.linalg.eigh(np.cov(values.astype(np.float64), rowvar=False, ddof=0))
    chosen = directions[:, ::-1][:, :dim]
    # A direction and its opposite are the same component: the greatest number decides.
    signs = np.sign(chosen[np.abs(chosen).argmax(axis=0), np.arange(dim)])
    matrix = np.ascontiguousarray(chosen * signs, dtype=np.float32)
    return Transform(name, TransformKind.PCA, input_dim, dim, matrix)


def random_projection(input_dim: int, dim: int, seed: int, name: str) -> Transform:
    """Orthogonal directions drawn at random; they need no data.

    Raises:
        InvalidArgument: more dims than there are.
    """
    check_dims(dim, input_dim)
    drawn = np.random.default_rng(seed).standard_normal((input_dim, dim))
    matrix = np.ascontiguousarray(np.linalg.qr(drawn)[0], dtype=np.float32)
    return Transform(name, TransformKind.RANDOM, input_dim, dim, matrix)


def check_dims(dim: int, input_dim: int) -> None:
    """Raise InvalidArgument unless 1 <= dim < input_dim."""
    if not 1 <= dim < input_dim:
        raise InvalidArgument(
            f"{dim} dims cannot be made of vectors with {input_dim}; give 1 to {input_dim - 1}",
            field="dim",
        )
