"""One training, from data to a registered release.

::

    data -> plan (kept, so that a resumed run is the same) -> fit -> sealed artifact -> registered

Until it is registered, all that a training writes lies in a work folder of its own.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from vecstore.artifacts.folder import Artifact, read_artifact
from vecstore.artifacts.places import disk_faults, full_disk
from vecstore.config import Settings
from vecstore.errors import AlreadyExists, InvalidArgument, TrainingFailed, VecstoreError
from vecstore.faults import plugins_faults
from vecstore.files.durable import write_whole
from vecstore.models import Models
from vecstore.registry import Registry
from vecstore.spaces import split_full_name
from vecstore.specs import Options
from vecstore.tasks import Optimised, PretextSpec, Progress, TorchJob, Trained, TrainingData
from vecstore.training.data import DataColumns, ImageRules, read_data
from vecstore.training.data.image_rules import STOP, OnSkipped
from vecstore.training.finish import finish
from vecstore.training.needs import libraries, require_installed
from vecstore.training.plan import Plan, read_plan, same_plan, write_plan
from vecstore.training.ranks import first_does, is_first, world_size

OnProgress = Callable[[Progress], None]

_SECONDS = "seconds.txt"
_MAX_SEED = 2**32 - 1
_FEWEST_MINUTES = 0.01


@dataclass(frozen=True, slots=True)
class TrainingRequest:
    """What somebody asks for.

    Args:
        task: the pretext task's name.
        name: ``model@version`` to train.
        options: the task's options that differ from their defaults.
        columns: which columns of the data are what.
        seed: of everything random, 0 to 2^32 - 1.
        minutes: the budget; None for what the options say.
        starts: ``model@version`` of each artifact to start from.
        image_folder: what relative paths of images in rows start from.
        on_error: "stop" at an image that cannot be used, or "skip" it.
        resume: go on with an interrupted training of this name, if there is one.
        restart: throw an interrupted training of this name away.
    """

    task: str
    name: str
    options: Options = field(default_factory=dict)
    columns: DataColumns = field(default_factory=DataColumns)
    seed: int = 0
    minutes: float | None = None
    starts: Sequence[str] = ()
    image_folder: str | Path | None = None
    on_error: str = STOP
    resume: bool = False
    restart: bool = False


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
    _check(spec, request)
    _require_free(models, request.name)
    require_installed(spec)
    starts = _starts(models, spec, request.starts)
    report = on_progress if on_progress and is_first() else lambda _: None
    report(Progress("reading"))
    rules = _rules(spec, options, request, report, on_skipped)
    material = read_data(spec.reads, data, request.columns, settings, rules)
    plan = _plan(request, options, spec, material, starts)
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


def _check(spec: PretextSpec, request: TrainingRequest) -> None:
    split_full_name(request.name)
    if not 0 <= request.seed <= _MAX_SEED:
        raise InvalidArgument(f"seed is {request.seed}; 0 to {_MAX_SEED} are allowed", field="seed")
    if request.minutes is not None and not 0 < request.minutes < float("inf"):
        raise InvalidArgument(
            f"minutes is {request.minutes}; a number above 0 is needed", field="minutes"
        )
    if request.resume and request.restart:
        raise InvalidArgument(
            "resume and restart exclude each other: go on, or begin anew", field="restart"
        )
    if world_size() > 1 and "torch" not in spec.requires:
        raise InvalidArgument(
            f"{spec.name} trains in one process; run it without torchrun", field="task"
        )


def _rules(
    spec: PretextSpec,
    options: Options,
    request: TrainingRequest,
    report: OnProgress,
    on_skipped: OnSkipped | None,
) -> ImageRules | None:
    """How images are read; None where the task wants none."""
    if spec.frame is None:
        if request.image_folder is not None or request.on_error != STOP:
            raise InvalidArgument(
                f"image_folder and on_error are for tasks that learn from images, and {spec.name} "
                f"learns from {spec.reads}; leave them out",
                field="on_error" if request.image_folder is None else "image_folder",
            )
        return None
    with plugins_faults(spec.name, "saying which images it wants"):
        frame = spec.frame(options)
    folder = None if request.image_folder is None else Path(request.image_folder)
    told = on_skipped if on_skipped and is_first() else lambda *_: None
    return ImageRules(frame, folder, request.on_error, told, report)


def _starts(models: Models, spec: PretextSpec, names: Sequence[str]) -> list[Artifact]:
    """The artifacts to start from, whole and those on record."""
    if len(names) > 1 and len(names) > spec.most_starts:
        raise InvalidArgument(
            f"{spec.name} starts from at most {spec.most_starts} trained "
            f"{'model' if spec.most_starts == 1 else 'models'}, and {len(names)} are named: "
            f"{', '.join(names)}; leave some out",
            field="start",
        )
    starts = [_start(models, spec, name) for name in names]
    found = [start.manifest.name for start in starts]
    for name in found:
        if found.count(name) > 1:
            raise InvalidArgument(
                f"{name} is named twice to start from; name each model once", field="start"
            )
    return starts


def _start(models: Models, spec: PretextSpec, name: str) -> Artifact:
    release = models.resolve(name)
    if release.loader not in spec.starts_from:
        allowed = " or ".join(spec.starts_from) or "nothing: it always begins from scratch"
        raise InvalidArgument(
            f"{spec.name} cannot start from {release.name}, a model of {release.loader}; it "
            f"starts from {allowed}",
            field="start",
        )
    folder = Path(models.places.resolve(release.source))
    return read_artifact(folder, digest=release.options.get("digest"))


def _plan(
    request: TrainingRequest,
    options: Options,
    spec: PretextSpec,
    material: TrainingData,
    starts: Sequence[Artifact],
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
