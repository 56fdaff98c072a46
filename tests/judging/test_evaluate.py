"""``store.evaluate``: the figures, what is on record, collections, and what is refused."""

import hashlib
import io
import itertools

import numpy as np
import pytest
from PIL import Image
from sklearn.cluster import KMeans
from sklearn.metrics import v_measure_score

import vecstore
from vecstore.errors import (
    EncoderNotFound,
    InvalidArgument,
    InvalidInput,
    PluginError,
    SpaceUnknown,
    StorageError,
)
from vecstore.evaluations import Protocol
from vecstore.inputs import Frame, image_square
from vecstore.judging.baselines import baselines_of
from vecstore.judging.data import read_inputs
from vecstore.judging.evaluate import figure_names
from vecstore.records import Modality, Record
from vecstore.registry import Registry
from vecstore.spaces import Identity

SUBJECTS = ("money", "weather", "food")
WORDS = ("the", "please", "tell", "about", "now", "today", "what", "my", "more", "very")
QUICK = {"shots": (3,), "draws": 1}


def sentences(count, seed=0):
    """Pairs of a text and its subject, whose word stands in it among others."""
    rng = np.random.default_rng(seed)
    return [
        (" ".join(rng.permutation([*rng.choice(WORDS, 4), f"{subject} n{number}"])), subject)
        for number in range(count)
        for subject in [SUBJECTS[number % len(SUBJECTS)]]
    ]


class Drawn(vecstore.Encoder):
    """Texts by sums of words' random vectors, drawn by a seed; the seed is all that is learnt."""

    dim = 8
    modalities = frozenset({Modality.TEXT})
    closed = 0
    broken_twin = False

    def __init__(self, seed):
        self._seed = seed

    def identity(self):
        return Identity({"seed": self._seed})

    def encode(self, inputs, role):
        return np.stack([self._row(str(one.data), str(role), n) for n, one in enumerate(inputs)])

    def _row(self, text, role, number):
        if text == "refuse me":
            raise InvalidInput("it asks to be refused", input=number)
        if text == "nothing":
            return np.zeros(8, np.float32)
        words = [*text.split(), role]
        seeds = [hashlib.sha256(f"{self._seed} {word}".encode()).digest()[:4] for word in words]
        drawn = [np.random.default_rng(list(seed)).standard_normal(8) for seed in seeds]
        return np.sum(drawn, axis=0).astype(np.float32)

    def random_twin(self, seed):
        if self.broken_twin:
            raise RuntimeError("no twin today")
        return Drawn(1000 + seed)

    def close(self):
        type(self).closed += 1


class Colours(vecstore.Encoder):
    """Images by the mean of their colours; texts, which it also reads, by their length."""

    dim = 3
    modalities = frozenset({Modality.IMAGE, Modality.TEXT})

    def identity(self):
        return Identity({"colours": 3})

    def encode(self, inputs, role):
        return np.stack([self._row(one) for one in inputs])

    def _row(self, one):
        if one.modality is Modality.TEXT:
            return np.array([len(str(one.data)), 1, 1], np.float32)
        return image_square(one.data, Frame(8)).mean(axis=(0, 1)).astype(np.float32) + 1


class _Plugin:
    @vecstore.hookimpl
    def vecstore_register_encoders(self):
        return [
            vecstore.EncoderSpec(
                loader=name,
                summary="for tests",
                modalities=tuple(kind.modalities),
                load=lambda _source, _options, make=make: make(),
                ready=(vecstore.ReadyRelease(name, "1", ""),),
            )
            for name, kind, make in (
                ("drawn", Drawn, lambda: Drawn(0)),
                ("colours", Colours, Colours),
            )
        ]


@pytest.fixture(scope="module")
def registry():
    plugins = [("ours", _Plugin())]
    return Registry.load(vecstore.Settings(), plugins=plugins, entry_points=False)


@pytest.fixture
def store(tmp_path, registry):
    with vecstore.open(tmp_path / "store", registry=registry) as store:
        store.register_encoder("small@1", loader="hashing", source="", options={"dim": 32})
        yield store


