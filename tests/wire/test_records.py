import pytest
from hypothesis import given
from hypothesis import strategies as st

from vecstore.errors import InvalidArgument, InvalidInput, InvalidRecord, InvalidVector
from vecstore.records import FieldValue, Input, Modality, Record, Role
from vecstore.spaces import Space, Vector
from vecstore.v1 import encoder_service_pb2 as encoder_pb
from vecstore.v1 import types_pb2 as pb
from vecstore.wire.records import (
    checked_ids,
    input_from_message,
    input_to_message,
    inputs_from_messages,
    inputs_to_messages,
    record_from_message,
    record_to_message,
    records_from_messages,
    records_to_messages,
    role_from_message,
    role_to_message,
)

TEXT = st.text(st.characters(codec="utf-8"), max_size=8)
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=8)
VECTORS = st.lists(st.floats(-1, 1, width=32), min_size=3, max_size=3).map(
    lambda values: Vector(Space("m", "1", 3, "f"), values)
)
INPUTS = st.one_of(
    st.just({}),
    TEXT.map(lambda t: {"text": t}),
    st.binary(max_size=8).map(lambda b: {"image": b}),
    st.dictionaries(NAMES, NAMES, min_size=1, max_size=3).map(lambda c: {"categories": c}),
)
VALUES = st.builds(lambda i, v: FieldValue(**i, vector=v), INPUTS, st.none() | VECTORS)
RECORDS = st.builds(
    lambda id, i, v, payload, fields: Record(id, **i, vector=v, payload=payload, fields=fields),
    NAMES,
    INPUTS,
    st.none() | VECTORS,
    st.dictionaries(TEXT, st.integers(-9, 9) | TEXT, max_size=3),
    st.dictionaries(TEXT.filter(lambda name: name != "default"), VALUES, max_size=2),
)


@given(RECORDS)
def test_every_record_comes_back(record):
    raw = record_to_message(record).SerializeToString()
    assert record_from_message(pb.Record.FromString(raw)) == record


def test_an_empty_text_is_a_text():
    record = record_from_message(record_to_message(Record("a", text="", image=None)))
    assert record.text == ""
    assert record.image is None


def test_the_default_field_may_be_given_either_way():
    short = Record("a", text="t")
    long = Record("a", fields={"default": FieldValue(text="t")})
    assert record_to_message(short) == record_to_message(long)


@pytest.mark.parametrize(
    ("record", "kind", "words"),
    [
        (Record("a", text="t", image=b"i"), InvalidRecord, "holds one input"),
        (Record("a", text="t", categories={"hr": 7}), InvalidRecord, "text and categories"),
        (Record("a", categories="hr"), InvalidInput, "a str"),
        (Record("a", categories={"hr": {"a": 1}}), InvalidInput, "'hr' is a dict"),
        (Record("a", text=3), InvalidInput, "int"),
        (Record("a", text="\ud800"), InvalidInput, "surrogate"),
        (Record("a", image="path.png"), InvalidInput, "bytes"),
        (Record(7, text="t"), InvalidRecord, "int"),
        (Record("\ud800", text="t"), InvalidRecord, "surrogate"),
        (Record("a", text="t", payload=[1]), InvalidRecord, "dict"),
        (Record("a", vector=Vector), InvalidVector, "type"),
        ("a", InvalidRecord, "Record objects"),
    ],
)
def test_what_cannot_be_sent_is_named_by_its_place(record, kind, words):
    with pytest.raises(kind) as caught:
        records_to_messages([Record("fine", text="t"), record])
    assert words in caught.value.message
    assert "(number 1)" in caught.value.message
    assert caught.value.details["position"] == "1"


def test_a_malformed_record_is_named_by_its_place():
    bad = pb.Record(id="bad", fields={"default": pb.FieldValue(vector=pb.Vector(packed=b"123"))})
    with pytest.raises(InvalidVector, match=r"record 'bad' \(number 1\)") as caught:
        records_from_messages([pb.Record(id="fine"), bad])
    assert caught.value.details["position"] == "1"


@pytest.mark.parametrize("value", ["text", "", b"image", b"", {"hr": "7", "day": "Mon é"}])
def test_inputs_come_back(value):
    assert input_from_message(input_to_message(value)) == value


def test_an_input_object_is_its_data():
    assert input_to_message(Input(Modality.TEXT, "t")) == input_to_message("t")
    assert input_to_message(Input(Modality.IMAGE, b"i")) == input_to_message(b"i")
    categories = Input(Modality.CATEGORIES, '{"hr":"7"}')
    assert input_to_message(categories) == input_to_message({"hr": 7, "day": None})


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (3, "cannot be sent"),
        (None, "cannot be sent"),
        (Input(Modality.CATEGORIES, "a"), "JSON of categories"),
        (Input(Modality.CATEGORIES, "[1]"), "JSON of categories"),
        ({}, "nothing to encode"),
        ({"hr": [7]}, "a list"),
        ({7: "hr"}, "the column 7"),
        ({"hr": "\ud800"}, "surrogate"),
    ],
)
def test_other_inputs_are_refused(value, words):
    with pytest.raises(InvalidInput, match=words):
        input_to_message(value)


def test_an_empty_input_message_is_refused():
    with pytest.raises(InvalidArgument, match="set text, image or categories") as caught:
        inputs_from_messages([encoder_pb.EncodeInput(text="a"), encoder_pb.EncodeInput()])
    assert caught.value.details["field"] == "inputs[1]"


def test_one_string_is_no_list():
    with pytest.raises(InvalidArgument, match="list"):
        inputs_to_messages("text")
    with pytest.raises(InvalidArgument, match="list"):
        checked_ids("id")


def test_roles():
    assert [role_from_message(role_to_message(role)) for role in Role] == list(Role)
    assert role_from_message(pb.ROLE_UNSPECIFIED) is Role.DOCUMENT
    with pytest.raises(InvalidArgument, match="9"):
        role_from_message(9)
    with pytest.raises(InvalidArgument, match="asker"):
        role_to_message("asker")
