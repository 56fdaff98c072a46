"""Stored inputs encoded one beside the other, whatever becomes of each."""

from __future__ import annotations

from collections.abc import Sequence

from vecstore.encoders.each import each_of
from vecstore.fields import Encoded, Field
from vecstore.records import Input, Role


def encode_each(field: Field, inputs: Sequence[Input]) -> list[Encoded]:
    """Vectors of a field; see :func:`vecstore.encoders.each.each_of`.

    Unlike :meth:`Field.encode_each`, what is wrong with the encoder itself is raised.
    """
    return each_of(lambda some: field.encode(some, Role.DOCUMENT), inputs)
