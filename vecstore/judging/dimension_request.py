"""What is asked of ``dimensions``, and the vectors that it is asked of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from vecstore.errors import InvalidArgument, InvalidInput
from vecstore.inputs import shorten
from vecstore.judging.data import InputColumns, Inputs, read_inputs
from vecstore.judging.data.items import ItemReader
from vecstore.judging.dimension_sides import Encoded, Side
from vecstore.judging.parts import Parts
from vecstore.judging.subjects import Subject, find_subjects
from vecstore.records import Role
from vecstore.tasks import Progress

SAMPLES = 12
LIMIT = 20_000
FEWEST = 20

_HALVINGS = 4
_UNLABELLED = (
    "there are no labels, and so no accuracy: give a column of labels (--label-column, "
    "label_column= in Python), or a folder of a folder for each class"
)


@dataclass(frozen=True, slots=True, eq=False)
class DimensionsRequest:
    """Vectors of one encoder that are to be reduced.

    Args:
        encoder: ``model@version``.
        data: what it encodes.
        test: what is held out; None for a part of ``data``.
        labels: whether the data has labels; None to look.
        columns: which column of the data is what.
        dims: numbers a vector; None for a half, a quarter, an eighth and a sixteenth of all.
        samples: of each class, known to the nearest neighbour.
        seed: of everything drawn.
        limit: inputs at most; of more, a sample.
        on_error: "stop" at an input that cannot be used, or "skip" it.
        on_progress: told how far it has come.
        on_skipped: (place, why) -> told of each input that is passed over.

    Raises:
        InvalidArgument: a number that makes no sense.
    """

    encoder: str
    data: object
    test: object = None
    labels: bool | None = None
    columns: InputColumns = field(default_factory=InputColumns)
    dims: tuple[int, ...] | None = None
    samples: int = SAMPLES
    seed: int = 0
    limit: int = LIMIT
    on_error: str = "stop"
    on_progress: Callable[[Progress], None] | None = None
    on_skipped: Callable[[str, InvalidInput], None] | None = None

    def __post_init__(self) -> None:
        _require_whole("samples", self.samples, 1)
        _require_whole("seed", self.seed, 0)
        _require_whole("limit", self.limit, FEWEST)
        for one in self.dims or ():
            _require_whole("dims", one, 1)

    def report(self, stage: str, step: int = 0, steps: int | None = None) -> None:
        """Tell how far it has come."""
        if self.on_progress is not None:
            self.on_progress(Progress(stage, step, steps))

    def below(self, dim: int) -> list[int]:
        """The dims that leave something out, falling.

        Args:
            dim: numbers of a full vector.

        Raises:
            InvalidArgument: more than there are.
        """
        if self.dims is None:
            return sorted({dim >> step for step in range(1, _HALVINGS + 1)} - {0}, reverse=True)
        if max(self.dims, default=1) > dim:
            raise _refused(
                "dims",
                f"{max(self.dims)} dims cannot be made of vectors with {dim}; give 1 to {dim}",
            )
        return sorted(set(self.dims) - {dim}, reverse=True)


def encoded(parts: Parts, request: DimensionsRequest) -> Encoded:
    """Read the data, and encode all of it once, as documents.

    Raises:
        EncoderNotFound, ModelDrift: the encoder.
        InvalidArgument, InvalidInput: the data does not serve.
    """
    release = parts.models.resolve(request.encoder)
    request.below(release.space.dim)
    request.report("reading")
    labelled = _labelled(parts, request)
    inputs = _read(parts, request, request.data, labelled=labelled)
    require_enough(len(inputs.inputs))
    test = None
    if request.test is not None:
        test = _read(parts, request, request.test, labelled=labelled)
    kinds = [side.inputs[0] for side in (inputs, test) if side is not None]
    [(_, _, subject)] = find_subjects(parts, [release.name], "", kinds, request.report)
    return Encoded(
        _side(subject, inputs),
        None if test is None else _side(subject, test),
        release.space,
        inputs.summary,
        () if labelled or request.labels is False else (_UNLABELLED,),
    )


def _side(subject: Subject, inputs: Inputs) -> Side:
    return Side(subject.encode(inputs.inputs, Role.DOCUMENT, inputs.places), inputs.labels)


def require_enough(count: int) -> None:
    """Check that there are inputs enough to hold some out.

    Raises:
        InvalidArgument: there are not.
    """
    if count < FEWEST:
        raise _refused(
            "data",
            f"the data holds {count} inputs; at least {FEWEST} are needed, to hold some out and "
            "look for ten neighbours of each: give more data",
        )


def _labelled(parts: Parts, request: DimensionsRequest) -> bool:
    """Whether the data is read with its labels: as asked, or where any input has one."""
    if request.labels is not None or request.columns.label is not None:
        return request.labels is not False
    try:
        _, items = ItemReader(parts.settings, request.columns, True).find(request.data)
    except (InvalidArgument, InvalidInput):
        return False
    return any(item.flaw is None for item in items)


def _read(parts: Parts, request: DimensionsRequest, data: object, *, labelled: bool) -> Inputs:
    columns = request.columns
    return read_inputs(
        data,
        parts.settings,
        labelled=labelled,
        text_column=columns.text,
        image_column=columns.image,
        label_column=columns.label if labelled else None,
        categories=columns.categories,
        image_folder=columns.folder,
        on_error=request.on_error,
        on_skipped=request.on_skipped,
        limit=request.limit,
        seed=request.seed,
    )


def _require_whole(name: str, value: object, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise _refused(
            name, f"{name} is {shorten(value)}; a whole number of {least} or more is needed"
        )


def _refused(name: str, message: str) -> InvalidArgument:
    return InvalidArgument(message, field=name)
