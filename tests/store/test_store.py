"""The embedded store end to end, on both databases, with the hashing encoder."""

from dataclasses import replace

import numpy as np
import pytest

import vecstore
from vecstore import Record, Space, Vector


def test_what_was_written_is_found_at_once(docs, animals):
    hits = docs.search("the dog and its red ball", k=2)
    assert hits[0].id == "dog"
    assert hits[0].text == animals["dog"]
    assert hits[0].payload == {"kind": "dog"}
    assert hits[0].score == pytest.approx(1 - hits[0].distance)
    assert hits.space == docs.space


def test_the_store_comes_back_as_it_was(opener, animals):
    def answer(docs):
        # Graph and tail round the last bit of a distance differently.
        hits = docs.search("sofa ball sea tree", k=10)
        return [(hit.id, hit.text, pytest.approx(hit.score, abs=1e-6)) for hit in hits]

    with opener() as store:
        docs = store.create_collection("docs", encoder="hashing")
        docs.upsert([Record(id=i, text=t) for i, t in animals.items()])
        docs.delete(["cat"])
        before = answer(docs)
    with opener() as store:
        docs = store.collection("docs")
        assert answer(docs) == before
        assert docs.count() == 3
        assert [info.name for info in store.list_collections()] == ["docs"]


def test_a_bare_name_is_stored_with_its_version(store):
    assert store.create_collection("c", encoder="hashing").encoder == "hashing@1"


def test_a_bare_name_of_several_versions_lists_them(store):
    store.declare_space("hashing@2", dim=384, provenance="elsewhere")
    with pytest.raises(vecstore.InvalidArgument, match="hashing@1, hashing@2"):
        store.create_collection("c", encoder="hashing")


def test_an_upsert_replaces(docs):
    docs.upsert([Record(id="cat", text="submarines under polar ice", payload={"n": 2})])
    assert docs.count() == 4
    found = docs.search("submarines under polar ice", k=1)[0]
    assert (found.id, found.payload) == ("cat", {"n": 2})
    assert docs.search("a cat sleeps on the warm sofa", k=1)[0].score < 0.9


def test_the_last_of_equal_ids_stays(docs):
    docs.upsert([Record(id="x", text="first words"), Record(id="x", text="last words")])
    assert docs.get(["x"])[0].text == "last words"
    assert docs.count() == 5


def test_an_unchanged_text_is_not_encoded_again(store, docs, monkeypatch, animals):
    encoded = []
    encoder = store.models.load(store.models.resolve("hashing@1"))
    whole = encoder.encode

    def count(inputs, role):
        encoded.extend(inputs)
        return whole(inputs, role)

    monkeypatch.setattr(encoder, "encode", count)
    docs.upsert([Record(id=i, text=t, payload={"again": True}) for i, t in animals.items()])
    assert encoded == []
    assert docs.get(["cat"])[0].payload == {"again": True}
    docs.upsert([Record(id="cat", text="new"), Record(id="new", text="new")])
    assert len(encoded) == 1


def test_an_own_vector_is_replaced_by_the_encoders_when_text_comes(store, docs, animals):
    other = store.encode("hashing@1", ["something else entirely"])[0]
    docs.upsert([Record(id="cat", text=animals["cat"], vector=other)])
    assert docs.search(animals["cat"], k=1)[0].id != "cat"
    docs.upsert([Record(id="cat", text=animals["cat"])])
    assert docs.search(animals["cat"], k=1)[0].id == "cat"


def test_delete_counts_those_that_were_there(docs, animals):
    assert docs.delete(["cat", "nobody", "cat"]) == 1
    assert docs.delete(["cat"]) == 0
    assert docs.count() == 3
    assert "cat" not in [hit.id for hit in docs.search(animals["cat"], k=10)]
    with pytest.raises(vecstore.RecordNotFound, match="'cat'"):
        docs.get(["dog", "cat"])


