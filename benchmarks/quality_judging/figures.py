"""Figures of ``store.evaluate`` as rows, with the baselines beside them."""

from __future__ import annotations

from benchmarks.quality.rows import Row
from vecstore.judging.outcome import Outcome

TFIDF = "TF-IDF"


def row(
    task: str, data: str, outcome: Outcome, figure: str, *, bar: float | None, above: bool = False
) -> Row:
    """One figure of the encoder, beside TF-IDF; the random twin stands in the words.

    Args:
        task, data: of the row.
        outcome: what was judged; the encoder comes first.
        figure: its name.
        bar: the least that it should be; None for none.
        above: whether it should be above TF-IDF.
    """
    encoder, *others = outcome.judged
    reached = encoder.figures[figure]
    baselines = {one.name: one.figures[figure].value for one in others if figure in one.figures}
    words = baselines.get(TFIDF)
    rest = [f"{name} {value:.3f}" for name, value in baselines.items() if name != TFIDF]
    enough = bar is None or reached.value >= bar
    beats = words is not None and reached.value > words
    asked = [f"≥ {bar}"] if bar is not None else []
    asked += [f"above {TFIDF}"] if above else []
    return Row(
        task,
        data,
        figure,
        ", ".join(asked),
        reached.value,
        reached.interval(),
        1,
        TFIDF if words is not None else "",
        words,
        enough and (beats or not above),
        ", ".join(rest),
    )
