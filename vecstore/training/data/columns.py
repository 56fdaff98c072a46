"""Which column of the data is what."""

from __future__ import annotations

from dataclasses import dataclass

from vecstore.errors import InvalidArgument


@dataclass(frozen=True, slots=True)
class DataColumns:
    """Which column is what, where the data has columns.

    Args:
        text: the column of texts; None for "text".
        document: the column that says which document a row belongs to; None where every row is a
            document of its own.
        categories: the columns of categories, in their order; None for all but the target.
        target: the column that is to be predicted.
    """

    text: str | None = None
    document: str | None = None
    categories: tuple[str, ...] | None = None
    target: str | None = None

    def for_text(self) -> None:
        """Check that nothing is set that only a table has.

        Raises:
            InvalidArgument: the target or the categories are.
        """
        if self.target is not None or self.categories is not None:
            raise InvalidArgument(
                "target and columns are for tasks that learn from tables, and this one learns "
                "from text; leave them out",
                field="target" if self.target is not None else "columns",
            )

    def for_table(self) -> str:
        """Check what is set for a table.

        Returns:
            The target.

        Raises:
            InvalidArgument: no target, a column named twice, or something that only text has.
        """
        if self.text is not None or self.document is not None:
            raise InvalidArgument(
                "text_column and document_column are for tasks that learn from text, and this one "
                "learns from a table; leave them out",
                field="text_column" if self.text is not None else "document_column",
            )
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

    def for_lines(self, name: str) -> None:
        """Check that no column is named for data that has none.

        Raises:
            InvalidArgument: one is.
        """
        column = self.text if self.text is not None else self.document
        if column is not None:
            raise InvalidArgument(
                f"{name} has no columns, and {column!r} was named as one; leave the column out, "
                "or give JSON lines or CSV",
                field="text_column" if self.text is not None else "document_column",
            )
