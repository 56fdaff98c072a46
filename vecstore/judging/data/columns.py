"""Which column of the data holds what an encoder reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vecstore.errors import InvalidArgument, InvalidInput
from vecstore.records import Modality
from vecstore.training.data.rows import Rows

TEXT, IMAGE, CATEGORIES, LABEL, ID = "text", "image", "categories", "label", "id"


@dataclass(frozen=True, slots=True)
class InputColumns:
    """Which column is what, where the data has columns.

    Args:
        text: the column of texts; None for "text".
        image: the column of images, or of their paths; None for "image".
        categories: the columns that are encoded together, as categories; None for those of an
            object in the column "categories".
        label: the column of labels; None for "label".
        id: the column of ids of documents; None for "id".
        folder: what relative paths of images start from, and must not lead out of; None for the
            folder of the file that names them.
    """

    text: str | None = None
    image: str | None = None
    categories: tuple[str, ...] | None = None
    label: str | None = None
    id: str | None = None
    folder: Path | None = None

    def __post_init__(self) -> None:
        named = [
            name
            for name in (self.text, self.image, self.label, self.id, *(self.categories or ()))
            if name is not None
        ]
        twice = sorted({name for name in named if named.count(name) > 1})
        if twice:
            raise InvalidArgument(
                f"the column {twice[0]!r} is named twice, and a column is one thing; name two "
                "columns",
                field="columns",
            )
        if self.categories is not None and not self.categories:
            raise InvalidArgument(
                "no columns of categories are named; name at least one", field="categories"
            )
        if self.folder is not None and not self.folder.is_dir():
            raise InvalidArgument(
                f"there is no folder {str(self.folder)!r} of images; give the folder that the "
                "paths in the data start from",
                field="image_folder",
            )
        if len(self._chosen()) > 1:
            raise InvalidArgument(
                f"columns of {' and of '.join(self._chosen())} are named, and one kind of input "
                "can be judged at a time; name one",
                field="columns",
            )

    def _chosen(self) -> dict[str, Modality]:
        given = {
            "texts": (self.text, Modality.TEXT),
            "images": (self.image, Modality.IMAGE),
            "categories": (self.categories, Modality.CATEGORIES),
        }
        return {name: kind for name, (column, kind) in given.items() if column is not None}

    def modality(self, rows: Rows, number: int, values: Mapping[str, Any]) -> Modality:
        """What rows hold: as named, or by the columns of their first one.

        Raises:
            InvalidInput: nothing is named, and nothing found.
        """
        chosen = list(self._chosen().values())
        if chosen:
            return chosen[0]
        found = [kind for kind in (TEXT, IMAGE, CATEGORIES) if kind in values]
        if not found:
            raise InvalidInput(
                f"{rows.missing(TEXT, values, number).message}; name the one that holds texts with "
                "--text-column, paths of images with --image-column, or categories with "
                "--categories-columns (text_column=, image_column=, categories= in Python)",
                field="data",
            )
        return Modality(found[0])

    def require_none(self, name: str) -> None:
        """Check that no column is named for data that has none.

        Raises:
            InvalidArgument: one is.
        """
        for column in (self.text, self.image, self.label, *(self.categories or ())):
            if column is not None:
                raise InvalidArgument(
                    f"{name} has no columns, and {column!r} was named as one; leave the column "
                    "out, or give JSON lines or CSV",
                    field="columns",
                )
