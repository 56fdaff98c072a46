"""Where vectors may be compared, and the rule that they may be compared nowhere else.

A :class:`Space` is the identity of the numbers: model, version, transform, dim and fingerprint.
Two vectors meet only if their spaces are equal. There are three states, not two: match, mismatch,
and unknown; unknown is refused as well.

Two functions hold the rule, and every path goes through one of them:
:func:`require_same_space` (two vectors are compared) and :func:`admit` (a vector enters or
questions a vector field).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vecstore.errors import (
    InvalidArgument,
    InvalidVector,
    SpaceMismatch,
    SpaceRequired,
    SpaceUnknown,
)
from vecstore.values import check_values

FloatArray = NDArray[np.float32]

MAX_DIM = 65_536
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+/-]{0,127}")
_INCOMPLETE = "incomplete:"
_SHOWN = 12
_PARTS = ("model", "version", "transform", "dim", "fingerprint")


class Metric(StrEnum):
    """How a collection measures distance. It is no part of a space's identity."""

    COSINE = "cosine"
    IP = "ip"
    L2 = "l2"


@dataclass(frozen=True, slots=True)
class Identity:
    """What decides an encoder's numbers, part by part.

    Args:
        parts: JSON-like values by part name: digests of weights and tokenizer, pooling, prompts,
            maximum length, normalisation, output dim, encoder revision. Never paths, URLs, keys,
            batch size, device or library versions.
        missing: names of parts that could not be read. Not empty means that the fingerprint is
            incomplete, and the space *unknown* until an operator accepts it.
    """

    parts: Mapping[str, Any]
    missing: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """sha256 (hex) over the parts in canonical JSON; marked where parts are missing."""
        text = json.dumps(self.parts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        digest = hashlib.sha256(text.encode()).hexdigest()
        return f"{_INCOMPLETE}{digest}" if self.missing else digest


@dataclass(frozen=True, slots=True)
class Space:
    """Where vectors can be compared. Equal spaces or nothing.

    Args:
        model: the model's name.
        version: one immutable release of it.
        dim: length of the vectors.
        fingerprint: :attr:`Identity.fingerprint` of the encoder.
        transform: what is done to a vector after the encoder: ``truncate-N``, or ``NAME:DIGEST``
            of one that was fitted or drawn; empty for nothing.
    """

    model: str
    version: str
    dim: int
    fingerprint: str
    transform: str = ""

    @property
    def name(self) -> str:
        """``model@version``, with the transform, its digest shortened, where there is one."""
        transform = f"+{short_transform(self.transform)}" if self.transform else ""
        return f"{self.model}@{self.version}{transform}"

    @property
    def transform_name(self) -> str:
        """The transform as it was named, without the digest; empty for none."""
        return self.transform.partition(":")[0]

    @property
    def complete(self) -> bool:
        """False where the fingerprint does not cover all that decides the numbers."""
        return bool(self.fingerprint) and not self.fingerprint.startswith(_INCOMPLETE)

    def __str__(self) -> str:
        return f"{self.name} ({self.dim} dims, fingerprint {short(self.fingerprint)})"


def short(fingerprint: str) -> str:
    """The first characters of a fingerprint, for people."""
    prefix = _INCOMPLETE if fingerprint.startswith(_INCOMPLETE) else ""
    return prefix + (fingerprint.removeprefix(_INCOMPLETE)[:_SHOWN] or "none")


def short_transform(transform: str) -> str:
    """A transform with the first characters of its digest, for people."""
    name, colon, digest = transform.partition(":")
    return f"{name}{colon}{digest[:_SHOWN]}"


@dataclass(frozen=True, slots=True, eq=False)
class Vector:
    """Numbers that know where they live.

    Args:
        space: the space they live in.
        values: shape (dim,), float32, finite: an array of dtype float32, or a sequence of Python
            floats. Copied, and read-only afterwards.

    Raises:
        InvalidVector: empty, not one-dimensional, another dtype, NaN or infinity.
        SpaceRequired: ``space`` is no :class:`Space`.
    """

    space: Space
    values: FloatArray = field(repr=False)

    def __post_init__(self) -> None:
        values = check_values(self.values)
        if not isinstance(self.space, Space):
            raise SpaceRequired(_no_space(f"space={self.space!r}"))
        object.__setattr__(self, "values", values)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Vector):
            return NotImplemented
        return self.space == other.space and np.array_equal(self.values, other.values)

    def __hash__(self) -> int:
        return hash((self.space, self.values.tobytes()))

    def __repr__(self) -> str:
        return f"<Vector of {self.space.name}, {len(self.values)} dims>"

    def __len__(self) -> int:
        return len(self.values)

    def __reduce__(self) -> tuple[object, ...]:
        return (Vector, (self.space, np.array(self.values)))


