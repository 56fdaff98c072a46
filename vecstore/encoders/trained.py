"""What was trained here, loaded: every pretext task is the loader of its own artifacts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vecstore.artifacts.folder import read_artifact, read_manifest
from vecstore.artifacts.manifest import Manifest
from vecstore.errors import InvalidArgument
from vecstore.evaluations import TaskCard
from vecstore.specs import Encoder, EncoderSpec, Option, Options
from vecstore.tasks import PretextSpec

DIGEST = "digest"

# What is no count of a manifest's data.
_NAMED = ("kind", "name", "digest", "domain")
_OPTION = Option(DIGEST, str, None, "digest that the artifact must have; any where it is not set")


def trained_loader(task: PretextSpec) -> EncoderSpec:
    """The loader of a task's artifacts; its source is an artifact's folder."""

    def load(source: str, options: Options) -> Encoder:
        """Load an artifact, every byte of it checked.

        Raises:
            InvalidArgument: there is no artifact, or another task made it.
            ArtifactDamaged: it is not what was written, or not the one on record.
        """
        artifact = read_artifact(Path(source), digest=options[DIGEST])
        if artifact.manifest.task != task.name:
            raise InvalidArgument(
                f"the artifact in {source!r} was trained by {artifact.manifest.task}, not by "
                f"{task.name}; load it with --loader {artifact.manifest.task}",
                field="loader",
            )
        return task.load(artifact, {n: v for n, v in options.items() if n != DIGEST})

    return EncoderSpec(
        loader=task.name,
        summary=f"What was trained by the pretext task {task.name}: {task.summary}",
        modalities=task.modalities,
        load=load,
        options=(*task.load_options, _OPTION),
        card=lambda source: _card(task, read_manifest(Path(source))),
    )


def _card(task: PretextSpec, manifest: Manifest) -> TaskCard:
    data = _data(manifest.data)
    if manifest.lineage:
        data["started_from"] = [one["name"] for one in manifest.lineage]
    return TaskCard(f"{task.name}: {task.summary}", data, "the artifact's manifest")


def _data(said: Mapping[str, Any]) -> dict[str, Any]:
    """What a manifest says of its data, the counts apart."""
    named = {key: said[key] for key in _NAMED if said.get(key) is not None}
    return {**named, "counts": {key: value for key, value in said.items() if key not in _NAMED}}
