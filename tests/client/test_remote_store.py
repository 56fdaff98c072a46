"""Both clients do what the embedded store does."""

import inspect

import numpy as np
import pytest

import vecstore
from vecstore import FieldValue, Record, RecordReference, Vector

TEXTS = {
    "copy": "copy a directory tree",
    "delete": "delete a file",
    "sort": "sort a list of numbers",
    "parse": "parse a date",
}


def records():
    return [
        Record(id=name, text=text, payload={"n": n, "half": n / 2, "even": n % 2 == 0, "no": None})
        for n, (name, text) in enumerate(TEXTS.items())
    ]


@pytest.fixture
def filled(docs):
    assert docs.upsert(records()) == 4
    return docs


# Only for whoever has the store's folder.
EMBEDDED_ONLY = {
    "register_encoder",
    "accept_encoder",
    "declare_space",
    "verify_encoder",
    # Clients cannot train, nor name files.
    "train",
    "list_models",
    "model",
    "export_model",
    "import_model",
    # Judging is the operator's; clients read what was found.
    "evaluate",
    "compare_spaces",
    "dimensions",
    "fit_transform",
}
INTERNAL = {
    *("claim", "open_indexes", "index", "write", "follow", "row", "require"),
    *("named_collection", "backup_pieces", "look_at_operation", "stop_operation"),
    "page_of_operations",
}


# Nothing that runs in this very process has a deadline.
REMOTE_ONLY = {"with_timeout"}


def public(kind):
    return {
        name: inspect.signature(value)
        for name, value in inspect.getmembers(kind)
        if inspect.isfunction(value) and not name.startswith("_") and name not in REMOTE_ONLY
    }


@pytest.mark.parametrize("kind", ["RemoteStore", "AsyncRemoteStore"])
def test_the_methods_are_those_of_the_embedded_store(kind):
    from vecstore import aio, client
    from vecstore.store import Store

    remote = public(getattr(client, kind, None) or getattr(aio, kind))
    embedded = public(Store)
    assert set(remote) == set(embedded) - EMBEDDED_ONLY - INTERNAL
    for name, signature in remote.items():
        assert signature.parameters == embedded[name].parameters, name


@pytest.mark.parametrize("kind", ["RemoteCollection", "AsyncRemoteCollection"])
def test_the_methods_are_those_of_the_embedded_collection(kind):
    from vecstore import aio, client
    from vecstore.collection import Collection

    remote = public(getattr(client, kind, None) or getattr(aio, kind))
    embedded = public(Collection)
    assert set(remote) == set(embedded) - {"upsert_batch", "ingest_batch", "bridge_steps"}
    for name, signature in remote.items():
        mine = [(p.name, p.kind, p.default) for p in signature.parameters.values()]
        theirs = [(p.name, p.kind, p.default) for p in embedded[name].parameters.values()]
        assert mine == theirs, name


def test_collections(store, embedded):
    made = store.create_collection("b", encoder="hashing", metric="l2", store_inputs=False)
    store.create_collection("a", encoder="hashing@1", index="exact")
    assert (made.name, made.encoder, made.metric) == ("b", "hashing@1", "l2")
    assert made.space == embedded.space("hashing@1")
    assert store.list_collections() == embedded.list_collections()
    assert store.collection("a").info() == embedded.collection("a").info()
    assert not store.collection("b").info().store_inputs
    for name in "ab":
        store.delete_collection(name)
    assert store.list_collections() == []


def test_encoders(store, embedded):
    assert store.encoder("hashing@1") == embedded.encoder("hashing@1")
    assert store.list_encoders() == embedded.list_encoders()
    assert store.space("hashing") == embedded.space("hashing")


@pytest.mark.parametrize("role", ["document", "query"])
def test_encode(store, embedded, role):
    texts = list(TEXTS.values())
    assert store.encode("hashing", texts, role=role) == embedded.encode("hashing", texts, role=role)


@pytest.mark.parametrize("metric", ["cosine", "ip", "l2"])
def test_compare(store, embedded, metric):
    a, b = embedded.encode("hashing", ["copy a tree", "copy a file"])
    assert store.compare(a, b, metric=metric) == embedded.compare(a, b, metric=metric)


