"""From a trained backbone to a release: sealed, loaded again, checked, in place, registered."""

from __future__ import annotations

import json
import math
import platform
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np

from vecstore.artifacts.folder import Artifact, entries, put_in_place, seal_artifact
from vecstore.artifacts.manifest import Manifest
from vecstore.artifacts.places import SOURCE, disk_faults, full_disk
from vecstore.encoders.canary import canary_vectors
from vecstore.encoders.trained import DIGEST
from vecstore.errors import ArtifactDamaged, TrainingFailed, VecstoreError
from vecstore.faults import plugins_faults
from vecstore.instants import now
from vecstore.models import Carried, Models
from vecstore.spaces import FloatArray
from vecstore.specs import Encoder
from vecstore.tasks import PretextSpec, Trained
from vecstore.training.info import RUNTIME, read_runtime
from vecstore.training.plan import Plan

CANARIES = "canaries.npy"


def finish(
    models: Models,
    spec: PretextSpec,
    plan: Plan,
    trained: Trained,
    starts: Sequence[Artifact],
    seconds: float,
) -> None:
    """Make an artifact of a trained backbone, and register it under the plan's name.

    Raises:
        PluginError: the task cannot load what it wrote, or loads something else.
        TrainingFailed: a figure on held-out data is no number.
        StorageError: no room on the disk.
    """
    _require_numbers(plan, trained)
    with models.places.staging(plan.name) as folder:
        with plugins_faults(spec.name, "writing the trained model"), full_disk(folder):
            trained.write(folder)
        draft = _manifest(plan, trained, starts, seconds)
        with plugins_faults(spec.name, "loading the model that it has trained"):
            defaults = {option.name: option.default for option in spec.load_options}
            encoder = spec.load(_unsealed(folder, draft), defaults)
        sealed = _seal(folder, draft, encoder, trained.runtime)
        encoder.close()
        register_artifact(models, sealed)


def register_artifact(models: Models, artifact: Artifact) -> None:
    """Give a sealed artifact its place in the store, and put it on record.

    The release is on record only if the encoder, loaded from that place, is the one of the
    manifest: same fingerprint, and the canaries that came along.

    Raises:
        AlreadyExists: its name is taken.
        ArtifactDamaged: its canaries or versions cannot be read.
        ModelDrift: it gives other vectors here than where it was trained.
        StorageError: no room on the disk.
    """
    manifest = artifact.manifest
    read_runtime(artifact)
    carried = Carried(manifest.parts, manifest.fingerprint, read_canaries(artifact))
    models.require_free(manifest.name)
    place = models.places.artifact(manifest.name)
    with disk_faults(place):
        # Unregistered, so nothing relies on it: left by a training that was killed at this point.
        shutil.rmtree(place, ignore_errors=True)
        put_in_place(artifact, place)
    try:
        models.register(
            manifest.name,
            manifest.task,
            SOURCE + manifest.name,
            {DIGEST: manifest.digest},
            carried=carried,
        )
    except VecstoreError:
        # After the commit nothing of the kind is raised; what else ends this may come later.
        shutil.rmtree(place, ignore_errors=True)
        raise


def read_canaries(artifact: Artifact) -> FloatArray:
    """The canary vectors that an artifact brings along, shape (n, dim), float32.

    Raises:
        ArtifactDamaged: it brings something else.
    """
    try:
        vectors = np.load(artifact.file(CANARIES), mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise ArtifactDamaged(
            f"{CANARIES} of {artifact.manifest.name} cannot be read ({error}); get the artifact "
            "again",
            file=CANARIES,
        ) from error
    shape = getattr(vectors, "shape", ())
    if shape[1:] != (artifact.manifest.dim,) or vectors.dtype != np.float32:
        raise ArtifactDamaged(
            f"{CANARIES} of {artifact.manifest.name} has shape {shape}; float32 rows of "
            f"{artifact.manifest.dim} numbers are needed: get the artifact again",
            file=CANARIES,
        )
    return np.array(vectors)


def _require_numbers(plan: Plan, trained: Trained) -> None:
    points = ((p.loss, p.validation, *p.metrics.values()) for p in trained.curve)
    for number in chain(trained.metrics.values(), chain.from_iterable(points)):
        if number is not None and not math.isfinite(number):
            raise TrainingFailed(
                f"{plan.name} was trained, but judged by {number}, which is no number: {plan.task} "
                "has learnt nothing that can be used. Train on more data, or with a smaller "
                "learning_rate",
                encoder=plan.name,
            )


def _manifest(plan: Plan, trained: Trained, starts: Sequence[Artifact], seconds: float) -> Manifest:
    return Manifest(
        name=plan.name,
        task=plan.task,
        options=dict(plan.options),
        encoder=dict(trained.encoder),
        data={**plan.data, **plan.about},
        seed=plan.seed,
        minutes=plan.minutes,
        seconds=round(seconds, 3),
        sizes=dict(trained.sizes),
        metrics=dict(trained.metrics),
        curve=tuple(trained.curve),
        lineage=_lineage(plan, starts),
        fingerprint="",
        parts={},
        dim=0,
        created_at=now(),
        files={},
        notes=tuple(trained.notes),
    )


def _lineage(plan: Plan, starts: Sequence[Artifact]) -> tuple[Mapping[str, str], ...]:
    """What it started from, then what that started from; each once."""
    former = (one for start in starts for one in start.manifest.lineage)
    found: dict[str, Mapping[str, str]] = {}
    for one in (*plan.starts, *former):
        found.setdefault(one["name"], dict(one))
    return tuple(found.values())


def _unsealed(folder: Path, draft: Manifest) -> Artifact:
    return Artifact(folder, replace(draft, files=entries(folder)))


def _seal(folder: Path, draft: Manifest, encoder: Encoder, runtime: Mapping[str, str]) -> Artifact:
    with plugins_faults(draft.task, "its canaries"):
        identity, canaries = encoder.identity(), canary_vectors(encoder)
    with disk_faults(folder):
        np.save(folder / CANARIES, canaries, allow_pickle=False)
        (folder / RUNTIME).write_text(json.dumps(_runtime(encoder, runtime), indent=1))
        return seal_artifact(
            folder,
            replace(
                draft,
                fingerprint=identity.fingerprint,
                parts=dict(identity.parts),
                dim=encoder.dim,
            ),
        )


def _runtime(encoder: Encoder, trained: Mapping[str, str]) -> dict[str, str]:
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        **encoder.runtime(),
        **trained,
    }
