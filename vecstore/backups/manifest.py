"""What a backup says of itself: its head comes first in the file, its manifest last."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any

from vecstore.backups.blocks import BLOCK, Member, header
from vecstore.errors import InvalidArgument
from vecstore.inputs import text_flaw
from vecstore.spaces import split_full_name
from vecstore.storage.copying import Kind, TableShape

FORMAT = 1
HEAD = "vecstore-backup.json"
MANIFEST = "manifest.json"
HEAD_BYTES = BLOCK
HEAD_SPAN = BLOCK + HEAD_BYTES

_HEX = frozenset("0123456789abcdef")
_DIGEST_LENGTH = 64
_MOST = 2**62


class ManifestError(ValueError):
    """The manifest is not what is ever written; says where."""


@dataclass(frozen=True, slots=True)
class TableParts:
    """The rows of one table.

    Args:
        shape: its columns.
        rows: how many there are.
        parts: the members that hold them, in order.
    """

    shape: TableShape
    rows: int
    parts: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A trained model.

    Args:
        name: ``model@version``.
        files: the members that hold the pieces of each of its files, by the file's path in the
            model's folder.
    """

    name: str
    files: Mapping[str, tuple[Member, ...]]


@dataclass(frozen=True, slots=True)
class Manifest:
    """All that is in a backup.

    Args:
        created_at: the moment that it shows, ISO 8601, UTC.
        vecstore: the version that wrote it.
        schema: version of the database's schema.
        collections: how many records each has, by name.
        numbers: the highest number that each counted table ever gave.
        head: the first member.
        tables: in an order in which they can be filled.
        models: the trained ones.
        without: releases whose trained models were missing or damaged.
    """

    created_at: str
    vecstore: str
    schema: str
    collections: Mapping[str, int]
    numbers: Mapping[str, int]
    head: Member
    tables: tuple[TableParts, ...]
    models: tuple[ModelFiles, ...]
    without: tuple[str, ...]

    def members(self) -> list[Member]:
        """Every member before the manifest, in the order of the file."""
        found = [self.head]
        for table in self.tables:
            found += table.parts
        for model in self.models:
            for pieces in model.files.values():
                found += pieces
        return found

    def to_json(self) -> bytes:
        """Its text."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1).encode()

    @classmethod
    def from_json(cls, text: bytes) -> Manifest:
        """The inverse of :meth:`to_json`.

        Raises:
            ManifestError: something in it is of another kind, or has no meaning.
        """
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ManifestError("it is no JSON") from error
        try:
            return cls(
                created_at=_text(values["created_at"]),
                vecstore=_text(values["vecstore"]),
                schema=_text(values["schema"]),
                collections=_counts(values["collections"]),
                numbers=_counts(values["numbers"]),
                head=_member(values["head"]),
                tables=tuple(_table(one) for one in _list(values["tables"])),
                models=tuple(_model(one) for one in _list(values["models"])),
                without=tuple(_text(one) for one in _list(values["without"])),
            )
        except (KeyError, TypeError) as error:
            raise ManifestError(f"it lacks {error}") from error


def head_format(begin: bytes) -> int | None:
    """The format that the first :data:`HEAD_SPAN` bytes of a file name; None for no backup."""
    found = _head(begin).get("format")
    return found if type(found) is int and found > 0 else None


def about_bytes(begin: bytes) -> int:
    """About how many bytes a file has that begins so; 0 where it does not say."""
    found = _head(begin).get("about_bytes")
    return found if type(found) is int else 0


def _head(begin: bytes) -> dict[str, Any]:
    if begin[:BLOCK] != header(HEAD, HEAD_BYTES):
        return {}
    try:
        said = json.loads(begin[BLOCK:HEAD_SPAN])
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _table(values: Any) -> TableParts:
    shape = values["shape"]
    columns = tuple(
        (_text(name), _kind(kind)) for name, kind in map(_pair, _list(shape["columns"]))
    )
    parts = tuple(_member(one) for one in _list(values["parts"]))
    return TableParts(TableShape(_text(shape["name"]), columns), _number(values["rows"]), parts)


def _model(values: Any) -> ModelFiles:
    files = values["files"]
    if not isinstance(files, dict) or not files:
        raise ManifestError("a model without files")
    return ModelFiles(
        _model_name(values["name"]),
        {_inside(path): tuple(_member(one) for one in _list(files[path])) for path in files},
    )


def _model_name(value: object) -> str:
    try:
        split_full_name(_text(value))
    except InvalidArgument as error:
        raise ManifestError(f"{value!r:.80} as a model's name") from error
    return str(value)


def _inside(path: str) -> str:
    """A path that leads to no other folder than the one it is put into."""
    parts = _text(path).split("/")
    strange = path != str(PurePosixPath(path)) or "\\" in path or "\0" in path
    if strange or PurePosixPath(path).is_absolute() or {"..", ".", ""} & set(parts):
        raise ManifestError(f"a file that would lie outside of its folder: {path!r}")
    return path


def _member(values: Any) -> Member:
    sha256 = _text(values["sha256"])
    if len(sha256) != _DIGEST_LENGTH or not set(sha256) <= _HEX:
        raise ManifestError(f"{sha256!r:.80} as a digest")
    return Member(_name(values["name"]), _number(values["bytes"]), sha256)


def _name(value: object) -> str:
    name = _text(value)
    if not name.isascii() or not name.isprintable() or len(name) > 100:  # noqa: PLR2004 - of a header
        raise ManifestError(f"{name!r:.80} as a member's name")
    return name


def _kind(value: object) -> Kind:
    try:
        return Kind(_text(value))
    except ValueError as error:
        raise ManifestError(f"{value!r:.80} as a kind of column") from error


def _counts(values: Any) -> dict[str, int]:
    if not isinstance(values, dict):
        raise ManifestError(f"{values!r:.80} as counts")
    return {name: _number(count) for name, count in values.items()}


def _pair(value: Any) -> list[Any]:
    pair = _list(value)
    if len(pair) != 2:  # noqa: PLR2004
        raise ManifestError(f"{value!r:.80} as a column")
    return pair


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ManifestError(f"{value!r:.80} as a list")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or text_flaw(value):
        raise ManifestError(f"{value!r:.80} as text")
    return value


def _number(value: object) -> int:
    if type(value) is not int or not 0 <= value < _MOST:
        raise ManifestError(f"{value!r:.80} as a number")
    return value
