"""Payloads changed in place, and records deleted, by id and by filter."""

import threading

import numpy as np
import pytest

import vecstore
from vecstore import Record
from vecstore.storage import payload_writes, spool


def payload(docs, record):
    return docs.get([record])[0].payload


def test_keys_are_set_and_removed(docs):
    docs.upsert(
        [Record(id="cow", text="a cow", payload={"a": {"b": 1, "c": 2}, "d": [1], "e.f": 3})]
    )
    change = {"set": {"d": {"x": None}, "g": 2.0, "h.i": True}, "unset": ["a.b", r"e\.f", "none.x"]}
    assert docs.update_payload(["cow"], **change) == 1
    assert payload(docs, "cow") == {"a": {"c": 2}, "d": {"x": None}, "g": 2.0, "h.i": True}
    docs.update_payload(["cow"], unset=["a"])
    assert list(payload(docs, "cow")) == ["d", "g", "h.i"]
    docs.update_payload(["cow"], unset=["g.x", "d.x.y"])  # not there: nothing to remove
    assert payload(docs, "cow") == {"d": {"x": None}, "g": 2.0, "h.i": True}


def test_nothing_is_encoded_and_the_vector_stays(store, docs, encoded, animals):
    before = docs.get(list(animals), include_vectors=True)
    assert docs.update_payload(filter={}, set={"n": 1}) == 4
    after = docs.get(list(animals), include_vectors=True)
    assert encoded == []
    for old, new in zip(before, after, strict=True):
        assert (new.text, new.payload["n"]) == (old.text, 1)
        np.testing.assert_array_equal(new.vector.values, old.vector.values)
    hits = docs.search(animals["dog"], k=1, filter={"n": 1})
    assert (hits[0].id, hits[0].payload) == ("dog", {"kind": "dog", "n": 1})


def test_filters_see_it_at_once(docs):
    docs.update_payload(["cat", "dog"], set={"kind": "pet"})
    assert docs.count({"kind": "pet"}) == 2
    assert {hit.id for hit in docs.search("anything", filter={"kind": "pet"})} == {"cat", "dog"}
    assert docs.search("anything", filter={"kind": "cat"}) == ()


def test_by_filter_all_that_satisfied_it_before(docs):
    # A record that satisfies the filter only because of the change itself is not changed again.
    docs.update_payload(filter={}, set={"n": 0})
    assert docs.update_payload(filter={"n": {"$lt": 1}}, set={"n": 1}) == 4
    assert docs.update_payload(filter={"n": {"$lt": 1}}, set={"n": 2}) == 0
    assert docs.count({"n": 1}) == 4


def test_it_stays_after_a_restart(opener):
    with opener() as store:
        docs = store.create_collection("docs", encoder="hashing@1")
        docs.upsert([Record(id="a", text="words")])
        docs.update_payload(["a"], set={"n": 1})
    with opener() as store:
        docs = store.collection("docs")
        assert [hit.payload for hit in docs.search("words", filter={"n": 1})] == [{"n": 1}]


def test_missing_ids_are_named_and_nothing_is_changed(docs):
    with pytest.raises(vecstore.RecordNotFound, match="'nobody'; nothing was written"):
        docs.update_payload(["cat", "nobody"], set={"n": 1})
    assert docs.count({"n": 1}) == 0


SENSELESS = [
    ({"ids": ["cat"]}, "nothing to set or to unset"),
    ({"ids": ["cat"], "set": {}}, "nothing to set or to unset"),
    ({"set": {"a": 1}}, "neither ids nor a filter"),
    ({"ids": ["cat"], "filter": {}, "set": {"a": 1}}, "both ids and a filter were given"),
    ({"ids": "cat", "set": {"a": 1}}, "ids is the single string 'cat'"),
    ({"ids": ["cat"], "unset": "kind"}, "unset is the single string 'kind'"),
    ({"ids": ["cat"], "unset": [""]}, "empty key"),
    ({"ids": ["cat"], "unset": ["$text"]}, r"begins with \$"),
    ({"ids": ["cat"], "unset": [3]}, "keys are strings"),
    ({"ids": ["cat"], "unset": ["a"] * 1001}, "unset has 1001 keys"),
    ({"ids": ["cat"], "set": {"a": 1}, "unset": ["a.b"]}, "'a.b' is to be removed, and set"),
    ({"ids": ["cat"], "set": {"a": float("nan")}}, "what is to be set"),
    ({"ids": ["cat"], "set": [("a", 1)]}, "what is to be set"),
    ({"filter": {"n": {"$like": 1}}, "set": {"a": 1}}, r"\$like"),
    ({"filter": {}, "set": {"a": 1}, "if_versions": {"cat": 1}}, "given with a filter"),
]


def test_what_makes_no_sense_changes_nothing(docs):
    before = [record.version for record in docs.list().records]
    for given, said in SENSELESS:
        with pytest.raises(vecstore.InvalidArgument, match=said):
            docs.update_payload(**given)
    assert [record.version for record in docs.list().records] == before


def test_a_payload_beyond_its_limit_changes_nothing(opener):
    with opener(max_payload_bytes=100) as store:
        docs = store.create_collection("docs", encoder="hashing@1")
        docs.upsert([Record(id=str(n), text=f"{n}", payload={"x": "y" * 20 * n}) for n in range(5)])
        for chosen in ({"filter": {}}, {"ids": [str(n) for n in range(5)]}):
            with pytest.raises(vecstore.InvalidRecord, match="record '4': the payload") as caught:
                docs.update_payload(
                    chosen.get("ids"), filter=chosen.get("filter"), set={"z": "w" * 9}
                )
            assert caught.value.details["record"] == "4"
        assert docs.count({"z": {"$ne": "x"}}) == 5
        assert docs.count({"z": "w" * 9}) == 0