def test_k_hits_while_k_live_ones_exist(docs):
    assert len(docs.search("x y z", k=4)) == 4
    assert len(docs.search("x y z", k=100)) == 4
    docs.delete(["cat", "dog", "fish"])
    assert [hit.id for hit in docs.search("x y z", k=4)] == ["bird"]
    docs.delete(["bird"])
    assert docs.search("x y z", k=4) == ()


def test_a_record_asks_and_is_left_out_itself(store, docs):
    asked = vecstore.RecordReference("dog")
    hits = docs.search(asked, k=4)
    assert "dog" not in [hit.id for hit in hits]
    assert len(hits) == 3
    other = store.create_collection("other", encoder="hashing@1")
    other.upsert([Record(id="puppy", text="a dog chases a ball")])
    found = docs.search(vecstore.RecordReference("puppy", collection="other"), k=1)
    assert found[0].id == "dog"


def test_a_batch_is_the_same_as_one_by_one(store, docs):
    vector = store.encode("hashing@1", ["the deep sea"], role="query")[0]
    queries = ["the red ball", vector, vecstore.RecordReference("bird"), "tree"]
    singly = [docs.search(query, k=3) for query in queries]
    for hits, expected in zip(docs.search_batch(queries, k=3), singly, strict=True):
        # Vectors may enter the graph in between, whose sums differ in the last digit.
        assert [replace(hit, distance=0.0, score=0.0) for hit in hits] == [
            replace(hit, distance=0.0, score=0.0) for hit in expected
        ]
        found, wanted = ([hit.distance for hit in one] for one in (hits, expected))
        assert found == pytest.approx(wanted, abs=1e-5)
    with pytest.raises(vecstore.InvalidInput, match="query 1"):
        docs.search_batch(["fine", ""], k=3)


def test_filters(docs):
    assert [h.id for h in docs.search("anything", filter={"kind": "fish"})] == ["fish"]
    chosen = docs.search("anything", filter={"kind": {"$in": ["cat", "bird"]}})
    assert {hit.id for hit in chosen} == {"cat", "bird"}
    assert docs.count({"kind": {"$ne": "cat"}}) == 3
    assert docs.search("anything", filter={"kind": "cow"}) == ()


def test_pages(docs):
    first = docs.list(page_size=3)
    assert [r.id for r in first.records] == ["bird", "cat", "dog"]
    docs.upsert([Record(id="ant", text="a"), Record(id="emu", text="b")])
    second = docs.list(page_size=3, page_token=first.next_page_token)
    assert [r.id for r in second.records] == ["emu", "fish"]
    assert second.next_page_token == ""
    with pytest.raises(vecstore.InvalidArgument, match="another listing"):
        docs.list(page_token=first.next_page_token, filter={"kind": "cat"})
    with pytest.raises(vecstore.InvalidArgument, match="another listing"):
        docs.list(page_token="rubbish")


def test_vectors_come_back_only_when_asked_for(store, docs, animals):
    assert docs.get(["cat"])[0].vector is None
    vector = docs.get(["cat"], include_vectors=True)[0].vector
    assert vector == store.encode("hashing@1", [animals["cat"]])[0]


def test_inputs_need_not_be_stored(store):
    docs = store.create_collection("private", encoder="hashing@1", store_inputs=False)
    docs.upsert([Record(id="a", text="secret words")])
    assert docs.get(["a"])[0].text is None
    assert docs.search("secret words")[0].text is None
    assert docs.info().store_inputs is False


