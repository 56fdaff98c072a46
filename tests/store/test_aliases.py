"""A name that stands for a collection, and for another one from one moment on."""

import threading

import pytest

import vecstore
from vecstore import Record, RecordReference
from vecstore.errors import AlreadyExists, CollectionNotFound, InvalidArgument, NotFound

SWITCHES = 200


@pytest.fixture
def two(store):
    """Collections a and b; every record's id, text and payload begin with its collection's name."""
    for name in ("a", "b"):
        made = store.create_collection(name, encoder="hashing@1")
        made.upsert([record(name, n) for n in range(4)])
    store.set_alias("live", "a")
    return store


def record(name, number):
    return Record(id=f"{name}{number}", text=f"{name} text {number}", payload={"of": name})


def test_a_handle_follows_its_alias(two):
    live = two.collection("live")
    assert (live.name, live.info().aliases, live.count()) == ("a", ("live",), 4)
    assert {hit.id[0] for hit in live.search("text", k=10)} == {"a"}
    kept = live.list
    two.set_alias("live", "b")
    assert {one.id[0] for one in kept().records} == {"b"}
    assert (live.name, live.info().aliases) == ("b", ("live",))
    assert {hit.id[0] for hit in live.search("text", k=10)} == {"b"}
    live.upsert([record("b", 9)])
    assert two.collection("b").get(["b9"]) == live.get(["b9"])
    assert two.collection("a").info().aliases == ()
    assert "'b', by its alias 'live'" in repr(live)


def test_a_stream_of_writes_follows_its_alias_batch_by_batch(two):
    live = two.collection("live")
    for number, results in enumerate(
        (
            live.upsert_stream([[record("s", 1)], [record("s", 2)]]),
            live.ingest([record("i", 1), record("i", 2)], batch_bytes=1),
        )
    ):
        assert next(results)
        two.set_alias("live", "b")
        assert next(results)
        two.set_alias("live", "a")
        assert [two.collection(name).count() for name in ("a", "b")] == [5 + number] * 2


def test_a_record_of_the_same_collection_by_its_alias_is_left_out(two):
    for name in ("a", "live"):
        hits = two.collection(name).search(RecordReference("a0", "live"), k=10)
        assert "a0" not in {hit.id for hit in hits}
    hits = two.collection("b").search(RecordReference("a0", "live"), k=10)
    assert {hit.id[0] for hit in hits} == {"b"}


def test_several_at_one_moment_or_none(two):
    assert two.update_aliases({"live": "b", "next": "a"}) == {"live": "b", "next": "a"}
    assert two.update_aliases({"live": "a"}, ["next"]) == {"live": "a"} == two.list_aliases()
    with pytest.raises(CollectionNotFound, match="'nowhere' for an alias to stand for"):
        two.update_aliases({"live": "b", "next": "nowhere"})
    with pytest.raises(NotFound, match="there is no alias 'next'; there are: live"):
        two.update_aliases({"live": "b"}, ["next"])
    assert two.list_aliases() == {"live": "a"}


@pytest.mark.parametrize(
    ("given", "removed", "error", "match"),
    [
        ({"b": "a"}, [], AlreadyExists, "there is a collection 'b'"),
        ({"other": "live"}, [], InvalidArgument, "'live' is an alias itself, of 'a'"),
        ({"live": "b"}, ["live"], InvalidArgument, "'live' is to be set and to be deleted"),
        ({"no name": "a"}, [], InvalidArgument, "not a collection name"),
        ({"live": 3}, [], InvalidArgument, "not a collection name"),
        ([("live", "b")], [], InvalidArgument, "give collections by alias"),
        ({}, "live", InvalidArgument, "give a list of aliases"),
    ],
)
def test_what_no_alias_can_be(two, given, removed, error, match):
    with pytest.raises(error, match=match):
        two.update_aliases(given, removed)
    assert two.list_aliases() == {"live": "a"}


