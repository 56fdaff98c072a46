"""The training of ``categories``: from a table to look-up tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from vecstore.errors import InvalidArgument, InvalidInput, TrainingFailed
from vecstore.pretext import category_options
from vecstore.pretext.category_model import CategoryModel, Rows, judge_of
from vecstore.pretext.category_tables import write
from vecstore.pretext.category_targets import Target, read_target
from vecstore.pretext.category_vocabulary import UNKNOWN, Vocabulary
from vecstore.spaces import MAX_DIM
from vecstore.specs import Options
from vecstore.tasks import Run, TableData, TorchJob, Trained

LEAST_ROWS = 10
MOST_NUMBERS = 50
_LEAST_STEPS = 16
_EVALUATIONS = 10


@dataclass(frozen=True, slots=True)
class Prepared:
    """A table, divided and coded.

    Args:
        vocabulary: of the rows that are trained on.
        cells: of all rows, shape (rows, columns).
        target: float32 numbers of mean 0 and spread 1 over the rows trained on, or int64 numbers
            of classes; shape (rows,).
        scale: what 1 in the target stands for.
        classes: how many there are; 0 for regression.
        train, held: the rows' numbers.
    """

    vocabulary: Vocabulary
    cells: NDArray[np.int64]
    target: NDArray[Any]
    scale: float
    classes: int
    train: NDArray[np.int64]
    held: NDArray[np.int64]


def fit(data: TableData, run: Run) -> Trained:
    """Train the tables of a table's columns.

    Raises:
        InvalidArgument: an option of no meaning.
        InvalidInput: too few rows, no columns, or a target that cannot be learnt.
        TrainingFailed: see :meth:`vecstore.tasks.Run.optimise`; or a vector became zero.
    """
    options = run.options
    category_options.check(options)
    ready = prepare(data, options, run.seed)
    dims = _dims(ready.vocabulary, options["dim"])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(run.seed)
        hidden = category_options.hidden_sizes(options)
        model = CategoryModel(ready.vocabulary.sizes(), dims, hidden, ready.classes)
    done = run.optimise(_job(model, ready, options, run.seed))
    shown = (ready.cells[ready.train] == UNKNOWN).any(axis=0) | (options["value_dropout"] > 0)
    tables = model.learnt(shown.tolist())
    if not all(table[UNKNOWN:].any(axis=1).all() for table in tables):
        raise TrainingFailed(
            "a value's vector has shrunk to zeros, which nothing can be compared with; set a "
            f"smaller weight_decay than {options['weight_decay']:g}, or fewer epochs"
        )
    return Trained(
        write=lambda folder: write(folder, ready.vocabulary, tables),
        encoder={"columns": list(ready.vocabulary.names)},
        metrics=done.metrics,
        curve=done.curve,
        sizes={
            "trained_parameters": sum(p.numel() for p in model.parameters()),
            "columns": len(tables),
            "categories": sum(len(values) for values in ready.vocabulary.columns.values()),
            "rows_trained_on": len(ready.train),
            "rows_held_out": len(ready.held),
        },
        runtime={"torch": torch.__version__, "numpy": np.__version__},
        notes=_notes(data, ready, options["kind"]),
    )


def prepare(data: TableData, options: Options, seed: int) -> Prepared:
    """Divide a table into rows to train on and rows held out, and code its cells.

    Raises:
        InvalidInput: see :func:`fit`.
    """
    count = len(data.target)
    if not data.columns:
        raise InvalidInput(
            f"the data has no column beside the target {data.target_name!r}; name columns of "
            "categories to learn from",
            field="columns",
        )
    if count < LEAST_ROWS:
        raise InvalidInput(
            f"the data has {count} rows; at least {LEAST_ROWS} are needed to learn from",
            field="data",
        )
    target = read_target(data, options["kind"])
    train, held = _divide(count, options, seed)
    _require_two(data, target, train)
    seen = {name: [cells[row] for row in train] for name, cells in data.columns.items()}
    vocabulary = Vocabulary.seen_in(seen)
    values, scale = _scaled(target, train)
    return Prepared(
        vocabulary=vocabulary,
        cells=vocabulary.rows(data.columns),
        target=values,
        scale=scale,
        classes=len(target.labels),
        train=train,
        held=held,
    )


def _divide(count: int, options: Options, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    share = options["validation"]
    held = max(1, round(share * count)) if share else 0
    order = np.arange(count)
    if options["split"] == "random":
        order = np.random.default_rng((seed, 2)).permutation(count)
    return np.sort(order[: count - held]), np.sort(order[count - held :])


def _require_two(data: TableData, target: Target, train: NDArray[np.int64]) -> None:
    if (target.values[train] == target.values[train[0]]).all():
        raise InvalidInput(
            f"the target {data.target_name!r} is {data.target[train[0]]!r} in all of the "
            f"{len(train)} rows that are not held out, so there is nothing to predict; hold fewer "
            "out (validation), or set split=random",
            field="target",
        )


def _scaled(target: Target, train: NDArray[np.int64]) -> tuple[NDArray[Any], float]:
    """The target as the model learns it, and its scale."""
    if not target.regression:
        return target.values, 1.0
    known = target.values[train]
    scale = float(known.std())
    return ((target.values - known.mean()) / scale).astype(np.float32), scale


def _dims(vocabulary: Vocabulary, dim: int) -> list[int]:
    """Numbers of each column's rows."""
    dims = [
        dim or max(1, min(MOST_NUMBERS, (len(values) + 1) // 2))
        for values in vocabulary.columns.values()
    ]
    if sum(dims) > MAX_DIM:
        raise InvalidArgument(
            f"{len(dims)} columns make vectors of {sum(dims):,} numbers, and {MAX_DIM:,} are "
            "allowed; set a smaller dim, or name fewer columns",
            field="dim",
        )
    return dims


def _job(model: CategoryModel, ready: Prepared, options: Options, seed: int) -> TorchJob:
    train, held = ready.train, ready.held
    rows = Rows(ready.cells[train], ready.target[train], seed, options["value_dropout"])
    return TorchJob(
        model=model,
        train=rows,
        collate=rows.collate,
        batch_size=min(options["batch_size"], -(-len(train) // _LEAST_STEPS)),
        epochs=options["epochs"],
        learning_rate=options["learning_rate"],
        weight_decay=options["weight_decay"],
        judge=judge_of(ready.cells[held], ready.target[held], ready.scale) if len(held) else None,
        evaluations=_EVALUATIONS,
        patience=options["patience"],
        precision=options["precision"],
        unit="rows",
    )


def _notes(data: TableData, ready: Prepared, kind: str) -> Sequence[str]:
    notes = []
    if kind == "auto":
        what = f"{ready.classes} classes" if ready.classes else "a number (regression)"
        notes.append(
            f"the target {data.target_name!r} was taken for {what}; the option kind decides"
        )
    for name, values in ready.vocabulary.columns.items():
        if len(values) < 2:  # noqa: PLR2004 - one value tells nothing apart
            notes.append(f"the column {name!r} has {len(values)} values and tells nothing apart")
        elif len(values) > len(ready.train) // 2:
            notes.append(
                f"the column {name!r} has {len(values):,} values in {len(ready.train):,} rows, "
                "nearly one for each; leave it out if it is a number or a name of the row"
            )
    return notes
