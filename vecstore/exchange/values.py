"""Values as JSON, for files: spaces, vectors and records, out and in."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any, TypeGuard

import numpy as np

from vecstore.errors import InvalidRecord, InvalidVector, SpaceRequired
from vecstore.inputs import shorten
from vecstore.records import FieldValue, Record
from vecstore.spaces import Space, Vector

Json = dict[str, Any]

_PARTS = frozenset({"text", "image", "categories", "vector"})


def space(value: Space) -> Json:
    """A space, whole: what :func:`read_space` takes."""
    return {
        "model": value.model,
        "version": value.version,
        "transform": value.transform,
        "dim": value.dim,
        "fingerprint": value.fingerprint,
    }


def vector(value: Vector) -> Json:
    """A vector with its space: what :func:`read_vector` takes."""
    return {"space": space(value.space), "values": value.values.tolist()}


def record(value: Record) -> Json:
    """All of a record: what :mod:`vecstore.exchange.columns` reads."""
    fields = value.field_values()
    default = fields.pop("default", FieldValue())
    shape: Json = {"id": value.id, **field(default)}
    if fields:
        shape["fields"] = {name: field(one) for name, one in fields.items()}
    shape["payload"] = dict(value.payload)
    if value.carried:
        shape["carried"] = list(value.carried)
    return shape


def field(value: FieldValue) -> Json:
    """What a record holds in one field; an image as base64."""
    shape: Json = {}
    if value.text is not None:
        shape["text"] = value.text
    if value.image is not None:
        shape["image"] = {"base64": base64.b64encode(value.image).decode()}
    if value.categories is not None:
        shape["categories"] = dict(value.categories)
    if value.vector is not None:
        shape["vector"] = vector(value.vector)
    return shape


def is_fields(value: object) -> TypeGuard[Mapping[str, Mapping[str, Any]]]:
    """Whether a value is what :func:`record` writes of other fields."""
    return isinstance(value, Mapping) and all(
        isinstance(one, Mapping) and _PARTS.issuperset(one) for one in value.values()
    )


def read_field(value: Mapping[str, Any]) -> FieldValue:
    """The value that :func:`field` wrote.

    Raises:
        InvalidRecord, InvalidVector, SpaceRequired: what is wrong with a part of it.
    """
    given = value.get("vector")
    return FieldValue(
        text=value.get("text"),
        image=read_image(value["image"]) if "image" in value else None,
        categories=value.get("categories"),
        vector=None if given is None else read_vector(given),
    )


def is_image(value: object) -> bool:
    """Whether a value is what :func:`field` writes of an image."""
    return isinstance(value, Mapping) and set(value) == {"base64"}


def read_image(value: object) -> bytes:
    """The bytes of an image that :func:`field` wrote.

    Raises:
        InvalidRecord: it is none.
    """
    try:
        return base64.b64decode(value["base64"], validate=True)  # type: ignore[index]
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise InvalidRecord(
            f"holds an image that is no base64 ({error}); get the file again", field="image"
        ) from None


def read_space(value: object) -> Space:
    """The space that :func:`space` wrote.

    Raises:
        SpaceRequired: it does not say all that a space must say.
    """
    kinds = {"model": str, "version": str, "dim": int, "fingerprint": str}
    if not isinstance(value, Mapping) or not all(
        isinstance(value.get(name), kind) for name, kind in kinds.items()
    ):
        raise SpaceRequired(
            f"the space is {shorten(value)}; it must be an object with the keys model, version, "
            "dim and fingerprint, as `vecstore encode --json` prints it",
            field="space",
        )
    return Space(
        model=value["model"],
        version=value["version"],
        dim=value["dim"],
        fingerprint=value["fingerprint"],
        transform=str(value.get("transform") or ""),
    )


def read_vector(value: object, default: Space | None = None) -> Vector:
    """The vector that :func:`vector` wrote.

    Args:
        value: an object with the keys space and values, or a list of numbers where the operator
            said which space all of them live in.
        default: that space.

    Raises:
        SpaceRequired: numbers without a space.
        InvalidVector: anything else that is no vector.
    """
    if isinstance(value, Mapping):
        return Vector(read_space(value.get("space")), value.get("values"))  # type: ignore[arg-type]
    if not isinstance(value, list | np.ndarray):
        raise InvalidVector(
            f"{shorten(value)} is no vector; an object with the keys space and values is needed",
            field="vector",
        )
    if default is None:
        raise SpaceRequired(
            f"a bare list of {len(value)} numbers: a vector must say which space it lives in; "
            'give {"space": ..., "values": [...]} as `vecstore encode --json` prints it, or say '
            "which space all of them live in with --space NAME@VERSION",
            field="vector",
        )
    return Vector(default, value)  # type: ignore[arg-type]
