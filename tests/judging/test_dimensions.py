"""``store.dimensions``: what is held out, what is refused, what is left out and said."""

import csv
from itertools import pairwise

import numpy as np
import pytest

import vecstore
from vecstore.errors import EncoderNotFound, InvalidArgument, InvalidInput
from vecstore.evaluation.reductions import Method
from vecstore.judging.dimensions import measuring as module
from vecstore.judging.dimensions.index import ROUNDS, measure
from vecstore.transforms import fit_pca

SUBJECTS = ("money", "weather", "food", "travel")
WORDS = ("the", "please", "tell", "about", "now", "today", "what", "my", "more", "very")


def sentences(count, seed=0):
    """Pairs of a text and its subject, whose word stands in it among others."""
    rng = np.random.default_rng(seed)
    pairs = []
    for number in range(count):
        subject = SUBJECTS[number % len(SUBJECTS)]
        words = [*rng.choice(WORDS, 4), subject, f"{subject}{rng.integers(5)}", f"n{number}"]
        pairs.append((" ".join(rng.permutation(words)), subject))
    return pairs


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with vecstore.open(tmp_path_factory.mktemp("dimensions")) as store:
        store.register_encoder("small@1", loader="hashing", source="", options={"dim": 16})
        yield store


@pytest.fixture(scope="module")
def found(store):
    return store.dimensions("small@1", sentences(120), samples=4)


def test_every_reduction_has_its_price(found):
    halvings = [8, 4, 2, 1]
    assert [(one.method.value, one.dim) for one in found.prices] == [
        ("full", 16),
        *(("truncate", dim) for dim in halvings),
        *(("pca", dim) for dim in halvings),
        *(("random", dim) for dim in halvings),
        ("half", 16),
        ("int8", 16),
        ("sign", 16),
    ]
    assert [one.bytes for one in found.prices] == [64, *[32, 16, 8, 4] * 3, 32, 16, 2]
    assert found.full.recall.value == 1.0
    assert found.price("truncate", 16) is found.full
    assert found.price("int8").method is Method.INT8
    assert (found.corpus, found.queries, found.tested) == (90, 30, 30)


def test_indexes_are_measured_where_they_are_real(found):
    for one in found.prices:
        measured = (one.index_bytes is not None, one.queries_per_second is not None)
        assert measured == (not one.method.forecast,) * 2
    sizes = [found.price("pca", dim).index_bytes for dim in (16, 8, 4)]
    # 90 vectors lose 8 and then 4 numbers of 4 bytes.
    assert [a - b for a, b in pairwise(sizes)] == [90 * 32, 90 * 16]


def test_choices_name_the_smallest_of_what_can_become_real(found):
    named = [(one.figure, one.method.value, one.share) for one in found.choices]
    assert named == [
        (figure, method, share)
        for figure in ("recall@10", "accuracy")
        for method in ("truncate", "pca", "random")
        for share in (0.95, 0.99)
    ]
    for one in found.choices:
        value = getattr(one.price, "recall" if one.figure == "recall@10" else "accuracy").value
        whole = getattr(found.full, "recall" if one.figure == "recall@10" else "accuracy").value
        assert value >= one.share * whole


def test_the_seed_decides(store, found):
    def figures(result):
        return [(one.recall, one.accuracy) for one in result.prices]

    again = store.dimensions("small@1", sentences(120), samples=4)
    assert figures(again) == figures(found)
    other = store.dimensions("small@1", sentences(120), samples=4, seed=1)
    assert figures(other) != figures(found)


def test_without_labels_there_is_no_accuracy_and_it_is_said(store):
    found = store.dimensions("small@1", [text for text, _ in sentences(60)])
    assert all(one.accuracy is None for one in found.prices)
    assert {one.figure for one in found.choices} == {"recall@10"}
    assert (found.samples, found.draws, found.tested) == (0, 0, 0)
    assert any("no labels" in note for note in found.notes)


def test_data_may_come_once(store):
    found = store.dimensions("small@1", (pair for pair in sentences(60)), samples=3)
    assert found.data.counts == {"inputs": 60, "classes": 4}


