"""What is read to be imported: one thing after the other, each with its place, good or bad."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vecstore.config import Settings
from vecstore.errors import InvalidInput, VecstoreError
from vecstore.files.images import ImageFiles, read_image_file, top_folder
from vecstore.files.rows import read_rows
from vecstore.records import Record

if TYPE_CHECKING:
    from vecstore.exchange.columns import Columns
    from vecstore.files.lines import Source
    from vecstore.files.rows import Row


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record comes from.

    Args:
        name: how messages call it.
        details: what errors carry of it.
        done: how much of the whole is done with it.
    """

    name: str
    details: Mapping[str, object]
    done: int

    def blamed(self, error: VecstoreError, record: str = "") -> VecstoreError:
        """The same error, saying what is to blame; the number in a batch says nothing here.

        Args:
            error: what was wrong.
            record: id of the record, which the place names better.
        """
        if all(key in error.details for key in self.details):
            return error
        details = {**error.details, **self.details}
        details.pop("position", None)
        message = error.message.removeprefix(f"record {record!r}: ")
        return type(error)(f"{self.name}: {message}", **details)


@dataclass(frozen=True, slots=True)
class Good:
    """A record to store, and the bytes that it takes of a batch."""

    place: Place
    record: Record
    size: int


@dataclass(frozen=True, slots=True)
class Bad:
    """What is no record, and why; ``place`` is None where the error says it."""

    error: VecstoreError


Item = Good | Bad
# (whether reading goes on after what is bad) -> the items
Feed = Callable[[bool], Iterator[Item]]


@dataclass(slots=True)
class Rows:
    """The rows of a file.

    Args:
        source: the file.
        form: its format.
        columns: which column becomes what.

    Attributes:
        unseen: columns of payload and categories that no row has had.
    """

    source: Source
    form: str
    columns: Columns
    unseen: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.unseen = {*(self.columns.payload or ()), *(self.columns.categories or ())}

    def items(self, goes_on: bool) -> Iterator[Item]:
        """Every row as a record.

        Raises:
            VecstoreError: a row after which nothing can be read; a bad one where it does not go on.
        """
        bad: list[Bad] = []
        end = 0
        on_bad = (lambda error: bad.append(Bad(error))) if goes_on else None
        for row in read_rows(self.source, self.form, on_bad):
            yield from bad
            bad.clear()
            yield self._item(row, row.end - end)
            end = row.end
        yield from bad

    def _item(self, row: Row, size: int) -> Item:
        name = self.source.name
        place = Place(f"line {row.line} of {name}", {"file": name, "line": row.line}, row.end)
        self.unseen.difference_update(row.values)
        try:
            record = self.columns.record(row)
        except VecstoreError as error:
            return Bad(place.blamed(error))
        return Good(place, record, size + len(record.image or b""))


@dataclass(frozen=True, slots=True)
class Images:
    """The images of a folder.

    Args:
        files: which they are.
        key: of the payload, which gets the first folder below; None for no payload.
    """

    files: ImageFiles
    key: str | None = None

    def items(self, _goes_on: bool) -> Iterator[Item]:
        """Every image as a record; its id is its path relative to the folder."""
        limit = Settings.from_environment().max_image_bytes
        for number, name in enumerate(self.files.names, 1):
            path = self.files.path(name)
            place = Place(str(path), {"file": path}, number)
            try:
                image = read_image_file(path, limit)
            except InvalidInput as error:
                yield Bad(place.blamed(error))
            else:
                yield Good(
                    place, Record(name, image=image, payload=self._payload(name)), len(image)
                )

    def _payload(self, name: str) -> dict[str, str]:
        kind = top_folder(name)
        return {} if self.key is None or kind is None else {self.key: kind}
