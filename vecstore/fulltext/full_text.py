"""Full text of an open store: the corpora of its collections, kept up with what is committed."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence, Set
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine

from vecstore.errors import FailedPrecondition, InvalidArgument
from vecstore.filters import Filter
from vecstore.fulltext import ranking
from vecstore.fulltext.corpus import Corpus
from vecstore.inputs import shorten
from vecstore.payload_indexes import FULL_TEXT_INPUT
from vecstore.storage.catalog import CollectionRow
from vecstore.storage.text_reads import TextReader
from vecstore.storage.texts import TextChange
from vecstore.storage.words import words_of

T = TypeVar("T")

# Words of a query; those after them are left out.
MAX_QUERY_WORDS = 64
# Postings of one collection that stay in memory, 13 bytes each, and more of frequent words.
MAX_POSTINGS = 8_000_000
# Where there are more words than these, they are read one by one.
MAX_WORDS = 200_000

# Searches that are tried beside a writer before it is kept waiting.
_OPTIMISTIC = 4
# With a filter: how many of the best are asked for it at first, and at most.
_CHECKED = 200
_MOST_CHECKED = 5_000


class FullText:
    """Searches the words of records. Safe to use from many threads at once.

    What is searched for stands in SQL, written with the records. This keeps in memory the postings
    of words that were asked for, and is told of every commit before it is acknowledged.
    """

    def __init__(self, engine: Engine) -> None:
        self._reader = TextReader(engine)
        self._lock = threading.Lock()
        self._corpora: dict[int, Corpus] = {}
        self._changes = 0
        self._clock = itertools.count()

    def search(
        self,
        collection: CollectionRow,
        text: str,
        k: int,
        filter_: Filter | None = None,
        passing: Set[str] | None = None,
    ) -> list[tuple[str, float]]:
        """Records that have any of the words, best first, with their BM25 scores; ties by id.

        Args:
            collection: what is searched.
            text: words; whatever stands between them is passed over.
            k: records wanted.
            filter_: only records whose payload satisfies it.
            passing: the ids of all these, where they are known: the database is not asked then.

        Raises:
            InvalidArgument: there is no word in the text.
            FailedPrecondition: no index of type text is declared.
        """
        words = list(dict.fromkeys(words_of(text)))[:MAX_QUERY_WORDS]
        if not words:
            raise InvalidArgument(
                f"there is no word in {shorten(text)}; full-text search looks for words of letters "
                "or digits: give some, or search by vectors alone",
                field="text",
            )
        if filter_ is None:
            return self._best(collection, words, k)
        return self._filtered(collection, words, k, filter_, passing)

    def follow(self, collection: CollectionRow, change: TextChange | None) -> None:
        """Take in what a commit changed. Called in commit order, by the writer."""
        if change is None:
            return
        with self._lock:
            self._changes += 1
            corpus = self._corpora.get(collection.id)
            if corpus is None:
                return
            corpus.follow(change)
            corpus.spare(MAX_POSTINGS)
            if change.many or corpus.worn:
                del self._corpora[collection.id]

    def forget(self, collection: CollectionRow) -> None:
        """Drop what is known of a collection: it was deleted, or other keys are declared."""
        with self._lock:
            self._changes += 1
            self._corpora.pop(collection.id, None)

    def _filtered(
        self,
        collection: CollectionRow,
        words: Sequence[str],
        k: int,
        filter_: Filter,
        known: Set[str] | None,
    ) -> list[tuple[str, float]]:
        """The best, ever more of them, are asked for the filter; at last all records are."""
        kept: list[tuple[str, float]] = []
        wanted, asked = max(2 * k, _CHECKED), 0
        if known is not None:
            # As many as should do; where few satisfy the filter, all are looked at right away.
            texts = self._corpus(collection).count
            wanted = max(wanted, 2 * k * texts // max(len(known), 1))
        while wanted <= _MOST_CHECKED:
            found = self._best(collection, words, wanted)
            new = found[asked:]
            passing = known
            if passing is None:
                names = [record for record, _ in new]
                passing = self._reader.passing(collection, filter_, names)
            kept += [one for one in new if one[0] in passing]
            if len(kept) >= k or len(found) < wanted:
                return kept[:k]
            wanted, asked = 4 * wanted, wanted
        if known is None:
            return self._best(collection, words, k, self._reader.matching(collection, filter_))
        return self._best(collection, words, k, known)

    def _best(
        self,
        collection: CollectionRow,
        words: Sequence[str],
        k: int,
        allowed: Set[str] | NDArray[np.int64] | None = None,
    ) -> list[tuple[str, float]]:
        corpus = self._corpus(collection)
        if not corpus.complete:
            for word in words:
                if not corpus.knows(word):
                    self._load(collection, corpus, word)
        with self._lock:
            corpus.settle()
            now = next(self._clock)
            given = []
            for word in words:
                postings = corpus.of(word)
                if postings is None and not corpus.knows(word):  # dropped again, to spare memory
                    corpus.take(word, self._reader.postings(collection, word))
                    postings = corpus.of(word)
                if postings is not None:
                    postings.used = now
                    if postings.stamp != corpus.stamp:
                        corpus.weigh(postings)
                    given.append(postings)
            corpus.spare(MAX_POSTINGS)
            if isinstance(allowed, np.ndarray):
                return ranking.best(corpus, given, k, corpus.mask(allowed).__getitem__)
            among = None if allowed is None else ranking.Among(corpus, allowed)
            return ranking.best(corpus, given, k, among)

    def _corpus(self, collection: CollectionRow) -> Corpus:
        found = self._corpora.get(collection.id)
        if found is not None:
            return found

        def read() -> Corpus:
            if not self._reader.declared(collection):
                raise FailedPrecondition(
                    f"the words of collection {collection.name!r} cannot be searched, because no "
                    f"index of type text is declared; declare one: vecstore collections index "
                    f"{collection.name} '{FULL_TEXT_INPUT}' --type text, or a key of the payload "
                    "for the texts that stand there",
                    collection=collection.name,
                )
            return Corpus(self._reader.rows(collection))

        def keep(corpus: Corpus) -> None:
            self._corpora[collection.id] = corpus

        return self._read(read, keep)

    def _load(self, collection: CollectionRow, corpus: Corpus, word: str) -> None:
        if corpus.better_whole:
            self._load_all(collection, corpus)
            if corpus.knows(word):
                return
        self._read(
            lambda: self._reader.postings(collection, word),
            lambda numbered: corpus.take(word, numbered),
        )

    def _load_all(self, collection: CollectionRow, corpus: Corpus) -> None:
        """All words at once, unless a commit comes between: the writer never waits for that."""
        changes = self._changes
        found, ranks = self._reader.all_words(collection, MAX_WORDS), corpus.ranked()
        with self._lock:
            if found is None or changes != self._changes:
                corpus.put_off()
            else:
                corpus.take_all(found, ranks)

    def _read(self, read: Callable[[], T], keep: Callable[[T], None]) -> T:
        """Read and keep as of one moment: no commit is followed between."""
        for _ in range(_OPTIMISTIC):
            changes = self._changes
            found = read()
            with self._lock:
                if changes == self._changes:
                    keep(found)
                    return found
        with self._lock:
            found = read()
            keep(found)
            return found