@pytest.mark.parametrize("metric", ["cosine", "ip", "l2"])
def test_metrics(store, metric):
    space = store.declare_space("two@1", dim=2, provenance="made by hand").space
    points = {"a": [1.0, 0.0], "b": [2.0, 2.0], "c": [0.0, 3.0]}
    docs = store.create_collection("points", encoder="two@1", metric=metric)
    docs.upsert([Record(id=i, vector=Vector(space, v)) for i, v in points.items()])
    query = np.array([1.0, 0.2])
    scores = {
        "cosine": lambda v: v @ query / np.linalg.norm(v) / np.linalg.norm(query),
        "ip": lambda v: v @ query,
        "l2": lambda v: -((v - query) ** 2).sum(),
    }
    expected = {i: float(scores[metric](np.array(v))) for i, v in points.items()}
    hits = docs.search(Vector(space, query.tolist()), k=3)
    assert [hit.id for hit in hits] == sorted(expected, key=lambda i: -expected[i])
    assert {hit.id: hit.score for hit in hits} == pytest.approx(expected, abs=1e-5)
    assert [hit.distance for hit in hits] == sorted(hit.distance for hit in hits)
    compared = store.compare(
        Vector(space, points["b"]), Vector(space, query.tolist()), metric=metric
    )
    assert compared.score == pytest.approx(expected["b"], abs=1e-5)


def test_an_external_space_takes_tagged_vectors_only(store):
    space = store.declare_space("ada@2", dim=3, provenance="somebody's API").space
    docs = store.create_collection("api", encoder="ada")
    docs.upsert([Record(id="a", text="kept beside it", vector=Vector(space, [1, 2, 3]))])
    assert docs.search(Vector(store.space("ada@2"), [1, 2, 3]))[0].text == "kept beside it"
    for call in (lambda: docs.search("text"), lambda: docs.upsert([Record(id="b", text="t")])):
        with pytest.raises(vecstore.InvalidArgument, match="external space"):
            call()


def test_all_or_nothing(store, docs):
    good = [Record(id=f"n{i}", text=f"word {i}") for i in range(5)]
    stranger = Vector(Space("other", "1", 384, "f" * 64), [0.1] * 384)
    for bad in (
        Record(id="bad"),
        Record(id="bad", text=""),
        Record(id="", text="x"),
        Record(id="bad", text="x", payload={"x": float("nan")}),
        Record(id="bad", vector=stranger),
    ):
        with pytest.raises(vecstore.VecstoreError, match="number 5"):
            docs.upsert([*good, bad])
    assert docs.count() == 4


def test_a_stream_reports_item_by_item_and_goes_on(docs):
    batches = [
        [Record(id="s1", text="one"), Record(id="s2", text="")],
        [Record(id="s3", text="three")],
    ]
    results = list(docs.upsert_stream(batches))
    assert [[type(item.error) for item in batch] for batch in results] == [
        [vecstore.InvalidRecord, vecstore.InvalidInput],
        [type(None)],
    ]
    assert docs.count() == 5


@pytest.mark.parametrize("k", [0, -1, 10**9, 2.5, "3", True, None])
def test_k_out_of_range(docs, k):
    with pytest.raises(vecstore.InvalidArgument, match="k is"):
        docs.search("x", k=k)


def test_names_that_are_not_there(store, docs):
    with pytest.raises(vecstore.CollectionNotFound, match="there are: docs"):
        store.collection("dosc")
    with pytest.raises(vecstore.EncoderNotFound, match="hashing@1"):
        store.encode("nobody", ["x"])
    with pytest.raises(vecstore.EncoderNotFound):
        store.create_collection("c", encoder="hashing@7")
    with pytest.raises(vecstore.RecordNotFound):
        docs.search(vecstore.RecordReference("nobody"))
    with pytest.raises(vecstore.InvalidArgument, match="no vector field 'title'"):
        docs.search("x", field="title")
    with pytest.raises(vecstore.AlreadyExists):
        store.create_collection("docs", encoder="hashing@1")
    with pytest.raises(vecstore.InvalidArgument, match="metric"):
        store.create_collection("c", encoder="hashing@1", metric="manhattan")


@pytest.mark.parametrize(
    "record", ["a b", "ü/ö\\?#", "🦆", "'; DROP TABLE records; --", "%", "x" * 512]
)
def test_odd_ids_are_ids(docs, record):
    docs.upsert([Record(id=record, text="the odd one")])
    assert docs.get([record])[0].id == record
    assert docs.search("the odd one", k=1)[0].id == record
    assert docs.delete([record]) == 1
