"""``store.evaluate``: the figures, what is on record, and what is left out and said."""

import itertools

import numpy as np
import pytest
from PIL import Image
from sklearn.cluster import KMeans
from sklearn.metrics import v_measure_score

import vecstore
from tests.judging.toys import DOCUMENTS, PAIRS, QUERIES, QUICK, SUBJECTS, Drawn, names, sentences
from vecstore.errors import InvalidArgument, InvalidInput
from vecstore.evaluations import Protocol
from vecstore.judging.evaluate import figure_names
from vecstore.records import Modality


def test_encoders_stand_beside_baselines_and_are_on_record(store):
    told = []
    (found,) = store.evaluate(
        ["small@1", "drawn"],
        labelled=sentences(60),
        on_progress=lambda one: told.append(one.stage),
        **QUICK,
    )
    assert found.protocol is Protocol.LABELS
    assert names(found) == ["small@1", "drawn@1", "TF-IDF", "random twin of drawn@1"]
    assert [one.space for one in found.judged] == [
        store.space("small"),
        store.space("drawn"),
        None,
        None,
    ]
    wanted = set(figure_names(labels=True, queries=False, pairs=False, shots=(3,)))
    assert set(found.judged[0].figures) == set(found.judged[1].figures) == wanted
    assert set(found.judged[2].figures) == {one for one in wanted if "health" not in one}
    assert found.judged[0].vectors.shape == (60, 32)
    assert found.judged[2].vectors is None
    assert found.judged[0].confusion.sum() == 60
    assert found.classes == tuple(sorted(SUBJECTS))
    assert found.sample_labels == tuple(label for _, label in sentences(60))
    assert found.skipped == ()
    assert {"reading", "TF-IDF", "encoding with small@1", "probes of drawn@1"} <= set(told)

    first, second = found.evaluations
    assert store.evaluations.get(first.id) == first
    assert (first.figures, first.data) == (found.judged[0].figures, found.data)
    assert list(first.baselines) == ["TF-IDF"]
    assert list(second.baselines) == ["TF-IDF", "random twin of drawn@1"]
    assert second.baselines["random twin of drawn@1"] == found.judged[3].figures
    assert first.settings["shots"] == [3]
    assert first.settings["versions"].keys() == {"numpy", "scipy", "scikit-learn"}
    assert first.created_at
    assert store.evaluations.evaluated(store.space("small"))


def test_the_figures_are_those_of_the_encoders_vectors(store):
    data = sentences(45)
    (found,) = store.evaluate("small@1", labelled=data, seed=3, baselines=False, **QUICK)
    rows = np.stack([one.values for one in store.encode("small@1", [text for text, _ in data])])
    np.testing.assert_array_equal(found.judged[0].vectors, rows)
    clusters = KMeans(3, n_init=10, random_state=3).fit_predict(
        rows / np.linalg.norm(rows, axis=1, keepdims=True)
    )
    wanted = v_measure_score([label for _, label in data], clusters)
    assert found.judged[0].figures["clustering.v_measure"].value == pytest.approx(wanted)
    assert names(found) == ["small@1"]


def test_the_same_seed_gives_the_same_figures(store):
    data = sentences(45)
    runs = [
        store.evaluate("small@1", labelled=data, seed=seed, baselines=False, **QUICK)[0]
        for seed in (5, 5, 6)
    ]
    figures = [one.judged[0].figures for one in runs]
    assert figures[0] == figures[1] != figures[2]
    texts = [text for text, _ in data]
    pairs = [
        {"a": a, "b": b, "score": number} for number, (a, b) in enumerate(itertools.pairwise(texts))
    ]
    twins = [store.evaluate("drawn", pairs=pairs, seed=seed)[0].judged[2] for seed in (5, 5, 6)]
    assert twins[0].figures == twins[1].figures != twins[2].figures


