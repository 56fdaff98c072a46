"""What encoders are judged on: read from every form, refused in one sentence where it is bad."""

import gzip
import io
import json
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from vecstore.config import Settings
from vecstore.errors import InvalidArgument, InvalidInput
from vecstore.judging.data import (
    InputColumns,
    even_sample,
    read_documents,
    read_inputs,
    read_pairs,
    read_queries,
)

SETTINGS = Settings()


def png(colour):
    file = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(file, "PNG")
    return file.getvalue()


def labelled(data, **more):
    return read_inputs(data, SETTINGS, labelled=True, **by_columns(**more))


def unlabelled(data, **more):
    return read_inputs(data, SETTINGS, labelled=False, **by_columns(**more))


def by_columns(
    *,
    text_column=None,
    image_column=None,
    label_column=None,
    categories=None,
    image_folder=None,
    **more,
):
    chosen = None if categories is None else tuple(categories)
    folder = None if image_folder is None else Path(image_folder)
    columns = InputColumns(text_column, image_column, chosen, label_column, folder=folder)
    return {"columns": columns, **more}


def lines(path, *rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def folder(tmp_path):
    """A folder of class folders with images."""
    root = tmp_path / "photos"
    for label, colours in {"red": ("red", "darkred"), "blue": ("blue", "navy")}.items():
        (root / label).mkdir(parents=True)
        for number, colour in enumerate(colours):
            (root / label / f"{number}.png").write_bytes(png(colour))
    return root


# -- labelled inputs


def test_the_same_data_has_the_same_digest_in_every_form(tmp_path):
    pairs = [("one", "a"), ("two", "b"), ("three", "a")]
    rows = [{"text": text, "label": label} for text, label in pairs]
    (tmp_path / "d.csv").write_text("label,text\n" + "".join(f"{b},{a}\n" for a, b in pairs))
    packed = tmp_path / "d.jsonl.gz"
    packed.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))
    columns = {"text": [a for a, _ in pairs], "label": [b for _, b in pairs]}
    forms = [pairs, iter(pairs), rows, columns, str(tmp_path / "d.csv"), packed]
    found = [labelled(form) for form in forms]
    assert {one.summary.digest for one in found} == {found[0].summary.digest}
    assert all(one.labels == ("a", "b", "a") for one in found)
    assert [one.data for one in found[0].inputs] == ["one", "two", "three"]
    assert found[4].summary.name == "d.csv"
    assert found[4].places[1] == f"line 3 of {tmp_path / 'd.csv'}"
    assert found[0].summary.counts == {"inputs": 3, "classes": 2}


def test_digests_tell_inputs_and_labels_apart():
    first = labelled([("one", "a"), ("two", "b")]).summary.digest
    assert labelled([("one", "b"), ("two", "a")]).summary.digest != first
    assert unlabelled(["one", "two"]).summary.digest != first


def test_inputs_that_repeat_are_counted():
    found = labelled([("one", "a"), ("two", "b"), ("one", "a"), ("one", "b")])
    assert found.summary.counts == {"inputs": 4, "classes": 2, "repeated": 2}
    assert unlabelled(["one", "one"]).summary.counts == {"inputs": 2}


def test_folders_of_classes(folder, tmp_path):
    found = labelled(folder)
    assert found.labels == ("blue", "blue", "red", "red")
    assert found.inputs[0].data == png("blue")
    assert found.modality == "image"
    texts = tmp_path / "texts"
    for label in ("x", "y"):
        (texts / label).mkdir(parents=True)
        (texts / label / "1.txt").write_text(f"a text\nof {label}\n")
    found = labelled(texts)
    assert (found.labels, found.inputs[0].data) == (("x", "y"), "a text\nof x")


def test_a_folder_is_known_by_its_name_wherever_one_stands(folder, monkeypatch):
    monkeypatch.chdir(folder / "red")
    assert [labelled(path).summary.name for path in ("..", f"{folder}/", folder)] == ["photos"] * 3


