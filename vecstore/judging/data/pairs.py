"""Pairs of texts with a score of how near they are."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from vecstore.config import Settings
from vecstore.errors import InvalidArgument, InvalidInput
from vecstore.evaluations import DataSummary
from vecstore.files.lines import open_source, read_lines
from vecstore.files.rows import read_csv
from vecstore.inputs import check_input, shorten
from vecstore.judging.data.digests import contents, digest_of
from vecstore.judging.data.documents import rows_of
from vecstore.judging.data.values import ScoredPairs
from vecstore.records import Input
from vecstore.training.data.rows import Origin, Rows, as_path, rows_form

COLUMNS = ("a", "b", "score")
_SCORE = 2
_FEWEST = 3
_DELIMITERS = {"csv": ",", "tsv": "\t"}


def read_pairs(
    data: object, settings: Settings, columns: Sequence[str] | None = None
) -> ScoredPairs:
    """Pairs from rows: a file of JSON lines, CSV or TSV, or what Python has.

    A file of CSV or TSV whose first line holds a number as its third cell has no line with the
    names of columns; its first three cells are a pair and its score.

    Args:
        data: rows with the columns "a", "b" and "score", or those named.
        settings: limits on each text.
        columns: the names of the three columns.

    Raises:
        InvalidArgument: nothing is at the path, it is no file of rows, or not three columns.
        InvalidInput: no text, a score that is no number, too few pairs, or equal scores only.
    """
    names = _names(columns)
    name, rows = _rows(data, names, named=columns is not None)
    sides: tuple[list[Input], list[Input]] = ([], [])
    scores: list[float] = []
    places: list[str] = []
    for number, values in rows.stream:
        place = rows.origin.at(number)
        for column in names:
            if column not in values:
                missing = rows.missing(column, values, number).message
                raise InvalidInput(
                    f"{missing}; name those of the pair and its score with --pair-columns "
                    "A,B,SCORE (pair_columns= in Python)",
                    field="pairs",
                )
        for side, column in zip(sides, names, strict=False):
            called = f"{place}: the column {column!r}"
            side.append(check_input(values[column], settings, called))
        scores.append(_score(values[names[_SCORE]], place, names[_SCORE]))
        places.append(place)
    _require_ranks(scores, name)
    digest = digest_of("pairs", *map(contents, sides), map(repr, scores))
    summary = DataSummary(Path(name).name, digest, {"pairs": len(scores)})
    return ScoredPairs(tuple(sides[0]), tuple(sides[1]), tuple(scores), summary, tuple(places))


def _names(columns: Sequence[str] | None) -> tuple[str, ...]:
    names = COLUMNS if columns is None else tuple(columns)
    if isinstance(columns, str) or len(names) != len(COLUMNS) or len(set(names)) != len(names):
        raise InvalidArgument(
            f"the columns of a pair are {shorten(columns)}; name three: of the one text, of the "
            "other, and of the score",
            field="pair_columns",
        )
    return names


def _rows(data: object, names: Sequence[str], *, named: bool) -> tuple[str, Rows]:
    path = as_path(data)
    delimiter = None if path is None else _DELIMITERS.get(rows_form(path) or "")
    if path is None or delimiter is None or named or not _nameless(path, delimiter):
        name, rows, _ = rows_of(data, "pairs")
        return name, rows
    return str(path), Rows(Origin(str(path), "line"), _nameless_rows(path, delimiter, names))


def _nameless(path: Path, delimiter: str) -> bool:
    """Whether the first line of a file is a pair, and not the names of columns."""
    with open_source(str(path)) as source:
        lines = (text for _, text, _ in read_lines(source))
        first: list[str] = next(iter(csv.reader(islice(lines, 1), delimiter=delimiter)), [])
    return len(first) > _SCORE and _number(first[_SCORE]) is not None


def _nameless_rows(
    path: Path, delimiter: str, names: Sequence[str]
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    with open_source(str(path)) as source:
        for row in read_csv(source, _raised, delimiter=delimiter, header=list(names)):
            yield row.line, row.values


def _raised(error: InvalidInput) -> None:
    raise error


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def _score(value: object, place: str, column: str) -> float:
    found = _number(value)
    if found is None:
        raise InvalidInput(
            f"{place} holds {shorten(value)} in the column {column!r}, where the score of a pair "
            "is expected; a number is needed",
            field="pairs",
        )
    return found


def _require_ranks(scores: Sequence[float], name: str) -> None:
    if len(scores) < _FEWEST:
        raise InvalidInput(
            f"{name} holds {len(scores)} pairs; give at least {_FEWEST}", field="pairs"
        )
    if len(set(scores)) == 1:
        raise InvalidInput(
            f"all {len(scores):,} pairs of {name} have the same score, {scores[0]:g}; nothing can "
            "be ranked: give pairs with different scores",
            field="pairs",
        )