def names(outcome):
    return [one.name for one in outcome.judged]


# -- labels


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


DOCUMENTS = [{"id": f"d{n}", "text": text} for n, (text, _) in enumerate(sentences(20))]
QUERIES = [{"query": one["text"], "relevant": [one["id"]]} for one in DOCUMENTS[:7]]
PAIRS = [
    {"a": "a cat sleeps", "b": "a cat sleeps", "score": 5},
    {"a": "a cat sleeps", "b": "a cat sings", "score": 3},
    {"a": "a cat sleeps", "b": "stocks fell sharply", "score": 0},
    {"a": "two dogs bark", "b": "two dogs bark loudly", "score": 4},
]


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


# -- collections


@pytest.fixture
def collection(store):
    made = store.create_collection("docs", encoder="small@1")
    rows = sentences(40)
    made.upsert(
        Record(
            id=f"r{n:02}", text=text, payload={"about": {"kind": label}} if n % 8 else {"one": 1}
        )
        for n, (text, label) in enumerate(rows)
    )
    return made


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


# -- refused


@pytest.mark.parametrize(
    ("encoders", "arguments", "error", "parts"),
    [
        ((), {"pairs": PAIRS}, InvalidArgument, ["no encoder is named"]),
        ("small@1", {}, InvalidArgument, ["nothing to judge on"]),
        ("nobody", {"pairs": PAIRS}, EncoderNotFound, ["'nobody'"]),
        (["small@1", "small@1"], {"pairs": PAIRS}, InvalidArgument, ["named twice"]),
        (["small@1", "small"], {"pairs": PAIRS}, InvalidArgument, ["small@1 is named twice"]),
        ("small@1", {"queries": QUERIES}, InvalidArgument, ["nothing to find"]),
        ("small@1", {"documents": DOCUMENTS, "pairs": PAIRS}, InvalidArgument, ["no queries"]),
        ("small@1", {"label_key": "kind"}, InvalidArgument, ["no collection is named"]),
        ("small@1", {"pairs": PAIRS, "seed": -1}, InvalidArgument, ["seed is -1"]),
        ("small@1", {"pairs": PAIRS, "seed": 2**32}, InvalidArgument, ["0 to 4294967295"]),
        ("small@1", {"pairs": PAIRS, "draws": 0}, InvalidArgument, ["draws is 0"]),
        ("small@1", {"pairs": PAIRS, "draws": 1001}, InvalidArgument, ["1 to 1000"]),
        ("small@1", {"pairs": PAIRS, "shots": (0,)}, InvalidArgument, ["shots is 0"]),
        ("small@1", {"pairs": PAIRS, "shots": (5, 5)}, InvalidArgument, ["5, 5"]),
        ("small@1", {"pairs": PAIRS, "shots": ()}, InvalidArgument, ["shots are none"]),
        ("small@1", {"labelled": [("a", "x"), ("b", "y")]}, InvalidArgument, ["label of its own"]),
        ("small@1", {"pairs": PAIRS, "transform": "truncate-99"}, InvalidArgument, ["99"]),
        (["small@1", "columns"], {"pairs": PAIRS}, EncoderNotFound, ["'columns'"]),
    ],
)
def test_what_does_not_serve_is_refused_before_anything_is_stored(
    store, encoders, arguments, error, parts
):
    with pytest.raises(error) as caught:
        store.evaluate(encoders, **arguments)
    for part in parts:
        assert part in caught.value.message
    assert store.evaluations.newest(1) == []


def test_missing_libraries_are_told_before_anything_is_read(store, monkeypatch):
    monkeypatch.setattr("vecstore.evaluation.needs.find_spec", lambda _: None)
    with pytest.raises(InvalidArgument, match=r"vecstore-server\[evaluation\]"):
        store.evaluate("small@1", pairs="/nowhere.csv")


