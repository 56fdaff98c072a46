import pytest

from vecstore.answers import FusedHit, FusedHits, Source
from vecstore.errors import InvalidArgument
from vecstore.hits import Hit, Hits
from vecstore.v1 import search_service_pb2 as pb
from vecstore.wire.fused import (
    fields_from_message,
    fill_sources,
    fused_from_message,
    fused_to_message,
)


def sent(query=None, fields=("default",), text=None, weights=None):
    message = pb.SearchHybridRequest()
    fill_sources(message, query, fields, text, weights)
    return pb.SearchHybridRequest.FromString(message.SerializeToString())


@pytest.mark.parametrize(
    "fields",
    [
        {"default": None},
        {"b": None, "a": "text", "c": b"image"},
        {},
    ],
)
def test_fields_come_back_in_their_order(fields):
    assert list(fields_from_message(sent("x", fields)).items()) == list(fields.items())
    if not any(fields.values()):
        assert fields_from_message(sent("x", tuple(fields))) == fields


def test_a_request_that_names_no_field_means_the_default_one():
    assert fields_from_message(pb.SearchHybridRequest()) == {"default": None}
    own = pb.SearchHybridRequest(field_queries={"b": pb.Query(text="x"), "a": pb.Query(text="y")})
    assert list(fields_from_message(own).items()) == [("a", "y"), ("b", "x")]


def test_words_alone_and_fields_are_refused():
    message = pb.SearchHybridRequest(words_alone=True, fields=["a"])
    with pytest.raises(InvalidArgument, match="words_alone is set"):
        fields_from_message(message)


def test_text_is_absent_empty_or_words():
    assert not sent("x").HasField("text")
    assert sent("x", text="").HasField("text")
    assert sent("x", text="words", weights={"a": 2}).weights["a"] == 2


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"weights": {"a": float("nan")}}, "the weight of 'a' is nan"),
        ({"weights": [1]}, "weights is a list"),
        ({"weights": {7: 1}}, "weights"),
        ({"text": 7}, "text"),
        ({"fields": "default"}, "a list of names"),
        ({"fields": ["\ud800"]}, "fields"),
    ],
)
def test_what_cannot_be_sent(given, named):
    with pytest.raises(InvalidArgument, match=named):
        sent("x", **given)


def test_hits_come_back(space):
    answers = {
        "a": Hits([Hit("r", 0.25, 0.75)], space),
        "b": Hits([], space, None, True),
    }
    hits = FusedHits(
        [
            FusedHit("r", 0.5, (Source("a", 1, 0.75), Source("full_text", 2, 3.5)), {"n": 1}, "t"),
            FusedHit("s", 0.25, (Source("full_text", 1, 4.5),)),
        ],
        answers,
    )
    raw = fused_to_message(hits).SerializeToString()
    back = fused_from_message(pb.SearchHybridResponse.FromString(raw))
    assert back == hits
    assert back.answers == answers
    assert [one.space for one in back.answers.values()] == [space, space]
    assert [one.encoder_evaluated for one in back.answers.values()] == [False, True]