def test_a_folder_without_classes_has_no_labels(store, tmp_path):
    for number, (text, _) in enumerate(sentences(25)):
        (tmp_path / f"{number}.txt").write_text(text)
    found = store.dimensions("small@1", tmp_path)
    assert found.full.accuracy is None
    assert any("no labels" in note for note in found.notes)


def test_labels_can_be_passed_over(store, tmp_path):
    file = tmp_path / "rows.csv"
    with file.open("w", newline="") as rows:
        csv.writer(rows).writerows([("text", "label"), *sentences(60)])
    assert store.dimensions("small@1", file, samples=3).full.accuracy is not None
    found = store.dimensions("small@1", file, labels=False, dims=(12,))
    assert found.full.accuracy is None
    assert found.notes == ()


def test_what_is_held_out_may_be_given(store):
    found = store.dimensions("small@1", sentences(60), test=sentences(50, 9), samples=5)
    assert (found.corpus, found.queries, found.tested) == (60, 50, 50)


def test_held_out_inputs_that_are_stored_too_are_said(store):
    once = dict(sentences(60))
    pairs = list(once.items())
    found = store.dimensions("small@1", pairs, test=sentences(12, 9) + pairs[:5], samples=3)
    assert any("5 of the 17 inputs given to be held out" in note for note in found.notes)
    found = store.dimensions("small@1", pairs + pairs[:5], samples=3)
    said = f"5 of the {len(pairs) + 5} inputs are repetitions"
    assert any(said in note for note in found.notes)
    assert store.dimensions("small@1", pairs, samples=3, dims=(12,)).notes == ()


def test_vectors_of_which_nothing_is_left_are_said(store):
    pairs = sentences(60)
    vectors = np.array([one.values for one in store.encode("small@1", [text for text, _ in pairs])])
    found = store.dimensions("small@1", pairs, dims=(12, 1), samples=3)
    lost = [one for one in found.prices if one.zeros]
    assert [(one.method, one.dim) for one in lost] == [(Method.TRUNCATE, 1)]
    assert 0 < lost[0].zeros <= (vectors[:, 0] == 0).sum()
    (note,) = (note for note in found.notes if "nothing but zeros" in note)
    assert f"({lost[0].zeros} at 1 dims)" in note


def test_dims_may_be_given(store):
    found = store.dimensions("small@1", sentences(60), samples=3, dims=(4, 16, 12))
    assert [one.dim for one in found.prices if one.method is Method.TRUNCATE] == [12, 4]


def test_pca_sees_nothing_that_is_held_out(store, monkeypatch):
    seen = []

    def fit(values, dim, name):
        seen.append(values)
        return fit_pca(values, dim, name)

    monkeypatch.setattr(module, "fit_pca", fit)
    test = sentences(40, 9)
    found = store.dimensions("small@1", sentences(100), samples=3)
    given = store.dimensions("small@1", sentences(100), test=test, samples=3)
    assert [len(one) for one in seen] == [found.corpus, given.corpus] == [75, 100]
    held_out = np.array([one.values for one in store.encode("small@1", [t for t, _ in test])])
    assert not (seen[1][:, None] == held_out[None]).all(axis=2).any()


def test_pca_of_too_few_vectors_is_left_out_and_said(store):
    store.register_encoder("wide@1", loader="hashing", source="", options={"dim": 64})
    found = store.dimensions("wide@1", sentences(40), samples=3)
    assert not [one for one in found.prices if one.method is Method.PCA]
    assert not [one for one in found.choices if one.method is Method.PCA]
    assert any("PCA is left out" in note and "64" in note and "30" in note for note in found.notes)


def test_equal_vectors_do_not_count_twice_for_pca(store):
    # 45 vectors in the corpus, but never 16 different ones.
    pairs = [(f"{SUBJECTS[n % 4]} n{n % 12}", SUBJECTS[n % 4]) for n in range(60)]
    found = store.dimensions("small@1", pairs, samples=3)
    assert any("PCA is left out" in note and "has 12" in note for note in found.notes)


