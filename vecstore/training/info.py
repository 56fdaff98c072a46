"""What is known of a model that was trained here or imported."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vecstore.artifacts.folder import Artifact
from vecstore.artifacts.manifest import Manifest
from vecstore.errors import ArtifactDamaged
from vecstore.spaces import Space

RUNTIME = "runtime.json"


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A trained model.

    Args:
        name: ``model@version``.
        space: where its vectors live.
        manifest: task, options, data, metrics, learning curve, lineage; None where ``problem``
            says why it cannot be read.
        runtime: versions of what trained it; no part of its identity.
        problem: what is wrong with its artifact; empty where nothing is.
    """

    name: str
    space: Space
    manifest: Manifest | None
    runtime: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""

    def __hash__(self) -> int:
        return hash(self.space)


def read_runtime(artifact: Artifact) -> dict[str, str]:
    """The versions that an artifact's training saw.

    Raises:
        ArtifactDamaged: the file holds something else.
    """
    try:
        said: dict[str, Any] = json.loads(artifact.file(RUNTIME).read_bytes())
        return {str(key): str(value) for key, value in said.items()}
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        raise ArtifactDamaged(
            f"{RUNTIME} of {artifact.manifest.name} cannot be read ({error!r}); get the artifact "
            "again",
            file=RUNTIME,
        ) from error
