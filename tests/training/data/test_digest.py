import pytest

ROWS = [
    {"text": "one", "page": "x"},
    {"text": "two", "page": "x"},
    {"text": "é", "page": "y"},
]


def test_the_same_texts_have_one_digest_in_every_form(text, forms, write):
    digests = {text(data).digest for data in forms(ROWS).values()}
    digests.add(text(["one", "two", "é"]).digest)
    digests.add(text([["one"], ["two"], ["é"]]).digest)
    digests.add(text(write("a.txt", "one\n\ntwo\n\n\n é \n")).digest)
    assert len(digests) == 1
    assert len(digests.pop()) == 64


def test_the_same_documents_have_one_digest_in_every_form(text, forms, write, tmp_path):
    digests = {text(data, document="page").digest for data in forms(ROWS).values()}
    digests.add(text([["one", "two"], ["é"]]).digest)
    digests.add(text(write("a.txt", "one\r\ntwo\r\n\r\né")).digest)
    write("f/1.txt", "one\n\ntwo")
    write("f/2.txt", "é")
    digests.add(text(tmp_path / "f").digest)
    assert len(digests) == 1


@pytest.mark.parametrize(
    "other",
    [
        [["one", "two", "é"]],
        [["one"], ["two", "é"]],
        [["two", "one"], ["é"]],
        [["onetwo"], ["é"]],
        [["onet", "wo"], ["é"]],
        [["one", "two"], ["e\u0301"]],
        [["one", "two"], ["é"], ["x"]],
    ],
)
def test_other_documents_have_another_digest(text, other):
    assert text([["one", "two"], ["é"]]).digest != text(other).digest


def test_the_same_table_has_one_digest_in_every_form(table, forms):
    rows = [{"a": "x", "b": "1", "t": "2"}, {"a": "", "b": "3", "t": "4"}]
    digests = {table(data, target="t").digest for data in forms(rows).values()}
    typed = [{"a": "x", "b": 1, "t": 2}, {"b": 3, "t": 4}]
    assert digests == {table(typed, target="t").digest}


@pytest.mark.parametrize(
    "other",
    [
        {"a": ["x", "y"], "c": ["1", "2"], "t": ["3", "4"]},
        {"b": ["1", "2"], "a": ["x", "y"], "t": ["3", "4"]},
        {"a": ["x", "y1"], "b": ["", "2"], "t": ["3", "4"]},
        {"a": ["x", "y"], "b": ["3", "4"], "t": ["1", "2"]},
        {"a": ["x", "y"], "t": ["3", "4"]},
        {"a": ["y", "x"], "b": ["2", "1"], "t": ["4", "3"]},
    ],
)
def test_another_table_has_another_digest(table, other):
    data = {"a": ["x", "y"], "b": ["1", "2"], "t": ["3", "4"]}
    assert table(data, target="t").digest != table(other, target="t").digest


def test_the_targets_name_counts(table):
    data = {"a": ["x"], "t": ["1"]}
    assert table(data, target="t").digest != table({"a": ["x"], "u": ["1"]}, target="u").digest