def test_search(filled, embedded):
    vector = embedded.encode("hashing", ["copy a tree"], role="query")[0]
    local = embedded.collection("docs")
    for query in ("copy a tree", vector, RecordReference("copy"), RecordReference("copy", "docs")):
        remote, here = filled.search(query, k=3), local.search(query, k=3)
        assert [(hit.id, hit.payload, hit.text) for hit in remote] == [
            (hit.id, hit.payload, hit.text) for hit in here
        ]
        for ours, theirs in zip(remote, here, strict=True):
            # The graph and the exact scan round differently.
            assert ours.distance == pytest.approx(theirs.distance, abs=1e-5)
            assert ours.score == pytest.approx(theirs.score, abs=1e-5)
    hits = filled.search("copy a tree", k=1)
    assert hits.space == vector.space
    assert hits[0].id == "copy"
    assert hits[0].text == TEXTS["copy"]
    assert hits[0].payload == {"n": 0, "half": 0.0, "even": True, "no": None}
    assert [type(hits[0].payload[key]) for key in ("n", "half", "even")] == [int, float, bool]


def test_search_settings(filled):
    bare = filled.search("copy a tree", 2, include_payload=False, include_text=False)
    assert [(hit.payload, hit.text) for hit in bare] == [({}, None)] * 2
    odd = filled.search("copy a tree", filter={"n": {"$in": [1, 3]}}, field="default")
    assert {hit.id for hit in odd} == {"delete", "parse"}
    assert len(filled.search("copy a tree")) == 4


def test_search_by_vector_again_and_again(filled, embedded):
    """The first search of a collection runs in a thread, later ones on the event loop."""
    vector = embedded.encode("hashing", ["copy a tree"])[0]
    answers = [
        filled.search(vector, k=2, include_payload=False, include_text=False) for _ in range(20)
    ]
    assert {tuple(hit.id for hit in answer) for answer in answers} == {("copy", "delete")}
    assert answers[0][0].id == "copy"
    with pytest.raises(vecstore.InvalidArgument, match="k is 0"):
        filled.search(vector, k=0, include_payload=False, include_text=False)


def test_search_batch(filled):
    vector = filled.get(["sort"], include_vectors=True)[0].vector
    batch = filled.search_batch(["delete files", vector], k=2, include_text=False)
    assert [hits[0].id for hits in batch] == ["delete", "sort"]
    assert batch[0][0].text is None
    assert filled.search_batch([]) == []


def test_get_delete_and_count(filled):
    assert filled.get(["sort", "copy"]) == [records()[2], records()[0]]
    assert filled.get([]) == []
    vector = filled.get(["copy"], include_vectors=True)[0].vector
    assert vector.space == filled.space
    assert filled.count() == 4
    assert filled.count({"even": True}) == 2
    assert filled.delete(["copy", "nothing"]) == 1
    assert filled.count() == 3


def test_pages(filled):
    first = filled.list(page_size=3)
    second = filled.list(page_size=3, page_token=first.next_page_token)
    assert [record.id for record in first.records + second.records] == sorted(TEXTS)
    assert second.next_page_token == ""
    (only,) = filled.list(filter={"n": 2}, include_vectors=True).records
    assert only.id == "sort"
    assert only.vector is not None


def test_a_tagged_vector_and_a_field_are_stored(docs, store):
    vector = store.encode("hashing", ["anything"])[0]
    docs.upsert([Record("v", vector=vector), Record("f", fields={"default": FieldValue("text")})])
    found = docs.get(["v", "f"], include_vectors=True)
    assert found[0].vector == vector
    assert found[1].text == "text"


def error_of(call):
    with pytest.raises(vecstore.VecstoreError) as caught:
        call()
    return caught.value


