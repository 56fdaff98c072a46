"""What a store does to judge encoders before they are trusted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from vecstore.errors import InvalidInput
from vecstore.evaluations import Evaluation, EvaluationPage
from vecstore.judging.data import InputColumns
from vecstore.judging.dimensions.measuring import price_dimensions
from vecstore.judging.dimensions.request import LIMIT as DIMENSIONS_LIMIT
from vecstore.judging.dimensions.request import SAMPLES, DimensionsRequest
from vecstore.judging.dimensions.values import Dimensions
from vecstore.judging.evaluator import Evaluating
from vecstore.judging.fitting import LIMIT, FittingRequest, fit_transform
from vecstore.judging.results import list_evaluations, require_evaluation
from vecstore.judging.spaces import LIMIT as COMPARED
from vecstore.judging.spaces import ComparisonRequest, SpaceComparison, compare_spaces
from vecstore.tasks import Progress
from vecstore.transforms import TransformInfo


class Judging(Evaluating):
    """The part of a store that judges; none of it needs to own the store's indexes."""

    def fit_transform(
        self,
        name: str,
        encoder: str,
        data: object = None,
        *,
        pca: int | None = None,
        random: int | None = None,
        seed: int = 0,
        text_column: str | None = None,
        image_column: str | None = None,
        categories: Sequence[str] | None = None,
        image_folder: str | Path | None = None,
        limit: int = LIMIT,
        on_error: str = "stop",
        on_progress: Callable[[Progress], None] | None = None,
        on_skipped: Callable[[str, InvalidInput], None] | None = None,
    ) -> TransformInfo:
        """Make a transform of an encoder's vectors to fewer dims, and put it on record, for good.

        PCA keeps the directions in which the vectors of ``data`` differ most (K. Pearson: On Lines
        and Planes of Closest Fit to Systems of Points in Space, 1901). A random projection onto
        orthogonal directions needs no data (W. Johnson, J. Lindenstrauss: Extensions of Lipschitz
        Mappings into a Hilbert Space, 1984). Truncation, ``truncate-N``, needs no fitting.

        Args:
            name: of the transform: letters, digits and ``._-``; taken once.
            encoder: ``model@version`` of the only encoder whose vectors it takes.
            data: inputs to fit PCA on, as many as the encoder has dims or more; see
                :func:`vecstore.judging.data.read_inputs`.
            pca, random: to how many dims; exactly one of the two.
            seed: of what is drawn.
            text_column, image_column, categories: of rows.
            image_folder: what paths of images in rows start from, and must not lead out of.
            limit: inputs at most; of more, a sample.
            on_error: what becomes of an input that cannot be used: "stop" refuses the data,
                "skip" passes over it, and counts it.
            on_progress: is told how far it has come.
            on_skipped: (place, why) -> is told of each input that is passed over.

        Raises:
            AlreadyExists: the name is taken.
            EncoderNotFound: there is no such encoder.
            InvalidArgument, InvalidInput: what is asked or given does not serve.
            ModelDrift: the encoder is not the one registered.
        """
        self._require_open()
        request = FittingRequest(
            name=name,
            encoder=encoder,
            data=data,
            pca=pca,
            random=random,
            seed=seed,
            columns=InputColumns(
                text=text_column,
                image=image_column,
                categories=None if categories is None else tuple(categories),
                folder=None if image_folder is None else Path(image_folder),
            ),
            limit=limit,
            on_error=on_error,
            on_progress=on_progress,
            on_skipped=on_skipped,
        )
        return fit_transform(self._parts(), request)

    def compare_spaces(
        self,
        a: str,
        b: str,
        data: object,
        *,
        text_column: str | None = None,
        image_column: str | None = None,
        categories: Sequence[str] | None = None,
        image_folder: str | Path | None = None,
        k: int = 10,
        seed: int = 0,
        limit: int = COMPARED,
        on_error: str = "stop",
        on_progress: Callable[[Progress], None] | None = None,
        on_skipped: Callable[[str, InvalidInput], None] | None = None,
    ) -> SpaceComparison:
        """Show why vectors of two spaces are never compared: the same inputs, encoded by both.

        A laboratory: nothing is put on record, and the store goes on refusing to compare the two.

        Args:
            a, b: ``model@version`` of two encoders that read the same kind of inputs.
            data: at least 20 of these, and at least 2 (k + 1); see
                :func:`vecstore.judging.data.read_inputs`.
            text_column, image_column, categories: of rows.
            image_folder: what paths of images in rows start from, and must not lead out of.
            k: neighbours to look at.
            seed: of the sample, and of the halves on which a map is fitted and judged.
            limit: inputs at most; of more, a sample.
            on_error: what becomes of an input that cannot be used: "stop" refuses the data,
                "skip" passes over it, and counts it.
            on_progress: is told how far it has come.
            on_skipped: (place, why) -> is told of each input that is passed over.

        Raises:
            EncoderNotFound: there is no such encoder.
            InvalidArgument, InvalidInput: they are one encoder, do not read such inputs, or there
                are too few.
            SpaceUnknown: an encoder's identity is incomplete and was not accepted.
            ModelDrift: an encoder is not the one registered.
        """
        self._require_open()
        request = ComparisonRequest(
            a=a,
            b=b,
            data=data,
            columns=InputColumns(
                text=text_column,
                image=image_column,
                categories=None if categories is None else tuple(categories),
                folder=None if image_folder is None else Path(image_folder),
            ),
            k=k,
            seed=seed,
            limit=limit,
            on_error=on_error,
            on_progress=on_progress,
            on_skipped=on_skipped,
        )
        return compare_spaces(self._parts(), request)

    def list_evaluations(
        self, encoder: str | None = None, *, page_size: int = 100, page_token: str = ""
    ) -> EvaluationPage:
        """One page of what was found out about encoders, newest first.

        Args:
            encoder: ``model@version``, or ``model`` for all its versions; all encoders where None.
            page_size: 1 to 1000.
            page_token: of the page before.

        Raises:
            EncoderNotFound: there is no such encoder.
            InvalidArgument: a page size out of range, or a token of another listing.
        """
        self._require_open()
        return list_evaluations(self.models, self.evaluations, encoder, page_size, page_token)

    def evaluation(self, id: int) -> Evaluation:
        """One evaluation on record.

        Raises:
            NotFound: there is none of this id.
        """
        self._require_open()
        return require_evaluation(self.evaluations, id)

    def dimensions(
        self,
        encoder: str = "",
        data: object = None,
        *,
        collection: str = "",
        label_key: str = "",
        test: object = None,
        labels: bool | None = None,
        dims: Sequence[int] | None = None,
        samples: int = SAMPLES,
        text_column: str | None = None,
        image_column: str | None = None,
        label_column: str | None = None,
        categories: Sequence[str] | None = None,
        image_folder: str | Path | None = None,
        index: str = "hnsw",
        seed: int = 0,
        limit: int = DIMENSIONS_LIMIT,
        on_error: str = "stop",
        on_progress: Callable[[Progress], None] | None = None,
        on_skipped: Callable[[str, InvalidInput], None] | None = None,
    ) -> Dimensions:
        """What fewer dims, or fewer bytes a number, would cost; nothing of it is stored.

        Truncation, PCA and random projection are measured at several dims; half, int8 and sign
        precision at all dims, as a forecast, since the index stores float32. Everything is encoded
        once, in the document role, and compared by cosine. A quarter of the inputs (at most 5,000)
        is held out of the corpus: up to 1,000 of them are queries, whose ten nearest are held
        against those of the full vectors; of all of them the class is told by the nearest of some
        samples of each class. PCA and the ranges of int8 see the corpus only.

        Args:
            encoder: ``model@version``; none where ``collection`` is given.
            data: inputs, with labels or without; see
                :func:`vecstore.judging.data.read_inputs`.
            collection: reduce its stored vectors instead; nothing is encoded.
            label_key: dotted path in the payload of its records. Those without it are left out,
                and counted.
            test: inputs of the same form that are held out instead.
            labels: whether the data has labels; by default, it is looked at for some. Without
                them there is no accuracy.
            dims: numbers a vector, in any order; by default a half, a quarter, an eighth and a
                sixteenth of the encoder's. All of them are always measured.
            samples: of each class, known to the nearest neighbour; five draws of them.
            text_column, image_column, label_column, categories: of rows; by default "text",
                "image", "label", and an object in "categories".
            image_folder: what paths of images in rows start from, and must not lead out of.
            index: the backend whose memory and speed are measured, on up to 20,000 vectors.
            seed: of everything drawn; of random projections, as :meth:`fit_transform` draws them.
            limit: inputs at most; of more, a sample.
            on_error: what becomes of an input that cannot be used: "stop" refuses the data,
                "skip" passes over it.
            on_progress: is told how far it has come.
            on_skipped: (place, why) -> is told of each input that is passed over.

        Raises:
            EncoderNotFound, CollectionNotFound: there is no such encoder or collection.
            InvalidArgument, InvalidInput: what is asked or given does not serve.
            ModelDrift: the encoder is not the one registered.
        """
        self._require_open()
        request = DimensionsRequest(
            encoder=encoder,
            data=data,
            collection=collection,
            label_key=label_key,
            test=test,
            labels=labels,
            columns=InputColumns(
                text=text_column,
                image=image_column,
                categories=None if categories is None else tuple(categories),
                label=label_column,
                folder=None if image_folder is None else Path(image_folder),
            ),
            dims=None if dims is None else tuple(dims),
            samples=samples,
            seed=seed,
            limit=limit,
            on_error=on_error,
            on_progress=on_progress,
            on_skipped=on_skipped,
        )
        return price_dimensions(self._parts(), request, self.registry.index_spec(index))
