"""The outer form of a backup: a tar archive of plain files, closed by a seal.

Every byte of it follows from the members' names, sizes and contents: the headers are written one
way only, so a reader compares them instead of parsing them. The last member, the seal, has the
sha256 of everything before it and the size of the manifest, which is the member before it.
"""

from __future__ import annotations

import json
import tarfile
from dataclasses import dataclass

BLOCK = 512
SEAL = "seal.json"
_SEAL_BYTES = BLOCK
_END = bytes(2 * BLOCK)
TAIL_BYTES = BLOCK + _SEAL_BYTES + len(_END)


@dataclass(frozen=True, slots=True)
class Member:
    """One member: its name, its size in bytes, and the sha256 (hex) of its content."""

    name: str
    bytes: int
    sha256: str

    @property
    def span(self) -> int:
        """Bytes that it takes up in the file, header and padding included."""
        return BLOCK + self.bytes + len(padding(self.bytes))


def header(name: str, size: int) -> bytes:
    """The header of a member."""
    about = tarfile.TarInfo(name)
    about.size, about.mode = size, 0o600
    return about.tobuf(tarfile.USTAR_FORMAT)


def padding(size: int) -> bytes:
    """What follows a member's content."""
    return bytes(-size % BLOCK)


def tail(sha256: str, manifest_bytes: int) -> bytes:
    """The seal with all that belongs to it, which is the end of the file.

    Args:
        sha256: (hex) of all bytes before it.
        manifest_bytes: size of the manifest.
    """
    said = json.dumps({"sha256": sha256, "manifest_bytes": manifest_bytes})
    return header(SEAL, _SEAL_BYTES) + said.encode().ljust(_SEAL_BYTES) + _END


def sealed(end: bytes) -> int | None:
    """The manifest's size by the last :data:`TAIL_BYTES` of a file; None where they are no seal."""
    try:
        size = json.loads(end[BLOCK : BLOCK + _SEAL_BYTES])["manifest_bytes"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    return size if type(size) is int and size >= 0 else None