def test_bad_data_of_the_last_protocol_stores_nothing_of_the_first(store):
    with pytest.raises(InvalidInput, match="2 pairs"):
        store.evaluate("small@1", labelled=sentences(15), pairs=PAIRS[:2], **QUICK)
    assert store.evaluations.newest(1) == []


def test_an_encoder_that_does_not_read_the_data_is_refused_before_encoding(store):
    file = io.BytesIO()
    Image.new("RGB", (20, 20), "red").save(file, "PNG")
    data = [(file.getvalue(), "a"), (file.getvalue(), "a"), (file.getvalue(), "b")]
    told = []
    with pytest.raises(InvalidInput, match="small@1 reads texts, not images"):
        store.evaluate(
            ["colours", "small@1"], labelled=data, on_progress=lambda one: told.append(one.stage)
        )
    assert not [one for one in told if one.startswith("encoding")]
    assert store.evaluations.newest(1) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [("refuse me", "asks to be refused"), ("nothing", "makes zeros of it")],
)
def test_an_input_that_cannot_be_encoded_is_named(store, text, message):
    # Beyond the first of the parts that are encoded at a time.
    data = [*sentences(300), (text, "money")]
    with pytest.raises(InvalidInput, match=f"input 301 of the data.*{message}"):
        store.evaluate("drawn", labelled=data, baselines=False)


def test_a_plugins_fault_is_told_as_such(store, monkeypatch):
    store.space("drawn")  # registered while all was well
    monkeypatch.setattr(Drawn, "encode", lambda *_: 1 / 0)
    with pytest.raises(PluginError, match="drawn"):
        store.evaluate("drawn", labelled=sentences(15), baselines=False)


# -- baselines


def test_a_baseline_that_says_nothing_is_left_out_and_said_so(store):
    data = [("!", "a"), ("?", "b"), ("!!", "a"), ("??", "b"), ("...", "a")]
    (found,) = store.evaluate("small@1", labelled=data)
    assert names(found) == ["small@1"]
    assert "the baseline TF-IDF was left out: the texts hold no words" in found.skipped


def test_tfidf_of_documents_knows_the_words_of_queries():
    (baseline,) = baselines_of(Modality.TEXT)
    given = read_inputs(["red cat", "blue dog"], vecstore.Settings(), labelled=False).inputs
    held, asked = baseline.vectors(given, given[1:])
    assert (held @ asked.T).toarray().argmax() == 1
    assert held.shape[1] == 4


def test_whitened_pixels_have_variance_one_and_equal_images_none():
    rng = np.random.default_rng(0)

    def images(count, draw):
        files = []
        for _ in range(count):
            file = io.BytesIO()
            Image.fromarray(draw()).save(file, "PNG")
            files.append(file.getvalue())
        return read_inputs(files, vecstore.Settings(), labelled=False).inputs

    raw, whitened = baselines_of(Modality.IMAGE)
    given = images(9, lambda: rng.integers(0, 256, (32, 32, 3)).astype(np.uint8))
    rows, _ = whitened.vectors(given, ())
    np.testing.assert_allclose(rows.var(axis=0, ddof=1), np.ones(8), rtol=1e-3)
    pixels, _ = raw.vectors(images(1, lambda: np.zeros((32, 32, 3), np.uint8)), ())
    assert (pixels == -1).all()
    greys = iter((127, 128))  # no even grey has a vector without a direction
    pixels, _ = raw.vectors(images(2, lambda: np.full((32, 32, 3), next(greys), np.uint8)), ())
    assert pixels.all()


# -- what is not known to be whole


def test_an_encoder_of_incomplete_identity_is_refused_until_it_is_accepted(store, monkeypatch):
    monkeypatch.setattr(Drawn, "identity", lambda self: Identity({"seed": 0}, ("words",)))
    with pytest.raises(SpaceUnknown, match="drawn@1"):
        store.evaluate("drawn", pairs=PAIRS)
    store.accept_encoder("drawn@1", reason="a test")
    assert store.evaluate("drawn", pairs=PAIRS)[0].evaluations


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
