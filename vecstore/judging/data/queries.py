"""Queries with the ids of what they should find."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from vecstore.config import Settings
from vecstore.errors import InvalidInput
from vecstore.evaluations import DataSummary
from vecstore.inputs import check_input, shorten
from vecstore.judging.data.digests import contents, digest_of
from vecstore.judging.data.documents import Documents, as_id, rows_of
from vecstore.judging.data.values import Queries
from vecstore.records import Input

QUERY, RELEVANT = "query", "relevant"
# Sums of such gains stay finite.
_MOST_GAIN = 1_000_000_000


def read_queries(
    data: object,
    settings: Settings,
    documents: Documents | Sequence[str],
    *,
    of: str = "the documents",
) -> Queries:
    """Queries from rows: JSON lines such as {"query": "two dogs", "relevant": ["a", "b"]}, CSV, or
    what Python has.

    Args:
        data: rows with the columns "query" and "relevant". The latter holds ids, as a list (in
            CSV: as JSON, or a single id), or ids with the gain of finding each, such as
            {"a": 2, "b": 1}; a gain of 0 is as good as none.
        settings: limits on each query.
        documents: that there are; or the ids of a collection's records.
        of: how messages call them.

    Raises:
        InvalidArgument: nothing is at the path, or it is no file of rows.
        InvalidInput: no query, an id that is unknown or there twice, or nothing to find.
    """
    ids = documents.ids if isinstance(documents, Documents) else tuple(documents)
    place_of = {one: row for row, one in enumerate(ids)}
    name, rows, _ = rows_of(data, "queries")
    queries: list[Input] = []
    relevant: list[Mapping[int, float]] = []
    places: list[str] = []
    for number, values in rows.stream:
        place = rows.origin.at(number)
        for column in (QUERY, RELEVANT):
            if column not in values:
                raise InvalidInput(
                    f"{rows.missing(column, values, number).message}; queries need the columns "
                    f"{QUERY!r} and {RELEVANT!r}",
                    field="queries",
                )
        queries.append(check_input(values[QUERY], settings, f"{place}: the query"))
        gains = gains_of(values[RELEVANT], place)
        for one in gains:
            if one not in place_of:
                raise InvalidInput(
                    f"{place} says that {shorten(one)} is relevant, and no id of {of} is that; "
                    "mend the id, or add the document",
                    field="queries",
                )
        relevant.append({place_of[one]: gain for one, gain in gains.items()})
        places.append(place)
    if not queries:
        raise InvalidInput(f"{name} holds no queries; give some", field="queries")
    held = documents.inputs if isinstance(documents, Documents) else None
    summary = _summary(name, queries, relevant, ids, held)
    return Queries(tuple(queries), tuple(relevant), ids, held, summary, tuple(places))


def gains_of(value: object, place: str) -> dict[str, float]:
    """The gain of every relevant id, above 0.

    Args:
        value: a list of ids, ids with their gains, one id, or either of the former as JSON text.
        place: where it stands, for messages.

    Raises:
        InvalidInput: it is none of these, names an id twice, or none.
    """
    value = _parsed(value, place)
    given: Iterable[tuple[object, object]]
    if isinstance(value, Mapping):
        given = value.items()
    elif isinstance(value, Iterable) and not isinstance(value, str | bytes):
        given = [(one, 1) for one in value]
    else:
        given = [(value, 1)]
    found: dict[str, float] = {}
    for key, gain in given:
        one = as_id(key)
        if one is None:
            raise InvalidInput(
                f"{place} holds {shorten(key)} in the column {RELEVANT!r}, which is no id; give "
                "a list of ids, or an object of ids and gains",
                field="queries",
            )
        if one in found:
            raise InvalidInput(
                f"{place} says twice that {shorten(one)} is relevant; say it once",
                field="queries",
            )
        found[one] = _gain(gain, one, place)
    kept = {one: gain for one, gain in found.items() if gain > 0}
    if not kept:
        raise InvalidInput(
            f"{place} says of no document that it is relevant; give the id of at least one, or "
            "take the query out",
            field="queries",
        )
    return kept


def _gain(gain: Any, one: str, place: str) -> float:
    number = isinstance(gain, int | float) and not isinstance(gain, bool)
    if not number or not 0 <= gain <= _MOST_GAIN:
        raise InvalidInput(
            f"{place} says that finding {shorten(one)} gains {shorten(gain)}; a number of 0 or "
            f"more, and at most {_MOST_GAIN:,}, is needed",
            field="queries",
        )
    return float(gain)


def _parsed(value: object, place: str) -> object:
    """A cell of CSV may hold JSON, and else is a single id; an empty one is nothing."""
    if value is None or value == "":
        return ()
    if not isinstance(value, str) or not value.lstrip().startswith(("[", "{")):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(
            f"{place} holds no JSON in the column {RELEVANT!r} ({error}); give a list of ids, "
            "an object of ids and gains, or a single id",
            field="queries",
        ) from None


def _summary(
    name: str,
    queries: Sequence[Input],
    relevant: Sequence[Mapping[int, float]],
    ids: Sequence[str],
    documents: Sequence[Input] | None,
) -> DataSummary:
    wanted = [
        json.dumps({ids[row]: gain for row, gain in gains.items()}, sort_keys=True)
        for gains in relevant
    ]
    held = None if documents is None else contents(documents)
    digest = digest_of("queries", contents(queries), wanted, ids, held)
    counts = {
        "queries": len(queries),
        "documents": len(ids),
        "relevant": sum(len(gains) for gains in relevant),
    }
    return DataSummary(Path(name).name, digest, counts)
