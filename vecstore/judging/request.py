"""What is asked of an evaluation, checked as far as nothing needs to be read for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from vecstore.errors import InvalidArgument, InvalidInput
from vecstore.inputs import shorten
from vecstore.judging.data import InputColumns
from vecstore.tasks import Progress

SHOTS = (5, 10, 20)
# As far as scikit-learn counts.
MAX_SEED = 2**32 - 1
# The interval is no narrower for more.
MAX_DRAWS = 1000


@dataclass(frozen=True, slots=True, eq=False)
class EvaluationRequest:
    """What is to be judged, on what and how.

    Args:
        encoders: ``model@version`` of each; none where a collection is judged.
        labelled, queries, documents, pairs: the data; None for none.
        collection: whose vectors are judged; empty for none.
        label_key: dotted path of the payload, to labels of the collection's records.
        columns: which column of the data is what.
        pair_columns: of pairs.
        transform: what is done to vectors after the encoder; empty for nothing.
        seed: of everything random.
        shots: samples a class for the probe; None for 5, 10 and 20, as far as there are enough.
        draws: how often samples are drawn.
        limit: labelled inputs at most.
        baselines: whether there are any.
        on_error: "stop" at an input that cannot be used, or "skip" it.
        on_progress: told how far it has come.
        on_skipped: (place, why) -> told of each input that is passed over.

    Raises:
        InvalidArgument: nothing to judge, nothing to judge on, or what does not go together.
    """

    encoders: tuple[str, ...]
    labelled: object = None
    queries: object = None
    documents: object = None
    pairs: object = None
    collection: str = ""
    label_key: str = ""
    columns: InputColumns = field(default_factory=InputColumns)
    pair_columns: Sequence[str] | None = None
    transform: str = ""
    seed: int = 0
    shots: tuple[int, ...] | None = None
    draws: int = 5
    limit: int = 10_000
    baselines: bool = True
    on_error: str = "stop"
    on_progress: Callable[[Progress], None] | None = None
    on_skipped: Callable[[str, InvalidInput], None] | None = None

    def __post_init__(self) -> None:
        self._check_data()
        self._check_encoders()
        self._check_numbers()

    def report(self, stage: str, step: int, steps: int | None) -> None:
        """Tell how far it has come."""
        if self.on_progress is not None:
            self.on_progress(Progress(stage, step, steps))

    def _check_data(self) -> None:
        if self.collection:
            self._check_collection()
        elif self.label_key:
            raise _refused(
                "label_key",
                f"the label key {self.label_key!r} is of a collection's payload, and "
                "no collection is named; name one with --collection (collection= in Python)",
            )
        given = (self.labelled, self.queries, self.pairs)
        if all(one is None for one in given) and not self.label_key:
            raise _refused(
                "labelled",
                "there is nothing to judge on; give --labelled DATA, --queries FILE, --pairs "
                "FILE, or --collection NAME with --label-key KEY (labelled=, queries=, pairs=, "
                "collection= and label_key= in Python)",
            )
        if self.queries is not None and self.documents is None and not self.collection:
            raise _refused(
                "documents",
                "the queries have nothing to find; give --documents FILE, or --collection NAME "
                "(documents= or collection= in Python)",
            )
        if self.documents is not None and self.queries is None:
            raise _refused(
                "queries", "the documents have no queries; give --queries FILE (queries= in Python)"
            )

    def _check_collection(self) -> None:
        for name in ("labelled", "documents", "pairs"):
            if getattr(self, name) is not None:
                raise _refused(
                    name,
                    f"{name}= is for encoders, and the collection {self.collection!r} is judged by "
                    "its stored vectors; leave one of them out, and judge twice",
                )
        if self.transform:
            raise _refused(
                "transform",
                f"the collection {self.collection!r} is judged in its own space; leave the "
                f"transform {self.transform!r} out",
            )

    def _check_encoders(self) -> None:
        for one in self.encoders:
            if not isinstance(one, str) or not one:
                raise _refused("encoders", f"an encoder is {shorten(one)}; give model@version")
        twice = sorted({one for one in self.encoders if self.encoders.count(one) > 1})
        if twice:
            raise _refused("encoders", f"the encoder {twice[0]!r} is named twice; name it once")
        if not self.encoders and not self.collection:
            raise _refused("encoders", "no encoder is named; name at least one, model@version")

    def _check_numbers(self) -> None:
        require_whole("seed", self.seed, 0, MAX_SEED)
        require_whole("draws", self.draws, 1, MAX_DRAWS)
        require_whole("limit", self.limit, 2)
        if self.shots is None:
            return
        for shot in self.shots:
            require_whole("shots", shot, 1)
        if not self.shots or len(set(self.shots)) < len(self.shots):
            raise _refused(
                "shots",
                f"the shots are {', '.join(map(str, self.shots)) or 'none'}; give different "
                "numbers of samples a class, such as 5,10,20",
            )


def require_whole(name: str, value: object, least: int, most: int | None = None) -> None:
    """Raise InvalidArgument unless an argument is a whole number in its range."""
    whole = value if isinstance(value, int) and not isinstance(value, bool) else None
    if whole is None or whole < least or (most is not None and whole > most):
        wanted = f"{least} or more" if most is None else f"{least} to {most}"
        raise _refused(name, f"{name} is {shorten(value)}; a whole number of {wanted} is needed")


def _refused(name: str, message: str) -> InvalidArgument:
    return InvalidArgument(message, field=name)
