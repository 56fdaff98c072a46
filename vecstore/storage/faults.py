"""Failures of the database, told in vecstore's words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from vecstore.errors import StorageError, VecstoreError

_ADVICE = (
    ("disk is full", "the disk is full; make room and try again: nothing was written"),
    ("no space left", "the disk is full; make room and try again: nothing was written"),
    ("readonly", "the folder or database file is not writable; check its owner and permissions"),
    ("unable to open", "the database file cannot be opened; check the folder and its permissions"),
    ("database is locked", "another process holds the database; try again when it has finished"),
    ("malformed", "the database file is damaged; restore it from a backup"),
    ("not a database", "the file is no SQLite database; choose another folder"),
    ("connection", "the database cannot be reached; check that it runs, and its URL"),
)


@contextmanager
def told(doing: str) -> Iterator[None]:
    """Turn the driver's errors into StorageError; vecstore's own pass unchanged.

    Args:
        doing: what was being done, for the message.
    """
    try:
        yield
    except VecstoreError:
        raise
    except SQLAlchemyError as error:
        said = str(error.orig if isinstance(error, DBAPIError) else error).strip()
        cause = said.splitlines()[0] if said else "no reason given"
        advice = next(
            (text for mark, text in _ADVICE if mark in cause.lower()),
            "see the database's own log",
        )
        raise StorageError(f"{doing} failed: {cause}: {advice}") from error


@contextmanager
def as_written(what: str) -> Iterator[None]:
    """Around the reading of a row that was written as JSON, by name, and the like.

    Args:
        what: is on record, for the message.

    Raises:
        StorageError: its parts are not what is ever written.
    """
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise StorageError(
            f"{what} on record is not what was written; restore the database from a backup"
        ) from error