def test_rows_of_images_and_of_categories(folder):
    rows = [{"image": "red/0.png", "label": 1}, {"image": "blue/1.png", "label": 2.0}]
    found = labelled(lines(folder / "rows.jsonl", *rows))
    assert (found.inputs[1].data, found.labels) == (png("navy"), ("1", "2"))
    table = [{"hr": 7, "day": "", "kind": "x"}, {"hr": 8, "day": "mon", "kind": "y"}]
    found = labelled(table, categories=["hr", "day"], label_column="kind")
    assert [one.data for one in found.inputs] == ['{"hr":"7"}', '{"day":"mon","hr":"8"}']


def test_inputs_without_labels(folder, tmp_path):
    assert len(unlabelled(folder).inputs) == 4
    file = tmp_path / "lines.txt"
    file.write_text("one\n\n two \n")
    assert [one.data for one in unlabelled(file).inputs] == ["one", "two"]
    assert unlabelled([png("red")]).modality == "image"
    assert unlabelled([{"hr": 7}]).modality == "categories"
    assert unlabelled([{"text": "t", "label": None}]).labels is None


def test_a_sample_is_even_over_the_classes_and_follows_the_seed():
    data = [(f"t{n}", "rare" if n % 10 == 0 else f"c{n % 2}") for n in range(200)]
    found = labelled(data, limit=60, seed=1)
    assert Counter(found.labels) == {"rare": 20, "c0": 20, "c1": 20}
    assert found.summary.counts == {"inputs": 60, "classes": 3, "of": 200}
    assert labelled(data, limit=60, seed=1).summary.digest == found.summary.digest
    assert labelled(data, limit=60, seed=2).summary.digest != found.summary.digest
    assert list(even_sample(["a"] * 3 + ["b"], 10, 0)) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("data", "more", "parts"),
    [
        ([("one", "a"), ("two", "a")], {}, ["same label, 'a'", "two classes"]),
        ([("one", "a"), ("two", None)], {}, ["input 2", "no label", "on_error"]),
        ([("one", "a"), ("  ", "b")], {}, ["input 2", "white space"]),
        ([], {}, ["holds no labelled inputs"]),
        ([("one", "a", "b")], {}, ["pairs of an input and its label"]),
        (["one"], {}, ["pairs of an input and its label"]),
        (
            [{"text": "one", "label": "a"}, {"text": "two"}],
            {},
            ["row 2 of the data: it has no column 'label'"],
        ),
        (
            [{"text": "one", "label": "a"}, {"label": "b"}],
            {},
            ["row 2 of the data: it has no column 'text'"],
        ),
        ([{"text": "one"}], {}, ["no column 'label'", "--label-column"]),
        ([{"text": "one"}], {"text_column": "body"}, ["no column 'label'", "--label-column"]),
        ([{"label": "one"}], {"text_column": "body"}, ["no column 'body'", "--text-column"]),
        ([{"body": "one", "label": "a"}], {}, ["no column 'text'", "--text-column"]),
        ([{"text": "one", "label": ["a"]}], {}, ["row 1 of the data: it holds ['a'], a list"]),
        ([("one", "a"), (b"no image", "b")], {}, ["input 2", "none of PNG, JPEG and WebP"]),
        ([("one", "a"), (png("red"), "b")], {}, ["image and text", "one kind"]),
        ([("one", "a"), (png("red")[:60], "b")], {}, ["input 2", "cannot be decoded"]),
        ("/nowhere/data.csv", {}, ["no file or folder"]),
        ([("one", "a")], {"on_error": "go"}, ["on_error is 'go'"]),
        ([("one", "a")], {"text_column": "body"}, ["has no columns", "'body'"]),
        ([{"a": 1}], {"text_column": "a", "label_column": "a"}, ["'a' is named twice"]),
        ([{"a": 1}], {"text_column": "a", "image_column": "b"}, ["texts and of images"]),
        ([{"a": 1}], {"image_folder": "/nowhere"}, ["no folder '/nowhere'"]),
    ],
)
def test_bad_labelled_data_is_refused_in_one_sentence(data, more, parts):
    with pytest.raises((InvalidArgument, InvalidInput)) as caught:
        labelled(data, **more)
    for part in parts:
        assert part in caught.value.message
    assert "\n" not in caught.value.message


