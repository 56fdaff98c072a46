"""Categories on the command line: from columns of a file to hits, and the refusals."""

import json

import pytest

from vecstore.errors import InvalidArgument, InvalidRecord
from vecstore.exchange.columns import Columns, check_names
from vecstore.files.rows import Row
from vecstore.registry import Registry

CSV = "id,hr,day,cnt\na,7,Mon,16\nb,8,Mon,40\nc,7,,3\n"


def record(values, **columns):
    return Columns(**columns).record(Row(7, values, 0))


@pytest.fixture
def rides(embedded, columns_registry, monkeypatch):
    """The command line over a store with an empty collection ``rides`` of an encoder that reads
    the columns hr and day.
    """
    monkeypatch.setattr(Registry, "load", lambda *_: columns_registry)
    assert embedded("collections", "create", "rides", "-e", "columns@1").code == 0
    return embedded


@pytest.fixture
def filled(rides):
    outcome = rides(
        "add", "rides", "-", "--format", "csv", "--categories-columns", "hr,day", stdin=CSV.encode()
    )
    assert outcome.code == 0, outcome.err
    return rides


def without_version(line):
    assert line["version"] > 0
    return {name: value for name, value in line.items() if name != "version"}


def test_columns_become_categories(filled):
    lines = filled("get", "rides", "a", "c", "--json").lines
    assert [without_version(line) for line in lines] == [
        {"id": "a", "categories": {"day": "Mon", "hr": "7"}, "payload": {"cnt": "16"}},
        {"id": "c", "categories": {"hr": "7"}, "payload": {"cnt": "3"}},
    ]
    assert '{"day": "Mon", "hr": "7"}' in filled("get", "rides", "a").out


def test_search_and_encode_by_categories(filled):
    outcome = filled("search", "rides", "--categories", '{"hr": 7}', "--json")
    assert outcome.code == 0, outcome.err
    assert outcome.json["hits"][0]["id"] == "c"
    assert outcome.json["hits"][0]["score"] == pytest.approx(1)
    encoded = filled(
        "encode", "columns@1", "--categories", '{"hr": 7}', "--categories", '{"hr": "8"}', "--json"
    )
    assert [len(line["values"]) for line in encoded.lines] == [6, 6]
    by_vector = filled(
        "search", "rides", "--vector", "-", "--json", stdin=json.dumps(encoded.lines[0]).encode()
    )
    assert by_vector.json["hits"][0]["id"] == "c"
    assert '{"hr": 7}' in filled("encode", "columns@1", "--categories", '{"hr": 7}').out


@pytest.mark.parametrize("vectors", [(), ("--vectors",)])
def test_what_list_prints_can_be_added(filled, vectors):
    filled("collections", "create", "other", "-e", "columns@1")
    printed = filled("list", "rides", *vectors, "--json")
    outcome = filled("add", "other", "-", stdin=printed.out.encode())
    assert outcome.code == 0, outcome.err
    read = filled("list", "other", *vectors, "--json").lines
    assert [without_version(line) for line in read] == [
        without_version(line) for line in printed.lines
    ]


def test_a_misspelt_column_is_said(rides):
    outcome = rides(
        "add", "rides", "-", "--format", "csv", "--categories-columns", "hr,dya", stdin=CSV.encode()
    )
    assert outcome.code == 0
    assert "'dya', which --categories-columns names" in outcome.err


def test_a_bad_row_is_named_by_its_line(rides):
    rows = b'{"id": "a", "hr": 7}\n{"id": "b", "hr": [7]}\n'
    outcome = rides("add", "rides", "-", "--categories-columns", "hr", "--json", stdin=rows)
    assert (outcome.code, outcome.error["reason"]) == (2, "INVALID_INPUT")
    assert outcome.error["message"].startswith("line 2 of standard input")
    assert "is a list" in outcome.error["message"]
    assert rides("count", "rides").out == "1\n"


def test_a_column_that_the_encoder_does_not_know_is_named_by_its_line(rides):
    rows = b'{"id": "a", "hr": 7}\n{"id": "b", "hr": 8}\n{"id": "c", "hr": 9, "sky": "blue"}\n'
    outcome = rides("add", "rides", "-", "--categories-columns", "hr,sky", "--json", stdin=rows)
    assert (outcome.code, outcome.error["reason"]) == (2, "INVALID_INPUT")
    assert outcome.error["message"].startswith("line 3 of standard input")
    assert rides("count", "rides").out == "2\n"


def test_columns_of_categories_leave_the_payload_unless_named():
    row = {"id": "a", "hr": 7, "day": "Mon", "n": 1}
    made = record(row, categories=("hr", "day"))
    assert (made.categories, made.payload) == ({"hr": 7, "day": "Mon"}, {"n": 1})
    made = record(row, categories=("hr", "none"), payload=("hr", "n"))
    assert (made.categories, made.payload) == ({"hr": 7}, {"hr": 7, "n": 1})


def test_an_object_of_categories_beside_a_text_is_payload():
    made = record({"id": "a", "text": "t", "categories": {"hr": 7}})
    assert (made.categories, made.payload) == (None, {"categories": {"hr": 7}})
    made = record({"id": "a", "categories": {"hr": 7}, "n": 1})
    assert (made.categories, made.payload) == ({"hr": 7}, {"n": 1})


def test_a_row_without_any_category_is_refused():
    with pytest.raises(InvalidRecord, match="--categories-columns"):
        record({"id": "a", "hr": "", "day": None}, categories=("hr", "day"))
    with pytest.raises(InvalidRecord, match=r"a text in the column 'text' and categories"):
        record({"id": "a", "hr": "7", "text": "t"}, categories=("hr",))
    with pytest.raises(InvalidArgument, match="--id-column and --categories-columns"):
        check_names(Columns(categories=("hr", "id")))


@pytest.mark.parametrize(
    ("arguments", "reason", "named"),
    [
        (("--categories", '{"hr": 7}'), "INVALID_INPUT", "reads texts, not categories"),
        (("--categories", "hr=7"), "INVALID_INPUT", "JSON of categories"),
        (("--categories", "[" * 100_000), "INVALID_INPUT", "JSON of categories"),
        (("--categories", "{}"), "INVALID_INPUT", "nothing to encode"),
        (("--categories", '{"hr": {"a": 1}}'), "INVALID_INPUT", "is a dict"),
        (("--categories", '{"hr": "\\u0000"}'), "INVALID_INPUT", "NUL"),
        (("--categories", '{"hr": "\\ud800"}'), "INVALID_INPUT", "surrogate"),
        (("--categories", json.dumps({"hr": "x" * 1_100_000})), "INVALID_INPUT", "1048576"),
        (
            ("--categories", json.dumps(dict.fromkeys(map(str, range(1001)), 1))),
            "INVALID_INPUT",
            "1000",
        ),
    ],
)
def test_bad_calls(shelf, arguments, reason, named):
    for command in (["search", "shelf"], ["encode", "hashing"]):
        outcome = shelf(*command, *arguments, "--json")
        assert (outcome.code, outcome.error["reason"]) == (2, reason), outcome.error
        assert named in outcome.error["message"]
    assert (
        shelf("search", "shelf", "a text", *arguments, "--json").error["reason"]
        == "INVALID_ARGUMENT"
    )


def test_nothing_to_encode(shelf):
    outcome = shelf("encode", "hashing", "--json")
    assert (outcome.code, outcome.error["reason"]) == (2, "INVALID_ARGUMENT")
    assert "--categories" in outcome.error["message"]
