"""TF-IDF: texts by the words that they share (Spärck Jones 1972)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vecstore.evaluation.matrices import Vectors
from vecstore.judging.baselines.unfit import Unfit
from vecstore.records import Input

# Any run of letters and digits, single letters too: a language may write words with one.
_WORD = r"(?u)\b\w+\b"


def tfidf(inputs: Sequence[Input], others: Sequence[Input]) -> tuple[Vectors, Vectors]:
    """Sparse rows of length 1, one dim a word of the inputs; counts are damped by a logarithm.

    Raises:
        Unfit: there are no words.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    model = TfidfVectorizer(sublinear_tf=True, token_pattern=_WORD, dtype=np.float32)
    try:
        rows = model.fit_transform([str(one.data) for one in inputs])
    except ValueError:  # an empty vocabulary
        raise Unfit("the texts hold no words") from None
    if not others:
        return rows, rows[:0]
    return rows, model.transform([str(one.data) for one in others])