def test_bad_files_and_folders_are_refused(folder, tmp_path):
    (folder / "loose.png").write_bytes(png("red"))
    with pytest.raises(InvalidInput, match=r"loose.png: it lies in .* no label"):
        labelled(folder)
    (folder / "loose.png").unlink()
    (folder / "red" / "note.txt").write_text("x")
    with pytest.raises(InvalidArgument, match=r"both images and .txt files"):
        labelled(folder)
    plain = tmp_path / "lines.txt"
    plain.write_text("one\n")
    with pytest.raises(InvalidArgument, match="so no labels"):
        labelled(plain)
    with pytest.raises(InvalidArgument, match="is one image"):
        unlabelled(folder / "red" / "0.png")
    outside = lines(folder / "rows.jsonl", {"image": "../x.png", "label": "a"})
    with pytest.raises(InvalidInput, match="leads out of the folder"):
        labelled(
            [{"image": "../x.png", "label": "a"}, {"image": "y.png", "label": "b"}],
            image_folder=outside.parent,
        )


def test_what_cannot_be_used_is_passed_over_where_asked():
    told = []
    data = [("one", "a"), ("", "a"), ("two", ""), ("three", "b")]
    found = labelled(data, on_error="skip", on_skipped=lambda *one: told.append(one[0]))
    assert found.labels == ("a", "b")
    assert found.summary.counts == {"inputs": 2, "classes": 2, "skipped": 2}
    assert sorted(told) == ["input 2 of the data", "input 3 of the data"]
    with pytest.raises(InvalidInput, match="all 2 were passed over, the first of them input 1"):
        labelled([("one", ""), ("two", None)], on_error="skip")
    # A class may be gone with what was passed over.
    with pytest.raises(InvalidInput, match="same label"):
        labelled([("one", "a"), ("two", "a"), (" ", "b")], on_error="skip")


# -- queries


DOCUMENTS = [{"id": "a", "text": "one"}, {"id": 2, "text": "two"}, {"id": "c", "text": "three"}]


def documents(rows=DOCUMENTS, **columns):
    return read_documents(rows, SETTINGS, InputColumns(**columns))


def test_queries_name_what_they_should_find(tmp_path):
    rows = [
        {"query": "first", "relevant": ["a", 2]},
        {"query": "second", "relevant": {"c": 3, "a": 0}},
    ]
    found = read_queries(lines(tmp_path / "q.jsonl", *rows), SETTINGS, documents())
    assert found.relevant == ({0: 1.0, 1: 1.0}, {2: 3.0})
    assert found.ids == ("a", "2", "c")
    assert [one.data for one in found.documents] == ["one", "two", "three"]
    assert found.summary.name == "q.jsonl"
    assert found.summary.counts == {"queries": 2, "documents": 3, "relevant": 3}
    csv = tmp_path / "q.csv"
    csv.write_text('query,relevant\nfirst,"[""a"", 2]"\nsecond,"{""c"": 3}"\nthird,a\n')
    assert read_queries(csv, SETTINGS, documents()).relevant == (*found.relevant, {0: 1.0})
    assert read_queries(rows[:1], SETTINGS, ["2", "a"]).relevant == ({1: 1.0, 0: 1.0},)


