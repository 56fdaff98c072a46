"""Writes that are sent twice and done once."""

import threading

import pytest
from sqlalchemy import text

import vecstore
from vecstore import Record
from vecstore.collection.once import _asked
from vecstore.filters import parse


def keys(store):
    with store.reader._engine.connect() as connection:
        return sorted(connection.execute(text("SELECT key FROM idempotency_keys")).scalars())


def test_an_insert_is_done_once(docs, encoded):
    new = [Record(id="ant", text="an ant"), Record(id="emu", text="an emu")]
    assert docs.insert(new, idempotency_key="k") == 2
    version = docs.get(["ant"])[0].version
    seen = len(encoded)
    assert docs.insert(new, idempotency_key="k") == 2
    assert docs.get(["ant"])[0].version == version
    assert len(encoded) == seen
    with pytest.raises(vecstore.AlreadyExists):
        docs.insert(new, idempotency_key="another")


def test_every_kind_of_write_is_done_once(docs):
    cat = docs.get(["cat"])[0].version
    for call in (
        lambda: docs.upsert(
            [Record(id="cat", text="x")], if_versions={"cat": cat}, idempotency_key="1"
        ),
        lambda: docs.update([Record(id="dog", text="x")], idempotency_key="2"),
        lambda: docs.update_payload(["dog"], set={"n": 1}, unset=["m"], idempotency_key="3"),
        lambda: docs.update_payload(filter={"n": 1}, set={"n": 2}, idempotency_key="4"),
        lambda: docs.delete(["fish", "nobody"], idempotency_key="5"),
        lambda: docs.delete(filter={"n": 2}, idempotency_key="6"),
        lambda: docs.upsert([], idempotency_key="7"),
    ):
        first = call()
        before = [(record.id, record.version) for record in docs.list().records]
        assert call() == first
        assert [(record.id, record.version) for record in docs.list().records] == before


def test_a_repeated_write_does_not_undo_a_later_one(docs):
    docs.upsert([Record(id="cat", text="first")], idempotency_key="k")
    docs.upsert([Record(id="cat", text="second")])
    docs.upsert([Record(id="cat", text="first")], idempotency_key="k")
    assert docs.get(["cat"])[0].text == "second"


def test_a_key_belongs_to_one_request(store, docs):
    vector = store.encode("hashing@1", ["words"])[0]
    docs.upsert([Record(id="a", text="x", payload={"n": 1, "m": 2})], idempotency_key="k")
    others = [
        lambda: docs.upsert(
            [Record(id="b", text="x", payload={"n": 1, "m": 2})], idempotency_key="k"
        ),
        lambda: docs.upsert(
            [Record(id="a", text="y", payload={"n": 1, "m": 2})], idempotency_key="k"
        ),
        lambda: docs.upsert(
            [Record(id="a", text="x", payload={"n": 1.0, "m": 2})], idempotency_key="k"
        ),
        lambda: docs.upsert(
            [Record(id="a", text="x", vector=vector, payload={"n": 1, "m": 2})], idempotency_key="k"
        ),
        lambda: docs.update(
            [Record(id="a", text="x", payload={"n": 1, "m": 2})], idempotency_key="k"
        ),
        lambda: docs.upsert(
            [Record(id="a", text="x", payload={"n": 1, "m": 2})],
            if_versions={"a": 5},
            idempotency_key="k",
        ),
        lambda: docs.delete(["a"], idempotency_key="k"),
        lambda: docs.update_payload(["a"], set={"n": 1}, idempotency_key="k"),
    ]
    for other in others:
        with pytest.raises(vecstore.InvalidArgument, match="'k' was used for another request"):
            other()
    # The order of keys says nothing: a message does not keep it.
    assert (
        docs.upsert([Record(id="a", text="x", payload={"m": 2, "n": 1})], idempotency_key="k") == 1
    )


def test_changes_that_differ_are_other_requests(docs):
    pairs = [
        ({"filter": {"a": 1}, "set": {"n": 1}}, {"filter": {"a": 2}, "set": {"n": 1}}),
        ({"filter": {"a": 1}, "set": {"n": 1}}, {"filter": {"a": 1}, "set": {"n": 2}}),
        ({"filter": {}, "unset": ["n"]}, {"filter": {}, "unset": ["m"]}),
        ({"ids": ["cat"], "unset": ["n"]}, {"ids": ["dog"], "unset": ["n"]}),
    ]
    for number, (first, second) in enumerate(pairs):
        docs.update_payload(**first, idempotency_key=f"{number}")
        with pytest.raises(vecstore.InvalidArgument, match="another request"):
            docs.update_payload(**second, idempotency_key=f"{number}")


