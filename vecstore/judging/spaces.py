"""``Store.compare_spaces``: a laboratory that shows why vectors of two spaces are never compared.

Nothing here enters a collection, and the rule of :mod:`vecstore.spaces` stays as it is. The same
inputs are encoded by two encoders, and their vectors held against each other as bare numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from vecstore.errors import InvalidArgument, InvalidInput
from vecstore.evaluation.agreement import Agreement, MappedHalf, agree, map_half
from vecstore.evaluation.needs import require_libraries
from vecstore.evaluations import DataSummary
from vecstore.judging.data import InputColumns, read_inputs
from vecstore.judging.parts import Parts
from vecstore.judging.request import MAX_SEED, require_whole
from vecstore.judging.subjects import find_subjects
from vecstore.records import Input, Role
from vecstore.spaces import FloatArray, Space
from vecstore.tasks import Progress

FEWEST_INPUTS = 20
# More show nothing new.
LIMIT = 5_000

_NOTHING = 0.2
_NEARLY_ALL = 0.9


@dataclass(frozen=True, slots=True, eq=False)
class ComparisonRequest:
    """Two encoders that are to be held against each other.

    Args:
        a, b: ``model@version`` of each.
        data: inputs that both read.
        columns: which column of the data is what.
        k: neighbours to look at.
        seed: of the sample, and of the halves on which a map is fitted and judged.
        limit: inputs at most; of more, a sample.
        on_error: "stop" at an input that cannot be used, or "skip" it.
        on_progress: told how far it has come.
        on_skipped: (place, why) -> told of each input that is passed over.

    Raises:
        InvalidArgument: a number out of range.
    """

    a: str
    b: str
    data: object
    columns: InputColumns = field(default_factory=InputColumns)
    k: int = 10
    seed: int = 0
    limit: int = LIMIT
    on_error: str = "stop"
    on_progress: Callable[[Progress], None] | None = None
    on_skipped: Callable[[str, InvalidInput], None] | None = None

    def __post_init__(self) -> None:
        require_whole("k", self.k, 1)
        require_whole("seed", self.seed, 0, MAX_SEED)
        require_whole("limit", self.limit, 1)

    def report(self, stage: str, step: int = 0, steps: int | None = None) -> None:
        """Tell how far it has come."""
        if self.on_progress is not None:
            self.on_progress(Progress(stage, step, steps))


@dataclass(frozen=True, slots=True)
class AgreementLine:
    """One figure in words; None where the dims of the two differ."""

    name: str
    value: float | None
    chance: float


@dataclass(frozen=True, slots=True, eq=False)
class SpaceComparison:
    """What two encoders make of the same inputs.

    Args:
        a, b: their spaces.
        data: what both encoded.
        seed: of the sample and the halves.
        agreement: the figures.
        inputs: all of them.
        half: those by which the map is judged: vectors of a, before and after the map, and of b.
    """

    a: Space
    b: Space
    data: DataSummary
    seed: int
    agreement: Agreement
    inputs: tuple[Input, ...]
    half: MappedHalf

    @property
    def direct_cosines(self) -> FloatArray | None:
        """Of an input's two vectors as they are, for the judged half; None where dims differ."""
        return None if self.a.dim != self.b.dim else _cosines(self.half.before, self.half.targets)

    @property
    def mapped_cosines(self) -> FloatArray:
        """The same after the map."""
        return _cosines(self.half.mapped, self.half.targets)

    @property
    def lines(self) -> tuple[AgreementLine, ...]:
        """The figures, each beside what chance gives."""
        one, k = self.agreement, self.agreement.k
        near = f"shared among {k} neighbours"
        return (
            AgreementLine("cosine of an input's two vectors", one.cosine, 0.0),
            AgreementLine("the same input is found first", one.hit, one.chance_hit),
            AgreementLine(f"{near}, one asking in the other", one.across, one.chance_overlap),
            AgreementLine(f"{near}, each in its own space", one.overlap, one.chance_overlap),
            AgreementLine("linear CKA", one.cka, one.chance_cka),
            AgreementLine("cosine after the rotation", one.mapped_cosine, 0.0),
            AgreementLine("the same input is found first after it", one.mapped_hit, one.chance_hit),
            AgreementLine(f"{near} after it", one.mapped_overlap, one.chance_mapped_overlap),
        )

    @property
    def sentences(self) -> tuple[str, ...]:
        """The figures, and what they mean for whoever would like to compare, in plain words."""
        return (_direct(self), *_across(self.agreement), _shared(self.agreement), _mapped(self))