@pytest.mark.parametrize(
    ("relevant", "parts"),
    [
        (["a", "b"], ["'b' is relevant", "the documents"]),
        ([], ["of no document"]),
        ("", ["of no document"]),
        ({"a": 0}, ["of no document"]),
        (["a", "a"], ["twice", "'a'"]),
        ({"a": -1}, ["gains -1", "0 or more"]),
        ({"a": "x"}, ["gains 'x'"]),
        ({"a": 1e308}, ["gains 1e+308", "at most 1,000,000,000"]),
        ({"a": 10**400}, ["gains <an integer of 1329 bits>"]),
        ([["a"]], ["['a']", "no id"]),
        ("[a", ["no JSON"]),
    ],
)
def test_bad_relevant_ids_are_refused_with_their_line(tmp_path, relevant, parts):
    rows = [{"query": "fine", "relevant": ["a"]}, {"query": "bad", "relevant": relevant}]
    with pytest.raises(InvalidInput) as caught:
        read_queries(lines(tmp_path / "q.jsonl", *rows), SETTINGS, documents())
    for part in ("line 2 of", *parts):
        assert part in caught.value.message


def test_bad_queries_and_documents_are_refused(tmp_path):
    with pytest.raises(InvalidInput, match="row 1 of the data: the query is ' '"):
        read_queries([{"query": " ", "relevant": ["a"]}], SETTINGS, documents())
    with pytest.raises(InvalidInput, match="no column 'relevant'"):
        read_queries([{"query": "x"}], SETTINGS, documents())
    with pytest.raises(InvalidInput, match="holds no queries"):
        read_queries([], SETTINGS, documents())
    twice = lines(tmp_path / "d.jsonl", *DOCUMENTS, {"id": "a", "text": "again"})
    with pytest.raises(InvalidInput, match=r"line 4 of .* has the id 'a', which line 1 of"):
        documents(twice)
    with pytest.raises(InvalidInput, match=r"no column 'key'.*--id-column"):
        documents(id="key")
    with pytest.raises(InvalidInput, match=r"row 1 of the data has no column 'body'"):
        documents(text="body")
    with pytest.raises(InvalidArgument, match="is a folder"):
        documents(tmp_path)


# -- pairs


def test_pairs_with_and_without_names_of_columns(tmp_path):
    rows = [("one", "two", 1.5), ("three", "four", 4), ("five, six", "seven", 0)]
    named = [{"a": a, "b": b, "score": score} for a, b, score in rows]
    nameless = tmp_path / "p.csv"
    nameless.write_text('one,two,1.5\nthree,four,4\n"five, six",seven,0\n')
    headed = tmp_path / "h.csv"
    headed.write_text('s,x,y\n1.5,one,two\n4,three,four\n0,"five, six",seven\n')
    found = read_pairs(named, SETTINGS)
    assert found.scores == (1.5, 4.0, 0.0)
    assert (found.a[2].data, found.b[2].data) == ("five, six", "seven")
    same = [read_pairs(nameless, SETTINGS), read_pairs(headed, SETTINGS, ("x", "y", "s"))]
    assert {one.summary.digest for one in same} == {found.summary.digest}
    assert same[0].places[0] == f"line 1 of {nameless}"


@pytest.mark.parametrize(
    ("rows", "columns", "parts"),
    [
        ([("a", "b", "high")] * 3, None, ["row 1", "'high'", "a number"]),
        ([("a", "b", True)] * 3, None, ["True"]),
        ([("a", "b", 1), ("c", "d", 2)], None, ["2 pairs", "at least 3"]),
        ([("a", "b", 1)] * 3, None, ["same score, 1"]),
        ([("a", " ", 1)] * 3, None, ["row 1", "column 'b'"]),
        ([("a", "b", 1)] * 3, ("a", "b"), ["name three"]),
        ([("a", "b", 1)] * 3, ("a", "b", "c"), ["no column 'c'", "--pair-columns"]),
    ],
)
def test_bad_pairs_are_refused(rows, columns, parts):
    data = [dict(zip(("a", "b", "score"), row, strict=True)) for row in rows]
    with pytest.raises((InvalidArgument, InvalidInput)) as caught:
        read_pairs(data, SETTINGS, columns)
    for part in parts:
        assert part in caught.value.message
