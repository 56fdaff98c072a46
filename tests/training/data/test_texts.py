import os

import pytest

from vecstore.config import Settings
from vecstore.errors import InvalidArgument, InvalidInput

ROWS = [
    {"text": "one", "page": "x", "n": "1"},
    {"text": "two", "page": "y", "n": "2"},
    {"text": " ", "page": "y", "n": "3"},
    {"text": "three\nlines\nhere", "page": "x", "n": "4"},
]
LINES = "one two\n  three \r\n\n \t\n\nfour\n"


def refused(call, *parts, kind=InvalidInput):
    with pytest.raises(kind) as caught:
        call()
    assert type(caught.value) is kind
    for part in parts:
        assert str(part) in caught.value.message
    return caught.value


class TestPlainFiles:
    @pytest.mark.parametrize("name", ["a.txt", "a.txt.gz", "corpus", "a.md"])
    def test_lines_are_passages_and_a_blank_line_ends_a_document(self, text, write, name):
        for data in (path := write(name, LINES), str(path)):
            assert text(data).documents == (("one two", "three"), ("four",))

    def test_without_a_blank_line_it_is_one_document(self, text, write):
        assert text(write("a.txt", "one\ntwo")).documents == (("one", "two"),)

    def test_what_it_counts(self, text, write):
        data = text(write("a.txt", LINES))
        assert data.counts == {"documents": 2, "passages": 3, "characters": 16}
        assert list(data.passages()) == ["one two", "three", "four"]

    def test_it_has_no_columns(self, text, write):
        path = write("a.txt", LINES)
        for columns in ({"text": "body"}, {"document": "body"}):
            error = refused(lambda c=columns: text(path, **c), "'body'", kind=InvalidArgument)
            assert str(path) in error.message

    @pytest.mark.parametrize(
        ("content", "parts"),
        [
            ("", ["holds nothing at all"]),
            ("\n \n\t\r\n", ["3 texts, all of them blank"]),
            (b"good\nb\xe9d\n", ["line 2", "0xe9 at position 2"]),
            ("good\nb\0d\n", ["line 2", "NUL", "position 1"]),
            ("good\n".encode("utf-16"), ["line 1", "UTF-16"]),
        ],
    )
    def test_content_that_does_not_serve(self, text, write, content, parts):
        path = write("a.txt", content)
        refused(lambda: text(path), path, *parts)

    def test_a_passage_may_have_a_certain_length(self, text, write):
        path = write("a.txt", "short\n" + "é" * 50 + "\n")
        assert len(text(path, settings=Settings(max_text_bytes=100)).documents[0]) == 2
        refused(
            lambda: text(path, settings=Settings(max_text_bytes=99)),
            "line 2",
            "100 bytes",
            "VECSTORE_MAX_TEXT_BYTES",
        )

    @pytest.mark.parametrize("name", ["none.txt", "", "a\0b", "x" * 5000, "none.jsonl"])
    def test_nothing_there(self, text, name):
        refused(lambda: text(name), "there is no file or folder", kind=InvalidArgument)

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_not_allowed(self, text, write):
        path = write("a.txt", LINES)
        path.chmod(0)
        refused(lambda: text(path), "cannot read", path, kind=InvalidArgument)


class TestFolders:
    def test_files_are_documents_in_the_order_of_their_paths(self, text, write, tmp_path):
        for name, content in {
            "f/b.txt": "b\n\nstill b\n",
            "f/a/z.TXT": "z\n",
            "f/a.txt.gz": "a",
            "f/blank.txt": "\n\n",
            "f/other.md": "no",
            "f/.hidden.txt": "no",
            "f/.git/c.txt": "no",
        }.items():
            write(name, content)
        assert text(tmp_path / "f").documents == (("a",), ("z",), ("b", "still b"))

    def test_none_there(self, text, write, tmp_path):
        write("f/a.md", "text")
        refused(lambda: text(tmp_path / "f"), tmp_path / "f", "no .txt file")

    def test_a_bad_line_is_named_with_its_file(self, text, write, tmp_path):
        write("f/a.txt", "good\n")
        bad = write("f/b.txt", b"good\n\xff\n")
        refused(lambda: text(tmp_path / "f"), f"line 2 of {bad}", "0xff")


