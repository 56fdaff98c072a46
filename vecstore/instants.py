"""Moments in time, as strings of ISO 8601 write them."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

# PostgreSQL reads it as well, so it uses nothing but what both know.
WRITTEN = (
    r"([0-9]{4})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    r"(?:[T ]([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9])(?:\.([0-9]{1,6}))?)?"
    r"(?:Z|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))?)?"
)
"""A regular expression of whole strings that are written as a moment; the day need not exist.

Groups: year, month, day, hour, minute, second, fraction, and the zone's sign, hours and minutes.
"""

_WRITTEN = re.compile(WRITTEN)
_EPOCH_DAY = datetime.date(1970, 1, 1).toordinal()
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_MICROSECOND = datetime.timedelta(microseconds=1)
_DAY_MINUTES = 24 * 60
_MINUTE = 60_000_000


def now() -> str:
    """This moment as it is put on record: ISO 8601, UTC, to the second."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


@dataclass(frozen=True, slots=True, order=True)
class Instant:
    """A moment in time.

    Args:
        microseconds: since 1970-01-01T00:00:00Z, leap seconds not counted; negative before.
    """

    microseconds: int


def instant(text: str) -> int | None:
    """The moment that a string names, in microseconds since 1970-01-01T00:00:00Z.

    Args:
        text: a date, or a date and a time with ``T`` or one space between them: ``2026-01-31``,
            ``2026-01-31T12:30``, ``2026-01-31 12:30:05.25+01:00``. Seconds, and one to six digits
            of their fraction, may be missing. A zone is ``Z`` or an offset in hours and minutes;
            without one it is UTC. Years from 0001 to 9999.

    Returns:
        None where the string is written in any other way, or names a day that does not exist.
    """
    found = _WRITTEN.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, sign, zone_hour, zone_minute = found.groups()
    try:
        days = datetime.date(int(year), int(month), int(day)).toordinal() - _EPOCH_DAY
    except ValueError:
        return None
    minutes = days * _DAY_MINUTES
    if hour:
        minutes += 60 * int(hour) + int(minute)
    if sign:
        ahead = 60 * int(zone_hour) + int(zone_minute)
        minutes -= ahead if sign == "+" else -ahead
    micros = 1_000_000 * int(second) if second else 0
    return minutes * _MINUTE + micros + (int(fraction.ljust(6, "0")) if fraction else 0)


def instant_of(moment: datetime.date) -> Instant:
    """The moment of a ``datetime`` (UTC where it names no zone), or at which a date begins."""
    if not isinstance(moment, datetime.datetime):
        moment = datetime.datetime(moment.year, moment.month, moment.day)
    if moment.tzinfo is None or moment.utcoffset() is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return Instant((moment - _EPOCH) // _MICROSECOND)