SPACE = vecstore.Space("other", "1", 384, "f" * 64)
MISTAKES = {
    "unknown collection": lambda store, docs: store.collection("nothing"),
    "unknown encoder": lambda store, docs: store.encoder("nothing@1"),
    "bad name": lambda store, docs: store.create_collection("a b", encoder="hashing"),
    "taken name": lambda store, docs: store.create_collection("docs", encoder="hashing"),
    "bad metric": lambda store, docs: store.create_collection("x", encoder="hashing", metric="m"),
    "bad index": lambda store, docs: store.create_collection("x", encoder="hashing", index="tree"),
    "bad role": lambda store, docs: store.encode("hashing", ["a"], role="asker"),
    "one string": lambda store, docs: store.encode("hashing", "text"),
    "empty text": lambda store, docs: store.encode("hashing", [""]),
    "no text": lambda store, docs: store.encode("hashing", [3]),
    "long text": lambda store, docs: store.encode("hashing", ["x" * 10_000_000]),
    "k of 0": lambda store, docs: docs.search("a", k=0),
    "negative k": lambda store, docs: docs.search("a", k=-3),
    "huge k": lambda store, docs: docs.search("a", k=10**6),
    "k above 64 bits": lambda store, docs: docs.search("a", k=10**30),
    "k is true": lambda store, docs: docs.search("a", k=True),
    "bad filter": lambda store, docs: docs.search("a", filter={"n": {"$near": 1}}),
    "unknown field": lambda store, docs: docs.search("a", field="image"),
    "bare numbers": lambda store, docs: docs.search(np.ones(384, np.float32)),
    "another dtype": lambda store, docs: docs.search(np.ones(384)),
    "no query": lambda store, docs: docs.search(None),
    "another space": lambda store, docs: docs.search(Vector(SPACE, [1.0] * 384)),
    "wrong length": lambda store, docs: docs.search(Vector(docs.space, [1.0] * 3)),
    "zero": lambda store, docs: docs.search(Vector(docs.space, [0.0] * 384)),
    "unknown reference": lambda store, docs: docs.search(RecordReference("nothing")),
    "bad query of a batch": lambda store, docs: docs.search_batch(["a", ""]),
    "two spaces": lambda store, docs: store.compare(
        Vector(docs.space, [1.0] * 384), Vector(SPACE, [1.0] * 384)
    ),
    "missing ids": lambda store, docs: docs.get(["a", "b"]),
    "one id": lambda store, docs: docs.get("abc"),
    "no id": lambda store, docs: docs.delete([7]),
    "page of 0": lambda store, docs: docs.list(page_size=0),
    "negative page": lambda store, docs: docs.list(page_size=-1),
    "huge page": lambda store, docs: docs.list(page_size=10**6),
    "bad token": lambda store, docs: docs.list(page_token="zzz"),
    "empty record": lambda store, docs: docs.upsert([Record("a")]),
    "empty id": lambda store, docs: docs.upsert([Record("", text="t")]),
    "id is a number": lambda store, docs: docs.upsert([Record(7, text="t")]),
    "odd id": lambda store, docs: docs.upsert([Record("\0", text="t")]),
    "no record": lambda store, docs: docs.upsert(["a"]),
    "deep payload": lambda store, docs: docs.upsert([Record("a", text="t", payload=nested(33))]),
    "very deep payload": lambda store, docs: docs.upsert(
        [Record("a", text="t", payload=nested(5000))]
    ),
    "payload of objects": lambda store, docs: docs.upsert(
        [Record("a", text="t", payload={"a": object()})]
    ),
    "big integer": lambda store, docs: docs.upsert([Record("a", text="t", payload={"n": 2**63})]),
    "payload with NaN": lambda store, docs: docs.upsert(
        [Record("a", text="t", payload={"n": float("nan")})]
    ),
    "record of another space": lambda store, docs: docs.upsert(
        [Record("fine", text="t"), Record("a", vector=Vector(SPACE, [1.0] * 384))]
    ),
    "surrogate": lambda store, docs: docs.upsert([Record("a", text="\ud800")]),
}


def nested(depth):
    payload = {}
    for _ in range(depth - 1):
        payload = {"a": payload}
    return payload


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_raise_what_the_embedded_store_raises(store, embedded, docs, name):
    docs.upsert([Record("there", text="t")])
    remote = error_of(lambda: MISTAKES[name](store, docs))
    local = error_of(lambda: MISTAKES[name](embedded, embedded.collection("docs")))
    assert type(remote) is type(local)
    assert remote.details.get("field") == local.details.get("field")
    assert docs.count() == 1


SAME_WORDS = [
    "unknown collection", "unknown encoder", "taken name", "k of 0", "another space",
    "wrong length", "two spaces", "missing ids", "empty record", "record of another space",
    "zero", "bad query of a batch", "unknown field",
]  # fmt: skip


@pytest.mark.parametrize("name", SAME_WORDS)
def test_message_and_details_are_the_same(store, embedded, docs, name):
    docs.upsert([Record("there", text="t")])
    remote = error_of(lambda: MISTAKES[name](store, docs))
    local = error_of(lambda: MISTAKES[name](embedded, embedded.collection("docs")))
    assert remote.message == local.message
    assert remote.details == local.details
