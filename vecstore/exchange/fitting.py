"""Whether the vectors of a file are of a collection's spaces, before any of them is sent."""

from __future__ import annotations

import numpy as np

from vecstore.errors import InvalidArgument, SpaceMismatch, SpaceRetired, VecstoreError
from vecstore.exchange.target import Target, spaces_of
from vecstore.records import CollectionInfo
from vecstore.reembeddings import FieldState
from vecstore.spaces import Space, Vector, require_same_space

_REMEDY = "--ignore-vectors leaves them out, and has the inputs beside them encoded"


def require_space(collection: Target, name: str, given: Space, where: str) -> None:
    """Raise unless vectors of a space may enter a field.

    Args:
        collection: the field's.
        name: the field.
        given: where the vectors live.
        where: what they are in, as messages call it.

    Raises:
        InvalidArgument: there is no such field.
        SpaceRetired: the field has left their space.
        SpaceMismatch: they are of another one.
    """
    info = collection.info()
    spaces = spaces_of(info)
    expected = spaces.get(name)
    if expected is None:
        raise InvalidArgument(
            f"{where} has vectors of the field {name!r}, and the collection's fields are "
            f"{', '.join(spaces)}; nothing was written: create a collection with that field",
            field=name,
        )
    try:
        require_same_space(expected, given, accepted=True)
    except SpaceMismatch as error:
        said = error.message
        if given in _staged(info, name):
            said += ". They are of the space staged beside it, which is filled from the inputs"
        told = _left(collection, name, given) or SpaceMismatch(said, **error.details)
        raise type(told)(
            f"{where}: {told.message}; nothing was written: {_REMEDY}", **told.details
        ) from None


def _staged(info: CollectionInfo, name: str) -> list[Space]:
    both = [one.beside for one in info.fields if one.name == name and one.beside is not None]
    return [one.space for one in both if one.state is FieldState.STAGED]


def _left(collection: Target, name: str, given: Space) -> SpaceRetired | None:
    """What the collection itself says of such vectors where its field has left their space."""
    try:
        collection.search(Vector(given, np.ones(given.dim, np.float32)), 1, field=name)
    except SpaceRetired as error:
        # How to search there is of no use here.
        return SpaceRetired(error.message.partition("; to search that")[0], **error.details)
    except VecstoreError:
        return None
    return None
