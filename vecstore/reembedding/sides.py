"""One space of a field that has two, and what searches of it find."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vecstore.collection.answering import Answering
from vecstore.errors import InvalidInput, InvalidVector, VecstoreError
from vecstore.fields import Field, Question
from vecstore.hits import Hit
from vecstore.records import Input, Modality, Role
from vecstore.searches import SearchOptions
from vecstore.spaces import Vector
from vecstore.storage.catalog import CollectionRow, FieldRow

if TYPE_CHECKING:
    from vecstore.store import Store


class Side:
    """One space of a field. It is searched as users search it, but nothing is gathered from use.

    Args:
        store: the open store.
        collection: the collection.
        row: the field in this space.
    """

    def __init__(self, store: Store, collection: CollectionRow, row: FieldRow) -> None:
        self.row = row
        self._store = store
        self._field = Field(store, collection, row)
        self._answering = Answering(self._field, store.reader, store.settings)

    def load(self) -> None:
        """Load the encoder, which queries need.

        Raises:
            VecstoreError: it cannot be loaded, or is not the one registered.
        """
        models, space = self._store.models, self.row.space
        models.load(models.resolve(f"{space.model}@{space.version}"))

    def answers(self, texts: Sequence[str], k: int) -> list[list[Hit]]:
        """The nearest records of each text; none where the encoder refuses the text.

        Raises:
            VecstoreError: the encoder cannot be loaded, or is not the one registered.
        """
        encoded = self._encoded([Input(Modality.TEXT, text) for text in texts])
        taken = [row for row, one in enumerate(encoded) if one is not None]
        found = self._nearest([Question(one) for one in encoded if one is not None], k)
        answers: list[list[Hit]] = [[] for _ in texts]
        for row, hits in zip(taken, found, strict=True):
            answers[row] = hits
        return answers

    def neighbours(self, ids: Sequence[str], k: int) -> dict[str, set[str]]:
        """Ids of the nearest other records, by record; without those that are gone."""
        stored = self._store.reader.stored_vectors(self.row, ids)
        questions = [
            Question(self._field.admit(vector, "query"), one) for one, (_, vector) in stored.items()
        ]
        found = self._nearest(questions, k)
        return {one: {hit.id for hit in hits} for one, hits in zip(stored, found, strict=True)}

    def held(self, ids: Sequence[str]) -> set[str]:
        """Those of the records that have a vector here."""
        return set(self._store.reader.entries(self.row, ids))

    def _nearest(self, questions: Sequence[Question], k: int) -> list[list[Hit]]:
        if not questions:
            return []
        options = SearchOptions(k, include_payload=False, include_text=False)
        ranked = self._answering.ranked(questions, options)
        return [self._field.bare_hits(one.found) for one in ranked]

    def _encoded(self, inputs: Sequence[Input]) -> list[Vector | None]:
        try:
            return list(self._field.encode(inputs, Role.QUERY))
        except (InvalidInput, InvalidVector):
            found = self._field.encode_each(inputs, Role.QUERY)
            return [None if isinstance(one, VecstoreError) else one for one in found]
