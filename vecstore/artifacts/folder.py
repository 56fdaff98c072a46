"""An artifact's folder: written once, whole and on the disk, and believed only by its digests."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from vecstore.artifacts.manifest import MANIFEST, FileEntry, Manifest
from vecstore.errors import ArtifactDamaged, InvalidArgument
from vecstore.files.durable import sync

_PIECE = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Artifact:
    """A trained model on this machine.

    Args:
        folder: where it lies.
        manifest: what it is.
    """

    folder: Path
    manifest: Manifest

    def file(self, name: str) -> Path:
        """The path of one of its files.

        Raises:
            ArtifactDamaged: it has no file of this name.
        """
        if name not in self.manifest.files:
            raise ArtifactDamaged(
                f"the artifact {self.manifest.name} has no file {name!r}; its files are: "
                f"{', '.join(sorted(self.manifest.files))}",
                file=name,
            )
        return self.folder / name


def read_artifact(folder: Path, *, digest: str | None = None) -> Artifact:
    """Open an artifact, every byte of it checked.

    Args:
        folder: where it lies.
        digest: what its manifest's digest must be; None to believe the manifest.

    Raises:
        InvalidArgument: there is no artifact in the folder.
        ArtifactDamaged: a byte of it was altered, or a file is missing.
    """
    manifest = read_manifest(folder)
    if digest is not None and manifest.digest != digest:
        raise ArtifactDamaged(
            f"the artifact in {str(folder)!r} has the digest {manifest.digest[:12]}, and "
            f"{digest[:12]} is on record: it was exchanged; put the one on record back",
            file=MANIFEST,
        )
    for name, entry in manifest.files.items():
        _check(folder, name, entry)
    return Artifact(folder, manifest)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of an artifact, alone: nothing else of the folder is looked at.

    Raises:
        InvalidArgument: there is no artifact in the folder.
        ArtifactDamaged: the manifest was altered.
    """
    try:
        text = (folder / MANIFEST).read_bytes()
    except OSError as error:
        raise InvalidArgument(
            f"{str(folder)!r} holds no trained model ({MANIFEST}: {error.strerror}); give the "
            "folder of one, or get it in with: vecstore models import FILE",
            field="source",
        ) from error
    return Manifest.from_json(text)


def seal_artifact(folder: Path, manifest: Manifest) -> Artifact:
    """Make a folder that holds all files but the manifest an artifact, durable to the last byte.

    Args:
        folder: holds the files.
        manifest: whose ``files`` are filled in here.

    Raises:
        OSError: the disk's answer.
    """
    sealed = replace(manifest, files=entries(folder))
    (folder / MANIFEST).write_text(sealed.to_json())
    mode = (folder / MANIFEST).stat().st_mode  # some libraries write files for their owner only
    for name in sealed.files:
        (folder / name).chmod(mode)
    for name in (*sealed.files, MANIFEST):
        sync(folder / name)
    for inner in (*(p for p in folder.rglob("*") if p.is_dir()), folder):
        sync(inner)
    return Artifact(folder, sealed)


def put_in_place(artifact: Artifact, folder: Path) -> Artifact:
    """Give an artifact its name on the disk, in one step.

    Raises:
        OSError: the disk's answer; the name being taken is one.
    """
    artifact.folder.rename(folder)
    sync(folder.parent)
    return Artifact(folder, artifact.manifest)


def entries(folder: Path) -> dict[str, FileEntry]:
    """Every file of a folder, by name."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): file_entry(path) for path in files}


def file_entry(path: Path) -> FileEntry:
    """Digest and size of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
        return FileEntry(digest.hexdigest(), file.tell())


def _check(folder: Path, name: str, entry: FileEntry) -> None:
    try:
        found = file_entry(folder / name)
    except OSError as error:
        raise ArtifactDamaged(
            f"the artifact in {str(folder)!r} lacks its file {name!r} ({error.strerror}); get the "
            "artifact again",
            file=name,
        ) from error
    if found != entry:
        raise ArtifactDamaged(
            f"the file {name!r} of the artifact in {str(folder)!r} was altered: its digest is "
            f"{found.sha256[:12]} and was {entry.sha256[:12]}; get the artifact again",
            file=name,
        )
