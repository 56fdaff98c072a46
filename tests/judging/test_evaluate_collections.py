"""``store.evaluate`` on collections: stored vectors are judged, and nothing is encoded."""

import numpy as np
import pytest

import vecstore
from tests.judging.toys import PAIRS, QUICK, names, sentences
from vecstore.errors import InvalidArgument, InvalidInput, StorageError
from vecstore.records import Record


def test_a_collection_is_judged_without_encoding(store, collection, monkeypatch):
    def forbidden(*_):
        raise AssertionError("something was encoded")

    monkeypatch.setattr(type(store.models), "encode", forbidden)
    (found,) = store.evaluate(collection="docs", label_key="about.kind", **QUICK)
    assert names(found) == ["small@1", "TF-IDF"]
    assert found.data.name == "docs: about.kind"
    assert found.data.counts == {"inputs": 35, "classes": 3, "unlabelled": 5}
    assert found.skipped == ("5 records without a label at 'about.kind' were left out",)
    assert found.sample[0].data == collection.get(["r01"])[0].text
    assert found.judged[0].space == collection.space


def test_a_collections_figures_are_those_of_its_inputs(store, collection):
    (stored,) = store.evaluate(collection="docs", label_key="about.kind", **QUICK)
    rows = [pair for n, pair in enumerate(sentences(40)) if n % 8]
    (fresh,) = store.evaluate("small@1", labelled=rows, **QUICK)
    assert stored.judged[0].figures == fresh.judged[0].figures
    assert stored.judged[1].figures == fresh.judged[1].figures
    assert stored.data.digest != fresh.data.digest


def test_a_collection_of_another_process_can_be_judged(store, collection, registry):
    with vecstore.open(store.folder, registry=registry) as beside:
        (found,) = beside.evaluate(collection="docs", label_key="about.kind", **QUICK)
        assert not beside.owner.claimed
    assert store.evaluations.get(found.evaluations[0].id) == found.evaluations[0]


def test_a_collection_is_searched_by_queries(store, collection):
    texts = [text for text, _ in sentences(40)]
    queries = [{"query": texts[n], "relevant": [f"r{n:02}"]} for n in range(9)]
    (found,) = store.evaluate(collection="docs", queries=queries)
    assert names(found) == ["small@1"]
    assert found.judged[0].figures["retrieval.recall@1"].value == 1.0
    assert found.documents == tuple(texts)
    with pytest.raises(InvalidInput, match="'r99' is relevant, and no id of the collection 'docs'"):
        store.evaluate(collection="docs", queries=[{"query": "x", "relevant": ["r99"]}])


def test_a_transformed_collection_is_judged_in_its_space(store):
    made = store.create_collection("short", encoder="small@1", transform="truncate-8")
    made.upsert(
        Record(id=str(n), text=text, payload={"kind": label})
        for n, (text, label) in enumerate(sentences(30))
    )
    queries = [{"query": text, "relevant": [str(n)]} for n, (text, _) in enumerate(sentences(5))]
    labels, searched = store.evaluate(
        collection="short", label_key="kind", queries=queries, shots=(3,), draws=1
    )
    assert labels.judged[0].space == searched.judged[0].space == made.space
    assert labels.judged[0].name == searched.judged[0].name == "small@1 with truncate-8"
    assert labels.judged[0].vectors.shape == (30, 8)
    assert searched.judged[0].figures["retrieval.recall@1"].value == 1.0


def test_repeated_inputs_of_a_collection_are_counted(store):
    docs = store.create_collection("docs", encoder="small@1")
    texts = [*sentences(30), *sentences(4)]
    docs.upsert(
        Record(id=str(n), text=text, payload={"kind": label})
        for n, (text, label) in enumerate(texts)
    )
    (found,) = store.evaluate(collection="docs", label_key="kind", baselines=False, **QUICK)
    told = len(texts) - len({text for text, _ in texts})
    assert found.data.counts == {"inputs": 34, "classes": 3, "repeated": told}


def test_a_collection_without_inputs_has_no_baselines(store):
    made = store.create_collection("bare", encoder="small@1", store_inputs=False)
    made.upsert(
        Record(id=str(n), text=text, payload={"kind": label})
        for n, (text, label) in enumerate(sentences(30))
    )
    (found,) = store.evaluate(collection="bare", label_key="kind", **QUICK)
    assert names(found) == ["small@1"]
    assert found.sample == ()
    assert len(found.sample_labels) == 30
    assert found.skipped == ("baselines were left out: the collection does not hold all inputs",)


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        ({"label_key": "one"}, ["all 5 records of 'docs' that have a label", "the same, '1'"]),
        ({"label_key": "other"}, ["none of the 40 records", "'other'"]),
        ({"label_key": "about"}, ["the record 'r01' of 'docs' holds {'kind': 'weather'}"]),
        ({"label_key": "$and"}, ["label_key"]),
        ({}, ["nothing to judge on"]),
        ({"label_key": "about.kind", "encoders": "drawn"}, ["drawn@1 is another encoder"]),
        ({"label_key": "about.kind", "transform": "truncate-8"}, ["in its own space"]),
        ({"pairs": PAIRS}, ["pairs= is for encoders", "'docs'"]),
        ({"labelled": [("a", "b")]}, ["labelled= is for encoders"]),
    ],
)
def test_a_collection_is_refused_in_one_sentence(store, collection, arguments, parts):
    with pytest.raises((InvalidArgument, InvalidInput)) as caught:
        store.evaluate(collection="docs", **arguments)
    for part in parts:
        assert part in caught.value.message
    assert store.evaluations.newest(1) == []


def test_a_record_replaced_between_two_reads_is_read_again(store, collection, monkeypatch):
    failing = [1, 1]
    read = type(store.reader).vectors

    def vectors(*given):
        if failing and failing.pop():
            raise StorageError("the stored vector 7 is damaged")
        return read(*given)

    monkeypatch.setattr(type(store.reader), "vectors", vectors)
    (found,) = store.evaluate(collection="docs", label_key="about.kind", limit=21, **QUICK)
    assert found.data.counts == {"inputs": 21, "classes": 3, "of": 35, "unlabelled": 5}
    failing.extend([1] * 9)
    with pytest.raises(StorageError, match="vector 7 is damaged"):
        store.evaluate(collection="docs", label_key="about.kind", **QUICK)


def test_an_external_collection_is_judged_by_labels_only(store):
    store.declare_space("theirs@1", dim=3, provenance="a test")
    made = store.create_collection("theirs", encoder="theirs@1")
    rng = np.random.default_rng(0)
    made.upsert(
        Record(
            id=str(n),
            vector=vecstore.Vector(made.space, rng.standard_normal(3).astype(np.float32)),
            payload={"kind": n % 2},
        )
        for n in range(20)
    )
    (found,) = store.evaluate(collection="theirs", label_key="kind", **QUICK)
    assert found.classes == ("0", "1")
    with pytest.raises(InvalidArgument, match="theirs@1 is an external space"):
        store.evaluate(collection="theirs", queries=[{"query": "x", "relevant": ["1"]}])
