"""categories on the hours of a bicycle rental: how well its tables tell the count, and the hour.

Every figure is the mean of three trainings. What is held out, the baselines are judged on as well.
The year tells most of what the months cannot, so each figure is given with and without it.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import vecstore
from benchmarks.quality.rows import Row
from benchmarks.quality.run import Bench
from vecstore.encoders.options import resolve_options
from vecstore.pretext.categories import NAME, SPEC
from vecstore.pretext.category_training import prepare
from vecstore.spaces import FloatArray
from vecstore.store import Store
from vecstore.tasks import TableData

FILE = Path("bike") / "hour.csv"
DATA = "bike/hour.csv"
TARGET = "cnt"
WITHOUT_YEAR = ("season", "mnth", "hr", "holiday", "weekday", "workingday", "weathersit")
WITH_YEAR = ("yr", *WITHOUT_YEAR)
SPLITS = {"random": ("random split", 0.78), "last": ("by time, the last fifth", 0.62)}
ADJACENT = 0.55
HOURS = 24
CHANCE = 2 / (HOURS - 1)
SEEDS = (1, 2, 3)
# Of Student's t for the 95 % interval of a mean of three.
_T = 4.303


def rows(bench: Bench) -> list[Row]:
    """Train, and judge.

    Args:
        bench: its data holds ``bike/hour.csv``.
    """
    table = _read(bench.data / FILE)
    found = []
    with vecstore.open(bench.folder / NAME) as store:
        for columns in (WITHOUT_YEAR, WITH_YEAR):
            for split in SPLITS:
                trained = [_train(store, table, columns, split, seed) for seed in SEEDS]
                found.append(_explained(table, columns, split, trained))
        models = [f"{_model(WITHOUT_YEAR, 'random')}@{seed}" for seed in SEEDS]
        hours = [_hours(store, model) for model in models]
    return [*found, _adjacent(table, hours)]


def _read(file: Path) -> dict[str, list[str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        read = list(csv.DictReader(lines))
    return {name: [row[name] for row in read] for name in (*WITH_YEAR, TARGET)}


def _model(columns: tuple[str, ...], split: str) -> str:
    return f"{split}-{'with' if columns is WITH_YEAR else 'without'}-year"


def _train(
    store: Store, table: dict[str, list[str]], columns: tuple[str, ...], split: str, seed: int
) -> float:
    """R2 of the last weights on the rows held out; the best ones are chosen by these very rows."""
    info = store.train(
        NAME,
        table,
        name=_model(columns, split),
        version=str(seed),
        seed=seed,
        columns=columns,
        target=TARGET,
        split=split,
    )
    assert info.manifest is not None  # it was trained a moment ago
    return float(info.manifest.curve[-1].metrics["r2"])


def _explained(
    table: dict[str, list[str]], columns: tuple[str, ...], split: str, trained: list[float]
) -> Row:
    words, bar = SPLITS[split]
    others = [_linear(table, columns, split, seed) for seed in SEEDS]
    plain, products = (float(np.mean([getattr(one, n) for one in others])) for n in _Linear.NAMES)
    reached = float(np.mean(trained))
    year = "with the year" if columns is WITH_YEAR else "without the year"
    return Row(
        NAME,
        DATA,
        f"R² of the count, {words}, {year}",
        f"≥ {bar}",
        reached,
        interval(trained),
        len(SEEDS),
        "one-hot linear with products of two",
        products,
        reached >= bar,
        f"{_beside(trained, products)}one-hot linear {plain:.3f}",
    )


def _beside(trained: list[float], baseline: float) -> str:
    """What a reader must know of the baseline beside the figure."""
    if float(np.mean(trained)) <= baseline:
        return "the baseline is better. "
    return "" if min(trained) > baseline else "not every seed is better than the baseline. "


@dataclass(frozen=True, slots=True)
class _Linear:
    """R2 of ridge regression on the rows held out; the better of two penalties."""

    plain: float
    products: float

    NAMES = ("plain", "products")


def _linear(
    table: dict[str, list[str]], columns: tuple[str, ...], split: str, seed: int
) -> _Linear:
    from sklearn.linear_model import Ridge
    from sklearn.preprocessing import OneHotEncoder, PolynomialFeatures

    data = TableData({name: table[name] for name in columns}, table[TARGET], TARGET, "")
    ready = prepare(data, resolve_options(SPEC, {"split": split}), seed)
    cells = np.array([table[name] for name in columns]).T
    target = np.array(table[TARGET], np.float64)
    one_hot = OneHotEncoder(handle_unknown="ignore").fit(cells[ready.train])
    pairs = PolynomialFeatures(2, interaction_only=True, include_bias=False)
    plain = [one_hot.transform(cells[side]) for side in (ready.train, ready.held)]

    def best(train: Any, held: Any) -> float:
        models = [Ridge(penalty).fit(train, target[ready.train]) for penalty in (1.0, 10.0)]
        return max(float(model.score(held, target[ready.held])) for model in models)

    return _Linear(best(*plain), best(pairs.fit_transform(plain[0]), pairs.transform(plain[1])))


def _hours(store: Store, model: str) -> FloatArray:
    """The vector of every hour, at length 1."""
    vectors = store.encode(model, [{"hr": hour} for hour in range(HOURS)])
    rows = np.stack([vector.values for vector in vectors])
    unit: FloatArray = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def _adjacent(table: dict[str, list[str]], hours: list[FloatArray]) -> Row:
    shares = [adjacent_share(unit @ unit.T) for unit in hours]
    reached = float(np.mean(shares))
    counts = np.array(table[TARGET], np.float64)
    hour = np.array(table["hr"], np.int64)
    means = np.array([counts[hour == one].mean() for one in range(HOURS)])
    by_mean = adjacent_share(-np.abs(means[:, None] - means))
    return Row(
        NAME,
        DATA,
        "the nearest hour is the one before or after, without the year",
        f"≥ {ADJACENT}",
        reached,
        interval(shares),
        len(SEEDS),
        "chance",
        CHANCE,
        reached >= ADJACENT,
        f"the hour with the most similar mean count is adjacent for {by_mean:.3f} of the hours",
    )


def adjacent_share(alike: FloatArray) -> float:
    """How many hours' nearest is adjacent on the clock."""
    nearest = np.where(np.eye(HOURS, dtype=bool), -np.inf, alike).argmax(axis=1)
    apart = (nearest - np.arange(HOURS)) % HOURS
    return float(np.isin(apart, (1, HOURS - 1)).mean())


def interval(figures: list[float]) -> str:
    """95 % of the mean over the seeds."""
    half = _T * float(np.std(figures, ddof=1)) / len(figures) ** 0.5
    mean = float(np.mean(figures))
    return f"{mean - half:.3f} to {min(1.0, mean + half):.3f}"
