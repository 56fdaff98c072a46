"""What vectors tell of the kind of clothes, by votes of neighbours and by small classifiers.

Settings of a classifier are chosen on the validation photos, of every encoder and baseline alike.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.votes import told
from benchmarks.quality_images.clothing import Clothing
from vecstore.evaluation.matrices import unit_rows
from vecstore.spaces import FloatArray

K = 20
NEIGHBOURS = f"{K}-NN"
LOGISTIC = "logistic"
PERCEPTRON = "perceptron"

_PENALTIES = (1e-4, 1e-3, 0.01, 0.1, 1.0)
_DECAYS = (0.01, 1.0)
_RANDOM = 0
_SIDES = ("train", "validation", "test")

Right = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sides:
    """Vectors of all photos; each of shape (photos, dim)."""

    train: FloatArray
    validation: FloatArray
    test: FloatArray

    def each(self, change: Callable[[FloatArray], FloatArray]) -> Sides:
        """The same with every side changed."""
        return Sides(*(change(getattr(self, side)) for side in _SIDES))


def neighbours(clothing: Clothing, sides: Sides) -> Right:
    """Which test photos the 20 nearest training photos tell right, by cosine; shape (photos,)."""
    known = unit_rows(sides.train)
    found = told(known, clothing.train.labels, unit_rows(sides.test), K)
    return np.asarray(found == clothing.test.labels, np.float64)


def logistic(clothing: Clothing, sides: Sides) -> Right:
    """The same of a logistic regression on the training photos, columns scaled or not."""
    from sklearn.linear_model import LogisticRegression

    models = [LogisticRegression(C=c, max_iter=500) for c in _PENALTIES]
    return _best(clothing, [_centred(sides), _scaled(sides)], models)


def perceptron(clothing: Clothing, sides: Sides) -> Right:
    """The same of a perceptron with one hidden layer."""
    from sklearn.neural_network import MLPClassifier

    models = [
        MLPClassifier((256,), alpha=decay, early_stopping=True, random_state=_RANDOM)
        for decay in _DECAYS
    ]
    return _best(clothing, [_scaled(sides)], models)


PROBES: Mapping[str, Callable[[Clothing, Sides], Right]] = {
    NEIGHBOURS: neighbours,
    LOGISTIC: logistic,
    PERCEPTRON: perceptron,
}


def _best(clothing: Clothing, forms: Iterable[Sides], models: Iterable[Any]) -> Right:
    """Which test photos the model that is best on the validation photos tells right."""
    from sklearn.base import clone
    from sklearn.exceptions import ConvergenceWarning

    best, right = -1.0, np.zeros(0)
    for sides in forms:
        for model in map(clone, models):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                model.fit(sides.train, clothing.train.labels)
            score = float(model.score(sides.validation, clothing.validation.labels))
            if score > best:
                best = score
                right = np.asarray(model.predict(sides.test) == clothing.test.labels, np.float64)
    return right


def _centred(sides: Sides) -> Sides:
    """Around zero, at a usual length, in their own proportions."""
    mean, scale = sides.train.mean(axis=0), max(float(sides.train.std(axis=0).mean()), 1e-9)
    return sides.each(lambda rows: (rows - mean) / scale)


def _scaled(sides: Sides) -> Sides:
    """Each column around zero, with variance one."""
    mean, scale = sides.train.mean(axis=0), np.maximum(sides.train.std(axis=0), 1e-9)
    return sides.each(lambda rows: (rows - mean) / scale)
