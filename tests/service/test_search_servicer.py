"""Where a search runs: on the event loop while that is quick, in a thread otherwise."""

import threading
from types import SimpleNamespace

import grpc
import pytest

from vecstore.errors import StorageError
from vecstore.hits import Hit, Hits
from vecstore.service import search_servicer
from vecstore.spaces import Space
from vecstore.v1 import search_service_pb2 as pb
from vecstore.v1 import search_service_pb2_grpc, types_pb2

SPACE = Space("m", "1", 2, "f")
# Requests of such a space are looked at one by one; test_quick_search.py has the others.
SPACE_NOT_ACCEPTED = Space("m", "1", 2, "incomplete:f")


class Docs:
    """Notes the thread of every search."""

    def __init__(self):
        self.threads = []
        self.asked = []
        self.broken = False

    def search(self, query, k, **options):
        self.threads.append(threading.current_thread().name)
        self.asked.append((query, k, options))
        if self.broken:
            raise StorageError("the disk is gone")
        return Hits([Hit("a", 0.5, 0.5)], SPACE)

    def places(self):
        """Where the searches ran; forgets them."""
        names, self.threads = self.threads, []
        return ["thread" if name.startswith("vecstore-read") else "loop" for name in names]


@pytest.fixture
def docs():
    return Docs()


@pytest.fixture
def indexes():
    """The open indexes by the ids of their fields."""
    return {("docs", "default"): None, ("docs", "image"): None}


@pytest.fixture
def search(serve, channel_to, told, docs, indexes):
    def row(name):
        fields = {
            field: SimpleNamespace(name=field, id=(name, field), space=SPACE_NOT_ACCEPTED)
            for field in ("default", "image")
        }
        return SimpleNamespace(fields=list(fields.values()), field=fields.get)

    store = told(
        named_collection=lambda name: docs,
        row=row,
        names=SimpleNamespace(known=row),
        owner=SimpleNamespace(indexes=indexes),
    )
    return search_service_pb2_grpc.SearchServiceStub(channel_to(serve(store))).Search


@pytest.fixture
def never_slow(monkeypatch):
    monkeypatch.setattr(search_servicer, "QUICK_SECONDS", 60.0)


def plain(**options):
    request = pb.SearchRequest(collection="docs")
    request.query.vector.packed = b"\0\0\x80\x3f" * 2
    request.query.vector.space.CopyFrom(
        types_pb2.Space(model="m", version="1", dim=2, fingerprint="f")
    )
    request.options.omit_payload = request.options.omit_text = True
    for name, value in options.items():
        setattr(request.options, name, value)
    return request


def test_the_first_search_of_a_collection_runs_in_a_thread(search, docs, never_slow):
    for _ in range(3):
        search(plain())
    other = plain()
    other.collection = "other"
    search(other)
    assert docs.places() == ["thread", "loop", "loop", "thread"]


def test_slow_searches_go_back_to_a_thread(search, docs, monkeypatch):
    monkeypatch.setattr(search_servicer, "QUICK_SECONDS", 60.0)
    search(plain())
    search(plain())
    monkeypatch.setattr(search_servicer, "QUICK_SECONDS", 0.0)
    for _ in range(4):
        search(plain())
    monkeypatch.setattr(search_servicer, "QUICK_SECONDS", 60.0)
    search(plain())
    search(plain())
    # One of them may have been interrupted; two are slow.
    expected = ["thread", "loop", "loop", "loop", "thread", "thread", "thread", "loop"]
    assert docs.places() == expected


def with_filter():
    request = plain()
    request.options.filter.membership.path.append("a")
    return request


def with_text():
    request = plain()
    request.query.text = "text"
    return request


def with_reference():
    request = plain()
    request.query.record.id = "a"
    return request


@pytest.mark.parametrize(
    "request_",
    [
        with_filter(),
        with_text(),
        with_reference(),
        plain(omit_payload=False),
        plain(omit_text=False),
        plain(k=101),
        plain(offset=1),
        plain(min_score=0.0),
        plain(max_score=0.0),
        plain(diversity=0.0),
        plain(explain=True),
        plain(include_vectors=True),
    ],
)
def test_what_may_take_its_time_runs_in_a_thread(search, docs, never_slow, request_):
    search(plain())
    search(plain())
    search(request_)
    assert docs.places() == ["thread", "loop", "thread"]


def test_both_ways_ask_and_answer_the_same(search, docs, never_slow):
    answers = [search(plain(k=3, field="image")) for _ in range(2)]
    assert docs.places() == ["thread", "loop"]
    assert answers[0] == answers[1]
    assert docs.asked[0] == docs.asked[1]
    query, k, options = docs.asked[0]
    assert (query.space, k, options["field"]) == (SPACE, 3, "image")


def test_k_is_10_where_nobody_says(search, docs, never_slow):
    search(plain())
    search(plain())
    assert [k for _, k, _ in docs.asked] == [10, 10]


def test_an_index_that_is_not_open_is_searched_in_a_thread(search, docs, indexes, never_slow):
    search(plain())
    search(plain())
    opened = indexes.pop(("docs", "default"))
    search(plain())
    indexes["docs", "default"] = opened
    search(plain())
    assert docs.places() == ["thread", "loop", "thread", "loop"]


def test_the_search_after_one_that_failed_runs_in_a_thread(search, docs, never_slow):
    search(plain())
    docs.broken = True
    with pytest.raises(grpc.RpcError, match="disk"):
        search(plain())
    docs.broken = False
    search(plain())
    assert docs.places() == ["thread", "loop", "thread"]


def test_the_fields_of_a_collection_are_judged_apart(search, docs, never_slow):
    search(plain())
    search(plain(field="image"))
    assert docs.places() == ["thread", "thread"]


@pytest.mark.parametrize(
    "given",
    [
        {"field": "title"},
        {"include_vectors": True},
        {"min_score": 0.0},
        {"max_score": 0.0},
        {"diversity": 0.5},
        {"explain": True},
    ],
)
def test_what_a_hybrid_search_does_not_have_is_not_passed_over(serve, channel_to, told, given):
    request = pb.SearchHybridRequest(collection="docs", options=pb.SearchOptions(**given))
    stub = search_service_pb2_grpc.SearchServiceStub(channel_to(serve(told())))
    with pytest.raises(grpc.RpcError) as caught:
        stub.SearchHybrid(request)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert f"options.{next(iter(given))} is set" in caught.value.details()
