"""One training, from data to a registered release.

::

    data -> plan (kept, so that a resumed run is the same) -> fit -> sealed artifact -> registered

Until it is registered, all that a training writes lies in a work folder of its own.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from vecstore.artifacts.folder import Artifact
from vecstore.artifacts.places import disk_faults, full_disk
from vecstore.config import Settings
from vecstore.errors import AlreadyExists, InvalidArgument, TrainingFailed, VecstoreError
from vecstore.faults import plugins_faults
from vecstore.files.durable import write_whole
from vecstore.models import Models
from vecstore.registry import Registry
from vecstore.specs import Options
from vecstore.tasks import Optimised, PretextSpec, Progress, TorchJob, Trained, TrainingData
from vecstore.training.data import read_data
from vecstore.training.data.image_rules import OnSkipped
from vecstore.training.finish import finish
from vecstore.training.needs import libraries, require_installed
from vecstore.training.plan import Plan, read_plan, same_plan, write_plan
from vecstore.training.ranks import first_does, is_first
from vecstore.training.request import (
    OnProgress,
    TrainingRequest,
    about,
    check_request,
    image_rules,
    start_artifacts,
)

_SECONDS = "seconds.txt"
_FEWEST_MINUTES = 0.01


@dataclass(frozen=True, slots=True)
class _Run:
    """A training under way; see :class:`vecstore.tasks.Run`."""

    options: Options
    seed: int
    minutes: float | None
    folder: Path
    starts: Sequence[Artifact]
    report: OnProgress
    began: float

    def optimise(self, job: TorchJob) -> Optimised:
        from vecstore.training.trainer import optimise

        left = self.minutes
        if left is not None:  # some of it went into what the task did first
            left = max(_FEWEST_MINUTES, left - (time.monotonic() - self.began) / 60)
        return optimise(job, seed=self.seed, minutes=left, folder=self.folder, report=self.report)


def train(
    models: Models,
    registry: Registry,
    settings: Settings,
    request: TrainingRequest,
    data: object,
    on_progress: OnProgress | None = None,
    on_skipped: OnSkipped | None = None,
) -> None:
    """Train an encoder, and register it.

    Args:
        models: the store's releases.
        registry: the plugins.
        settings: limits on what is read.
        request: see there.
        data: a path, an iterable or a data set; see :func:`vecstore.training.data.read_data`.
        on_progress: is told how far it has come.
        on_skipped: (name, why) -> is told of each image that is passed over.

    Raises:
        AlreadyExists: the name and version are taken.
        InvalidArgument, InvalidInput: the request or the data does not serve.
        TrainingFailed: it cannot go on, or differs from the interrupted one that it resumes.
        StorageError: no room on the disk.
        PluginError: the task is broken.
    """
    spec = registry.pretext_spec(request.task)
    options = registry.resolve_options(spec, request.options)
    check_request(spec, request)
    _require_free(models, request.name)
    require_installed(spec)
    starts = start_artifacts(models, spec, request.starts)
    report = on_progress if on_progress and is_first() else lambda _: None
    report(Progress("reading"))
    rules = image_rules(spec, options, request, report, on_skipped)
    material = read_data(spec.reads, data, request.columns, settings, rules)
    plan = _plan(request, options, spec, material, starts, about(data, request.domain))
    places = models.places
    with places.held(request.name) if is_first() else nullcontext():
        models.require_free(request.name)  # another may have finished it meanwhile
        work = places.work(request.name)
        plan = first_does(lambda: _begin(work, plan, request), lambda: _begun(work, plan))
        began = time.monotonic()
        run = _Run(options, plan.seed, plan.minutes, _folder(work), starts, report, began)
        with _refusals(work), _clock(work) as seconds:
            trained = _fit(spec, run, material)
        report(Progress("registering"))
        first_does(lambda: finish(models, spec, plan, trained, starts, seconds()), lambda: None)
        if is_first():
            shutil.rmtree(work, ignore_errors=True)


def _require_free(models: Models, name: str) -> None:
    """Raise AlreadyExists where a name is taken; what its training left behind goes."""
    try:
        models.require_free(name)
    except AlreadyExists:
        work = models.places.work(name)
        if is_first() and work.exists():
            with contextlib.suppress(VecstoreError), models.places.held(name):
                shutil.rmtree(work, ignore_errors=True)
        raise


def _plan(
    request: TrainingRequest,
    options: Options,
    spec: PretextSpec,
    material: TrainingData,
    starts: Sequence[Artifact],
    known_as: Mapping[str, str],
) -> Plan:
    data = {"kind": str(spec.reads), "digest": material.digest, **material.counts}
    return Plan(
        name=request.name,
        task=spec.name,
        options=options,
        data=data,
        seed=request.seed,
        minutes=request.minutes,
        starts=[_named(start) for start in starts],
        libraries=libraries(spec),
        about=known_as,
    )


def _named(artifact: Artifact) -> dict[str, str]:
    return {"name": artifact.manifest.name, "fingerprint": artifact.manifest.fingerprint}


def _begin(work: Path, plan: Plan, request: TrainingRequest) -> Plan:
    """Make the work folder, or take up the one that an interrupted run left."""
    if request.restart or not any(_folder(work).glob("*")):
        shutil.rmtree(work, ignore_errors=True)  # nothing was reached, or is wanted
    old = read_plan(work)
    if old is not None and not request.resume:
        raise TrainingFailed(
            f"there is an unfinished training of {plan.name}; go on with --resume, or throw it "
            "away with --restart (resume=True or restart=True in Python)",
            encoder=plan.name,
        )
    if old is not None:
        return same_plan(old, plan)
    with disk_faults(work):
        shutil.rmtree(work, ignore_errors=True)
        _folder(work).mkdir(parents=True)
        write_plan(work, plan)
    return plan


def _begun(work: Path, plan: Plan) -> Plan:
    """What the first of several processes has begun."""
    return read_plan(work) or plan


def _folder(work: Path) -> Path:
    return work / "checkpoints"


def _fit(spec: PretextSpec, run: _Run, material: TrainingData) -> Trained:
    with plugins_faults(spec.name, "training"), full_disk(run.folder):
        return spec.fit(material, run)


@contextmanager
def _refusals(work: Path) -> Iterator[None]:
    """A training that is refused leaves nothing to go on with, unless it was gone on with."""
    resumed = any(_folder(work).glob("*"))
    try:
        yield
    except InvalidArgument:
        if is_first() and not resumed:
            shutil.rmtree(work, ignore_errors=True)
        raise


@contextmanager
def _clock(work: Path) -> Iterator[Callable[[], float]]:
    """Seconds of training, those before an interruption included."""
    file = work / _SECONDS
    before, began = _read_seconds(file), time.monotonic()
    try:
        yield lambda: before + time.monotonic() - began
    finally:
        if is_first():
            # Less than the training's own error, which must not be hidden by one of this file.
            with contextlib.suppress(OSError):
                write_whole(file, f"{before + time.monotonic() - began:.3f}")


def _read_seconds(file: Path) -> float:
    try:
        return float(file.read_text())
    except (OSError, ValueError):
        return 0.0
