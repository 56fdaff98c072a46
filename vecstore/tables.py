"""How values show themselves: in one line, as a table in a notebook, and as a pandas DataFrame."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from vecstore.errors import InvalidArgument

Columns = Mapping[str, Sequence[Any]]
"""Values by the name of the column, all of them equally many."""

PAYLOAD = "payload."
"""What stands before a key of a payload where it is the name of a column."""

_SHOWN_ROWS = 50
_SHOWN_CHARACTERS = 60
_MORE_CHARACTERS = 120


class Tabular:
    """Base of values that are tables."""

    __slots__ = ()

    def columns(self) -> Columns:
        """What each row says, by column."""
        raise NotImplementedError

    def to_pandas(self) -> Any:
        """A ``pandas.DataFrame`` of one row each.

        Every key at the top of a payload is a column of its own, ``payload.KEY``; what lies deeper
        stays a dict or list. Whole numbers stay whole where some rows have none.

        Raises:
            InvalidArgument: pandas is not installed.
        """
        try:
            import pandas
        except ImportError:
            raise InvalidArgument(
                "to_pandas() needs pandas, which is not installed; install it with: "
                "pip install 'vecstore-server[pandas]'",
                missing="pandas",
            ) from None
        named = self.columns()
        series = {name: _series(pandas, values) for name, values in named.items()}
        return pandas.DataFrame(series, columns=list(named))

    def _repr_html_(self) -> str:
        return _html(repr(self), self.columns())


class Short(reprlib.Repr):
    """Shows values of callers, which may be large, in little room."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = _SHOWN_CHARACTERS
        self.maxdict = self.maxlist = 6
        self.maxlevel = 3

    def repr_bytes(self, value: bytes, _level: int) -> str:
        return f"<{len(value):,} bytes>"


_short = Short()


def line(value: object, *names: str) -> str:
    """``Record('a', text='a short text')``: long values shortened, and no empty ones.

    Args:
        value: what is shown.
        names: of its attributes; an id is shown without its name.
    """
    given = [(name, getattr(value, name)) for name in names]
    pieces = [
        _shown(one) if name == "id" else f"{name}={_shown(one)}"
        for name, one in given
        if _says(one)
    ]
    return f"{type(value).__name__}({', '.join(pieces)})"


def described(info: Any) -> str:
    """``<CollectionInfo 'docs': 1,234 records of minilm@1, 384 dims, cosine>``, and what else is.

    Args:
        info: a :class:`~vecstore.records.CollectionInfo`.
    """
    text = f"{info.name!r}: {info.count:,} records of {info.space.name}, {info.space.dim} dims"
    more = {
        "fields": [one.name for one in info.fields[1:]],
        **_beside(info.fields),
        "indexes": [f"{one.key} ({one.type})" for one in info.indexes],
        "aliases": info.aliases,
    }
    rest = "".join(f"; {name} {', '.join(of)}" for name, of in more.items() if of)
    return f"<CollectionInfo {text}, {info.metric}{rest}>"


def _beside(fields: Iterable[Any]) -> Mapping[str, list[str]]:
    """Spaces beside the live ones, by state: ``{"staged": ["minilm@2"]}``."""
    found: dict[str, list[str]] = {}
    for one in fields:
        if one.beside is not None:
            found.setdefault(str(one.beside.state), []).append(one.beside.space.name)
    return found


def lives(kind: str, collection: Any) -> str:
    """``<Collection 'docs' of minilm@1, 384 dims, cosine>``"""
    space = collection.space
    return f"<{kind} {collection.name!r} of {space.name}, {space.dim} dims, {collection.metric}>"


def listed(kind: str, of: str, hits: Sequence[Any]) -> str:
    """``<Hits of minilm@1: 10, best 'a' at score 0.912>``"""
    if not hits:
        return f"<{kind} of {of}: none>"
    best = hits[0]
    return f"<{kind} of {of}: {len(hits)}, best {_shown(best.id)} at score {best.score:.4g}>"


def columns_of(rows: Iterable[Any], always: Sequence[str], sometimes: Sequence[str]) -> Columns:
    """Attributes of rows as columns, with their payloads at the end.

    Args:
        rows: values with a payload.
        always: attributes that are columns.
        sometimes: attributes that are, where some row has more than None there.
    """
    rows = list(rows)
    named = {name: [getattr(row, name) for row in rows] for name in (*always, *sometimes)}
    for name in sometimes:
        if all(value is None for value in named[name]):
            del named[name]
    keys = dict.fromkeys(key for row in rows for key in row.payload)
    payloads = {f"{PAYLOAD}{key}": [row.payload.get(key) for row in rows] for key in keys}
    return {**named, **payloads}


def _series(pandas: Any, values: Sequence[Any]) -> Any:
    given = [value for value in values if value is not None]
    if given and len(given) < len(values) and all(type(value) is int for value in given):
        return pandas.array(list(values), dtype="Int64")
    # One object for each row, also where these are arrays or lists.
    return pandas.Series(list(values), dtype=object).infer_objects()


def _says(value: object) -> bool:
    return value is not None and not (isinstance(value, Mapping) and not value)


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return _short.repr(dict(value) if isinstance(value, Mapping) else value)


def _html(caption: str, columns: Columns) -> str:
    count = max((len(values) for values in columns.values()), default=0)
    rows = zip(*(values[:_SHOWN_ROWS] for values in columns.values()), strict=True)
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    more = f"<p>{count - _SHOWN_ROWS:,} more</p>" if count > _SHOWN_ROWS else ""
    return (
        f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table>{more}"
    )


def _cell(value: object) -> str:
    if value is None:
        return "<td></td>"
    if not isinstance(value, str):
        return f"<td>{escape(_shown(value))}</td>"
    cut = value if len(value) <= _MORE_CHARACTERS else f"{value[: _MORE_CHARACTERS - 3]}..."
    return f"<td>{escape(cut)}</td>"
