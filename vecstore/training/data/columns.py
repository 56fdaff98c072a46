"""Which column of the data is what."""

from __future__ import annotations

from dataclasses import dataclass

from vecstore.errors import InvalidArgument

# Field, the keyword of Store.train, and what the data must be for it to mean something.
_MEANT_FOR = (
    ("target", "target", "tables"),
    ("categories", "columns", "tables"),
    ("document", "document_column", "text"),
    ("text", "text_column", "text, or from images with texts"),
    ("image", "image_column", "images"),
    ("label", "label_column", "images with labels"),
)


@dataclass(frozen=True, slots=True)
class DataColumns:
    """Which column is what, where the data has columns.

    Args:
        text: the column of texts; None for "text".
        document: the column that says which document a row belongs to; None where every row is a
            document of its own.
        categories: the columns of categories, in their order; None for all but the target.
        target: the column that is to be predicted.
        image: the column of images; None for "image".
        label: the column of images' labels; None for "label".
    """

    text: str | None = None
    document: str | None = None
    categories: tuple[str, ...] | None = None
    target: str | None = None
    image: str | None = None
    label: str | None = None

    def for_text(self) -> None:
        """Check that nothing is set that only other data has.

        Raises:
            InvalidArgument: something is.
        """
        self._require_only({"text", "document"}, "text")

    def for_table(self) -> str:
        """Check what is set for a table.

        Returns:
            The target.

        Raises:
            InvalidArgument: no target, a column named twice, or something that only other data
                has.
        """
        self._require_only({"categories", "target"}, "a table")
        if self.target is None:
            raise InvalidArgument(
                "no target is named; say which column is to be predicted with --target "
                "(target= in Python)",
                field="target",
            )
        chosen = self.categories if self.categories is not None else ("",)
        twice = sorted({name for name in chosen if chosen.count(name) > 1})
        if not chosen or twice or self.target in chosen:
            raise InvalidArgument(
                f"the columns are {', '.join(map(repr, chosen)) or 'none'}; name at least one, "
                f"each once, and not the target {self.target!r}",
                field="columns",
            )
        return self.target

    def for_images(self) -> str:
        """Check what is set for images alone.

        Returns:
            The column of images.

        Raises:
            InvalidArgument: something is set that only other data has.
        """
        self._require_only({"image"}, "images without labels")
        return self.image or "image"

    def for_labelled(self) -> tuple[str, str]:
        """Check what is set for images with labels.

        Returns:
            The columns of images and labels.

        Raises:
            InvalidArgument: something is set that only other data has, or one column is both.
        """
        self._require_only({"image", "label"}, "images with labels")
        return self._two(self.label or "label", "label_column")

    def for_pairs(self) -> tuple[str, str]:
        """Check what is set for images with texts.

        Returns:
            The columns of images and texts.

        Raises:
            InvalidArgument: something is set that only other data has, or one column is both.
        """
        self._require_only({"image", "text"}, "images with texts")
        return self._two(self.text or "text", "text_column")

    def for_lines(self, name: str) -> None:
        """Check that no column is named for data that has none.

        Raises:
            InvalidArgument: one is.
        """
        for field, keyword, _ in _MEANT_FOR:
            column = getattr(self, field)
            if column is not None:
                raise InvalidArgument(
                    f"{name} has no columns, and {column!r} was named as one; leave the column "
                    "out, or give JSON lines or CSV",
                    field=keyword,
                )

    def _require_only(self, fields: set[str], reads: str) -> None:
        for field, keyword, meant in _MEANT_FOR:
            if field not in fields and getattr(self, field) is not None:
                raise InvalidArgument(
                    f"{keyword} is for tasks that learn from {meant}, and this one learns from "
                    f"{reads}; leave it out",
                    field=keyword,
                )

    def _two(self, word: str, keyword: str) -> tuple[str, str]:
        image = self.image or "image"
        if image == word:
            raise InvalidArgument(
                f"the column {word!r} cannot be that of the images too; name two columns",
                field=keyword,
            )
        return image, word
