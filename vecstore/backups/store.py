"""What a store offers of backups."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from vecstore.backups.making import backup_pieces
from vecstore.backups.saving import save_backup
from vecstore.backups.values import BackupInfo, Progress

if TYPE_CHECKING:
    from collections.abc import Generator

    from sqlalchemy import Engine

    from vecstore.models import Models


class BackedUp(ABC):
    """The methods of a store that write all that it holds to one file."""

    models: Models
    _engine: Engine

    @abstractmethod
    def _require_open(self) -> None: ...

    def backup(
        self,
        path: str | Path,
        *,
        overwrite: bool = False,
        on_progress: Progress | None = None,
    ) -> BackupInfo:
        """Write the whole store to one file, as it is at this moment, while others go on writing.

        In it are all collections, records, vectors and inputs, encoders on record with the models
        that were trained here, transforms, evaluations, calibrations and aliases; of encoders from
        elsewhere only what is on record. :func:`vecstore.restore` makes a store of it again, on
        either database. It needs no ownership, so it may run beside a server.

        Args:
            path: the file, which appears when it is whole.
            overwrite: whether a file of this name may be replaced.
            on_progress: called with the bytes written, and about how many there will be.

        Raises:
            AlreadyExists: there is such a file.
            InvalidArgument: the path names a folder, or one in no folder.
            StorageError: the disk is full, or the store cannot be read; nothing is left of it.
        """
        with closing(self.backup_pieces()) as pieces:
            return save_backup(pieces, path, overwrite, on_progress)

    def backup_pieces(self) -> Generator[bytes, None, None]:
        """The bytes of a backup, for whoever keeps them elsewhere than in a file of this machine.

        The database's state of the first piece is held until the last one: close what is returned.
        """
        self._require_open()
        return backup_pieces(self._engine, self.models.places)
