"""Full text on SQLite: one FTS5 table for each collection, beside the table of texts.

FTS5 is given words that :mod:`vecstore.storage.words` has found, so its tokenizer only parts them
at spaces: a letter that is newer than its Unicode would else part words here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection


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
        connection.exec_driver_sql(f"INSERT INTO {name}(rowid, words) VALUES (?, ?)", list(rows))


def remove(connection: Connection, collection: int, rows: Sequence[tuple[int, str]]) -> None:
    """Drop texts that were taken in, with the same words."""
    if rows:
        name = table_name(collection)
        connection.exec_driver_sql(
            f"INSERT INTO {name}({name}, rowid, words) VALUES ('delete', ?, ?)", list(rows)
        )


def postings(connection: Connection, collection: int, word: str) -> list[int]:
    """Numbers of the texts that have a word, each as often as they have it."""
    found = connection.exec_driver_sql(
        f"SELECT group_concat(doc) FROM {table_name(collection)}_words WHERE term = ?", (word,)
    ).scalar_one()
    return [] if found is None else [int(one) for one in found.split(",")]