def test_classes_with_too_few_samples_are_counted(store):
    pairs = [*sentences(80), ("one of its kind", "rare"), ("two of its kind", "rare")]
    found = store.dimensions("small@1", pairs, samples=5)
    assert any(note.startswith("1 of 5 classes take no part") for note in found.notes)


def test_no_more_of_an_index_is_measured_than_its_limit(store, found, monkeypatch):
    monkeypatch.setattr("vecstore.judging.dimensions.index.MAX_ROWS", 50)
    monkeypatch.setattr(module, "MAX_ROWS", 50)
    small = store.dimensions("small@1", sentences(120), samples=4)
    assert (found.indexed, small.indexed) == (90, 50)
    assert small.corpus == 90
    assert small.full.index_bytes < found.full.index_bytes * 0.7


def test_progress_is_told(store):
    seen = []
    store.dimensions("small@1", sentences(60), samples=3, on_progress=seen.append)
    stages = list(dict.fromkeys(one.stage for one in seen))
    assert stages[0] == "reading"
    assert stages[-2:] == ["recall and accuracy", "building indexes"]
    assert any(stage.startswith("encoding") for stage in stages)
    assert (seen[-1].step, seen[-1].steps) == (13, 13)


@pytest.mark.parametrize(
    ("data", "options", "parts"),
    [
        (sentences(19), {}, ("19", "at least 20")),
        (sentences(60), {"samples": 0}, ("samples is 0", "1 or more")),
        (sentences(60), {"samples": 40}, ("0 of 4 classes", "40 samples")),
        (sentences(60), {"dims": (8, 17)}, ("17 dims", "1 to 16")),
        (sentences(60), {"dims": (0,)}, ("dims is 0",)),
        (sentences(60), {"limit": 19}, ("limit is 19",)),
        (sentences(60), {"seed": -1}, ("seed is -1",)),
        (sentences(60), {"seed": 2**32}, ("seed is 4294967296", "to 4294967295")),
        (sentences(60), {"samples": 10**30}, ("0 of 4 classes",)),
        (sentences(60), {"index": "tree"}, ("'tree'",)),
    ],
)
def test_what_cannot_be_measured_is_refused(store, data, options, parts):
    with pytest.raises(InvalidArgument) as error:
        store.dimensions("small@1", data, **options)
    for part in parts:
        assert part in error.value.message


def test_one_class_is_refused(store):
    with pytest.raises(InvalidInput, match="the same label, 'a'"):
        store.dimensions("small@1", [(text, "a") for text, _ in sentences(40)])


def test_a_blank_label_is_refused(store):
    pairs = sentences(40)
    pairs[6] = (pairs[6][0], " ")
    with pytest.raises(InvalidInput, match="input 7 of the data: there is no label"):
        store.dimensions("small@1", pairs)


def test_labels_that_are_asked_for_must_be_there(store, tmp_path):
    file = tmp_path / "rows.csv"
    file.write_text("text\n" + "\n".join(text for text, _ in sentences(40)))
    with pytest.raises(InvalidInput, match="intent"):
        store.dimensions("small@1", file, label_column="intent")


def test_held_out_inputs_of_other_classes_are_refused(store):
    test = [(text, f"other {label}") for text, label in sentences(30)]
    with pytest.raises(InvalidArgument, match="none of the 30 inputs held out"):
        store.dimensions("small@1", sentences(60), test=test, samples=4)


def test_an_encoder_must_be_there(store):
    with pytest.raises(EncoderNotFound, match="'nobody'"):
        store.dimensions("nobody", sentences(40))


def test_rounds_go_through_all_indexes_in_turn(monkeypatch):
    from types import SimpleNamespace

    from vecstore.evaluation.dimensions import Split
    from vecstore.evaluation.reductions import full, transformed
    from vecstore.transforms import truncation

    asked = []

    class Index:
        def __init__(self, dim, metric, capacity):
            self.dim = dim

        def add(self, keys, vectors):
            assert np.allclose(np.linalg.norm(vectors, axis=1), 1)

        def search(self, query, k):
            asked.append((self.dim, k))

        def save(self, path):
            path.write_bytes(b"x" * self.dim)

    rows = np.random.default_rng(0).standard_normal((30, 8)).astype(np.float32)
    parts = Split(rows[:25], rows[25:])
    loads = measure(
        SimpleNamespace(create=Index),
        [full(8), transformed(truncation(3, 8))],
        parts,
        lambda count: None,
    )
    assert [one.bytes for one in loads] == [8, 3]
    assert asked == ([(8, 10)] * 5 + [(3, 10)] * 5) * ROUNDS
    assert all(one.queries_per_second > 0 for one in loads)


