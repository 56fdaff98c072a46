"""BackupService: the whole store, in the pieces of one file."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING

from google.protobuf.message import Message

from vecstore.errors import Overloaded
from vecstore.service.calls import Calls
from vecstore.service.servicer import Servicer
from vecstore.v1 import backup_service_pb2 as pb

if TYPE_CHECKING:
    from vecstore.store import Store

# Each of them holds the database's state of its beginning.
MOST_AT_ONCE = 2
_RETRY_SECONDS = 10.0
_LEAST_BYTES = 256 * 1024


class BackupServicer(Servicer):
    """Translates BackupService to the store."""

    service = pb.DESCRIPTOR.services_by_name["BackupService"]

    def __init__(self, store: Store, calls: Calls) -> None:
        super().__init__(store, calls)
        self._room = threading.BoundedSemaphore(MOST_AT_ONCE)

    def CreateBackup(self, _request: pb.CreateBackupRequest) -> Generator[Message, None, None]:
        if not self._room.acquire(blocking=False):
            raise Overloaded(
                f"{MOST_AT_ONCE} backups are being made already; try again when one is done",
                retry_after=_RETRY_SECONDS,
            )
        try:
            with closing(self.store.backup_pieces()) as pieces:
                for piece in _even(pieces, self.store.settings.max_message_bytes // 2):
                    yield pb.CreateBackupResponse(data=piece)
        finally:
            self._room.release()


def _even(pieces: Iterable[bytes], most: int) -> Iterator[bytes]:
    """The same bytes in pieces that are neither many nor larger than a message may be."""
    gathered = bytearray()
    for piece in pieces:
        gathered += piece
        while len(gathered) >= min(_LEAST_BYTES, most):
            yield bytes(gathered[:most])
            del gathered[:most]
    if gathered:
        yield bytes(gathered)
