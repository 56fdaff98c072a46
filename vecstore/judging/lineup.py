"""What encoders are held against over some data: baselines, and twins of random weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vecstore.errors import VecstoreError
from vecstore.evaluation.matrices import Vectors
from vecstore.evaluations import DataSummary, Evaluation, Protocol
from vecstore.judging.baselines import Baseline
from vecstore.judging.baselines.unfit import Unfit
from vecstore.judging.outcome import TWIN_OF, Judged
from vecstore.judging.parts import Parts
from vecstore.judging.subjects import Report, Subject, twin_subject
from vecstore.records import Input
from vecstore.storage.releases import Release
from vecstore.transforms import Transform


@dataclass(frozen=True, slots=True, eq=False)
class Competitor:
    """An encoder that is judged, with what its twin is made from.

    Args:
        subject: who is judged.
        release: the encoder; None where stored vectors are judged, and there is no twin.
        transform: what is done to its vectors.
    """

    subject: Subject
    release: Release | None = None
    transform: Transform | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """What came of judging everybody.

    Args:
        judged: encoders, then baselines, then twins.
        evaluations: as on record, one for each encoder.
    """

    judged: tuple[Judged, ...]
    evaluations: tuple[Evaluation, ...]


@dataclass(frozen=True, slots=True, eq=False)
class LineUp:
    """Who takes part.

    Args:
        parts: of the store.
        competitors: the encoders.
        baselines: whether there are any.
        seed: of the twins' weights, and of the figures.
        report: told how far it has come.
        skipped: gathers what was left out and why.
    """

    parts: Parts
    competitors: tuple[Competitor, ...]
    baselines: bool
    seed: int
    report: Report
    skipped: list[str] = field(default_factory=list)

    def baseline_vectors(
        self, baselines: Sequence[Baseline], inputs: Sequence[Input], others: Sequence[Input] = ()
    ) -> dict[str, tuple[Vectors, Vectors]]:
        """The rows of each baseline by its name; one that does not fit is left out."""
        found = {}
        for baseline in baselines if self.baselines else ():
            self.report(baseline.name, 0, None)
            try:
                found[baseline.name] = baseline.vectors(inputs, others)
            except Unfit as why:
                self.skipped.append(f"the baseline {baseline.name} was left out: {why}")
        return found

    def judge(
        self,
        protocol: Protocol,
        data: DataSummary,
        settings: Mapping[str, Any],
        baselines: Sequence[Judged],
        judge: Callable[[Subject], Judged],
    ) -> Judgement:
        """Judge every encoder and its twin, and put each encoder's figures on record.

        Args:
            protocol, data, settings: by what, on what and how.
            baselines: as they were judged.
            judge: gives the figures of anybody.
        """
        encoders, twins, evaluations = [], [], []
        for one in self.competitors:
            space = one.subject.space
            assert space is not None  # noqa: S101 - twins do not compete
            judged = judge(one.subject)
            twin = self._twin(one, judge)
            twins.extend(twin)
            against = {other.name: other.figures for other in (*baselines, *twin)}
            evaluation = Evaluation(
                space=space,
                protocol=protocol,
                data=data,
                seed=self.seed,
                settings=settings,
                figures=judged.figures,
                baselines=against,
            )
            encoders.append(judged)
            evaluations.append(self.parts.evaluations.add(evaluation))
        return Judgement((*encoders, *baselines, *twins), tuple(evaluations))

    def _twin(self, one: Competitor, judge: Callable[[Subject], Judged]) -> list[Judged]:
        """An encoder's twin of random weights, judged; none where there is none."""
        if not self.baselines or one.release is None:
            return []
        try:
            found = twin_subject(self.parts, one.release, one.transform, self.seed, self.report)
            if found is None:
                return []
            encoder, subject = found
            try:
                return [judge(subject)]
            finally:
                encoder.close()
        except VecstoreError as error:
            name = f"{TWIN_OF}{one.subject.name}"
            self.skipped.append(f"the {name} was left out: {error.message}")
            return []
