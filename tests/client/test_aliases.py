"""Aliases over gRPC: the name travels, and the server says which collection it is."""

import threading

import pytest

from vecstore import Record
from vecstore.errors import AlreadyExists, CollectionNotFound, InvalidArgument, NotFound
from vecstore.service import record_servicer

SWITCHES = 60


@pytest.fixture
def two(store, embedded):
    """Collections a and b with an alias of a; every record's id begins with its collection's."""
    for name in ("a", "b"):
        made = store.create_collection(name, encoder="hashing@1")
        made.upsert([Record(id=f"{name}{n}", text=f"text {n}", payload={"of": name}) for n in "12"])
    store.set_alias("live", "a")
    yield store
    for name in ("a", "b"):
        embedded.delete_collection(name)


def test_a_handle_follows_its_alias(two):
    live = two.collection("live")
    assert live.name == "a"
    assert live.info().aliases == ("live",)
    vector = two.encode("hashing@1", ["text"])[0]
    calls = {
        "search": lambda: [hit.id for hit in live.search("text")],
        "ids alone": lambda: [
            hit.id for hit in live.search(vector, include_payload=False, include_text=False)
        ],
        "batch": lambda: [hit.id for hits in live.search_batch(["text", vector]) for hit in hits],
        "list": lambda: [one.id for one in live.list().records],
        "recommend": lambda: [hit.id for hit in live.recommend([vector])],
        "groups": lambda: [group.value for group in live.search_groups("text", "of")],
        "sample": lambda: [one.id for one in live.sample(2)],
        "facets": lambda: [facet.value for facet in live.facets("of")],
        "info": lambda: [live.info().name],
    }
    for target in "abab":
        two.set_alias("live", target)
        for name, call in calls.items():
            for _ in range(3):
                assert {one[0] for one in call()} == {target}, name


def test_writes_follow_it(two):
    live = two.collection("live")
    for target in "ab":
        two.update_aliases({"live": target})
        live.upsert([Record(id="new", text="text")])
        live.update_payload(["new"], set={"n": 1})
        assert two.collection(target).get(["new"])[0].payload == {"n": 1}
        list(live.upsert_stream([[Record(id="streamed", text="text")]]))
        list(live.ingest([Record(id="ingested", text="text")]))
        assert two.collection(target).count() == 5
        assert live.delete(["new", "streamed", "ingested"]) == 3
        assert two.collection(target).count() == live.count() == 2


def test_one_request_is_of_one_collection(two, embedded, monkeypatch):
    for name in "ab":
        same = [Record(id=i, text="text", payload={"of": name}) for i in ("same", "too")]
        two.collection(name).upsert(same)
    read = embedded.reader.records

    def switching(*arguments):
        found = read(*arguments)
        embedded.set_alias("live", "b")
        return found

    live = two.collection("live")
    monkeypatch.setattr(record_servicer, "_PART", 1)
    monkeypatch.setattr(embedded.reader, "records", switching)
    assert [one.payload["of"] for one in live.get(["same", "too"])] == ["a", "a"]
    assert [one.payload["of"] for one in live.get(["same", "too"])] == ["b", "b"]


def test_what_is_refused(two):
    for call, error, match in (
        (lambda: two.set_alias("b", "a"), AlreadyExists, "there is a collection 'b'"),
        (lambda: two.set_alias("next", "live"), InvalidArgument, "is an alias itself, of 'a'"),
        (lambda: two.set_alias("next", "nowhere"), CollectionNotFound, "'nowhere'"),
        (lambda: two.delete_alias("next"), NotFound, "there is no alias 'next'"),
        (lambda: two.update_aliases({"live": "b"}, ["live"]), InvalidArgument, "to be deleted"),
        (lambda: two.delete_collection("live"), InvalidArgument, "is an alias of 'a'"),
        (lambda: two.create_collection("live", encoder="hashing@1"), AlreadyExists, "an alias"),
    ):
        with pytest.raises(error, match=match):
            call()
    assert two.list_aliases() == {"live": "a"}
    assert two.update_aliases({"next": "b"}, ["live"]) == {"next": "b"}
    with pytest.raises(CollectionNotFound, match="'live'"):
        two.collection("live")


def test_switching_under_way_mixes_nothing(two, connect, address):
    vector = two.encode("hashing@1", ["text"])[0]
    done, failed = threading.Event(), []

    def search(bare):
        live = connect(address).collection("live")
        options = {"include_payload": False, "include_text": False} if bare else {}
        try:
            while not done.is_set():
                assert len({hit.id[0] for hit in live.search(vector, **options)}) == 1
                assert len({one.id[0] for one in live.list().records}) == 1
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=search, args=(bare,)) for bare in (True, False)]
    for thread in threads:
        thread.start()
    live = two.collection("live")
    for number in range(SWITCHES):
        target = "ab"[number % 2]
        two.set_alias("live", target)
        hits = live.search(vector, include_payload=False, include_text=False)
        assert {hit.id[0] for hit in hits} == {target}
    done.set()
    for thread in threads:
        thread.join()
    assert failed == []
