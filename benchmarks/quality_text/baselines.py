"""What texts give without any training of ours: TF-IDF and LSA, with scikit-learn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmarks.quality_text.glosses import Glosses, Task, correct
from vecstore.evaluation.matrices import unit_rows

DIM = 150
_RANDOM = 0


@dataclass(frozen=True, slots=True)
class Baselines:
    """Vectors of the labelled and of the test texts, by baseline; TF-IDF's are sparse."""

    glosses: Glosses
    vectors: dict[str, tuple[Any, Any]]

    def figures(self, task: Task) -> dict[str, float]:
        """What each of them reaches."""
        return {
            name: float(correct(self.glosses, task, *pair).mean())
            for name, pair in self.vectors.items()
        }


def baselines(glosses: Glosses) -> Baselines:
    """Fit both on the training texts."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    tfidf = TfidfVectorizer(sublinear_tf=True)
    everything = tfidf.fit_transform(glosses.of(glosses.training))
    lsa = TruncatedSVD(DIM, random_state=_RANDOM).fit(everything)
    sides = [tfidf.transform(glosses.of(places)) for places in (glosses.labelled, glosses.test)]
    return Baselines(
        glosses,
        {
            "TF-IDF": (sides[0], sides[1]),
            "LSA": (unit_rows(lsa.transform(sides[0])), unit_rows(lsa.transform(sides[1]))),
        },
    )
