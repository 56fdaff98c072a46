import numpy as np
import pytest

from vecstore.cli import shapes
from vecstore.cli.columns import split_columns
from vecstore.errors import InvalidArgument, InvalidRecord, InvalidVector, SpaceRequired
from vecstore.exchange.columns import Columns, check_names, content_id
from vecstore.files.rows import Row
from vecstore.spaces import Space, Vector

SPACE = Space("m", "1", 2, "f" * 64)


def record(values, **columns):
    return Columns(**columns).record(Row(7, values, 0))


def test_by_default_the_rest_is_payload():
    made = record({"id": "a", "text": "t", "n": 1, "tags": ["x"]})
    assert (made.id, made.text, made.payload) == ("a", "t", {"n": 1, "tags": ["x"]})


def test_columns_can_be_chosen():
    made = record(
        {"key": 5, "body": "t", "id": "i", "n": 1},
        id="key",
        text="body",
        payload=("id", "n", "absent"),
    )
    assert (made.id, made.text, made.payload) == ("5", "t", {"id": "i", "n": 1})


def test_no_payload_at_all():
    assert record({"id": "a", "text": "t", "n": 1}, payload=()).payload == {}


def test_what_get_prints_can_be_added_again():
    printed = shapes.record(record({"id": "a", "text": "t", "payload": {"n": 1}}))
    assert printed == {"id": "a", "text": "t", "payload": {"n": 1}}
    assert record(printed).payload == {"n": 1}


def test_a_payload_column_beside_others_is_one_of_them():
    made = record({"id": "a", "text": "t", "payload": {"n": 1}, "m": 2})
    assert made.payload == {"payload": {"n": 1}, "m": 2}


@pytest.mark.parametrize("bad", [None, "", True, 1.5, [], {}])
def test_an_id_must_be_a_string_or_an_integer(bad):
    with pytest.raises(InvalidRecord, match=r"'id'.*--id-column.*--derive-ids"):
        record({"id": bad, "text": "t"})


def test_a_missing_id_column_lists_those_that_are_there():
    with pytest.raises(InvalidRecord, match=r"has no column 'id'.*'key', 'text'"):
        record({"key": "a", "text": "t"})


def test_derived_ids_depend_on_content_only():
    one = record({"text": "t", "n": 1}, derive_ids=True)
    other = record({"n": 1, "text": "t"}, derive_ids=True)
    assert one.id == other.id == content_id({"text": "t", "n": 1})
    assert record({"text": "t", "n": 2}, derive_ids=True).id != one.id
    assert one.payload == {"n": 1}


def test_a_text_must_be_a_text():
    with pytest.raises(InvalidRecord, match=r"12 in the column 'text'"):
        record({"id": "a", "text": 12})


def test_neither_text_nor_vector():
    with pytest.raises(InvalidRecord, match=r"'body'.*--text-column"):
        record({"id": "a", "body": "t"})


def test_types_can_be_inferred():
    cells = {"n": "12", "x": "0.5", "yes": "true", "no": "null", "zip": "0123", "nan": "NaN"}
    cells |= {"big": "1e999", "word": "abc", "list": "[1]", "quoted": '"a"'}
    made = record({"id": "1", "text": "3", **cells}, infer_types=True)
    assert made.payload == {**cells, "n": 12, "x": 0.5, "yes": True, "no": None}
    assert (made.id, made.text) == ("1", "3")
    assert record({"id": "1", "text": "3", **cells}).payload == cells


def test_a_tagged_vector():
    vector = Vector(SPACE, [1.0, 2.0])
    made = record({"id": "a", "vector": shapes.vector(vector), "n": 1})
    assert made.vector == vector
    assert made.payload == {"n": 1}


def test_a_tagged_vector_as_text_of_a_csv_cell():
    made = record({"id": "a", "v": "[1, 2.5]", "text": "t"}, vector="v", space=SPACE)
    assert made.vector is not None
    assert made.vector.space == SPACE
    assert np.array_equal(made.vector.values, np.array([1, 2.5], "float32"))


def test_bare_numbers_need_a_space():
    with pytest.raises(SpaceRequired, match="--space"):
        record({"id": "a", "vector": [1.0, 2.0]})


@pytest.mark.parametrize(
    "space", [None, "m@1", {"model": "m"}, {"model": "m", "version": "1", "dim": "2"}]
)
def test_half_a_space_is_none(space):
    with pytest.raises(SpaceRequired, match="fingerprint"):
        record({"id": "a", "vector": {"space": space, "values": [1.0, 2.0]}})


@pytest.mark.parametrize("bad", [5, {"space": shapes.space(SPACE)}, [], ["x"]])
def test_what_is_no_vector(bad):
    with pytest.raises(InvalidVector):
        record({"id": "a", "vector": bad}, space=SPACE)


def test_a_vector_cell_must_be_json():
    with pytest.raises(InvalidRecord, match="--vector-column"):
        record({"id": "a", "vector": "1;2"}, space=SPACE)


def test_one_column_cannot_be_two_things():
    with pytest.raises(InvalidArgument, match="--text-column and --id-column"):
        check_names(Columns(id="text"))
    check_names(Columns(id="text", derive_ids=True))


@pytest.mark.parametrize(
    ("given", "names"), [(None, None), ("", ()), ("a", ("a",)), (" a, b ,", ("a", "b"))]
)
def test_lists_of_columns(given, names):
    assert split_columns(given) == names


def test_an_image_is_read_from_its_folder(tmp_path):
    (tmp_path / "a.png").write_bytes(b"image")
    columns = {"image": "path", "images": tmp_path, "id": "path"}
    made = record({"path": "a.png", "text": "a caption", "n": 1}, **columns)
    assert (made.id, made.image, made.text) == ("a.png", b"image", None)
    assert made.payload == {"text": "a caption", "n": 1}
    check_names(Columns(**columns))


def test_an_image_and_a_text_are_one_too_many(tmp_path):
    (tmp_path / "a.png").write_bytes(b"image")
    columns = {"image": "path", "images": tmp_path, "text": "words"}
    row = {"id": "1", "path": "a.png", "words": "red"}
    with pytest.raises(InvalidRecord, match="a text in the column 'words' and an image in"):
        record(row, **columns)
    assert record({**row, "words": ""}, **columns).image == b"image"
    assert record({**row, "path": ""}, **columns).text == "red"
    with pytest.raises(InvalidRecord, match="no path of an image in column 'path'"):
        record({"id": "1", "path": None}, **columns)
    with pytest.raises(InvalidRecord, match="holds 7 in the column 'path'"):
        record({"id": "1", "path": 7}, **columns)


def test_an_image_column_is_no_other_one():
    with pytest.raises(InvalidArgument, match="--image-column"):
        check_names(Columns(image="vector"))
