"""What somebody asks of a training, checked before anything is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vecstore.artifacts.folder import Artifact, read_artifact
from vecstore.errors import InvalidArgument, PluginError
from vecstore.faults import plugins_faults
from vecstore.inputs import text_flaw
from vecstore.models import Models
from vecstore.spaces import split_full_name
from vecstore.specs import Options
from vecstore.tasks import DataKind, PretextSpec, Progress
from vecstore.training.data import DataColumns, ImageRules
from vecstore.training.data.image_rules import STOP, OnSkipped
from vecstore.training.data.rows import as_path
from vecstore.training.ranks import is_first, world_size

OnProgress = Callable[[Progress], None]

_MAX_SEED = 2**32 - 1
_MAX_DOMAIN = 500
_IMAGES = (DataKind.IMAGES, DataKind.LABELLED_IMAGES, DataKind.PAIRS)


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
        domain: what the data is about, in the words of whoever knows it.
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
    domain: str = ""


def check_request(spec: PretextSpec, request: TrainingRequest) -> None:
    """Check what can be checked without reading anything.

    Raises:
        InvalidArgument: the request does not serve.
    """
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
    flaw = text_flaw(request.domain)
    if flaw or len(request.domain) > _MAX_DOMAIN:
        raise InvalidArgument(
            f"domain {'contains ' + flaw if flaw else f'has {len(request.domain)} characters'}; "
            f"say in at most {_MAX_DOMAIN} characters what the data is about",
            field="domain",
        )
    if world_size() > 1 and "torch" not in spec.requires:
        raise InvalidArgument(
            f"{spec.name} trains in one process; run it without torchrun", field="task"
        )


def about(data: object, domain: str) -> Mapping[str, str]:
    """What people know of the data: the name of its file or folder, and its domain if it is given.

    Args:
        data: what to train on.
        domain: see :class:`TrainingRequest`.
    """
    path = as_path(data)
    name = "data given by Python" if path is None else path.resolve().name
    if text_flaw(name):
        name = ascii(name)
    return {"name": name, "domain": domain.strip()} if domain.strip() else {"name": name}


def start_artifacts(models: Models, spec: PretextSpec, names: Sequence[str]) -> list[Artifact]:
    """The artifacts to start from, whole and those on record.

    Raises:
        EncoderNotFound: there is no such model.
        InvalidArgument: too many, one twice, or one that the task cannot start from.
        ArtifactDamaged: one is not what it was.
    """
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


def image_rules(
    spec: PretextSpec,
    options: Options,
    request: TrainingRequest,
    report: OnProgress,
    on_skipped: OnSkipped | None,
) -> ImageRules | None:
    """How images are read; None where the task wants none.

    Raises:
        InvalidArgument: what is asked does not go with the task, or there is no such folder.
        PluginError: the task does not say which images it wants.
    """
    if spec.reads not in _IMAGES:
        if request.image_folder is not None or request.on_error != STOP:
            raise InvalidArgument(
                f"image_folder and on_error are for tasks that learn from images, and {spec.name} "
                f"learns from {spec.reads}; leave them out",
                field="on_error" if request.image_folder is None else "image_folder",
            )
        return None
    if spec.frame is None:
        raise PluginError(
            f"the pretext task {spec.name} learns from {spec.reads} and has no frame to read them "
            "to, which is a fault of its plugin; report it to the plugin's author",
            task=spec.name,
        )
    with plugins_faults(spec.name, "saying which images it wants"):
        frame = spec.frame(options)
    folder = None if request.image_folder is None else Path(request.image_folder)
    told = on_skipped if on_skipped and is_first() else lambda *_: None
    return ImageRules(frame, folder, request.on_error, told, report)
