r"""Payload filters: the typed tree, its dict form, and its meaning.

The dict form is the one known from MongoDB: ``{"kind": "function", "year": {"$gte": 2000}}``.
Operators are ``$eq $ne $gt $gte $lt $lte $in $nin $exists $prefix $contains $not`` under a key, and
``$and $or $not`` around whole filters; several keys in one dict mean *and*. :func:`matches` fixes
what a filter means; the databases are held to it.

- A key names a way through nested objects: ``"a.b"`` is ``b`` inside ``a``. A literal dot is
  written ``\.``, a ``$`` at the beginning ``\$``, and a backslash before one of these ``\\``.
- Equality goes by JSON type. Integers and floats are one type and compare exactly:
  1 equals 1.0, 2**53 + 1 does not equal 2.0**53, and true does not equal 1.
- Null equals a null that is there, not a missing key.
- Ranges compare numbers with numbers, and strings with strings by code point; anything else
  does not match.
- An operand that is a moment in time (a ``datetime``, a ``date``, or ``{"$datetime": "..."}``)
  compares moments: with strings that name one in ISO 8601 (see :mod:`vecstore.instants`), and
  with nothing else.
- ``$prefix`` and ``$contains`` find strings, by code point, in strings.
- A list matches where one of its own scalars does; lists inside it are not looked into. An object
  itself matches nothing.
- Where the key is missing, every condition is false. ``$ne``, ``$nin`` and ``$not`` are plain
  negations, so they do match records without the key. ``$exists`` asks whether it is there, with
  whatever value: null, an object and an empty list are there.
"""

from vecstore.filters.checking import (
    MAX_CONDITIONS,
    MAX_DEPTH,
    MAX_PATH,
    MAX_VALUES,
)
from vecstore.filters.keys import key_path, key_text
from vecstore.filters.meaning import matches, scalars
from vecstore.filters.parsing import parse
from vecstore.filters.tree import (
    EVERYTHING,
    And,
    Comparison,
    Existence,
    Filter,
    Membership,
    Not,
    Operand,
    Operator,
    Or,
    Scalar,
)

__all__ = [
    "EVERYTHING",
    "MAX_CONDITIONS",
    "MAX_DEPTH",
    "MAX_PATH",
    "MAX_VALUES",
    "And",
    "Comparison",
    "Existence",
    "Filter",
    "Membership",
    "Not",
    "Operand",
    "Operator",
    "Or",
    "Scalar",
    "key_path",
    "key_text",
    "matches",
    "parse",
    "scalars",
]
