"""Categories over the wire: the same answers and the same errors as embedded."""

import numpy as np
import pytest

import vecstore
from vecstore import FieldValue, Input, Modality, Record

RIDES = [
    Record(id="a", categories={"hr": 7, "day": "Mon"}),
    Record(id="b", categories={"hr": np.int64(8)}, payload={"n": 1}),
    Record(id="c", fields={"default": FieldValue(categories={"day": True, "hr": None})}),
]
QUERIES = [
    {"hr": 7},
    {"day": "true"},
    Input(Modality.CATEGORIES, '{"hr": 8}'),
    {"hr": "nobody", "day": "Mön 🙂"},
]
BAD = [
    {},
    {"hr": None},
    {"hr": {"a": 1}},
    {"hr": [7]},
    {"hr": 7.5},
    {"hr": 2**70},
    {"hr": "\0"},
    {"\0": "7"},
    {"hr": "\ud800"},
    {"\ud800": "7"},
    {7: "hr"},
    {"": "7"},
    {"hr": "x" * 1_100_000},
    {str(n): "7" for n in range(1001)},
    {"hour": 7},
    Input(Modality.CATEGORIES, "hr"),
    Input(Modality.CATEGORIES, "[7]"),
    Input(Modality.CATEGORIES, b"\x89PNG\r\n\x1a\n"),
    Input(Modality.CATEGORIES, {"hr": 7}),
]


@pytest.fixture(scope="module")
def embedded(tmp_path_factory, columns_registry):
    folder = tmp_path_factory.mktemp("store")
    with vecstore.open(folder, registry=columns_registry) as store:
        yield store


@pytest.fixture
def rides(store, embedded):
    yield store.create_collection("rides", encoder="columns@1")
    embedded.delete_collection("rides")


def test_what_is_sent_is_found_and_comes_back(store, rides, embedded):
    assert rides.upsert(RIDES) == 3
    here = embedded.collection("rides")
    kept = {"a": {"hr": "7", "day": "Mon"}, "b": {"hr": "8"}, "c": {"day": "true"}}
    assert {one.id: one.categories for one in rides.get(["a", "b", "c"])} == kept
    assert rides.get(["a", "b", "c"], include_vectors=True) == here.get(
        ["a", "b", "c"], include_vectors=True
    )
    assert rides.list() == here.list()
    for query in QUERIES:
        assert rides.search(query) == here.search(query)
    assert rides.search_batch(QUERIES) == here.search_batch(QUERIES)
    assert store.encode("columns@1", QUERIES) == embedded.encode("columns@1", QUERIES)
    assert store.encoder("columns").modalities == (Modality.CATEGORIES,)


def test_a_stream_names_the_bad_record(rides):
    bad = Record(id="bad", categories={"hr": [7]})
    results = list(rides.upsert_stream([RIDES[:1], [RIDES[1], bad], RIDES[2:]]))
    assert [[item.error is None for item in batch] for batch in results] == [
        [True],
        [False, False],
        [True],
    ]
    assert "is a list" in results[1][1].error.message
    assert rides.count() == 2


@pytest.mark.parametrize("bad", BAD, ids=range(len(BAD)))
def test_the_errors_are_those_of_the_embedded_store(store, rides, embedded, bad):
    def calls(opened):
        collection = opened.collection("rides")
        yield lambda: opened.encode("columns@1", [bad])
        yield lambda: collection.search(bad)
        yield lambda: collection.search_batch([{"hr": 7}, bad])
        if isinstance(bad, dict):
            yield lambda: collection.upsert([RIDES[0], Record(id="x", categories=bad)])

    for there, here in zip(calls(store), calls(embedded), strict=True):
        with pytest.raises(vecstore.InvalidInput) as remote:
            there()
        with pytest.raises(vecstore.InvalidInput) as local:
            here()
        assert remote.value.message == local.value.message
        assert remote.value.details == local.value.details
    assert rides.count() == 0


def test_an_encoder_of_texts_refuses_categories(store, embedded):
    for opened in (store, embedded):
        with pytest.raises(vecstore.InvalidInput, match="reads texts, not categories"):
            opened.encode("hashing@1", [{"hr": 7}])
        with pytest.raises(vecstore.InvalidInput, match="reads categories, not text"):
            opened.encode("columns@1", ["seven"])
