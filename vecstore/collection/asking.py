"""What all kinds of search have in common."""

from __future__ import annotations

from vecstore.collection.answering import Answering
from vecstore.collection.bridging import Bridging
from vecstore.fields import Field
from vecstore.searches import SearchKeywords, SearchOptions, search_options


class Asking(Bridging):
    """The settings of a search, and who answers it."""

    def _options(self, k: int, given: SearchKeywords) -> SearchOptions:
        return search_options(k, self._store.settings.max_k, **given)

    def _answering(self, field: Field) -> Answering:
        return Answering(field, self._store.reader, self._store.settings)