def test_delete_by_filter(docs, animals):
    assert docs.delete(filter={"kind": {"$in": ["cat", "dog", "cow"]}}) == 2
    assert docs.count() == 2
    assert {hit.id for hit in docs.search(animals["cat"])} == {"fish", "bird"}
    assert docs.delete(filter={"kind": "cat"}) == 0
    with pytest.raises(vecstore.InvalidArgument, match="neither ids nor a filter"):
        docs.delete()
    with pytest.raises(vecstore.InvalidArgument, match="both ids and a filter"):
        docs.delete(["fish"], filter={})
    assert docs.count() == 2
    assert docs.delete(filter={}) == 2
    assert docs.search(animals["fish"]) == ()


def test_an_empty_list_of_ids_means_nobody(docs):
    assert docs.delete([]) == 0
    assert docs.update_payload([], set={"a": 1}) == 0
    assert docs.count() == 4


@pytest.fixture
def many(store, monkeypatch):
    """A collection of 300 records, and pieces that are small beside that."""
    monkeypatch.setattr(spool, "PIECE_BYTES", 2000)
    monkeypatch.setattr(payload_writes, "_TOGETHER", 64)
    monkeypatch.setattr("vecstore.storage.deletions._TOGETHER", 64)
    many = store.create_collection("many", encoder="hashing@1")
    many.upsert(
        [
            Record(id=f"{n:03}", text=f"word{n} {n}", payload={"n": n, "third": n % 3})
            for n in range(300)
        ]
    )
    return many


def test_many_in_pieces(store, many, monkeypatch):
    pieces, follow = [], store.owner.follow
    monkeypatch.setattr(
        store.owner, "follow", lambda row, piece: (pieces.append(piece), follow(row, piece))
    )
    assert many.update_payload(filter={"third": 1}, set={"third": 9, "new": "x" * 30}) == 100
    assert many.count({"third": 9}) == 100
    found = many.search("word31 31", k=300, filter={"third": 9})
    assert {hit.id for hit in found} == {f"{n:03}" for n in range(1, 300, 3)}
    assert all(hit.payload["new"] == "x" * 30 for hit in found)
    told = [len(change.payloads) for piece in pieces for change in piece.values()]
    assert (sum(told), len(told) > 1) == (100, True)
    versions = [record.version for record in many.list(page_size=300).records]
    assert len(set(versions)) == 300
    assert many.delete(filter={"third": {"$in": [0, 9]}}) == 200
    left = {f"{n:03}" for n in range(2, 300, 3)}
    assert {hit.id for hit in many.search("word31 31", k=300)} == left
    assert {record.id for record in many.list(page_size=300).records} == left
    assert many._fields["default"].index.count == 100


def test_an_error_in_a_later_piece_undoes_all(many, monkeypatch):
    before = {record.id: record.version for record in many.list(page_size=300).records}
    whole, calls = payload_writes._write, []

    def failing(*given):
        calls.append(given)
        if len(calls) == 4:
            raise vecstore.StorageError("the disk is full")
        return whole(*given)

    monkeypatch.setattr(payload_writes, "_write", failing)
    with pytest.raises(vecstore.StorageError, match="the disk is full"):
        many.update_payload(filter={}, set={"x": 1})
    assert len(calls) == 4
    assert many.count({"x": 1}) == 0
    assert {record.id: record.version for record in many.list(page_size=300).records} == before


def test_changes_beside_each_other(many):
    """Filters, payloads and upserts from several threads: every change is whole."""
    stop, seen = threading.Event(), []

    def look():
        while not stop.is_set():
            counts = {one: many.count({"state": one}) for one in ("on", "off")}
            seen.append(counts)

    thread = threading.Thread(target=look)
    thread.start()
    for n in range(6):
        many.update_payload(filter={}, set={"state": "on" if n % 2 else "off"})
    stop.set()
    thread.join()
    assert all(count in (0, 300) for counts in seen for count in counts.values())
    assert many.count({"state": "on"}) == 300


def test_no_room_for_what_is_put_aside(many, monkeypatch):
    def full(*_given, **_named):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    with pytest.raises(vecstore.StorageError, match="No space left on device; make room"):
        many.delete(filter={})
    assert many.count() == 300


def test_the_index_is_told_the_payloads_of_labels_that_stay(store, docs, animals, monkeypatch):
    told = []
    follow = store.owner.follow
    monkeypatch.setattr(
        store.owner, "follow", lambda row, changes: (told.append(changes), follow(row, changes))
    )
    label = {hit[1]: hit[2] for hit in docs._fields["default"].index.search(np.ones(384, "f4"), 4)}
    docs.update_payload(["cat"], set={"n": 1})
    docs.update_payload(filter={"kind": "dog"}, set={"n": 2})
    docs.upsert([Record(id="fish", text=animals["fish"], payload={"n": 3})])
    docs.delete(filter={"kind": "bird"})
    (cat,), (dog,), (fish,), (bird,) = (changes.values() for changes in told)
    assert cat.payloads == {label["cat"]: '{"kind":"cat","n":1}'}
    assert dog.payloads == {label["dog"]: '{"kind":"dog","n":2}'}
    assert fish.payloads == {label["fish"]: '{"n":3}'}
    assert bird.removed == [label["bird"]]
    assert [one.labels for one in (cat, dog, fish, bird)] == [[], [], [], []]
