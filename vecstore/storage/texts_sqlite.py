"""Full text on SQLite: one FTS5 table for each collection, beside the table of texts.

FTS5 is given words that :mod:`vecstore.storage.words` has found, so its tokenizer only parts them
at spaces: a letter that is newer than its Unicode would else part words here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

# Numbers of texts, ascending, and how often each has a word.
Numbered = tuple[NDArray[np.int64], NDArray[np.int64]]


def table_name(collection: int) -> str:
    """Of the full text of a collection, by its id."""
    return f"full_text_{int(collection)}"


def create(connection: Connection, collection: int) -> None:
    """Make an empty full text, and what its postings are read by."""
    name = table_name(collection)
    connection.exec_driver_sql(
        f"CREATE VIRTUAL TABLE {name} USING fts5(words, content='', tokenize='ascii')"
    )
    connection.exec_driver_sql(
        f"CREATE VIRTUAL TABLE {name}_words USING fts5vocab({name}, instance)"
    )


def drop(connection: Connection, collection: int) -> None:
    """Delete a full text, where there is one."""
    name = table_name(collection)
    connection.exec_driver_sql(f"DROP TABLE IF EXISTS {name}_words")
    connection.exec_driver_sql(f"DROP TABLE IF EXISTS {name}")


def stored(words: Sequence[str]) -> str:
    """Words as the table of texts holds them."""
    return " ".join(words)


def restored(stored: str) -> list[str]:
    """The inverse of :func:`stored`."""
    return stored.split(" ")


def add(connection: Connection, collection: int, rows: Sequence[tuple[int, str]]) -> None:
    """Take texts in: their numbers, and what :func:`stored` made of their words."""
    if rows:
        name = table_name(collection)
        connection.exec_driver_sql(
            f"INSERT INTO {name}(rowid, words) VALUES (?, ?)",  # noqa: S608 - a number
            list(rows),
        )


def remove(connection: Connection, collection: int, rows: Sequence[tuple[int, str]]) -> None:
    """Drop texts that were taken in, with the same words."""
    if rows:
        name = table_name(collection)
        connection.exec_driver_sql(
            f"INSERT INTO {name}({name}, rowid, words) VALUES ('delete', ?, ?)",  # noqa: S608 - a number
            list(rows),
        )


def postings(connection: Connection, collection: int, word: str) -> Numbered:
    """The texts that have a word."""
    found = connection.exec_driver_sql(
        f"SELECT group_concat(doc) FROM {table_name(collection)}_words "  # noqa: S608 - a number
        "WHERE term = ?",
        (word,),
    ).scalar_one()
    each = np.fromstring(found or "", np.int64, sep=",")
    return np.unique(each, return_counts=True)


def every_word(connection: Connection, collection: int) -> Iterable[tuple[str, str]]:
    """Every word, and the numbers of the texts that have it, each as often as they do."""
    found = connection.exec_driver_sql(
        f"SELECT term, group_concat(doc) FROM {table_name(collection)}_words GROUP BY term"  # noqa: S608 - a number
    )
    return ((word, numbers) for word, numbers in found)