def test_a_twin_is_closed_and_its_failure_only_told(store, monkeypatch):
    before = Drawn.closed
    store.evaluate("drawn", pairs=PAIRS)
    assert Drawn.closed == before + 1
    monkeypatch.setattr(Drawn, "broken_twin", True)
    (found,) = store.evaluate("drawn", pairs=PAIRS)
    assert names(found) == ["drawn@1", "TF-IDF"]
    (note,) = found.skipped
    assert "random twin of drawn@1 was left out" in note
    assert "no twin today" in note


def test_shots_beyond_the_smallest_class_are_left_out_unless_asked_for(store):
    data = sentences(30)  # ten a class
    (found,) = store.evaluate("small@1", labelled=data, draws=1, baselines=False)
    assert found.settings["shots"] == [5]
    assert {one for one in found.judged[0].figures if one.startswith("probe.accuracy")} == {
        "probe.accuracy@5"
    }
    assert found.skipped == (
        "probes with 10 and 20 samples a class were left out: the smallest class, 'food', has 10",
    )
    with pytest.raises(InvalidArgument, match=r"10 samples a class needs 11 .* 'food', has 10"):
        store.evaluate("small@1", labelled=data, shots=(5, 10))
    (found,) = store.evaluate("small@1", labelled=sentences(12), baselines=False)
    assert not [one for one in found.judged[0].figures if one.startswith("probe")]
    assert found.skipped == (
        "all probes were left out: the smallest class, 'food', has 4, and 6 are needed",
    )


def test_few_vectors_have_no_health(store):
    (found,) = store.evaluate("small@1", labelled=sentences(9), baselines=False, shots=(2,))
    assert not [one for one in found.judged[0].figures if one.startswith("health")]
    assert "health of the vectors was left out" in found.skipped[0]


def test_a_limit_samples_evenly_and_says_so(store):
    data = [*sentences(60), *((f"more money {n}", "money") for n in range(30))]
    (found,) = store.evaluate("small@1", labelled=data, limit=45, baselines=False, **QUICK)
    assert found.data.counts == {"inputs": 45, "classes": 3, "of": 90}
    assert found.settings["limit"] == 45
    assert [found.sample_labels.count(one) for one in SUBJECTS] == [15, 15, 15]


def test_a_limit_is_blamed_for_what_it_leaves_of_the_classes(store):
    with pytest.raises(InvalidArgument, match=r"the limit of 3 inputs leaves no class .* raise it"):
        store.evaluate("small@1", labelled=sentences(30), limit=3)
    with pytest.raises(InvalidArgument, match="'food', has 2 in the sample"):
        store.evaluate("small@1", labelled=sentences(30), limit=6, shots=(2,))


def test_the_largest_seed_serves_every_draw(store):
    (found,) = store.evaluate(
        "small@1", labelled=sentences(15), seed=2**32 - 1, shots=(2,), draws=2, baselines=False
    )
    assert found.evaluations[0].seed == 2**32 - 1


def test_a_transform_is_judged_in_its_own_space(store):
    (found,) = store.evaluate(
        "small@1", labelled=sentences(45), transform="truncate-8", baselines=False, **QUICK
    )
    assert names(found) == ["small@1 with truncate-8"]
    space = store.space("small@1", transform="truncate-8")
    assert found.judged[0].space == found.evaluations[0].space == space
    assert found.judged[0].vectors.shape == (45, 8)
    assert store.evaluations.evaluated(space)
    assert not store.evaluations.evaluated(store.space("small@1"))