@pytest.mark.parametrize("name", [None, 3, ["a"], b"a"])
def test_what_is_no_name_at_all(two, name):
    for call in (two.collection, two.delete_collection):
        with pytest.raises(InvalidArgument, match="give its name, or an alias"):
            call(name)


def test_a_huge_name_is_told_in_brief(two):
    with pytest.raises(CollectionNotFound) as caught:
        two.collection("é" * 1_000_000)
    assert len(caught.value.message) < 200


def test_a_collection_cannot_have_the_name_of_an_alias(two):
    with pytest.raises(AlreadyExists, match="there is an alias 'live' already"):
        two.create_collection("live", encoder="hashing@1")


def test_deleting_by_an_alias_is_refused(two):
    with pytest.raises(InvalidArgument, match="'live' is an alias of 'a'; delete the collection"):
        two.delete_collection("live")
    assert two.collection("a").count() == 4


def test_a_deleted_collection_takes_its_aliases_along(two):
    live = two.collection("live")
    two.delete_collection("a")
    assert two.list_aliases() == {}
    for call in (live.count, lambda: two.collection("live")):
        with pytest.raises(CollectionNotFound, match="'live'"):
            call()
    two.create_collection("live", encoder="hashing@1").upsert([record("c", 1)])
    assert live.count() == 1


def test_aliases_stay_when_a_store_is_closed(opener):
    with opener() as store:
        store.create_collection("a", encoder="hashing@1")
        store.set_alias("live", "a")
    with opener() as store:
        assert store.list_aliases() == {"live": "a"}
        assert store.collection("live").name == "a"


def test_a_name_in_memory_needs_no_sql(two):
    two.collection("live").search("text")
    before = two.names.known("live")
    assert before is not None
    two.set_alias("live", "b")
    assert two.names.known("live") is None
    assert two.names.known("b") is two.row("b")


def test_what_was_read_before_a_switch_is_not_remembered_after_it(two, monkeypatch):
    read = two.catalog.collection

    def late(name):
        found = read(name)
        monkeypatch.setattr(two.catalog, "collection", read)
        two.set_alias("live", "b")
        return found

    monkeypatch.setattr(two.catalog, "collection", late)
    assert [two.row("live").name for _ in range(2)] == ["a", "b"]


def test_switching_under_way_mixes_nothing(tmp_path):
    """Searches, listings and writes by an alias each see one collection, and none fails."""
    with vecstore.open(tmp_path) as store:
        for name in ("a", "b"):
            made = store.create_collection(name, encoder="hashing@1")
            made.upsert([record(name, n) for n in range(8)])
        store.set_alias("live", "a")
        live, done, failed = store.collection("live"), threading.Event(), []
        query = store.encode("hashing@1", ["text"])[0]

        def searched():
            hits = live.search(query, k=20)
            assert {hit.payload["of"] for hit in hits} == {hit.id[0] for hit in hits}
            return [hit.id for hit in hits]

        def searched_together():
            return [hit.id for hits in live.search_batch([query] * 8, k=20) for hit in hits]

        def listed():
            return [one.id for one in live.list(page_size=100).records]

        def written():
            assert live.upsert([Record(id="written", text="text", payload={"of": "w"})]) == 1
            return []

        def repeat(work):
            try:
                while not done.wait(0.001):
                    found = {one[0] for one in work() if one != "written"}
                    assert len(found) <= 1, found
            except BaseException as error:
                failed.append(error)

        works = (searched, searched_together, listed, written)
        threads = [threading.Thread(target=repeat, args=(work,)) for work in works]
        for thread in threads:
            thread.start()
        for number in range(SWITCHES):
            target = "ab"[number % 2]
            store.set_alias("live", target)
            # Whoever has switched it finds it switched.
            assert live.name == target
            assert {one[0] for one in searched() if one != "written"} == {target}
        done.set()
        for thread in threads:
            thread.join()
        assert failed == []
        assert all(store.collection(name).get(["written"]) for name in ("a", "b"))