def compare_spaces(parts: Parts, request: ComparisonRequest) -> SpaceComparison:
    """Encode the same inputs twice, and look; see :meth:`Judging.compare_spaces`."""
    require_libraries()
    _require_two(parts, request)
    request.report("reading")
    inputs = read_inputs(
        request.data,
        parts.settings,
        labelled=False,
        columns=request.columns,
        on_error=request.on_error,
        on_skipped=request.on_skipped,
        limit=request.limit,
        seed=request.seed,
    )
    _require_enough(len(inputs.inputs), request.k, inputs.summary)
    one = inputs.inputs[:1]
    found = find_subjects(parts, (request.a, request.b), "", one, request.report)
    (first, a), (second, b) = (
        (release.space, subject.encode(inputs.inputs, Role.DOCUMENT, inputs.places))
        for release, _, subject in found
    )
    request.report("comparing")
    return SpaceComparison(
        first,
        second,
        inputs.summary,
        request.seed,
        agree(a, b, request.k, request.seed),
        inputs.inputs,
        map_half(a, b, request.seed),
    )


def _require_two(parts: Parts, request: ComparisonRequest) -> None:
    names = [parts.models.resolve(name).name for name in (request.a, request.b)]
    if names[0] == names[1]:
        raise InvalidArgument(
            f"both encoders are {names[0]}, whose vectors live in one space and are compared with "
            "vecstore compare; name two different encoders",
            field="b",
        )


def _require_enough(count: int, k: int, summary: DataSummary) -> None:
    needed = max(FEWEST_INPUTS, 2 * (k + 1))
    if count >= needed:
        return
    purpose = f"comparing two spaces by {k} neighbours needs at least {needed:,}"
    if "of" in summary.counts:
        raise InvalidArgument(f"the limit is {count:,} inputs; {purpose}: raise it", field="limit")
    raise InvalidArgument(
        f"{summary.name} holds {count:,} inputs; {purpose}: give more", field="data"
    )


def _cosines(these: FloatArray, those: FloatArray) -> FloatArray:
    return np.asarray(np.einsum("nd,nd->n", these, those), np.float32)


def _direct(found: SpaceComparison) -> str:
    cosine = found.agreement.cosine
    if cosine is None:
        return (
            f"An input's two vectors have {found.a.dim} and {found.b.dim} numbers: there is not "
            "even a cosine between them."
        )
    if abs(cosine) < _NOTHING:
        meaning = "nothing, although both stand for the very same thing"
    elif cosine < _NEARLY_ALL:
        meaning = "something, and far from the 1 that the same input has with itself in one space"
    else:
        meaning = "nearly the same here, and nothing promises it for the next input"
    return f"The same input's two vectors have cosine {round(cosine, 2) + 0.0:.2f}: {meaning}."


def _across(figures: Agreement) -> tuple[str, ...]:
    if figures.hit is None or figures.across is None:
        return ()
    return (
        f"Asked with a vector of the one, the other finds the same input first in "
        f"{figures.hit:.1%} of cases (by chance {figures.chance_hit:.1%}), and "
        f"{_of(figures.across, figures.k)} of the {figures.k} neighbours that are right there (by "
        f"chance {_of(figures.chance_overlap, figures.k)}).",
    )


def _shared(figures: Agreement) -> str:
    return (
        f"Each asked in its own space, the two agree on {_of(figures.overlap, figures.k)} of "
        f"{figures.k} neighbours (by chance {_of(figures.chance_overlap, figures.k)}); linear CKA "
        f"is {figures.cka:.2f} (by chance {figures.chance_cka:.2f})."
    )


def _mapped(found: SpaceComparison) -> str:
    figures = found.agreement
    recovered = (
        f"After the best rotation, fitted on the other half of the inputs, the cosine is "
        f"{figures.mapped_cosine:.2f}, and the same input is found first in "
        f"{figures.mapped_hit:.1%} of cases (by chance {figures.chance_hit:.1%})."
    )
    return (
        f"{recovered} No vector carries that rotation: it is known only where both encoders have "
        "seen the same inputs. So the store refuses to compare the two."
    )


def _of(share: float, k: int) -> str:
    return f"{share * k:.1f}"
