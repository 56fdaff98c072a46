"""What is asked of ``dimensions``, checked as far as nothing needs to be read for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from vecstore.errors import InvalidArgument, InvalidInput
from vecstore.inputs import shorten
from vecstore.judging.data import InputColumns
from vecstore.judging.request import MAX_SEED, require_whole
from vecstore.tasks import Progress

SAMPLES = 12
LIMIT = 20_000
FEWEST = 20

_HALVINGS = 4


@dataclass(frozen=True, slots=True, eq=False)
class DimensionsRequest:
    """Vectors of one space that are to be reduced.

    Args:
        encoder: ``model@version``; empty for a collection.
        data: what it encodes; None for a collection.
        collection: whose stored vectors are reduced; empty for none.
        label_key: dotted path of the payload, to labels of the collection's records.
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
    collection: str = ""
    label_key: str = ""
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
        self._check_source()
        require_whole("samples", self.samples, 1)
        require_whole("seed", self.seed, 0, MAX_SEED)
        require_whole("limit", self.limit, FEWEST)
        for one in self.dims or ():
            require_whole("dims", one, 1)

    def _check_source(self) -> None:
        if not self.collection:
            if self.label_key:
                raise _refused(
                    "label_key",
                    f"the label key {self.label_key!r} is of a collection's payload, and no "
                    "collection is named; name one with --collection (collection= in Python)",
                )
            if not self.encoder or self.data is None:
                raise _refused(
                    "data",
                    "there is nothing to measure; give an encoder and --on DATA (data= in "
                    "Python), or --collection NAME (collection= in Python)",
                )
            return
        given = {"encoder": self.encoder or None, "data": self.data, "test": self.test}
        for name, value in given.items():
            if value is not None:
                raise _refused(
                    name,
                    f"the stored vectors of the collection {self.collection!r} are measured, and "
                    f"{name} is {shorten(value)}; leave one of them out",
                )

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


def _refused(name: str, message: str) -> InvalidArgument:
    return InvalidArgument(message, field=name)
