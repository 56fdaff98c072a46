"""Which strings name a moment, and which one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vecstore.instants import Instant, instant, instant_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
zones = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [
        ("1970-01-01", 0),
        ("1970-01-01T00:00", 0),
        ("1970-01-01 00:00:00Z", 0),
        ("1970-01-01T00:00:00.1", 100_000),
        ("1970-01-01T00:00:00.000001Z", 1),
        ("1969-12-31T23:59:59.999999", -1),
        ("1970-01-01T01:30+01:30", 0),
        ("1969-12-31T23:59-00:01", 0),
        ("1970-01-01T00:00-00:00", 0),
        ("2024-02-29", 1_709_164_800_000_000),
        ("0001-01-01", -62_135_596_800_000_000),
        ("0001-01-01T00:00+23:59", -62_135_596_800_000_000 - 86_340_000_000),
        ("9999-12-31T23:59:59.999999", 253_402_300_799_999_999),
    ],
)
def test_what_names_a_moment(text: str, microseconds: int) -> None:
    assert instant(text) == microseconds


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "2026", "2026-01", "20260131", "2026-1-31", "26-01-31", "12026-01-31"),
        *("2026-13-01", "2026-00-10", "2026-01-00", "2026-01-32", "2026-02-29", "2026-04-31"),
        *("0000-01-01", "1900-02-29", "+2026-01-31", "-0001-01-01", "2026-W05-6", "2026-031"),
        *("2026-01-31T", "2026-01-31T1", "2026-01-31T12", "2026-01-31T12:5", "2026-01-31T1205"),
        *("2026-01-31T24:00", "2026-01-31T12:60", "2026-01-31T12:00:60", "2026-01-31Z"),
        *("2026-01-31T12:00:00.", "2026-01-31T12:00:00,5", "2026-01-31T12:00:00.1234567"),
        *("2026-01-31T12:00.5", "2026-01-31t12:00", "2026-01-31T12:00z", "2026-01-31T12:00+1"),
        *("2026-01-31T12:00+24:00", "2026-01-31T12:00+01:60", "2026-01-31T12:00+0100"),
        *("2026-01-31T12:00 Z", "2026-01-31  12:00", " 2026-01-31", "2026-01-31 ", "2026-01-31\n"),
        *("\u0662026-01-31", "2026-01-3\u0661", "2026\u201001-31", "2026-01-31T12:00\u221201:00"),
    ],
)
def test_what_names_none(text: str) -> None:
    assert instant(text) is None


@given(st.datetimes(timezones=zones))
def test_python_writes_and_reads_the_same_moment(moment: datetime) -> None:
    expected = (moment - EPOCH) // timedelta(microseconds=1)
    assert instant(moment.isoformat()) == instant(str(moment)) == expected
    assert instant_of(moment) == Instant(expected)


def test_without_a_zone_it_is_utc_and_a_date_begins_at_midnight() -> None:
    assert instant_of(datetime(1970, 1, 1, 0, 0, 1)) == Instant(1_000_000)
    assert instant_of(date(1970, 1, 2)) == Instant(86_400_000_000)
