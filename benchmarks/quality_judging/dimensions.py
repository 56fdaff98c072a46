"""The price of a dimension on CLINC150: a table whose truncation is known.

A nearest neighbour knows 12 training questions of each intent and tells the test's.
"""

from __future__ import annotations

import vecstore
from benchmarks.quality.rows import Row
from benchmarks.quality.run import Bench
from benchmarks.quality_judging import clinc
from vecstore.evaluation.dimensions import Price
from vecstore.evaluation.reductions import Method
from vecstore.evaluations import Figure

TASK = "dimensions"
# Accuracy by dims, known to two digits: a figure may be 0.02 away, and half of the last digit.
KNOWN = {384: 0.83, 128: 0.80, 64: 0.75, 32: 0.69}
WITHIN = 0.025
SAMPLES = 12


def rows(bench: Bench) -> list[Row]:
    """Measure.

    Args:
        bench: its data holds CLINC150.
    """
    questions = clinc.read(bench.data)
    with vecstore.open(bench.folder / TASK) as store:
        found = store.dimensions(
            clinc.ENCODER,
            questions.train,
            test=questions.test,
            dims=tuple(KNOWN),
            samples=SAMPLES,
        )
    dims = sorted(KNOWN, reverse=True)
    smaller = dims[1:]
    return [
        *(
            _accuracy(found.price(Method.TRUNCATE, dim), found.price(Method.RANDOM, dim))
            for dim in dims
        ),
        *(_row(found.price(Method.PCA, dim), "accuracy") for dim in smaller),
        *(
            _row(found.price(method, dim), "recall@10")
            for method in (Method.TRUNCATE, Method.PCA)
            for dim in smaller
        ),
    ]


def _accuracy(price: Price, beside: Price) -> Row:
    known = KNOWN[price.dim]
    value, interval = _shown(price.accuracy)
    smaller = price.method is not Method.FULL
    return Row(
        TASK,
        clinc.NAME,
        f"{_named(price)}: accuracy, {SAMPLES} a class",
        f"{known:.2f} ± {WITHIN}",
        value,
        interval,
        1,
        "random projection" if smaller else "",
        _shown(beside.accuracy)[0] if smaller else None,
        near(value, known),
    )


def _row(price: Price, figure: str) -> Row:
    value, interval = _shown(price.recall if figure == "recall@10" else price.accuracy)
    named = f"{_named(price)}: {figure}"
    return Row(TASK, clinc.NAME, named, "", value, interval, 1, "", None, True)


def near(value: float, known: float) -> bool:
    """Whether a figure is what is known."""
    return abs(value - known) <= WITHIN


def _named(price: Price) -> str:
    way = {Method.FULL: "all", Method.TRUNCATE: "truncation to", Method.PCA: "PCA to"}
    return f"{way[price.method]} {price.dim} dims"


def _shown(figure: Figure | None) -> tuple[float, str]:
    if figure is None:
        raise AssertionError("the data has labels")
    return figure.value, figure.interval()
