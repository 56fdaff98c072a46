"""The tree that a filter is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from vecstore.instants import Instant

Scalar = None | bool | int | float | str
Operand = Scalar | Instant


class Operator(StrEnum):
    """How a comparison compares."""

    EQ = "$eq"
    NE = "$ne"
    GT = "$gt"
    GTE = "$gte"
    LT = "$lt"
    LTE = "$lte"
    PREFIX = "$prefix"
    CONTAINS = "$contains"


OPERATORS: Mapping[Any, Operator] = {str(one): one for one in Operator}
"""Operators by their names."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The value at ``path`` compared with one operand.

    ``PREFIX`` and ``CONTAINS`` have a string that is not empty: what the value begins with, or
    holds somewhere. With an :class:`Instant` the moments that strings name are compared.
    """

    path: tuple[str, ...]
    operator: Operator
    value: Operand


@dataclass(frozen=True, slots=True)
class Membership:
    """The value at ``path`` equals one of ``values``; of none it equals none."""

    path: tuple[str, ...]
    values: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Existence:
    """``path`` is there, with whatever value."""

    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class And:
    """All of ``filters`` hold; of none, that is always so."""

    filters: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of ``filters`` holds."""

    filters: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """``filter`` does not hold."""

    filter: Filter


Filter = Comparison | Membership | Existence | And | Or | Not

EVERYTHING = And(())
