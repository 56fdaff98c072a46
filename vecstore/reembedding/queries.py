"""The user's own queries, by which a re-embedding is judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from vecstore.config import Settings
from vecstore.errors import InvalidArgument, InvalidInput
from vecstore.inputs import check_text, shorten
from vecstore.judging.data.documents import rows_of
from vecstore.judging.data.queries import QUERY, RELEVANT, gains_of
from vecstore.reembeddings import ReembedQuery
from vecstore.storage.catalog import FieldRow
from vecstore.storage.reads import Reader

# They are kept on record with the re-embedding.
_MOST = 10_000
_NAMED = 10


def asked_queries(
    given: Sequence[ReembedQuery] | str | Path, settings: Settings
) -> tuple[ReembedQuery, ...]:
    """Queries as they go on record.

    Args:
        given: values; or a path of JSON lines such as {"query": "two dogs", "relevant": ["a"]},
            or CSV, with gains by id, such as {"a": 2, "b": 1}, in place of ids where they differ.
            The column "relevant" may be left out: then answers are only shown.
        settings: limits on each query.

    Raises:
        InvalidArgument: nothing is at the path, or it is no file of rows; or they are too many.
        InvalidInput: a query is malformed.
    """
    if isinstance(given, str | Path):
        _, rows, _ = rows_of(given, "queries")
        found = [_query(values, rows.origin.at(number), settings) for number, values in rows.stream]
        if not found:
            raise InvalidInput(
                f"{str(given)!r} holds no query; give lines such as "
                '{"query": "two dogs", "relevant": ["a"]}, or leave the file out',
                field="queries",
            )
    else:
        found = [_value(one, f"query {n}", settings) for n, one in enumerate(_sequence(given))]
    require_few(len(found))
    return tuple(found)


def require_few(count: int) -> None:
    """Raise InvalidArgument where queries are more than are kept on record."""
    if count > _MOST:
        raise InvalidArgument(
            f"{count} queries were given; at most {_MOST} are kept: give fewer", field="queries"
        )


def require_relevant(reader: Reader, live: FieldRow, queries: Sequence[ReembedQuery]) -> None:
    """Check that the records which queries should find can be found.

    Raises:
        InvalidInput: some have no vector in the live space; the message names them.
    """
    wanted = {one: None for query in queries for one in query.relevant}
    held = reader.entries(live, list(wanted))
    missing = [shorten(one) for one in wanted if one not in held]
    if missing:
        more = f" and {len(missing) - _NAMED:,} more" if len(missing) > _NAMED else ""
        raise InvalidInput(
            f"the queries say of records that are not there that they are relevant: "
            f"{', '.join(missing[:_NAMED])}{more}; mend the ids, or add the records first",
            field="queries",
        )


def _sequence(given: Any) -> Iterable[Any]:
    if not isinstance(given, Iterable):
        raise InvalidArgument(
            f"queries is {shorten(given)}; give vecstore.ReembedQuery values, or a file of JSON "
            "lines",
            field="queries",
        )
    return given


def _query(values: Mapping[str, Any], place: str, settings: Settings) -> ReembedQuery:
    if QUERY not in values:
        raise InvalidInput(
            f"{place} has no column {QUERY!r}; queries need it, and may have {RELEVANT!r}",
            field="queries",
        )
    return _value(ReembedQuery(values[QUERY], values.get(RELEVANT) or {}), place, settings)


def _value(one: object, place: str, settings: Settings) -> ReembedQuery:
    if not isinstance(one, ReembedQuery):
        raise InvalidArgument(
            f"{place} is {shorten(one)}; give a vecstore.ReembedQuery", field="queries"
        )
    try:
        text = check_text(one.text, settings)
    except InvalidInput as error:
        raise InvalidInput(f"{place}: {error.message}", field="queries") from error
    # Without any, its answers are only shown.
    return ReembedQuery(text, gains_of(one.relevant, place) if one.relevant else {})
