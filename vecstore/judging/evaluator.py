"""The first thing that a store does to judge encoders: to evaluate them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path

from vecstore.config import Settings
from vecstore.errors import InvalidInput
from vecstore.judging.data import InputColumns
from vecstore.judging.evaluate import evaluate
from vecstore.judging.outcome import Outcome
from vecstore.judging.parts import Parts
from vecstore.judging.request import EvaluationRequest
from vecstore.models import Models
from vecstore.registry import Registry
from vecstore.storage.catalog import CollectionRow
from vecstore.storage.evaluations import Evaluations
from vecstore.storage.reads import Reader
from vecstore.tasks import Progress
from vecstore.transforming import Transforms


class Evaluating(ABC):
    """The part of a store that evaluates encoders, and what all judging needs.

    Attributes:
        models: the store's releases.
        registry: the plugins.
        transforms: what may be done to their vectors.
        evaluations: what was found out.
        reader: reads stored vectors.
        settings: limits.
    """

    models: Models
    registry: Registry
    transforms: Transforms
    evaluations: Evaluations
    reader: Reader
    settings: Settings

    @abstractmethod
    def _require_open(self) -> None:
        """Raise StoreClosed where the store is closed."""

    @abstractmethod
    def row(self, name: str) -> CollectionRow:
        """A collection's row; see :meth:`vecstore.store.Store.row`."""

    def evaluate(
        self,
        encoders: str | Sequence[str] = (),
        *,
        labelled: object = None,
        queries: object = None,
        documents: object = None,
        pairs: object = None,
        collection: str = "",
        label_key: str = "",
        text_column: str | None = None,
        image_column: str | None = None,
        label_column: str | None = None,
        id_column: str | None = None,
        categories: Sequence[str] | None = None,
        pair_columns: Sequence[str] | None = None,
        image_folder: str | Path | None = None,
        transform: str = "",
        seed: int = 0,
        shots: Sequence[int] | None = None,
        draws: int = 5,
        limit: int = 10_000,
        baselines: bool = True,
        on_error: str = "stop",
        on_progress: Callable[[Progress], None] | None = None,
        on_skipped: Callable[[str, InvalidInput], None] | None = None,
    ) -> tuple[Outcome, ...]:
        """Judge encoders, beside baselines, and put what was found on record.

        Nothing is put on record before all of the data was read and found to serve; each
        encoder's figures then are as soon as they are there.

        Args:
            encoders: ``model@version`` of each; none where ``collection`` is given.
            labelled: inputs with labels: a file of rows, a folder of a folder for each class,
                pairs (input, label), or rows; see :func:`vecstore.judging.data.read_inputs`.
            queries: rows with "query" and "relevant" (ids of documents, with gains or without);
                see :func:`vecstore.judging.data.read_queries`.
            documents: rows with "id" and "text" for the queries to find; see
                :func:`vecstore.judging.data.read_documents`.
            pairs: rows with "a", "b" and "score"; see :func:`vecstore.judging.data.read_pairs`.
            collection: judge its stored vectors, in its own space: by ``label_key``, by
                ``queries`` for its records (which its encoder encodes), or both.
            label_key: dotted path in the payload of its records. Those without it are left out,
                and counted.
            text_column, image_column, label_column, id_column, categories: of rows; by default
                "text", "image", "label", "id", and an object in "categories".
            pair_columns: of pairs, by default ("a", "b", "score").
            image_folder: what paths of images in rows start from, and must not lead out of.
            transform: judge the encoders' vectors after this transform.
            seed: of everything random.
            shots: samples a class that the probe learns from. By default 5, 10 and 20, those left
                out for which the smallest class has too few; shots that are given are refused.
            draws: how often these samples are drawn.
            limit: labelled inputs at most; of more, a sample that is even over the classes.
            baselines: hold the encoders against baselines: TF-IDF for text, raw and whitened
                pixels for images, columns as they are for categories, and an encoder's twin of
                random weights where it has one.
            on_error: what becomes of a labelled input that cannot be used: "stop" refuses the
                data, "skip" passes over it, and counts it.
            on_progress: is told how far it has come.
            on_skipped: (place, why) -> is told of each input that is passed over.

        Returns:
            One outcome for each protocol: labels, retrieval, pairs, in this order.

        Raises:
            EncoderNotFound, CollectionNotFound, NotFound: there is no such encoder, collection
                or transform.
            InvalidArgument, InvalidInput: what is asked or given does not serve.
            ModelDrift: an encoder is not the one registered.
        """
        self._require_open()
        request = EvaluationRequest(
            encoders=(encoders,) if isinstance(encoders, str) else tuple(encoders),
            labelled=labelled,
            queries=queries,
            documents=documents,
            pairs=pairs,
            collection=collection,
            label_key=label_key,
            columns=InputColumns(
                text=text_column,
                image=image_column,
                categories=None if categories is None else tuple(categories),
                label=label_column,
                id=id_column,
                folder=None if image_folder is None else Path(image_folder),
            ),
            pair_columns=pair_columns,
            transform=transform,
            seed=seed,
            shots=None if shots is None else tuple(shots),
            draws=draws,
            limit=limit,
            baselines=baselines,
            on_error=on_error,
            on_progress=on_progress,
            on_skipped=on_skipped,
        )
        return evaluate(self._parts(), request)

    def _parts(self) -> Parts:
        return Parts(
            self.models, self.transforms, self.evaluations, self.reader, self.settings, self.row
        )