class TestRows:
    def test_every_row_is_a_document(self, text, forms):
        for name, data in forms(ROWS).items():
            documents = text(data).documents
            assert documents == (("one",), ("two",), ("three\nlines\nhere",)), name

    def test_or_a_column_says_which(self, text, forms):
        for name, data in forms(ROWS).items():
            documents = text(data, document="page").documents
            assert documents == (("one", "three\nlines\nhere"), ("two",)), name

    def test_another_column_of_texts(self, text, forms):
        for name, data in forms(ROWS).items():
            assert text(data, text="n").documents == (("1",), ("2",), ("3",), ("4",)), name

    @pytest.mark.parametrize("columns", [{"text": "body"}, {"document": "body"}])
    def test_a_column_that_is_not_there(self, text, forms, columns):
        for data in forms(ROWS).values():
            refused(lambda d=data: text(d, **columns), "no column 'body'", "text, page, n")

    def test_the_place_of_a_row_is_its_line(self, text, write):
        path = write("a.jsonl", '{"text": "a"}\n\n{"text": null}\n')
        refused(lambda: text(path), f"line 3 of {path}", "None", "--text-column")
        path = write("b.jsonl", '{"text": "a"}\n{"body": "b"}\n')
        refused(lambda: text(path), f"line 2 of {path}", "'text'", "body")
        path = write("c.jsonl", '{"text": "a"}\n{"text": "b\\u0000"}\n')
        refused(lambda: text(path), f"line 2 of {path}", "NUL")
        path = write("d.csv", b"text\na\nb\xe9\n")
        refused(lambda: text(path), f"line 3 of {path}", "0xe9")

    def test_what_is_no_text(self, text):
        refused(lambda: text([{"text": "a"}, {"text": 3}]), "row 2 of the data", "3 (int)")
        refused(lambda: text({"text": ["a", float("nan")]}), "row 2 of the data", "nan")
        refused(lambda: text([{"text": "a\ud800"}]), "row 1 of the data", "surrogate")

    def test_a_row_of_no_document(self, text):
        rows = [{"text": "a", "d": 1}, {"text": "b", "d": None}]
        refused(lambda: text(rows, document="d"), "row 2", "'d'")

    def test_documents_of_numbers(self, text):
        rows = [{"text": "a", "d": 1}, {"text": "b", "d": "1"}, {"text": "c", "d": 2}]
        assert text(rows, document="d").documents == (("a", "b"), ("c",))

    @pytest.mark.parametrize("content", ["", "\n", "text,d\n"])
    def test_no_rows(self, text, write, content):
        refused(lambda: text(write("a.csv", content)), "holds nothing at all")

    def test_columns_that_nobody_needs_are_not_read(self, text, data_set):
        data = data_set([{"text": "a", "image": b""}], unread=["image"])
        assert text(data).documents == (("a",),)

    def test_a_real_data_set(self, text):
        datasets = pytest.importorskip("datasets")
        data = datasets.Dataset.from_list(ROWS)
        assert text(data, document="page").documents[1] == ("two",)
        refused(lambda: text(datasets.DatasetDict({"train": data})), "data['train']")

    def test_several_data_sets(self, text):
        class Several(dict):
            @property
            def column_names(self):
                return {"train": ["text"], "test": ["text"]}

        refused(lambda: text(Several(train=[], test=[])), "train, test", "data['train']")


class TestPython:
    def test_texts_are_documents(self, text):
        assert text(["a", "", "b", " c\n"]).documents == (("a",), ("b",), ("c",))
        assert text(iter(["a", "b"])).documents == (("a",), ("b",))

    def test_sequences_of_texts_are_documents(self, text):
        data = [["a", " ", "b"], [], (one for one in ["c"])]
        assert text(data).documents == (("a", "b"), ("c",))

    @pytest.mark.parametrize("data", [[], iter(()), [[]], {"text": []}])
    def test_nothing_in_it(self, text, data):
        refused(lambda: text(data), "holds nothing at all")

    def test_nothing_but_blanks(self, text):
        refused(lambda: text(["", "  "]), "2 texts, all of them blank")

    @pytest.mark.parametrize(
        ("data", "parts"),
        [
            (["a", None], ["text 2", "None"]),
            ([None, "a"], ["text 1", "None"]),
            (["a", ["b"]], ["text 2", "['b']"]),
            ([["a"], "b"], ["document 2", "'b'"]),
            ([["a", 3]], ["document 1", "3"]),
            ([{"text": "a"}, "b"], ["row 2", "'b'"]),
            ({"text": "a long text"}, ["'text'", "'a long text'"]),
            ({"text": ["a"], "d": ["x", "y"]}, ["text 1, d 2"]),
        ],
    )
    def test_items_of_another_kind(self, text, data, parts):
        refused(lambda: text(data), *parts)

    @pytest.mark.parametrize("data", [None, 3, b"text", bytearray(b"text"), object()])
    def test_what_is_no_data(self, text, data):
        refused(lambda: text(data), type(data).__name__, kind=InvalidArgument)

    def test_an_open_file(self, text, write):
        with write("a.txt", "a\n").open() as file:
            refused(lambda: text(file), "path of a file", kind=InvalidArgument)

    def test_texts_have_no_columns(self, text):
        refused(lambda: text(["a"], text="body"), "'body'", kind=InvalidArgument)

    @pytest.mark.parametrize("columns", [{"target": "t"}, {"categories": ("a",)}])
    def test_text_has_no_target(self, text, columns):
        refused(lambda: text(["a"], **columns), "tables", kind=InvalidArgument)