def test_images_stand_beside_their_pixels(store, tmp_path):
    rng = np.random.default_rng(0)
    for label, colour in (("red", (200, 30, 30)), ("blue", (30, 30, 200))):
        (tmp_path / "photos" / label).mkdir(parents=True)
        for number in range(8):
            pixels = np.clip(rng.normal(colour, 30, (40, 40, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "photos" / label / f"{number}.png")
    (found,) = store.evaluate("colours", labelled=tmp_path / "photos", shots=(2,), draws=1)
    assert names(found) == ["colours@1", "raw pixels", "whitened PCA of pixels"]
    assert found.judged[0].figures["clustering.v_measure"].value == pytest.approx(1)
    assert found.judged[1].figures["clustering.v_measure"].value == pytest.approx(1)
    assert found.judged[1].vectors.shape == (16, 3 * 32 * 32)
    assert found.judged[2].vectors.shape == (16, 15)
    assert found.sample[0].modality is Modality.IMAGE


def test_categories_stand_beside_their_columns(tmp_path, columns_registry):
    rows = [
        {"hr": hour, "day": "mon", "when": "day" if hour > 5 else "night"} for hour in range(12)
    ]
    with vecstore.open(tmp_path / "columns", registry=columns_registry) as store:
        (found,) = store.evaluate(
            "columns",
            labelled=rows,
            categories=["hr", "day"],
            label_column="when",
            shots=(2,),
            draws=1,
        )
    assert names(found) == ["columns@1", "columns as they are"]


# -- queries and pairs


def test_queries_find_documents(store):
    (found,) = store.evaluate(["small@1", "drawn@1"], queries=QUERIES, documents=DOCUMENTS)
    assert found.protocol is Protocol.RETRIEVAL
    assert names(found) == ["small@1", "drawn@1", "TF-IDF", "random twin of drawn@1"]
    figures = found.judged[0].figures
    assert set(figures) == set(figure_names(labels=False, queries=True, pairs=False))
    assert figures["retrieval.recall@1"].value == 1.0
    assert found.judged[0].rankings.shape == (7, 10)
    assert list(found.judged[0].rankings[:, 0]) == list(range(7))
    assert found.relevant[3] == {3: 1.0}
    assert (found.queries[2], found.documents[2]) == (QUERIES[2]["query"], DOCUMENTS[2]["text"])
    assert found.data.counts == {"queries": 7, "documents": 20, "relevant": 7}


def test_queries_are_encoded_in_the_query_role(store):
    texts = ["query", "document", *(one["text"] for one in DOCUMENTS)]
    documents = [{"id": str(n), "text": text} for n, text in enumerate(texts)]
    (found,) = store.evaluate(
        "drawn", queries=[{"query": "odd", "relevant": ["0"]}], documents=documents
    )
    rows = np.stack([one.values for one in store.encode("drawn", texts)])
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    orders = {
        role: list((-rows @ store.encode("drawn", ["odd"], role=role)[0].values).argsort()[:10])
        for role in ("query", "document")
    }
    assert list(found.judged[0].rankings[0]) == orders["query"] != orders["document"]


def test_few_documents_have_no_deep_recall(store):
    (found,) = store.evaluate("small@1", queries=QUERIES[:2], documents=DOCUMENTS[:4])
    assert "retrieval.recall@10" not in found.judged[0].figures
    assert found.skipped[0] == "recall@10 was left out: there are 4 documents"
    with pytest.raises(InvalidInput, match="one document"):
        store.evaluate("small@1", queries=QUERIES[:1], documents=DOCUMENTS[:1])


def test_pairs_are_ranked(store):
    (found,) = store.evaluate(["small@1", "drawn"], pairs=PAIRS)
    assert found.protocol is Protocol.PAIRS
    assert names(found) == ["small@1", "drawn@1", "TF-IDF", "random twin of drawn@1"]
    # What is equal is nearest, in whatever role: both sides are documents.
    assert found.judged[1].figures["pairs.spearman"].value > 0.5
    assert found.evaluations[0].protocol is Protocol.PAIRS


def test_several_protocols_come_in_order(store):
    found = store.evaluate(
        "small@1",
        pairs=PAIRS,
        queries=QUERIES,
        documents=DOCUMENTS,
        labelled=sentences(15),
        baselines=False,
        shots=(2,),
        draws=1,
    )
    assert [one.protocol for one in found] == ["labels", "retrieval", "pairs"]
    assert len(store.evaluations.newest(10)) == 3
