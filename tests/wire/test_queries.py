import numpy as np
import pytest

from vecstore.calibrations import Basis, Unfamiliarity
from vecstore.errors import InvalidArgument, InvalidInput, InvalidVector, SpaceRequired
from vecstore.hits import Hit, Hits
from vecstore.records import Comparison, Input, Modality, RecordReference
from vecstore.spaces import Vector
from vecstore.v1 import search_service_pb2 as pb
from vecstore.v1 import types_pb2
from vecstore.wire.queries import (
    bare_hits_from_message,
    batch_to_message,
    comparison_from_message,
    comparison_to_message,
    hits_from_message,
    hits_to_message,
    queries_from_messages,
    queries_to_messages,
    query_from_message,
    query_to_message,
)


def test_queries_come_back(space):
    queries = [
        "text",
        b"image",
        {"hr": "7", "day": "Mon"},
        Vector(space, [1.0, 2.0]),
        RecordReference("a"),
        RecordReference("a", "other"),
    ]
    raw = [message.SerializeToString() for message in queries_to_messages(queries)]
    assert queries_from_messages(map(pb.Query.FromString, raw)) == queries


def test_an_input_object_is_its_data():
    assert query_to_message(Input(Modality.TEXT, "t")) == query_to_message("t")
    categories = Input(Modality.CATEGORIES, '{"hr":"7"}')
    assert query_to_message(categories) == query_to_message({"hr": 7})
    with pytest.raises(InvalidInput, match="JSON of categories"):
        query_to_message(Input(Modality.CATEGORIES, "t"))


def test_numbers_without_a_space_are_no_query():
    with pytest.raises(SpaceRequired):
        query_to_message(np.ones(3, np.float32))
    with pytest.raises(InvalidVector, match="query is a NoneType"):
        query_to_message(None)


def test_an_empty_query_is_refused():
    with pytest.raises(InvalidArgument, match="query is empty") as caught:
        query_from_message(pb.Query())
    assert caught.value.details["field"] == "query"


def test_a_bad_query_of_a_batch_is_named_by_its_number():
    with pytest.raises(InvalidVector, match=r"^query 1: ") as caught:
        queries_to_messages(["fine", None])
    assert caught.value.details["position"] == "1"
    bad = pb.Query(vector=types_pb2.Vector(packed=b"123"))
    with pytest.raises(InvalidVector, match=r"^query 1: query\.packed has 3 bytes") as caught:
        queries_from_messages([pb.Query(text="fine"), bad])
    assert caught.value.details["position"] == "1"


def test_hits_come_back(space):
    hits = Hits(
        [Hit("a", 0.25, 0.75, {"n": 1, "f": 1.0}, "text"), Hit("b", 0.5, 0.5, {}, None)], space
    )
    back = hits_from_message(
        pb.SearchResponse.FromString(hits_to_message(hits).SerializeToString())
    )
    assert back == hits
    assert back.space == space
    assert type(back[0].payload["f"]) is float


def test_an_empty_text_is_not_an_absent_one(space):
    hits = hits_from_message(hits_to_message(Hits([Hit("a", 0.0, 1.0, {}, "")], space)))
    assert hits[0].text == ""


def test_a_batch_keeps_its_order(space):
    batch = [Hits([Hit(name, 0.0, 1.0)], space) for name in "abc"]
    message = batch_to_message(batch)
    assert [hits_from_message(one) for one in message.responses] == batch


def test_comparisons_come_back():
    comparison = Comparison(0.1, 0.9)
    assert comparison_from_message(comparison_to_message(comparison)) == comparison


@pytest.mark.parametrize(
    "strange",
    [
        None,
        Unfamiliarity(0.5, None, None, Basis.NONE),
        Unfamiliarity(-3.0, 0.0, None, Basis.RECORDS),
        Unfamiliarity(0.0, 99.5, True, Basis.QUERIES),
        Unfamiliarity(0.25, 12.5, False, Basis.QUERIES),
    ],
)
def test_how_strange_a_query_is_comes_back(space, strange):
    hits = Hits([Hit("a", 0.5, 0.5)], space, strange, encoder_evaluated=strange is None)
    raw = hits_to_message(hits).SerializeToString()
    for read in (hits_from_message, bare_hits_from_message):
        found = read(pb.SearchResponse.FromString(raw))
        assert (found.unfamiliarity, found.encoder_evaluated) == (strange, strange is None)


def test_an_older_servers_answer_says_nothing_of_it(space):
    message = hits_to_message(Hits([], space))
    message.ClearField("unfamiliarity")
    assert bare_hits_from_message(message).unfamiliarity is None
