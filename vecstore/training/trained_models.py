"""What a store does with models of its own: train, list, show, export, import."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from vecstore.config import Settings
from vecstore.errors import InvalidInput
from vecstore.models import Models
from vecstore.registry import Registry
from vecstore.tasks import Progress
from vecstore.training.data import DataColumns
from vecstore.training.info import ModelInfo
from vecstore.training.request import TrainingRequest
from vecstore.training.session import train
from vecstore.training.shelf import Shelf


class TrainedModels(ABC):
    """The part of a store that trains; none of it needs to own the store's indexes.

    Attributes:
        models: the store's releases.
        registry: the plugins.
        settings: limits.
    """

    models: Models
    registry: Registry
    settings: Settings

    @abstractmethod
    def _require_open(self) -> None:
        """Raise StoreClosed where the store is closed."""

    def train(
        self,
        task: str,
        data: object,
        *,
        name: str,
        version: str,
        seed: int = 0,
        minutes: float | None = None,
        resume: bool = False,
        restart: bool = False,
        start: str | Sequence[str] = (),
        text_column: str | None = None,
        document_column: str | None = None,
        columns: Sequence[str] | None = None,
        target: str | None = None,
        image_column: str | None = None,
        label_column: str | None = None,
        image_folder: str | Path | None = None,
        on_error: str = "stop",
        domain: str = "",
        on_progress: Callable[[Progress], None] | None = None,
        on_skipped: Callable[[str, InvalidInput], None] | None = None,
        **options: Any,
    ) -> ModelInfo:
        """Train an encoder by a pretext task, and register it.

        Args:
            task: its name, such as "word-context".
            data: what the task learns from; see :func:`vecstore.training.data.read_data` for all
                forms.

                - Text: a file of lines, a folder of .txt files, an iterable of texts or of
                  documents (sequences of texts), or rows.
                - A table: rows.
                - Images: a folder (with labels: of a folder for each label), an iterable of bytes,
                  paths or Pillow images, or rows whose column of images holds paths, bytes or
                  Pillow images.
                - Images with labels, or with texts: rows, or pairs (image, label or text).

                Rows are a file of JSON lines, CSV or TSV, mappings, a mapping of columns, a data
                frame or a Hugging Face data set.
            name, version: of the model; trained once, for good.
            seed: of everything random.
            minutes: the budget, instead of the task's number of epochs.
            resume: go on with an interrupted training of this name, if there is one.
            restart: throw an interrupted training of this name away.
            start: ``model@version`` of a trained model to start from; several of them, where the
                task can.
            text_column, document_column: of rows of texts; the former of images with texts, too.
            columns, target: of rows of categories.
            image_column, label_column: of rows of images.
            image_folder: what the paths in rows start from, and must not lead out of; by default
                the folder of the file that holds the rows.
            on_error: what becomes of an image that cannot be used (damaged, animated, too large,
                without its label or text, the only one of its class): "stop" refuses the data,
                "skip" passes over it, and counts it in the manifest.
            domain: what the data is about, such as "support tickets of a shop, 2023"; kept on
                record beside its name, and no part of what decides the training.
            on_progress: is told how far it has come.
            on_skipped: (name, why) -> is told of each image that is passed over.
            options: the task's own; ``vecstore tasks show TASK`` lists them.

        Raises:
            AlreadyExists: the name and version are taken.
            InvalidArgument, InvalidInput: what is asked or given does not serve.
            TrainingFailed: it cannot go on, or differs from the interrupted one that it resumes.
            StorageError: no room on the disk.
        """
        self._require_open()
        chosen = None if columns is None else tuple(columns)
        request = TrainingRequest(
            task=task,
            name=f"{name}@{version}",
            options=options,
            columns=DataColumns(
                text_column, document_column, chosen, target, image_column, label_column
            ),
            seed=seed,
            minutes=minutes,
            starts=(start,) if isinstance(start, str) else tuple(start),
            resume=resume,
            image_folder=image_folder,
            on_error=on_error,
            restart=restart,
            domain=domain,
        )
        train(self.models, self.registry, self.settings, request, data, on_progress, on_skipped)
        return self.model(request.name)

    def list_models(self) -> list[ModelInfo]:
        """Every model that was trained here or imported, by name."""
        return self._shelf().list()

    def model(self, name: str) -> ModelInfo:
        """What is known of a trained model; see :meth:`vecstore.training.shelf.Shelf.get`."""
        return self._shelf().get(name)

    def export_model(self, name: str, file: str | Path) -> str:
        """Write a trained model to one file, and return its digest; see :meth:`Shelf.export`."""
        return self._shelf().export(name, Path(file))

    def import_model(self, file: str | Path) -> ModelInfo:
        """Take in a model that :meth:`export_model` wrote; see :meth:`Shelf.import_`."""
        return self._shelf().import_(Path(file))

    def _shelf(self) -> Shelf:
        self._require_open()
        return Shelf(self.models, self.registry)