def require_same_space(expected: Space, given: Space, *, accepted: bool = False) -> None:
    """THE rule: equal spaces or nothing.

    Args:
        expected: the space on this side.
        given: the space on the other.
        accepted: an operator put it on record that this incomplete space may be used.

    Raises:
        SpaceMismatch: the two differ in anything at all.
        SpaceUnknown: they are equal, but the fingerprint is incomplete and not accepted.
    """
    if expected is not given and expected != given:
        raise SpaceMismatch(_mismatch(expected, given), **_both(expected, given))
    if not accepted and not expected.complete:
        raise SpaceUnknown(
            f"the identity of {expected.name} is incomplete (fingerprint "
            f"{short(expected.fingerprint)}), so it cannot be known whether two vectors of it were "
            "made by the same model; an operator who knows can accept it once: "
            f"vecstore encoders accept {expected.model}@{expected.version} --reason TEXT",
            model=expected.model,
            version=expected.version,
        )


def admit(
    space: Space, metric: Metric, vector: object, *, accepted: bool = False, field: str = "vector"
) -> Vector:
    """What may enter, or question, a vector field that lives in ``space``.

    The checks have an order: form, no space, another space, wrong length, zero under cosine.

    Args:
        space: the field's live space.
        metric: the collection's metric.
        vector: anything that a caller handed in; only a :class:`Vector` can pass.
        accepted: see :func:`require_same_space`.
        field: how messages call the argument.

    Raises:
        InvalidVector: malformed, wrong length for its space, or zero under cosine.
        SpaceRequired: numbers without a space.
        SpaceMismatch: numbers of another space.
        SpaceUnknown: a space whose identity is incomplete and was not accepted.
    """
    vector = require_vector(vector, field)
    require_same_space(space, vector.space, accepted=accepted)
    check_length(vector, field)
    values = vector.values
    if metric is Metric.COSINE and not (values[0] or values.any()):
        raise InvalidVector(
            f"{field} is all zeros, which has no direction and no cosine; "
            "leave the record out, or use a collection with metric l2 or ip",
            field=field,
        )
    return vector


def admit_all(
    space: Space, metric: Metric, vectors: Sequence[object], *, accepted: bool = False
) -> FloatArray | None:
    """Vectors that :func:`admit` lets in, every one of them, as rows.

    Args:
        space, metric, accepted: see :func:`admit`.
        vectors: what a caller handed in.

    Returns:
        Shape (n, dim), float32; None where one is no :class:`Vector` or would be refused, for
        :func:`admit` to say which and why.
    """
    given = [vector for vector in vectors if isinstance(vector, Vector)]
    rows = [vector.values for vector in given]
    if len(rows) < len(vectors) or not {space.dim}.issuperset(map(len, rows)):
        return None
    try:
        # Most often all of them are of one and the same.
        for one in {id(vector.space): vector.space for vector in given}.values():
            require_same_space(space, one, accepted=accepted)
    except (SpaceMismatch, SpaceUnknown):
        return None
    # One piece of memory, without `stack`, which looks at the rows one by one.
    matrix = np.concatenate(rows or [np.empty(0, np.float32)]).reshape(len(rows), space.dim)
    if metric is Metric.COSINE and not matrix[:, 0].all() and not matrix.any(axis=1).all():
        return None
    return matrix


