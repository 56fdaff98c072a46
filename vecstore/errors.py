"""Every error that vecstore raises, one tree, the same embedded and over gRPC.

::

    VecstoreError
    ├── InvalidArgument             the call itself is wrong; sending it again will not help
    │   ├── InvalidVector           wrong dtype, shape, length, NaN, infinity, zero under cosine
    │   ├── SpaceRequired           a vector that does not say which space it lives in
    │   ├── InvalidInput            text, image or categories: empty, too large, undecodable
    │   ├── InvalidRecord           id, payload or fields of a record
    │   └── InvalidFilter           a filter that has no meaning
    ├── NotFound
    │   ├── EncoderNotFound
    │   ├── CollectionNotFound
    │   └── RecordNotFound
    ├── AlreadyExists               a name that is taken
    ├── VersionConflict             a record is not of the version that the write expects
    ├── FailedPrecondition          the call is fine, the state of the store is not
    │   ├── SpaceMismatch           vectors of two spaces: never compared
    │   │   └── SpaceRetired        the given space was live here once, and has been left
    │   ├── SpaceUnknown            identity incomplete and not accepted by an operator
    │   ├── ModelDrift              the model loaded is not the model registered
    │   ├── StoreInUse              another process owns the indexes
    │   ├── SchemaMismatch          the database is older or newer than this vecstore
    │   ├── ArtifactDamaged         a trained model's files are not those that were written
    │   ├── BackupDamaged           a backup is not the one that was written
    │   ├── TrainingFailed          a training cannot go on, or not be gone on with
    │   ├── ReembedBlocked          a re-embedding is not in the state for this, or is kept from it
    │   └── StoreClosed
    ├── Overloaded                  back-pressure; try again after ``retry_after`` seconds
    ├── Unavailable                 the server cannot be reached, or is draining
    ├── DeadlineExceeded
    ├── PluginError                 a plugin is broken, or two claim one name
    ├── StorageError                disk full, folder not writable, database lost
    └── InternalError               a bug; ``error_id`` finds it in the server's log

``reason`` is the stable machine-readable name of a class (it is ``ErrorInfo.reason`` on the
wire); ``details`` holds the values involved as strings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar


class VecstoreError(Exception):
    """Root of the tree.

    Args:
        message: what was wrong, with the value, and what to do next.
        details: the values involved, as strings; they travel over the wire.
    """

    reason: ClassVar[str] = "VECSTORE_ERROR"

    def __init__(self, message: str, **details: object) -> None:
        super().__init__(message)
        self.message = message
        self.details: Mapping[str, str] = {key: str(value) for key, value in details.items()}

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.message, dict(self.details)))


def _rebuild(kind: type[VecstoreError], message: str, details: dict[str, str]) -> VecstoreError:
    return kind(message, **details)


class InvalidArgument(VecstoreError):
    """The call is wrong. ``details["field"]`` names the argument where one is to blame."""

    reason = "INVALID_ARGUMENT"


class InvalidVector(InvalidArgument):
    reason = "INVALID_VECTOR"


class SpaceRequired(InvalidArgument):
    reason = "SPACE_REQUIRED"


class InvalidInput(InvalidArgument):
    reason = "INVALID_INPUT"


class InvalidRecord(InvalidArgument):
    reason = "INVALID_RECORD"


class InvalidFilter(InvalidArgument):
    reason = "INVALID_FILTER"


class NotFound(VecstoreError):
    reason = "NOT_FOUND"


class EncoderNotFound(NotFound):
    reason = "ENCODER_NOT_FOUND"


class CollectionNotFound(NotFound):
    reason = "COLLECTION_NOT_FOUND"


class RecordNotFound(NotFound):
    reason = "RECORD_NOT_FOUND"


class AlreadyExists(VecstoreError):
    reason = "ALREADY_EXISTS"


class VersionConflict(VecstoreError):
    reason = "VERSION_CONFLICT"


class FailedPrecondition(VecstoreError):
    reason = "FAILED_PRECONDITION"


class SpaceMismatch(FailedPrecondition):
    """``details``: ``expected_*`` and ``given_*`` model, version, transform, dim, fingerprint."""

    reason = "SPACE_MISMATCH"


class SpaceRetired(SpaceMismatch):
    """``details`` as :class:`SpaceMismatch`; ``since``: when the space was left for ``live``."""

    reason = "SPACE_RETIRED"


class SpaceUnknown(FailedPrecondition):
    reason = "SPACE_UNKNOWN"


class ModelDrift(FailedPrecondition):
    """``details["changed"]`` names the parts of the identity that differ."""

    reason = "MODEL_DRIFT"


class StoreInUse(FailedPrecondition):
    reason = "STORE_IN_USE"


class SchemaMismatch(FailedPrecondition):
    reason = "SCHEMA_MISMATCH"


class ArtifactDamaged(FailedPrecondition):
    """``details["file"]`` names the file where one is to blame."""

    reason = "ARTIFACT_DAMAGED"


class BackupDamaged(FailedPrecondition):
    reason = "BACKUP_DAMAGED"


class TrainingFailed(FailedPrecondition):
    reason = "TRAINING_FAILED"


class ReembedBlocked(FailedPrecondition):
    reason = "REEMBED_BLOCKED"


class StoreClosed(FailedPrecondition):
    reason = "STORE_CLOSED"


class Overloaded(VecstoreError):
    reason = "OVERLOADED"

    @property
    def retry_after(self) -> float:
        """Seconds to wait before trying again."""
        return float(self.details.get("retry_after", "1"))


class Unavailable(VecstoreError):
    reason = "UNAVAILABLE"


class DeadlineExceeded(VecstoreError):
    reason = "DEADLINE_EXCEEDED"


class PluginError(VecstoreError):
    reason = "PLUGIN_ERROR"


class StorageError(VecstoreError):
    reason = "STORAGE_ERROR"


class InternalError(VecstoreError):
    reason = "INTERNAL"

    @property
    def error_id(self) -> str:
        """Finds the stack in the server's log."""
        return self.details.get("error_id", "")
