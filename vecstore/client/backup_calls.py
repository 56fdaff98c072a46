"""The call that makes a backup."""

from __future__ import annotations

from typing import Any

from vecstore.client.calls import Call
from vecstore.v1 import backup_service_pb2 as backup_pb


def create_backup() -> Call[bytes]:
    """``backup(...)`` of a store: one piece of the file in every answer."""
    return Call(
        "/vecstore.v1.BackupService/CreateBackup",
        backup_pb.CreateBackupRequest(),
        backup_pb.CreateBackupResponse,
        _data,
    )


def _data(answer: Any) -> bytes:
    return bytes(answer.data)