def require_vector(vector: object, field: str = "vector") -> Vector:
    """A value that says where it lives.

    Raises:
        InvalidVector: malformed.
        SpaceRequired: numbers without a space.
    """
    if isinstance(vector, Vector):
        return vector
    check_values(vector, field)
    raise SpaceRequired(_no_space(f"{field} is a bare {type(vector).__name__}"), field=field)


def check_length(vector: Vector, field: str = "vector") -> None:
    """Raise InvalidVector where a vector is not as long as its own space says."""
    if len(vector.values) != vector.space.dim:
        raise InvalidVector(
            f"{field} has {len(vector.values)} numbers, but its space {vector.space.name} has "
            f"{vector.space.dim} dims; send the encoder's whole, unchanged output",
            field=field,
        )


def split_name(name: str) -> tuple[str, str | None]:
    """``"model@version"`` or ``"model"`` to its parts.

    Raises:
        InvalidArgument: not a name.
    """
    model, at, version = name.rpartition("@") if "@" in name else (name, "", "")
    if not _NAME.fullmatch(model) or (at and not _NAME.fullmatch(version)):
        raise InvalidArgument(
            f"{name!r} is not a model name; use NAME or NAME@VERSION, each of letters, digits and "
            "._+/- and beginning with a letter or digit, at most 128 long",
            field="encoder",
        )
    return model, version or None


def split_full_name(name: str) -> tuple[str, str]:
    """``"model@version"`` to its parts, where the version must be there.

    Raises:
        InvalidArgument: not a name, or without a version.
    """
    model, version = split_name(name)
    if version is None:
        raise InvalidArgument(f"{name!r} has no version; write, say, {name}@1", field="encoder")
    return model, version


def _no_space(what: str) -> str:
    return (
        f"{what}: a vector must say which space it lives in. Use store.encode(...), or "
        "vecstore.Vector(space, values) with the space of the model that made the numbers "
        "(store.space('NAME@VERSION'))"
    )


def _mismatch(expected: Space, given: Space) -> str:
    parts = [
        f"{name} {_show(name, given)!r} instead of {_show(name, expected)!r}"
        for name in _PARTS
        if getattr(expected, name) != getattr(given, name)
    ]
    return (
        f"vectors of {given} cannot be compared with vectors of {expected}: "
        f"{', '.join(parts)}. Distances between two spaces mean nothing; {_advice(expected, given)}"
    )


def _advice(expected: Space, given: Space) -> str:
    if (expected.model, expected.version) != (given.model, given.version):
        return f"encode with {_recipe(expected)}, or use a collection of {_recipe(given)}"
    if expected.fingerprint != given.fingerprint:
        return (
            "the same name was given to two different models: register the changed one as a new "
            "version"
        )
    if expected.transform_name == given.transform_name != "":
        return (
            "the same name was given to two different transforms, as in two stores: encode anew "
            f"with {_recipe(expected)} here"
        )
    without = "" if expected.transform else " and no transform"
    return f"encode with {_recipe(expected)}{without}, or use a collection of {_recipe(given)}"


def _recipe(space: Space) -> str:
    transform = f" and the transform {space.transform_name}" if space.transform else ""
    return f"{space.model}@{space.version}{transform}"


def _show(name: str, space: Space) -> object:
    value = getattr(space, name)
    if name == "transform":
        return short_transform(value)
    return short(value) if name == "fingerprint" else value


def _both(expected: Space, given: Space) -> dict[str, object]:
    sides = (("expected", expected), ("given", given))
    return {f"{side}_{name}": getattr(space, name) for side, space in sides for name in _PARTS}
