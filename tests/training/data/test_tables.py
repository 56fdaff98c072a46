import datetime
import decimal

import numpy as np
import pytest

from vecstore.errors import InvalidArgument, InvalidInput
from vecstore.inputs import category_values

ROWS = [
    {"city": "Bonn", "hour": "7", "rain": "", "sold": "12"},
    {"city": "Trier", "hour": "8", "rain": "yes", "sold": "3"},
]


def refused(call, *parts, kind=InvalidInput):
    with pytest.raises(kind) as caught:
        call()
    assert type(caught.value) is kind
    for part in parts:
        assert str(part) in caught.value.message


def test_every_column_but_the_target(table, forms):
    for name, data in forms(ROWS).items():
        found = table(data, target="sold")
        assert dict(found.columns) == {
            "city": ["Bonn", "Trier"],
            "hour": ["7", "8"],
            "rain": ["", "yes"],
        }, name
        assert list(found.columns) == ["city", "hour", "rain"]
        assert (list(found.target), found.target_name) == (["12", "3"], "sold")
        assert found.counts == {"rows": 2, "columns": 3}


def test_chosen_columns_in_their_order(table, forms):
    for name, data in forms(ROWS).items():
        found = table(data, target="sold", categories=("hour", "city"))
        assert list(found.columns) == ["hour", "city"], name


def test_columns_that_nobody_needs_are_not_read(table, data_set):
    data = data_set([{"a": "x", "image": b"", "t": "1"}], unread=["image"])
    assert dict(table(data, target="t", categories=("a",)).columns) == {"a": ["x"]}


def test_values_are_text_in_one_way(table):
    values = {
        "text": " as it is ",
        "none": None,
        "nan": float("nan"),
        "whole": 7,
        "real": 0.1,
        "round": 1.0,
        "true": True,
        "numpy": np.int64(3),
        "float32": np.float32(0.5),
        "numpy text": np.str_("x"),
        "numpy nan": np.float64("nan"),
        "day": datetime.date(2026, 5, 4),
        "decimal": decimal.Decimal("1.50"),
    }
    found = table([{**values, "t": "1"}], target="t")
    assert [cells[0] for cells in found.columns.values()] == [
        " as it is ", "", "", "7", "0.1", "1", "true", "3", "0.5", "x", "", "2026-05-04", "1.50",
    ]  # fmt: skip
    assert {type(cells[0]) for cells in found.columns.values()} == {str}


def test_cells_are_the_text_that_categories_are_encoded_by(table):
    values = [7, 7.0, np.float32(7), -0.0, True, "7.0", 2**63 - 1, np.int64(3)]
    expected = [category_values({"a": cell})["a"] for cell in values]
    found = table({"a": values, "t": ["x"] * len(values)}, target="t").columns["a"]
    assert list(found) == expected == ["7", "7", "7", "0", "true", "7.0", str(2**63 - 1), "3"]


def test_true_is_not_1(table):
    assert list(table({"a": [1, True, 1.0], "t": ["xyz"] * 3}, target="t").columns["a"]) == [
        "1",
        "true",
        "1",
    ]


def test_a_column_that_some_rows_lack_is_missing_there(table):
    rows = [{"t": 1, "a": "x"}, {"t": 2, "b": "y"}, {"t": 3}]
    found = table(rows, target="t")
    assert dict(found.columns) == {"a": ["x", "", ""], "b": ["", "y", ""]}


@pytest.mark.parametrize(
    ("columns", "parts"),
    [
        ({"target": "price"}, ["'price'", "city, hour, rain, sold"]),
        ({"target": "sold", "categories": ("town",)}, ["'town'", "city, hour, rain, sold"]),
    ],
)
def test_a_column_that_is_not_there(table, forms, columns, parts):
    for data in forms(ROWS).values():
        refused(lambda d=data: table(d, **columns), "has no column", *parts)


@pytest.mark.parametrize(
    ("columns", "part"),
    [
        ({}, "--target"),
        ({"target": "sold", "categories": ()}, "none"),
        ({"target": "sold", "categories": ("hour", "hour")}, "'hour', 'hour'"),
        ({"target": "sold", "categories": ("hour", "sold")}, "'sold'"),
        ({"target": "sold", "text": "city"}, "text_column"),
        ({"target": "sold", "document": "city"}, "document_column"),
    ],
)
def test_columns_that_make_no_sense(table, columns, part):
    refused(lambda: table(ROWS, **columns), part, kind=InvalidArgument)


@pytest.mark.parametrize(
    ("rows", "parts"),
    [
        ([], ["holds no rows"]),
        ([{"t": "1"}], ["no column beside the target 't'"]),
        ([{"t": "1", "a": "x"}, {"t": "", "a": "y"}], ["row 2", "'t'"]),
        ([{"t": "1", "a": "x"}, {"t": None, "a": "y"}], ["row 2", "'t'"]),
        ([{"t": "1", "a": "x"}, {"a": "y"}], ["row 2", "no column 't'"]),
        ([{"t": "1", "a": ["x"]}], ["row 1", "['x']", "'a'"]),
        ([{"t": "1", "a": "x\0"}], ["row 1", "NUL", "'a'"]),
        ([{"t": "1", 3: "x"}], ["row 1", "3"]),
        ([{"t": "1", "a": "x"}, "text"], ["row 2", "'text'"]),
        ({"t": ["1"], "a": ["x", "y"]}, ["t 1, a 2"]),
        ({"t": ["1"], "a": 3}, ["'a'", "3"]),
    ],
)
def test_rows_that_do_not_serve(table, rows, parts):
    refused(lambda: table(rows, target="t"), *parts)


def test_the_place_of_a_row_is_its_line(table, write):
    path = write("a.csv", 'a,t\n"x\ny",1\nz,\n')
    refused(lambda: table(path, target="t"), f"line 4 of {path}", "'t'")
    path = write("b.csv", b"a,t\nx,1\n\xe9,2\n")
    refused(lambda: table(path, target="t"), f"line 3 of {path}", "0xe9")


@pytest.mark.parametrize("data", [["a", "b"], [["a"]], 3, b"a"])
def test_what_is_no_table(table, data):
    refused(lambda: table(data, target="t"), kind=InvalidArgument)


def test_files_that_are_no_tables(table, write, tmp_path):
    for path in (write("a.txt", "x"), tmp_path):
        refused(lambda p=path: table(p, target="t"), path, "no table", kind=InvalidArgument)
    refused(lambda: table("none.csv", target="t"), "none.csv", kind=InvalidArgument)


def test_whole_numbers_that_a_gap_made_fractions_are_whole_again(table):
    rows = [
        {"hour": "7.0", "release": "1.0", "sold": "1"},
        {"hour": "", "release": "1.5", "sold": "2"},
        {"hour": "-12.00", "release": "2.0", "sold": "3"},
    ]
    found = table(rows, target="sold")
    assert found.columns["hour"] == ["7", "", "-12"]
    assert found.columns["release"] == ["1.0", "1.5", "2.0"]
    assert category_values({"hour": 7.0})["hour"] in found.columns["hour"]
