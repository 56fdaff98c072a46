"""The unfamiliar: questions of no intent among questions of the intents, by the public search.

The collection holds the training questions and is calibrated with the validation questions; the
test's questions of an intent, and those of none, are what is told apart. The best that is known of
these vectors: nearest neighbour 0.930 to 0.950, prototypes 0.965.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import vecstore
from benchmarks.quality.rows import Row
from benchmarks.quality.run import Bench
from benchmarks.quality_judging import clinc
from benchmarks.quality_judging.clinc import Clinc, Pairs
from vecstore.collection import Collection
from vecstore.records import Record, Role
from vecstore.spaces import Vector
from vecstore.store import Store

TASK = "unfamiliar"
KEY = "intent"
# AUROC that is asked for, by measure.
BARS: dict[str, float | None] = {"nearest": 0.93, "prototypes": 0.95, "mahalanobis": None}
FALSE_FLAGS = (0.03, 0.07)

_DRAWS = 500
_STEP = 1_000

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Answers:
    """What searches said about their queries.

    Args:
        distances: shape (queries,).
        flagged: shape (queries,), 0 or 1.
    """

    distances: Floats
    flagged: Floats


def rows(bench: Bench) -> list[Row]:
    """Fill a collection, calibrate it by each measure, and search.

    Args:
        bench: its data holds CLINC150.
    """
    found = clinc.read(bench.data)
    baseline = auroc(*_tfidf(found))
    table: list[Row] = []
    with vecstore.open(bench.folder / TASK) as store:
        collection = _filled(store, found.train)
        sides = [_asked(store, side) for side in (found.validation, found.test, found.strange)]
        validation, test, strange = sides
        for measure, bar in BARS.items():
            key = None if measure == "nearest" else KEY
            collection.calibrate(validation, measure=measure, label_key=key)
            answers = _answers(collection, test), _answers(collection, strange)
            table += _rows(measure, bar, *answers, baseline)
    return table


def _filled(store: Store, questions: Pairs) -> Collection:
    collection = store.create_collection("questions", encoder=clinc.ENCODER, store_inputs=False)
    for start in range(0, len(questions), _STEP):
        collection.upsert(
            Record(str(number), text=text, payload={KEY: intent})
            for number, (text, intent) in enumerate(questions[start : start + _STEP], start)
        )
    return collection


def _asked(store: Store, questions: Pairs) -> list[Vector]:
    """The questions as they are asked, encoded once for all measures."""
    found: list[Vector] = []
    for start in range(0, len(questions), _STEP):
        texts = [text for text, _ in questions[start : start + _STEP]]
        found += store.encode(clinc.ENCODER, texts, role=Role.QUERY)
    return found


def _answers(collection: Collection, queries: list[Vector]) -> Answers:
    said = [collection.search(query, k=1).unfamiliarity for query in queries]
    told = [one for one in said if one is not None and one.flagged is not None]
    if len(told) < len(queries):
        raise AssertionError("a search said nothing about its query")
    return Answers(
        np.array([one.distance for one in told]),
        np.array([float(bool(one.flagged)) for one in told]),
    )


def _rows(
    measure: str, bar: float | None, test: Answers, strange: Answers, baseline: float
) -> list[Row]:
    reached = auroc(test.distances, strange.distances)
    false, true = float(test.flagged.mean()), float(strange.flagged.mean())
    low, high = FALSE_FLAGS
    return [
        Row(
            TASK,
            clinc.NAME,
            f"{measure}: AUROC of questions of no intent",
            f"≥ {bar}" if bar else "",
            reached,
            interval(test.distances, strange.distances),
            1,
            "TF-IDF, nearest",
            baseline,
            bar is None or reached >= bar,
        ),
        Row(
            TASK,
            clinc.NAME,
            f"{measure}: false flags among questions of an intent",
            f"{low} to {high}" if bar else "",
            false,
            share_interval(false, len(test.flagged)),
            1,
            "",
            None,
            bar is None or low <= false <= high,
        ),
        Row(
            TASK,
            clinc.NAME,
            f"{measure}: questions of no intent that are flagged",
            "",
            true,
            share_interval(true, len(strange.flagged)),
            1,
            "",
            None,
            True,
        ),
    ]


def auroc(ordinary: Floats, strange: Floats) -> float:
    """How often a strange query lies further away than an ordinary one; equal ones count half."""
    both = np.concatenate([ordinary, strange])
    order = np.sort(both)
    # Ranks from 1; equal distances share the mean of theirs.
    ranks = (np.searchsorted(order, strange) + np.searchsorted(order, strange, "right") + 1) / 2
    beaten = ranks.sum() - len(strange) * (len(strange) + 1) / 2
    return float(beaten / (len(ordinary) * len(strange)))


def interval(ordinary: Floats, strange: Floats) -> str:
    """The 95 % interval, by drawing queries of both kinds again and again."""
    rng = np.random.default_rng(0)
    drawn = [
        auroc(rng.choice(ordinary, len(ordinary)), rng.choice(strange, len(strange)))
        for _ in range(_DRAWS)
    ]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return f"{low:.3f} to {high:.3f}"


def share_interval(share: float, count: int) -> str:
    """The 95 % interval of a share of so many (Wald)."""
    half = 1.96 * (share * (1 - share) / count) ** 0.5
    return f"{max(0.0, share - half):.3f} to {min(1.0, share + half):.3f}"


def _tfidf(found: Clinc) -> tuple[Floats, Floats]:
    """Distances to the nearest training question, by words alone."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(sublinear_tf=True)
    known = words.fit_transform([text for text, _ in found.train])

    def distances(questions: Pairs) -> Floats:
        asked = words.transform([text for text, _ in questions])
        parts = [
            (asked[start : start + _STEP] @ known.T).max(axis=1).toarray().ravel()
            for start in range(0, len(questions), _STEP)
        ]
        return 1.0 - np.concatenate(parts)

    return distances(found.test), distances(found.strange)
