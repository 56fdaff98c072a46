"""Categories as they are: one dim for each value of each column."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from vecstore.evaluation.matrices import Vectors
from vecstore.judging.baselines.unfit import Unfit
from vecstore.records import Input


def plain_columns(inputs: Sequence[Input], others: Sequence[Input]) -> tuple[Vectors, Vectors]:
    """Sparse rows of ones and zeros.

    Raises:
        Unfit: no input has a value.
    """
    from sklearn.feature_extraction import DictVectorizer

    model = DictVectorizer(dtype=np.float32)
    values = [json.loads(one.data) for one in inputs]
    if not any(values):
        raise Unfit("no input has a value in any column")
    rows = model.fit_transform(values)
    if not others:
        return rows, rows[:0]
    return rows, model.transform([json.loads(one.data) for one in others])
