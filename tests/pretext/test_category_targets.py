import numpy as np
import pytest

from vecstore.errors import InvalidInput
from vecstore.pretext.category_targets import read_target
from vecstore.tasks import TableData

MANY = [str(n) for n in range(21)] * 2
FEW = [str(n) for n in range(20)] * 2


def target(texts, kind="auto"):
    return read_target(TableData({"a": ["x"] * len(texts)}, texts, "cnt", "0" * 64), kind)


def test_many_numbers_are_a_quantity():
    found = target(MANY)
    assert found.regression
    assert found.values.tolist() == [float(text) for text in MANY]


def test_few_numbers_are_classes_unless_said_otherwise():
    found = target(FEW)
    assert found.labels == tuple(sorted(set(FEW)))
    assert [found.labels[number] for number in found.values] == FEW
    assert target(FEW, "regression").regression
    assert not target(MANY, "classes").regression


def test_texts_are_classes():
    found = target(["no", "yes", "no", "no"])
    assert (found.labels, found.values.tolist()) == (("no", "yes"), [0, 1, 0, 0])
    assert not target([*MANY, "n/a", "n/a"]).regression


def test_numbers_in_every_spelling():
    found = target(["1", "1.0", " 2 ", "-3e2", "+4"], "regression")
    assert found.values.tolist() == [1, 1, 2, -300, 4]
    assert found.values.dtype == np.float64


@pytest.mark.parametrize(
    ("texts", "kind", "words"),
    [
        (["5"] * 12, "auto", "'5' in every row"),
        (["5"] * 12, "regression", "'5' in every row"),
        (["5", "5.0"] * 6, "regression", "'5' in every row"),
        (["a"] * 12, "classes", "'a' in every row"),
        (["1", "2", "", "4"], "auto", "missing in row 3"),
        (["1", "2", "  ", "4"], "classes", "missing in row 3"),
        (["1", "2", "x", "4"], "regression", "'x' in row 3, which is no number"),
        (["1", "nan", "3"], "regression", "'nan' in row 2, which is no number"),
        (["1", "inf", "3"], "regression", "'inf' in row 2"),
        (["1", "1_0", "3"], "regression", "'1_0' in row 2"),
        (["1e308", "-1e308", "3"], "regression", "cannot be computed with"),
        (["a", "b", "c", "d"], "auto", "4 different texts in 4 rows"),
        ([str(n) for n in range(40)], "classes", "40 different texts in 40 rows"),
    ],
)
def test_a_target_that_cannot_be_learnt(texts, kind, words):
    with pytest.raises(InvalidInput, match="target 'cnt'") as caught:
        target(texts, kind)
    assert words in caught.value.message
    assert caught.value.details["field"] == "target"
