"""Conditions on moments in time select on both databases what the evaluator selects."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vecstore.filters import Comparison, Membership, Operator, parse
from vecstore.instants import WRITTEN, Instant, instant

DATES = [
    *("2026-01-31", "2026-02-28", "2026-02-29", "2026-02-30", "2024-02-29", "1900-02-29"),
    *("2000-02-29", "0001-01-01", "0000-01-01", "9999-12-31", "1970-01-01", "2026-04-31"),
    *("2026-06-30", "2026-1-1", "2026-13-01", "2026-00-01", "2026-01-00", "2026-01-32", "20260131"),
    *("2026-01-31T00:00", "2026-01-31 00:00:00", "2026-01-31T01:00+01:00", "2026-01-31T12"),
    *("2026-01-30T23:59:59.999999Z", "2026-01-31T00:00:00.000001", "2026-01-31T00:00:00.5"),
    *("2026-01-31T24:00", "2026-01-31T23:60", "2026-01-31T23:59:60", "2026-01-31T00:00:00."),
    *("2026-01-31T00:00:00.1234567", "2026-01-31T00:00.5", "2026-01-31t00:00z", "2026-01-31Z"),
    *(
        "2026-01-31T00:00 Z",
        "2026-01-31T00:00+01",
        "2026-01-31T00:00+0100",
        "2026-01-31T00:00-00:00",
    ),
    *("2026-01-31T00:00+24:00", "0001-01-01T00:00+23:59", "9999-12-31T23:59:59.999999-23:59"),
    *(" 2026-01-31", "2026-01-31 ", "2026-01-31\n", "\n2026-01-31", "2026-01-31  00:00"),
    *("-2026-01-31", "+2026-01-31", "٢٠٢٦-01-31", "2026-01-3\u0661", "2026‐01‐31"),
]
PAYLOADS: list[dict[str, Any]] = [{}, {"a": 20260131}, {"a": {"a": "2026-01-31"}}, {"a": None}]
for text in DATES:
    PAYLOADS += [{"a": text}, {"a": ["x", 1, text]}, {"a": [[text]]}]
MOMENTS = sorted({instant(text) for text in DATES} - {None})  # type: ignore[type-var]
OPERATORS = [one for one in Operator if one not in (Operator.PREFIX, Operator.CONTAINS)]


def test_every_moment_against_every_value(empty: Any) -> None:
    empty.load(PAYLOADS)
    assert len(MOMENTS) > 10
    for moment in MOMENTS:
        for comparison in OPERATORS:
            empty.assert_same(Comparison(("a",), comparison, Instant(moment)), PAYLOADS)
    every = tuple(Instant(moment) for moment in MOMENTS)
    empty.assert_same(Membership(("a",), every), PAYLOADS)
    empty.assert_same(parse({"a": {"$nin": [*every[::2], "2026-02-30", 20260131]}}), PAYLOADS)


zones = st.none() | st.integers(-1439, 1439).map(lambda m: timezone(timedelta(minutes=m)))
written = (
    st.datetimes(timezones=zones).map(str)
    | st.datetimes(timezones=zones).map(lambda moment: moment.isoformat(timespec="milliseconds"))
    | st.from_regex(WRITTEN, fullmatch=True)
    | st.from_regex(WRITTEN)
    | st.sampled_from(DATES)
)


@settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    texts=st.lists(written.filter(lambda text: "\0" not in text), min_size=1, max_size=20),
    compared=st.sampled_from(OPERATORS),
    moment=st.integers(-(2**63), 2**63 - 1) | st.sampled_from(MOMENTS),
)
def test_any_string_is_read_alike(
    empty: Any, texts: list[str], compared: Operator, moment: int
) -> None:
    rows = [{"a": text} for text in texts]
    empty.load(rows)
    for one in {moment, *(found for text in texts if (found := instant(text)) is not None)}:
        empty.assert_same(Comparison(("a",), compared, Instant(one)), rows)


@pytest.mark.parametrize("moment", [-(2**63), 2**63 - 1])
def test_moments_beyond_all_calendars_are_no_fault(empty: Any, moment: int) -> None:
    empty.load(PAYLOADS)
    for comparison in OPERATORS:
        empty.assert_same(Comparison(("a",), comparison, Instant(moment)), PAYLOADS)


def test_what_python_writes_is_read_as_python_means_it() -> None:
    """The standard library is the judge of what strings in ISO 8601 mean."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    for text in DATES:
        found = instant(text)
        if found is not None and not text.startswith(("0001", "9999")):
            expected = datetime.fromisoformat(text)
            expected = expected if expected.tzinfo else expected.replace(tzinfo=UTC)
            assert timedelta(microseconds=found) == expected - epoch, text
