"""Changes of a write of any size, kept until the indexes follow."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from typing import IO

from vecstore.errors import StorageError
from vecstore.storage.writes import Changes, FieldChange

# What one piece takes in memory, about.
PIECE_BYTES = 8 * 1024 * 1024
_LABEL_BYTES = 40


class Spool:
    """Takes changes of deletes and of payloads; gives them back in pieces, in order.

    What is more than one piece waits in a file without a name. So a small write is followed at
    once, and a large one in bounded memory.
    """

    def __init__(self) -> None:
        self._last: dict[int, FieldChange] = {}
        self._size = 0
        self._file: IO[str] | None = None

    def add(self, changes: Changes) -> None:
        """Take changes without new vectors.

        Raises:
            StorageError: there is no room for them.
        """
        for field, change in changes.items():
            kept = self._last.setdefault(field, FieldChange())
            kept.removed += change.removed
            kept.payloads |= change.payloads
            self._size += _LABEL_BYTES * (len(change.removed) + len(change.payloads))
            self._size += sum(map(len, change.payloads.values()))
        if self._size > PIECE_BYTES:
            self._put_aside()

    def __iter__(self) -> Iterator[Changes]:
        if self._file is not None:
            with self._file:
                self._file.seek(0)
                for line in self._file:
                    yield _read(line)
        yield self._last

    def _put_aside(self) -> None:
        line = json.dumps(
            {
                field: [change.removed, list(change.payloads.items())]
                for field, change in self._last.items()
            }
        )
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115
            self._file.write(line + "\n")
            self._file.flush()
        except OSError as error:
            raise StorageError(
                f"writing failed: no temporary file in {tempfile.gettempdir()}: {error.strerror}; "
                "make room there: nothing was written"
            ) from error
        self._last, self._size = {}, 0


def _read(line: str) -> Changes:
    return {
        int(field): FieldChange(removed=removed, payloads=dict(payloads))
        for field, (removed, payloads) in json.loads(line).items()
    }
