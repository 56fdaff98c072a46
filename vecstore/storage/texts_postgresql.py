"""Full text on PostgreSQL: words with their places, as ``tsvector`` makes them, under one index.

The words are those of :mod:`vecstore.storage.words`, so no text search configuration takes part.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from sqlalchemy import Connection, text

from vecstore.storage.texts_sqlite import Numbered

_POSTINGS = text(
    "SELECT id, (SELECT cardinality(positions) FROM unnest(words) WHERE lexeme = :word) "
    "FROM texts WHERE collection_id = :collection AND words @@ CAST(:quoted AS tsquery) "
    "ORDER BY id"
)
_EVERY = text(
    "SELECT lexeme, string_agg(rtrim(repeat(id || ',', cardinality(positions)), ','), ',') "
    "FROM texts, unnest(words) WHERE collection_id = :collection GROUP BY lexeme"
)


def stored(words: Sequence[str]) -> str:
    """Words as the table of texts holds them."""
    places: dict[str, list[str]] = {}
    for place, word in enumerate(words, 1):
        places.setdefault(word, []).append(str(place))
    return " ".join(f"'{word}':{','.join(found)}" for word, found in places.items())


def restored(stored: str) -> list[str]:
    """The words of what :func:`stored` made, each as often as it was there, in no order."""
    words = []
    for entry in stored.split(" "):
        word, _, places = entry.rpartition(":")
        words += [word.strip("'")] * (places.count(",") + 1)
    return words


def analyze(connection: Connection) -> None:
    """Let the planner know what many new texts hold: without, it reads all of them for a word."""
    connection.execute(text("ANALYZE texts"))


def postings(connection: Connection, collection: int, word: str) -> Numbered:
    """The texts that have a word."""
    given = {"word": word, "collection": collection, "quoted": f"'{word}'"}
    rows = np.array(connection.execute(_POSTINGS, given).all(), np.int64).reshape(-1, 2)
    return rows[:, 0], rows[:, 1]


def every_word(connection: Connection, collection: int) -> Iterable[tuple[str, str]]:
    """Every word, and the numbers of the texts that have it, each as often as they do."""
    found = connection.execute(_EVERY, {"collection": collection})
    return ((word, numbers) for word, numbers in found)