@pytest.fixture(scope="module")
def filled(store):
    """A collection of 80 records with a subject, and 5 without."""
    collection = store.create_collection("filled", encoder="small@1")
    pairs = sentences(85)
    collection.upsert(
        vecstore.Record(
            f"{number:02}", text=text, payload={"about": {"subject": label}} if number < 80 else {}
        )
        for number, (text, label) in enumerate(pairs)
    )
    return collection


def test_a_collection_is_measured_by_what_it_stores(store, filled, monkeypatch):
    monkeypatch.setattr(store.models, "encode", None)
    found = store.dimensions(collection="filled", label_key="about.subject", samples=4, dims=(12,))
    assert found.space == filled.space
    assert (found.corpus, found.queries, found.data.counts["classes"]) == (60, 20, 4)
    assert found.full.accuracy is not None
    assert found.notes == ("5 records without a label were left out",)


def test_a_collections_vectors_are_those_of_its_inputs(store, filled):
    # The ids ascend with the inputs, so that the same are held out.
    stored = store.dimensions(collection="filled", label_key="about.subject", samples=4)
    encoded = store.dimensions("small@1", sentences(85)[:80], samples=4)
    for one, other in zip(stored.prices, encoded.prices, strict=True):
        assert (one.recall, one.accuracy) == (other.recall, other.accuracy)


def test_a_collection_without_a_key_has_no_accuracy(store, filled):
    found = store.dimensions(collection="filled", limit=40)
    assert found.data.counts == {"inputs": 40, "of": 85}
    assert found.full.accuracy is None
    assert any("--label-key" in note for note in found.notes)


def test_another_metric_is_said(store):
    collection = store.create_collection("far", encoder="small@1", metric="l2")
    collection.upsert(vecstore.Record(text, text=text) for text, _ in sentences(30))
    found = store.dimensions(collection="far")
    assert any("measures by l2" in note for note in found.notes)


def test_a_transformed_collection_is_refused(store):
    store.create_collection("short", encoder="small@1", transform="truncate-4")
    with pytest.raises(InvalidArgument, match="transformed already, by truncate-4"):
        store.dimensions(collection="short")


def test_vectors_made_elsewhere_can_be_measured_and_not_transformed(store):
    space = store.declare_space("outside@1", dim=8, provenance="made elsewhere").space
    rows = np.random.default_rng(0).standard_normal((30, 8)).astype(np.float32)
    store.create_collection("outside", encoder="outside@1").upsert(
        vecstore.Record(f"{number}", vector=vecstore.Vector(space, row))
        for number, row in enumerate(rows)
    )
    found = store.dimensions(collection="outside")
    assert found.external
    assert any("outside@1 is an external space" in note for note in found.notes)


def test_a_collection_too_small_is_refused(store):
    store.create_collection("few", encoder="small@1").upsert(
        vecstore.Record(text, text=text) for text, _ in sentences(12)
    )
    with pytest.raises(InvalidArgument, match="holds 12 inputs; at least 20"):
        store.dimensions(collection="few")


@pytest.mark.parametrize(
    ("arguments", "options", "part"),
    [
        ((), {}, "nothing to measure"),
        (("small@1",), {}, "nothing to measure"),
        (("small@1", ["a"]), {"label_key": "k"}, "no collection is named"),
        (("small@1",), {"collection": "filled"}, "encoder is 'small@1'"),
        ((), {"collection": "filled", "test": ["a"]}, "test is ['a']"),
    ],
)
def test_what_does_not_go_together_is_refused(store, arguments, options, part):
    with pytest.raises(InvalidArgument) as error:
        store.dimensions(*arguments, **options)
    assert part in error.value.message
