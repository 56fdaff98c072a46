"""One collection of an open store: writing, searching, looking up."""

from __future__ import annotations

import builtins
from collections.abc import Iterable
from typing import TYPE_CHECKING

from vecstore.calibrations import Calibration, Measure
from vecstore.collection.about import about
from vecstore.collection.changing import Changing
from vecstore.collection.hybrid import Hybrid
from vecstore.collection.indexing import Indexing
from vecstore.collection.ingesting import Ingesting
from vecstore.collection.reading import Reading
from vecstore.collection.searching import Searching
from vecstore.describing import captions
from vecstore.familiarity.requests import change
from vecstore.fields import batch_of
from vecstore.records import DEFAULT_FIELD, CollectionInfo, Query
from vecstore.spaces import Metric, Space
from vecstore.tables import lives

if TYPE_CHECKING:
    from vecstore.reembedding.reembedding import Reembedding


class Collection(Searching, Hybrid, Changing, Ingesting, Indexing, Reading):
    """A named set of records. Made by :meth:`Store.collection` and :meth:`Store.create_collection`.

    Every method may be called from many threads at once.
    """

    @property
    def metric(self) -> Metric:
        """How distance is measured."""
        return self._row.metric

    @property
    def space(self) -> Space:
        """The live space of the default field."""
        return self._fields[DEFAULT_FIELD].space

    @property
    def encoder(self) -> str:
        """``model@version`` of the default field."""
        return f"{self.space.model}@{self.space.version}"

    def __repr__(self) -> str:
        return lives("Collection", self)

    def info(self) -> CollectionInfo:
        """What the collection is, and how much it holds."""
        self._store.require(self._row)
        return about(self._store, self._row)

    def calibrate(
        self,
        queries: Iterable[Query] | None = None,
        *,
        label_key: str | None = None,
        measure: str | Measure | None = None,
        gather: bool | None = None,
        clear: bool = False,
    ) -> Calibration:
        """Tell the unfamiliar by these queries, or by another measure, from now on.

        Args:
            queries: ordinary ones, at least 50 that differ; they replace those supplied before. Up
                to 1,000 of them, evenly spread, are kept, as vectors alone.
            label_key: key of the payload that holds the classes of records; its values are
                strings, whole numbers or booleans, and ``a.b`` is ``b`` inside ``a``.
            measure: nearest, prototypes (where a label key is named) or mahalanobis.
            gather: consent, or its end, to keep vectors of up to 1,000 queries from use; they
                calibrate where none were supplied. Its end deletes them.
            clear: forget queries, measure and consent first.

        Raises:
            InvalidArgument: too few queries, or records without classes; nothing is changed.
            VecstoreError: as :meth:`search_batch`; nothing is changed.
        """
        asked = change(measure, label_key, gather, clear)
        self._store.require(self._row)
        field = self._fields[DEFAULT_FIELD]
        supplied = None
        if queries is not None:
            given = batch_of(queries, self._store.settings.max_batch)
            supplied = field.ordinary(self._asked(field, given))
        return self._store.familiarity.calibrate(self._row, field.row, field.index, asked, supplied)

    def reembedding(self, field: str = DEFAULT_FIELD) -> Reembedding:
        """Moves a vector field to another space while it goes on answering.

        Args:
            field: the vector field's name.

        Raises:
            InvalidArgument: there is no such field.
        """
        return self._store.reembeddings.of(self.name, self._field(field).row.name)

    def describe(self, ids: Iterable[str], *, encoder: str | None = None) -> builtins.list[str]:
        """Captions of the images of records, in the order asked for.

        Args:
            ids: of records that hold an image.
            encoder: ``model@version`` of an encoder that writes captions; the collection's own
                where left out.

        Raises:
            RecordNotFound: ids that are not there, by name.
            InvalidRecord: a record that holds no image.
            InvalidArgument: the encoder writes no captions.
            EncoderNotFound: there is no such encoder.
            ModelDrift: the encoder is not the one registered.
        """
        chosen = self.encoder if encoder is None else encoder
        return captions(self._store.models, chosen, self._row, self._ids(ids), self.get)
