"""The price of a dimension: every reduction measured, and the smallest that keeps enough."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from vecstore.errors import InvalidArgument
from vecstore.evaluation.dimensions import (
    Price,
    Samples,
    Split,
    draw_samples,
    nearest_cuts,
    price,
    smallest,
)
from vecstore.evaluation.reductions import Method, Reduction, full, precisions, transformed
from vecstore.evaluations import Figure
from vecstore.judging.dimensions.data import vectors_of
from vecstore.judging.dimensions.index import MAX_ROWS, measure
from vecstore.judging.dimensions.request import DimensionsRequest
from vecstore.judging.dimensions.sides import Encoded, Side
from vecstore.judging.dimensions.values import Choice, Dimensions
from vecstore.judging.parts import Parts
from vecstore.specs import IndexSpec
from vecstore.transforms import Transform, fit_pca, random_projection, truncation

DRAWS = 5
SHARES = (0.95, 0.99)

_FEWEST_CLASSES = 2
_WITHOUT = "measure without labels (--no-labels, labels=False in Python)"
_REAL = (Method.TRUNCATE, Method.PCA, Method.RANDOM)
_FIGURES: dict[str, Callable[[Price], Figure | None]] = {
    "recall@10": lambda one: one.recall,
    "accuracy": lambda one: one.accuracy,
}


def price_dimensions(parts: Parts, request: DimensionsRequest, spec: IndexSpec) -> Dimensions:
    """Read, encode and measure; see :meth:`Judging.dimensions`.

    Args:
        parts: of the store.
        request: what is to be measured.
        spec: the index backend whose memory and speed are measured.
    """
    return measured(vectors_of(parts, request), request, spec)


def measured(found: Encoded, request: DimensionsRequest, spec: IndexSpec) -> Dimensions:
    """Measure every reduction of some vectors.

    A quarter of the vectors (at most 5,000), or what is given for it, is held out: up to 1,000 of
    them are the queries, and all of them are told by their nearest neighbour among the samples.
    The rest is the corpus, and all that PCA and the ranges of int8 see.

    Raises:
        InvalidArgument: too few samples.
    """
    corpus, held_out = found.divided(request.seed)
    parts = Split(corpus.vectors, held_out.vectors)
    samples, notes = _samples(corpus, held_out, request)
    reductions, left_out = _reductions(parts, request.below(found.space.dim), request.seed)
    prices = _measured(reductions, parts, samples, request, spec)
    return Dimensions(
        space=found.space,
        data=found.data,
        seed=request.seed,
        corpus=len(parts.corpus),
        queries=len(parts.queries),
        samples=request.samples if samples else 0,
        draws=DRAWS if samples else 0,
        tested=len(samples.tested) if samples else 0,
        indexed=min(len(parts.corpus), MAX_ROWS),
        prices=prices,
        choices=tuple(_choices(prices)),
        notes=(*found.notes, *notes, *left_out, *_emptied(prices, len(parts.corpus))),
        external=found.external,
    )


def _samples(
    corpus: Side, held_out: Side, request: DimensionsRequest
) -> tuple[Samples | None, tuple[str, ...]]:
    """Whose labels are known and whose are told; and what was left out."""
    if corpus.labels is None or held_out.labels is None:
        return None, ()
    found = draw_samples(corpus.labels, held_out.labels, request.samples, DRAWS, request.seed)
    if found.classes < _FEWEST_CLASSES:
        raise InvalidArgument(
            f"{found.classes} of {found.classes + found.left_out:,} classes have {request.samples} "
            "samples beside what is held out, and two are needed to tell them apart: give more "
            f"data, ask for fewer samples (--samples N, samples= in Python), or {_WITHOUT}",
            field="samples",
        )
    if not len(found.tested):
        raise InvalidArgument(
            f"none of the {len(held_out.labels):,} inputs held out is of a class with "
            f"{request.samples} samples: give more data, ask for fewer samples (--samples N, "
            f"samples= in Python), or {_WITHOUT}",
            field="samples",
        )
    if not found.left_out:
        return found, ()
    note = (
        f"{found.left_out:,} of {found.classes + found.left_out:,} classes take no part in the "
        f"accuracy: fewer than {request.samples} of their inputs are in the corpus"
    )
    return found, (note,)


def _reductions(
    parts: Split, below: Sequence[int], seed: int
) -> tuple[list[Reduction], tuple[str, ...]]:
    """Every reduction, the full vectors first; and why some are missing."""
    dim = parts.corpus.shape[1]
    different = len({row.tobytes() for row in parts.corpus})
    notes: list[str] = []
    found = [full(dim), *(transformed(truncation(one, dim)) for one in below)]
    if different >= dim and below:
        widest = fit_pca(parts.corpus, below[0], Method.PCA)
        found += [transformed(_narrower(widest, one)) for one in below]
    elif below:
        notes.append(
            f"PCA is left out: it needs at least {dim:,} different vectors, as many as dims, and "
            f"the corpus has {different:,}; give more data"
        )
    found += [transformed(random_projection(dim, one, seed, Method.RANDOM)) for one in below]
    return [*found, *precisions(parts.corpus)], tuple(notes)


def _narrower(pca: Transform, dim: int) -> Transform:
    """PCA to fewer dims: its first directions are those of a PCA to just so many."""
    matrix = None if pca.matrix is None else pca.matrix[:, :dim]
    return replace(pca, dim=dim, matrix=matrix)


def _measured(
    reductions: Sequence[Reduction],
    parts: Split,
    samples: Samples | None,
    request: DimensionsRequest,
    spec: IndexSpec,
) -> tuple[Price, ...]:
    cuts = nearest_cuts(parts)
    prices = []
    for number, one in enumerate(reductions):
        request.report("recall and accuracy", number, len(reductions))
        prices.append(price(one, parts, cuts, samples, request.seed))
    real = [number for number, one in enumerate(reductions) if not one.method.forecast]
    request.report("building indexes", 0, len(real))
    loads = measure(
        spec,
        [reductions[number] for number in real],
        parts,
        lambda count: request.report("building indexes", count, len(real)),
    )
    for number, load in zip(real, loads, strict=True):
        prices[number] = replace(
            prices[number],
            index_bytes=load.bytes,
            queries_per_second=load.queries_per_second,
        )
    return tuple(prices)


def _emptied(prices: Sequence[Price], corpus: int) -> Iterator[str]:
    """A note for each way that leaves nothing of some vectors."""
    for method in _REAL:
        some = [one for one in prices if one.method is method and one.zeros]
        if some:
            counts = ", ".join(f"{one.zeros:,} at {one.dim:,} dims" for one in some)
            yield (
                f"{method.words} leaves nothing but zeros of some of the {corpus:,} vectors "
                f"({counts}), and a collection that measures by cosine refuses those"
            )


def _choices(prices: Sequence[Price]) -> Iterator[Choice]:
    for figure, of in _FIGURES.items():
        for method in _REAL:
            for share in SHARES:
                found = smallest(prices, method, share, of)
                if found is not None:
                    yield Choice(figure, share, method, found)
