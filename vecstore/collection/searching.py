"""Searching a collection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from vecstore.collection.grouping import Grouping
from vecstore.collection.recommending import Recommending
from vecstore.errors import InvalidArgument
from vecstore.fields import batch_of
from vecstore.hits import Hits
from vecstore.records import Query
from vecstore.searches import SearchKeywords

MAX_BATCH_HITS = 100_000


class Searching(Recommending, Grouping):
    """The methods that find records by nearness."""

    def search(self, query: Query, k: int = 10, **given: Unpack[SearchKeywords]) -> Hits:
        """The nearest records.

        Args:
            query: text, image bytes or a dict of categories (encoded in the query role), a tagged
                vector, or a :class:`RecordReference` (that record itself is left out of its own
                collection's answer).
            k: hits wanted; as many come back while there are as many.
            given: ``filter``, ``field``, ``offset`` and others, see
                :class:`~vecstore.searches.SearchKeywords`.

        Raises:
            SpaceMismatch, SpaceRequired, SpaceUnknown: the query's vector is not of this space.
            InvalidVector, InvalidInput, InvalidFilter, InvalidArgument: it is malformed.
            RecordNotFound: the record referred to is not there.
            ModelDrift: the encoder is not the one registered.
        """
        options = self._options(k, given)
        searched = self._searched(options)
        return self._answering(searched).answer(self._question(searched, query), options)

    def search_batch(
        self, queries: Sequence[Query], k: int = 10, **given: Unpack[SearchKeywords]
    ) -> list[Hits]:
        """Many searches with the same settings; texts are encoded together.

        Raises:
            VecstoreError: as :meth:`search`; the message names the query by its number from 0.
        """
        options = self._options(k, given)
        searched = self._searched(options)
        queries = batch_of(queries, self._store.settings.max_batch)
        if len(queries) * options.pool > MAX_BATCH_HITS:
            raise InvalidArgument(
                f"{len(queries)} queries of {options.pool} hits in one batch; at most "
                f"{MAX_BATCH_HITS} hits are allowed in all: ask for fewer, or in several calls",
                field="queries",
            )
        answering = self._answering(searched)
        if options.plain and options.bare and options.filter is None:
            values = searched.admit_all(queries)
            if values is not None:
                return answering.batch(values, options)
        return answering.answers(searched.questions(self._asked(searched, queries)), options)
