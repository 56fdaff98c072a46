"""Requests made of bytes that were made before are the ordinary ones."""

from __future__ import annotations

import numpy as np
import pytest

import vecstore
from vecstore.client import quick_calls, search_calls
from vecstore.client.quick_calls import bare_search
from vecstore.spaces import Space, Vector
from vecstore.v1 import search_service_pb2 as pb

BARE = {"include_payload": False, "include_text": False}


def ordinary(collection, query, k):
    options = search_calls.search_options(k, dict(BARE))
    return search_calls.search(collection, query, options)


@pytest.mark.parametrize("dim", [2, 3, 384, 4096])
def test_the_request_is_the_ordinary_one_byte_for_byte(dim):
    random = np.random.default_rng(dim)
    for number in range(40):
        space = Space("model", str(number % 3), dim, "f" * 64, ["", "pca:4"][number % 2])
        query = Vector(space, random.normal(size=dim).astype(np.float32))
        collection, k = f"docs{number % 5}", [1, 10, 200, -1][number % 4]
        call = bare_search(collection, query, k, BARE)
        expected = ordinary(collection, query, k)
        assert call.request.SerializeToString() == expected.request.SerializeToString()
        assert call.path == expected.path


@pytest.mark.parametrize("dim", [1, 2])
def test_a_vector_of_few_numbers_is_asked_with_rightly(dim):
    for number in range(300):
        space = Space("model", str(number), dim, "f")
        query = Vector(space, np.full(dim, number, np.float32))
        call = bare_search("docs", query, 10, BARE) or ordinary("docs", query, 10)
        expected = ordinary("docs", query, 10)
        assert call.request.SerializeToString() == expected.request.SerializeToString()


def test_numbers_drawn_that_stand_there_by_chance_are_not_taken_for_the_vector(monkeypatch):
    monkeypatch.setattr(quick_calls.os, "urandom", lambda count: b"doc3")
    space = Space("model", "1", 1, "f")
    assert bare_search("doc3", Vector(space, [1.0]), 10, BARE) is None
    assert bare_search("others", Vector(space, [1.0]), 10, BARE) is not None


SPACE = Space("model", "1", 4, "f")
VECTOR = Vector(SPACE, [1.0, 2.0, 3.0, 4.0])


@pytest.mark.parametrize(
    ("query", "k", "given"),
    [
        ("text", 10, BARE),
        (vecstore.RecordReference("a"), 10, BARE),
        (np.ones(4, np.float32), 10, BARE),
        (VECTOR, True, BARE),
        (VECTOR, 10.0, BARE),
        (VECTOR, 10, {}),
        (VECTOR, 10, {**BARE, "filter": {}}),
        (VECTOR, 10, {**BARE, "field": "image"}),
        (VECTOR, 10, {"include_payload": False, "include_text": True}),
    ],
)
def test_everything_else_goes_the_ordinary_way(query, k, given):
    assert bare_search("docs", query, k, given) is None


def test_what_no_message_can_carry_is_refused_as_ever():
    for _ in range(2):
        with pytest.raises(vecstore.InvalidArgument):
            bare_search("docs", VECTOR, 2**40, BARE)


def test_an_answer_of_another_space_says_so():
    call = bare_search("docs", VECTOR, 10, BARE)
    answer = pb.SearchResponse()
    answer.space.model = "another"
    assert call.read(answer).space == Space("another", "", 0, "")
    answer = pb.SearchResponse()
    answer.space.CopyFrom(ordinary("docs", VECTOR, 10).request.query.vector.space)
    answer.hits.add(id="a", distance=0.25, score=0.75)
    hits = call.read(answer)
    assert hits.space is SPACE
    assert hits == (vecstore.Hit("a", 0.25, 0.75),)
