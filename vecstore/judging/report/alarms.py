"""What a reader should know before the figures, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vecstore.evaluation.health import alarms as health_alarms
from vecstore.judging.outcome import TWIN_OF, Judged, Outcome
from vecstore.judging.report.table import figure_name

# Skewness of how often each is a neighbour.
CROWDED = 3.0

# What is said of each against the baselines; the first that both have.
_TELLING = ("probe.accuracy@", "retrieval.ndcg@", "pairs.spearman", "clustering.v_measure")


def alarms(outcome: Outcome) -> tuple[str, ...]:
    """Where inputs repeat, vectors collapse or crowd, or no baseline is shown to be beaten."""
    judged, counts = outcome.judged, outcome.data.counts
    rows = counts.get("inputs", counts.get("documents", 0))
    return (
        *_leaking(outcome),
        *(
            sentence
            for one in judged
            if one.space is not None
            for sentence in (*_unhealthy(one, rows), *_not_better(one, judged))
        ),
    )


def _leaking(outcome: Outcome) -> Iterator[str]:
    """Of an input that is there twice, a probe may learn one and be tested with the other."""
    repeated = outcome.data.counts.get("repeated", 0)
    probed = any(name.startswith("probe.") for one in outcome.judged for name in one.figures)
    if repeated and probed:
        yield (
            f"{repeated:,} of {outcome.data.counts['inputs']:,} inputs equal an earlier one: "
            "probes may be tested with what they have learnt, and look better than they are."
        )


def _unhealthy(one: Judged, rows: int) -> Iterator[str]:
    """Signs that vectors serve badly, whatever they are for."""
    if one.space is None or "health.effective_rank" not in one.figures:
        return
    for sentence in health_alarms(one.figures, one.space.dim, rows):
        yield f"{one.name}: {sentence}."
    hubness = one.figures["health.hubness"].value
    if hubness > CROWDED:
        yield (
            f"{one.name}: a few vectors are among the nearest neighbours of very many others "
            f"(hubness {hubness:.1f}), so searches will show them again and again."
        )


def _not_better(one: Judged, judged: Sequence[Judged]) -> Iterator[str]:
    """The baselines that it is not shown to be better than."""
    for baseline in judged:
        if baseline.space is not None or _twin_of_another(baseline, one):
            continue
        name = _telling(one, baseline)
        if name is None:
            continue
        ours, theirs = one.figures[name], baseline.figures[name]
        low = ours.value if ours.low is None else ours.low
        high = theirs.value if theirs.high is None else theirs.high
        if low <= high:
            yield (
                f"{one.name} is not shown to be better than the baseline {baseline.name}: "
                f"{figure_name(name)} {ours.value:.3f} against {theirs.value:.3f}."
            )


def _twin_of_another(baseline: Judged, one: Judged) -> bool:
    return baseline.name.startswith(TWIN_OF) and baseline.name != f"{TWIN_OF}{one.name}"


def _telling(one: Judged, baseline: Judged) -> str | None:
    """The figure that both have and that says most; None where they share none."""
    for telling in _TELLING:
        for name in one.figures:
            if name.startswith(telling) and name in baseline.figures:
                return name
    return None
