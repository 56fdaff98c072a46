"""An artifact as one file: a zip archive, nothing compressed, with the manifest in front."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path, PurePosixPath

from vecstore.artifacts.folder import Artifact, read_artifact
from vecstore.artifacts.manifest import MANIFEST, Manifest
from vecstore.errors import ArtifactDamaged, InvalidArgument

_MAX_MANIFEST_BYTES = 64 * 1024 * 1024


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
    beside = file.with_name(f"{file.name}.tmp")
    try:
        with zipfile.ZipFile(beside, "w", zipfile.ZIP_STORED) as archive:
            for name in (MANIFEST, *artifact.manifest.files):
                archive.write(artifact.folder / name, name)
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)


def read_bundle_manifest(file: Path) -> Manifest:
    """The manifest of an artifact in one file; its other files are not looked at.

    Raises:
        InvalidArgument: there is no such file.
        ArtifactDamaged: it is no artifact, or its manifest was altered.
    """
    with _opened(file) as archive:
        try:
            about = archive.getinfo(MANIFEST)
            if about.file_size > _MAX_MANIFEST_BYTES:
                raise ArtifactDamaged(f"the manifest in {str(file)!r} is too large", file=MANIFEST)
            return Manifest.from_json(archive.read(about))
        except (KeyError, *_ZIP_ERRORS) as error:
            raise _no_bundle(file, error) from error


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
        for name in (MANIFEST, *manifest.files):
            _unpack(archive, file, name, folder)
    return read_artifact(folder, digest=manifest.digest)


_ZIP_ERRORS = (zipfile.BadZipFile, EOFError, RuntimeError, NotImplementedError)


def _unpack(archive: zipfile.ZipFile, file: Path, name: str, folder: Path) -> None:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name:
        raise ArtifactDamaged(
            f"{str(file)!r} holds a file that would lie outside of the artifact: {name!r}; do not "
            "trust where it came from",
            file=name,
        )
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with archive.open(name) as source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy)
    except (KeyError, *_ZIP_ERRORS) as error:
        raise ArtifactDamaged(
            f"{name!r} in {str(file)!r} was altered or is missing ({error}); get the file again",
            file=name,
        ) from error


def _opened(file: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except OSError as error:
        raise InvalidArgument(
            f"cannot read {str(file)!r}: {error.strerror}; give a file that "
            "`vecstore models export` wrote",
            field="file",
        ) from error
    except _ZIP_ERRORS as error:
        raise _no_bundle(file, error) from error


def _no_bundle(file: Path, error: Exception) -> ArtifactDamaged:
    return ArtifactDamaged(
        f"{str(file)!r} holds no whole artifact ({error}); give a file that "
        "`vecstore models export` wrote, or get it again",
        file=str(file),
    )
