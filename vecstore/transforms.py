"""What is done to a vector after the encoder: fewer dims, in a space of their own.

Truncation needs nothing but the number of dims. What is fitted (PCA) or drawn (random projection)
is a named, immutable artifact, whose digest is part of the identity of the space.

No mean is subtracted: distances under l2 do not depend on it, and neighbours under cosine are
those of the full vectors more often without.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vecstore.errors import InvalidArgument, NotFound
from vecstore.records import EncoderInfo
from vecstore.spaces import FloatArray, Space

_TRUNCATION = re.compile(r"truncate-([1-9][0-9]{0,5})")
_RESERVED = "truncate"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_LISTED = 20
# That are in float64 at a time.
_ROWS = 4096
# The loader of spaces whose models vecstore cannot load.
_EXTERNAL = "external"


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
            with np.errstate(over="ignore", invalid="ignore"):
                found = values.astype(np.float32) @ self.matrix
        if normalized:
            lengths = np.linalg.norm(found, axis=1, keepdims=True)
            found /= np.where(lengths > 0, lengths, np.float32(1))
        return np.ascontiguousarray(found, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class TransformInfo:
    """What is known of a fitted or drawn transform.

    Args:
        name: its name.
        kind: how it came about.
        before, after: the space of the vectors that it takes, and of those that it gives.
        provenance: JSON values: what it was fitted on, and with which seed.
        created_at: ISO 8601, UTC.
    """

    name: str
    kind: TransformKind
    before: Space
    after: Space
    provenance: Mapping[str, Any] = field(default_factory=dict, hash=False)
    created_at: str = ""

    @property
    def digest(self) -> str:
        """sha256 (hex) over what it does."""
        return self.after.transform.partition(":")[2]


def check_name(name: object) -> str:
    """The name that a fitted or drawn transform is to have.

    Raises:
        InvalidArgument: not a name, or one that truncation has taken.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InvalidArgument(
            f"{name!r} is no name of a transform; use letters, digits and ._-, beginning with a "
            "letter or digit, at most 128",
            field="name",
        )
    if name.lower().startswith(_RESERVED):
        raise InvalidArgument(
            f"{name!r} cannot be a transform's name: names with {_RESERVED} are those of "
            "truncation, which needs no fitting; choose another",
            field="name",
        )
    return name


def truncated(name: str, before: Space) -> Transform | None:
    """The truncation of this name; None where the name is not one of truncation.

    Raises:
        InvalidArgument: it does not say to how many dims, or not to fewer.
    """
    if not isinstance(name, str):
        raise InvalidArgument(
            f"transform is {name!r}; give its name, such as 'truncate-128'", field="transform"
        )
    if not name.lower().startswith(_RESERVED):
        return None
    dim = truncation_dim(name)
    if dim is None:
        raise InvalidArgument(
            f"{name!r} does not say how many dims are kept; write {_RESERVED}-N with N from 1 to "
            f"{before.dim - 1}, such as {_RESERVED}-{max(1, before.dim // 2)}",
            field="transform",
        )
    return truncation(dim, before.dim)


def info_of(name: str, infos: Iterable[TransformInfo]) -> TransformInfo:
    """The fitted or drawn transform of this name.

    Raises:
        NotFound: there is none; the message lists those that there are.
    """
    by_name = {info.name: info for info in infos}
    if name not in by_name:
        names = ", ".join(list(by_name)[:_LISTED])
        raise NotFound(
            f"there is no transform {name!r} on record; "
            + (f"there are: {names}" if names else "there is none at all")
            + f" ({_RESERVED}-N needs no record, and works with every encoder)",
            transform=name,
        )
    return by_name[name]


def chosen(name: str, before: Space, infos: Iterable[TransformInfo]) -> TransformInfo:
    """The fitted or drawn transform of this name, among those there are.

    Args:
        name: as :attr:`TransformInfo.name`.
        before: the space of the vectors that it is to take.
        infos: those there are.

    Raises:
        NotFound: there is none.
        InvalidArgument: it takes the vectors of another encoder.
    """
    by_name = {info.name: info for info in infos}
    found = by_name.get(name)
    if found is None:
        usable = [one.name for one in by_name.values() if one.before == before]
        there_are = f"there are: {', '.join(usable[:_LISTED])}" if usable else "there is none yet"
        raise NotFound(
            f"there is no transform {name!r} of {before.name}; {there_are}. Use {_RESERVED}-N, or "
            f"make one: vecstore transforms fit {before.name} --pca N --on DATA --name NAME",
            transform=name,
        )
    if found.before != before:
        raise InvalidArgument(
            f"the transform {name!r} was made for vectors of {found.before}, not of {before}; use "
            "it with that encoder, or fit another one for this",
            field="transform",
        )
    return found


def transformed_space(name: str, encoder: EncoderInfo, infos: Iterable[TransformInfo]) -> Space:
    """Where an encoder's vectors live after the transform of this name; see :func:`chosen`.

    Raises:
        NotFound, InvalidArgument: there is none of this name for these vectors.
    """
    before = encoder.space
    if before is None:
        raise InvalidArgument(f"{encoder.name} has no space yet", field="encoder")
    if encoder.loader == _EXTERNAL:
        raise external(encoder.name, name)
    found = truncated(name, before)
    return chosen(name, before, infos).after if found is None else found.space(before)


def external(encoder: str, name: str) -> InvalidArgument:
    """The error for a transform of vectors that are not made here."""
    return InvalidArgument(
        f"{encoder} is an external space: its vectors are made elsewhere, so the transform "
        f"{name!r} cannot be applied to them here; declare where the transformed ones live as a "
        "space of its own: vecstore encoders declare",
        field="transform",
    )


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
    check_rows(rows, dim, input_dim)
    _, directions = np.linalg.eigh(_covariance(values))
    chosen = directions[:, ::-1][:, :dim]
    # A direction and its opposite are the same component: the greatest number decides.
    signs = np.sign(chosen[np.abs(chosen).argmax(axis=0), np.arange(dim)])
    matrix = np.ascontiguousarray(chosen * signs, dtype=np.float32)
    return Transform(name, TransformKind.PCA, input_dim, dim, matrix)


def check_rows(rows: int, dim: int, input_dim: int) -> None:
    """Raise InvalidArgument unless PCA to ``dim`` dims has as many vectors as dims before."""
    if rows < input_dim:
        raise InvalidArgument(
            f"PCA of {input_dim} dims needs at least as many different vectors; {rows:,} were "
            f"given: give more data, or use a random projection or truncate-{dim}, which need none",
            field="data",
        )


def explained_variance(values: FloatArray, transform: Transform) -> float:
    """The share of the vectors' variance that is left, 0 to 1.

    Args:
        values: shape (n, input_dim), float32.
        transform: what is done to them.
    """
    spread = _covariance(values)
    before = float(np.trace(spread))
    if transform.matrix is None:
        left = float(np.trace(spread[: transform.dim, : transform.dim]))
    else:
        cut = transform.matrix.astype(np.float64)
        left = float(np.sum(cut * (spread @ cut)))
    return left / before if before else 1.0


def _covariance(values: FloatArray) -> NDArray[np.float64]:
    """Of the columns, shape (dim, dim); not all rows are held in float64 at once."""
    rows, dim = values.shape
    mean = values.mean(axis=0, dtype=np.float64)
    found = np.zeros((dim, dim))
    for start in range(0, rows, _ROWS):
        part = values[start : start + _ROWS] - mean
        found += part.T @ part
    found /= rows
    return found


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
