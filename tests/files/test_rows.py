import io

import pytest

from vecstore.errors import InvalidInput
from vecstore.files.lines import Source
from vecstore.files.rows import known_format, read_rows


def rows(content, form="jsonl"):
    raw = content if isinstance(content, bytes) else content.encode()
    source = Source("f", io.BytesIO(raw), len(raw))
    return [(row.line, dict(row.values), row.end) for row in read_rows(source, form)]


def refusal(content, form="jsonl"):
    with pytest.raises(InvalidInput) as caught:
        rows(content, form)
    assert caught.value.details["file"] == "f"
    return caught.value


def test_json_lines():
    assert rows('{"id": 1}\n\n  \n{"id": 2}') == [(1, {"id": 1}, 10), (4, {"id": 2}, 23)]


def test_a_byte_order_mark_is_passed_over():
    assert rows(b'\xef\xbb\xbf{"id": 1}\n')[0][1] == {"id": 1}
    assert rows(b"\xef\xbb\xbfid,text\n1,a\n", "csv")[0][1] == {"id": "1", "text": "a"}


def test_windows_line_ends():
    assert [row[1] for row in rows(b'{"a": 1}\r\n{"a": 2}\r\n')] == [{"a": 1}, {"a": 2}]
    assert rows(b"a,b\r\n1,2\r\n", "csv")[0][1] == {"a": "1", "b": "2"}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{"id": }', "not JSON (Expecting value at column 8)"),
        ("[1]", "holds a list"),
        ('"x"', "holds a string"),
        ("3", "holds a number"),
        ("null", "holds null"),
        ('{"a": NaN}', "NaN is no JSON number"),
        ('{"a": ' + "9" * 5000 + "}", "not JSON"),
        ("[" * 100_000, "nested too deep"),
    ],
)
def test_a_bad_line_is_named(line, problem):
    error = refusal('{"id": "a"}\n' * 3000 + line + '\n{"id": "b"}\n')
    assert "line 3001 of f" in error.message
    assert problem in error.message
    assert error.details["line"] == "3001"


def test_rows_before_a_bad_line_are_given_out():
    raw = b'{"id": "a"}\n{"id": "b"}\noops\n'
    stream = read_rows(Source("f", io.BytesIO(raw), None), "jsonl")
    assert [next(stream).values["id"] for _ in range(2)] == ["a", "b"]
    with pytest.raises(InvalidInput, match="line 3"):
        next(stream)


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_a_wrong_encoding_is_named_by_line(form):
    content = {"jsonl": '{"t": "a"}\n{"t": "é"}\n', "csv": "t\né\n"}[form]
    error = refusal(content.encode("latin-1"), form)
    assert "line 2" in error.message
    assert "0xe9" in error.message


def test_csv_with_line_breaks_in_cells():
    assert rows('id,text\n1,"a\nb"\n\n2,c\n', "csv") == [
        (2, {"id": "1", "text": "a\nb"}, 16),
        (5, {"id": "2", "text": "c"}, 21),
    ]


def test_tsv():
    assert rows("id\ttext\n1\ta,b\n", "tsv")[0][1] == {"id": "1", "text": "a,b"}


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        ("a,b\n1,2\n1,2,3\n", 3, "3 cells where the header has 2"),
        ("a,b\n1\n", 2, "1 cells where the header has 2"),
        ("a,a\n1,2\n", 1, "names the column 'a' twice"),
        ('a,b\n1,"x\n', 2, "not CSV"),
        ('a,b\n1,"x"y\n', 2, "not CSV"),
    ],
)
def test_bad_csv_is_named_by_line(content, line, problem):
    error = refusal(content, "csv")
    assert f"line {line} of f" in error.message
    assert problem in error.message


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_an_empty_file_has_no_rows(form):
    assert rows("", form) == []


def test_formats_that_an_extension_tells():
    assert [known_format(name) for name in ("a.csv.gz", "a.txt", "a.txt.gz", "csv", ".gz")] == [
        "csv",
        None,
        None,
        None,
        None,
    ]


def test_bad_rows_can_be_passed_over():
    bad = []
    raw = b'{"a": 1}\n{\n[1]\n{"a": 2}\n'
    rows = read_rows(Source("f", io.BytesIO(raw), None), "jsonl", bad.append)
    assert [row.values["a"] for row in rows] == [1, 2]
    assert [error.details["line"] for error in bad] == ["2", "3"]
    bad.clear()
    rows = read_rows(Source("f", io.BytesIO(b"a,b\n1,2\n3\n4,5\n"), None), "csv", bad.append)
    assert [(row.line, row.values["a"]) for row in rows] == [(2, "1"), (4, "4")]
    assert [error.details["line"] for error in bad] == ["3"]


def test_what_nothing_can_be_read_after_is_raised_all_the_same():
    bad = []
    for form, raw in (("csv", b'a\n1\n"open'), ("csv", b"a,a\n1,2\n"), ("jsonl", b"{}\n\xff\n{}")):
        with pytest.raises(InvalidInput):
            list(read_rows(Source("f", io.BytesIO(raw), None), form, bad.append))
    assert bad == []
