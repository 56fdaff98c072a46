import gzip

import numpy as np
import pytest

from benchmarks.quality_text import glosses
from benchmarks.quality_text.glosses import Glosses, Task, correct, interval, read


@pytest.fixture
def data(tmp_path):
    """90 nouns of three lexical files, and 10 verbs."""
    rows = [(f"noun.{'abc'[n % 3]}", f"word{n}", f"definition {n}") for n in range(90)]
    rows += [("verb.a", f"do{n}", "a deed") for n in range(10)]
    (tmp_path / "wordnet").mkdir()
    with gzip.open(tmp_path / glosses.FILE, "wt", encoding="utf-8") as file:
        file.writelines("\t".join(row) + "\n" for row in rows)
    return tmp_path


def test_test_texts_are_nouns_and_in_none_of_the_others(data):
    found = read(data, test=20, labelled=30)
    assert (len(found.test), len(found.labelled), len(found.training)) == (20, 30, 80)
    test, labelled, training = map(set, (found.test, found.labelled, found.training))
    assert not test & labelled
    assert not test & training
    assert labelled < training
    assert max(test | labelled) < 90
    assert found.of(found.test[:1])[0] == f"word{found.test[0]}: definition {found.test[0]}"


def test_the_division_is_always_the_same(data):
    first, again = read(data, test=20, labelled=30), read(data, test=20, labelled=30)
    assert (first.test == again.test).all()
    assert (first.labelled == again.labelled).all()


def of(labels, test):
    """Glosses whose labelled texts come first."""
    labels, places = np.array(labels), np.arange(len(labels))
    return Glosses([], labels, places[-test:], places[:-test], places[:-test])


ANGLES = np.array([0.0, 0.1, 0.2, 3.0, 3.1, 3.2])
CIRCLE = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1).astype(np.float32)


def test_neighbours_vote():
    found = of([0, 0, 1, 1, 1, 2, 0, 1], test=2)
    asked = CIRCLE[[1, 4]]
    assert correct(found, Task(6, 3), CIRCLE, asked).tolist() == [1.0, 1.0]
    # The nearest alone is right too; all six say 1.
    assert correct(found, Task(6, 1), CIRCLE, asked).tolist() == [1.0, 1.0]
    assert correct(found, Task(6, 6), CIRCLE, asked).tolist() == [0.0, 1.0]


def test_the_nearest_decides_a_tie():
    found = of([0, 1, 1, 0, 1], test=1)
    assert correct(found, Task(4, 4), CIRCLE[[3, 0, 1, 4]], CIRCLE[[0]]).tolist() == [1.0]


def test_few_labels_are_drawn_several_times():
    found = of([0, 1, 0, 1, 0, 1, 0], test=1)
    assert correct(found, Task(2, 1), CIRCLE, CIRCLE[[2]]).tolist() == [pytest.approx(2 / 3)]


def test_sparse_vectors_do_as_well():
    sparse = pytest.importorskip("scipy.sparse").csr_matrix
    found = of([0, 0, 1, 1, 1, 2, 0, 1], test=2)
    assert correct(found, Task(6, 3), sparse(CIRCLE), sparse(CIRCLE[[1, 4]])).tolist() == [1, 1]


def test_an_interval_holds_the_mean():
    assert interval(np.array([0.0, 1.0] * 5_000)) == "0.490 to 0.510"


def test_the_majority_is_that_of_the_test_texts():
    assert of([0, 0, 0, 0, 1, 1, 2], test=3).majority == pytest.approx(2 / 3)