def test_a_refused_write_leaves_no_key(store, docs):
    with pytest.raises(vecstore.AlreadyExists):
        docs.insert([Record(id="cat", text="x")], idempotency_key="k")
    assert keys(store) == []
    docs.delete(["cat"])
    assert docs.insert([Record(id="cat", text="x")], idempotency_key="k") == 1


def test_collections_have_keys_of_their_own(store, docs):
    other = store.create_collection("other", encoder="hashing@1")
    for collection in (docs, other):
        collection.insert([Record(id="new", text="x")], idempotency_key="k")
    assert other.count() == 1
    store.delete_collection("other")
    again = store.create_collection("other", encoder="hashing@1")
    again.insert([Record(id="new", text="x")], idempotency_key="k")
    assert again.count() == 1


def test_keys_are_remembered_after_a_restart_and_not_forever(opener, monkeypatch):
    record = Record(id="a", text="words")
    with opener() as store:
        docs = store.create_collection("docs", encoder="hashing@1")
        docs.insert([record], idempotency_key="k")
    with opener() as store:
        docs = store.collection("docs")
        assert docs.insert([record], idempotency_key="k") == 1
        now = vecstore.storage.idempotency.time.time()
        monkeypatch.setattr("vecstore.storage.idempotency.time.time", lambda: now + 24 * 3600 + 2)
        with pytest.raises(vecstore.AlreadyExists):
            docs.insert([record], idempotency_key="k")
        docs.update([record], idempotency_key="later")
        assert keys(store) == ["later"]


def test_what_is_no_key(docs):
    for key, said in (
        ("", "has 0 characters"),
        ("x" * 257, "has 257 characters"),
        ("a\0b", "NUL"),
        (7, "is a int"),
    ):
        with pytest.raises(vecstore.InvalidArgument, match=said):
            docs.delete(["cat"], idempotency_key=key)
    assert docs.count() == 4


@pytest.mark.parametrize("kind", ["insert", "payload"])
def test_racing_requests_are_done_once(store, docs, kind, monkeypatch):
    monkeypatch.setattr(store.reader, "foreseen", lambda *_: None)  # both are too early to see
    gate, counts = threading.Barrier(6), []

    def act():
        gate.wait()
        if kind == "insert":
            counts.append(docs.insert([Record(id="new", text="x")], idempotency_key="k"))
        else:
            counts.append(docs.update_payload(["cat"], set={"n": 1}, idempotency_key="k"))

    before = max(record.version for record in docs.list().records)
    threads = [threading.Thread(target=act) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == [1] * 6
    assert max(record.version for record in docs.list().records) == before + 1


@pytest.mark.parametrize("method", ["update_payload", "delete"])
def test_a_filter_is_the_same_however_it_is_written(docs, method):
    change = {"set": {"n": 1}} if method == "update_payload" else {}
    moment = "2026-01-31T12:00:00Z"
    forms = [
        {"a": {"$in": [1, "x", 2.5]}, "b": {"$gt": {"$datetime": moment}}, "c": {"$ne": None}},
        {
            "$and": [
                {"c": {"$not": {"$eq": None}}},
                {"b": {"$gt": {"$datetime": "2026-01-31T13:00:00+01:00"}}},
                {"a": {"$in": [2.5, 1, "x"]}},
            ]
        },
    ]
    asked = _asked(parse(forms[0]))
    assert "Comparison" not in asked  # no name of this version's classes
    write = getattr(docs, method)
    assert write(filter=forms[0], **change, idempotency_key="k") == 0
    with pytest.raises(vecstore.InvalidArgument, match="another request"):
        write(filter={**forms[0], "a": {"$in": [1.0, "x", 2.5]}}, **change, idempotency_key="k")
    for other in ({"c": {"$exists": True}}, {"$or": [forms[0], {"d": 1}]}, {"$not": forms[0]}):
        assert _asked(parse(other)) != asked
    assert _asked(parse({"$and": [{"a": 1}, {"b": 2}]})) == _asked(parse({"b": 2, "a": 1}))
    assert _asked(parse({"a": {"$in": [1, "x"]}})) == _asked(parse({"a": {"$in": ["x", 1]}}))


def test_a_batch_under_a_key_out_of_date_is_a_new_one(docs, monkeypatch):
    batch = [Record(id="cat", text="x"), Record(id="new", text="x")]

    def refused():
        results = docs.ingest_batch(batch, mode="insert", idempotency_key="k")
        return [item.id for item in results if item.error]

    assert refused() == ["cat"]
    now = vecstore.storage.idempotency.time.time()
    monkeypatch.setattr("vecstore.storage.idempotency.time.time", lambda: now + 24 * 3600 + 2)
    assert refused() == ["cat", "new"]
    assert refused() == ["cat", "new"]
