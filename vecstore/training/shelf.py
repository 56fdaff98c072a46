"""The models that a store has trained or imported: listed, shown, exported, imported."""

from __future__ import annotations

from pathlib import Path

from vecstore.artifacts.bundle import read_bundle_manifest, unpack_bundle, write_bundle
from vecstore.artifacts.folder import Artifact, read_artifact
from vecstore.artifacts.places import disk_faults
from vecstore.encoders.trained import DIGEST
from vecstore.errors import InvalidArgument, VecstoreError
from vecstore.models import Models
from vecstore.registry import Registry
from vecstore.storage.releases import Release
from vecstore.training.finish import register_artifact
from vecstore.training.info import ModelInfo, read_runtime


class Shelf:
    """The trained models of a store.

    Args:
        models: its releases.
        registry: the plugins, for the tasks that there are.
    """

    def __init__(self, models: Models, registry: Registry) -> None:
        self._models = models
        self._registry = registry

    def list(self) -> list[ModelInfo]:
        """Every trained model, by name; one whose artifact cannot be read says why."""
        tasks = {spec.name for spec in self._registry.pretext_specs()}
        return [self._info(release) for release in self._models.releases(tasks)]

    def get(self, name: str) -> ModelInfo:
        """One trained model.

        Raises:
            EncoderNotFound: there is no release of this name.
            InvalidArgument: it was not trained here.
            ArtifactDamaged: its artifact is not what was written.
        """
        release = self._trained(name)
        return _describe(release, self._artifact(release))

    def export(self, name: str, file: Path) -> str:
        """Write a trained model to one file.

        Returns:
            The artifact's digest.

        Raises:
            InvalidArgument: it was not trained here, or the file is there already.
            ArtifactDamaged: its artifact is not what was written.
            StorageError: no room on the disk.
        """
        artifact = self._artifact(self._trained(name))
        with disk_faults(file):
            write_bundle(artifact, file)
        return artifact.manifest.digest

    def import_(self, file: Path) -> ModelInfo:
        """Take in a trained model from one file, under the name that it was trained as.

        Raises:
            AlreadyExists: the name is taken.
            ArtifactDamaged: a byte of it was altered.
            InvalidArgument: there is no such file, or no task here loads it.
            ModelDrift: it gives other vectors on this machine than where it was trained.
            StorageError: no room on the disk.
        """
        manifest = read_bundle_manifest(file)
        self._registry.pretext_spec(manifest.task)
        places, name = self._models.places, manifest.name
        self._models.require_free(name)
        with places.held(name), places.staging(name) as folder:
            register_artifact(self._models, unpack_bundle(file, folder))
        return self.get(name)

    def _trained(self, name: str) -> Release:
        release = self._models.resolve(name)
        if release.loader not in {spec.name for spec in self._registry.pretext_specs()}:
            raise InvalidArgument(
                f"{release.name} was not trained by a pretext task (its loader is "
                f"{release.loader}); vecstore encoders show {release.name} says what is known",
                field="encoder",
            )
        return release

    def _artifact(self, release: Release) -> Artifact:
        folder = Path(self._models.places.resolve(release.source))
        return read_artifact(folder, digest=release.options.get(DIGEST))

    def _info(self, release: Release) -> ModelInfo:
        try:
            return _describe(release, self._artifact(release))
        except VecstoreError as error:
            return ModelInfo(release.name, release.space, None, problem=error.message)


def _describe(release: Release, artifact: Artifact) -> ModelInfo:
    return ModelInfo(release.name, release.space, artifact.manifest, read_runtime(artifact))
