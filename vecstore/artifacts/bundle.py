"""An artifact as one file: a zip archive, nothing compressed, with the manifest in front."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from vecstore.artifacts.folder import Artifact, read_artifact
from vecstore.artifacts.manifest import MANIFEST, Manifest
from vecstore.errors import ArtifactDamaged, InvalidArgument
from vecstore.files.durable import sync

_MAX_MANIFEST_BYTES = 64 * 1024 * 1024
_PIECE = 1024 * 1024
_ENCRYPTED = 1


def write_bundle(artifact: Artifact, file: Path) -> None:
    """Write an artifact to one file, which appears whole or not at all.

    Raises:
        InvalidArgument: there is a file of this name already.
        OSError: the disk's answer.
    """
    if file.exists():
        raise InvalidArgument(
            f"{str(file)!r} is there already; choose another name, or remove it", field="file"
        )
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=".export-") as folder:
        beside = Path(folder) / "bundle"
        with zipfile.ZipFile(beside, "w", zipfile.ZIP_STORED, strict_timestamps=False) as archive:
            for name in (MANIFEST, *artifact.manifest.files):
                archive.write(artifact.folder / name, name)
        sync(beside)
        beside.replace(file)


def read_bundle_manifest(file: Path) -> Manifest:
    """The manifest of an artifact in one file; its other files are not looked at.

    Raises:
        InvalidArgument: there is no such file.
        ArtifactDamaged: it is no artifact, or its manifest was altered.
    """
    with _opened(file) as archive, _read_faults(file):
        about = archive.getinfo(MANIFEST)
        _require_stored(about, file)
        if about.file_size > _MAX_MANIFEST_BYTES:
            raise ArtifactDamaged(f"the manifest in {str(file)!r} is too large", file=MANIFEST)
        return Manifest.from_json(archive.read(about))


def unpack_bundle(file: Path, folder: Path) -> Artifact:
    """Unpack an artifact into an empty folder, every byte of it checked.

    Only the files that the manifest lists are written, and nothing outside of the folder.

    Raises:
        InvalidArgument: there is no such file.
        ArtifactDamaged: it is no artifact, or a byte of it was altered.
        OSError: the disk's answer.
    """
    manifest = read_bundle_manifest(file)
    with _opened(file) as archive:
        _unpack(archive, file, MANIFEST, folder, _MAX_MANIFEST_BYTES)
        for name, entry in manifest.files.items():
            _unpack(archive, file, name, folder, entry.bytes)
    return read_artifact(folder, digest=manifest.digest)


def _unpack(archive: zipfile.ZipFile, file: Path, name: str, folder: Path, most: int) -> None:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name:
        raise ArtifactDamaged(
            f"{str(file)!r} holds a file that would lie outside of the artifact: {name!r}; do not "
            "trust where it came from",
            file=name,
        )
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as copy:
        for piece in _pieces(archive, file, name, most):
            copy.write(piece)


def _pieces(archive: zipfile.ZipFile, file: Path, name: str, most: int) -> Iterator[bytes]:
    with _read_faults(file):
        about = archive.getinfo(name)
        _require_stored(about, file)
        if about.file_size > most:
            raise ArtifactDamaged(
                f"{name!r} in {str(file)!r} is larger than its manifest says; get the file again",
                file=name,
            )
        source = archive.open(about)
    with source:
        while piece := _piece(source, file):
            yield piece


def _piece(source: IO[bytes], file: Path) -> bytes:
    with _read_faults(file):
        return source.read(_PIECE)


def _require_stored(about: zipfile.ZipInfo, file: Path) -> None:
    """Nothing in a bundle is compressed, so that nothing grows when it is unpacked."""
    if about.compress_type != zipfile.ZIP_STORED or about.flag_bits & _ENCRYPTED:
        raise ArtifactDamaged(
            f"{about.filename!r} in {str(file)!r} is compressed or encrypted, which no exported "
            "model is; get the file again",
            file=about.filename,
        )


def _opened(file: Path) -> zipfile.ZipFile:
    if not file.is_file():
        raise InvalidArgument(
            f"there is no file {str(file)!r}; give one that `vecstore models export` wrote",
            field="file",
        )
    with _read_faults(file):
        return zipfile.ZipFile(file)


@contextmanager
def _read_faults(file: Path) -> Iterator[None]:
    """What a damaged archive makes the library raise, told as ArtifactDamaged."""
    try:
        yield
    except (zipfile.BadZipFile, EOFError, OSError, LookupError, ValueError, RuntimeError) as error:
        raise ArtifactDamaged(
            f"{str(file)!r} holds no whole artifact ({error}); give a file that "
            "`vecstore models export` wrote, or get it again",
            file=str(file),
        ) from error
