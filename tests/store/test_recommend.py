"""Like some and unlike others: what the query is, what is left out, and what is refused."""

import numpy as np
import pytest

import vecstore
from vecstore import InvalidArgument, Record, RecordReference, Vector

DIM, COUNT = 8, 120


@pytest.fixture(scope="module")
def numbers():
    return np.random.default_rng(4).standard_normal((COUNT, DIM)).astype(np.float32)


@pytest.fixture(scope="module")
def store(tmp_path_factory, numbers):
    settings = vecstore.Settings(max_batch=200)
    with vecstore.open(tmp_path_factory.mktemp("likes") / "data", settings=settings) as store:
        for name in ("ext@1", "ext@2"):
            store.declare_space(name, dim=DIM, provenance="tests")
        for name, encoder, metric in (
            *((metric, "ext@1", metric) for metric in ("cosine", "ip", "l2")),
            ("elsewhere", "ext@1", "cosine"),
            ("foreign", "ext@2", "cosine"),
        ):
            made = store.create_collection(name, encoder=encoder, metric=metric)
            made.upsert(
                Record(f"n{n}", vector=Vector(made.space, row), payload={"third": n % 3})
                for n, row in enumerate(numbers)
            )
        yield store


@pytest.fixture
def docs(store):
    return store.collection("cosine")


def ids(hits):
    return [hit.id for hit in hits]


def unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def expected(metric, numbers, positive, negative, without):
    rows = numbers.astype(np.float64)
    if metric == "cosine":
        rows = unit(rows)
    query = rows[positive].mean(axis=0)
    if negative:
        query = query + (query - rows[negative].mean(axis=0))
    scores = -((rows - query) ** 2).sum(axis=1) if metric == "l2" else rows @ query
    order = np.argsort(-scores, kind="stable").tolist()
    return [f"n{n}" for n in order if n not in without]


@pytest.mark.parametrize("metric", ["cosine", "ip", "l2"])
@pytest.mark.parametrize(("positive", "negative"), [([3], []), ([1, 2, 9], []), ([1, 2], [5, 6])])
def test_the_query_is_made_of_the_examples(store, numbers, metric, positive, negative):
    docs = store.collection(metric)
    names = [[f"n{n}" for n in some] for some in (positive, negative)]
    every = expected(metric, numbers, positive, negative, {*positive, *negative})
    assert ids(docs.recommend(*names, k=20)) == every[:20]
    assert ids(docs.recommend(*names, k=5, offset=10)) == every[10:15]
    # All but the examples.
    assert ids(docs.recommend(*names, k=COUNT)) == every


def test_an_example_may_be_a_vector_or_stand_in_another_collection(docs, numbers):
    vector = Vector(docs.space, numbers[7] * np.float32(3))
    with_vector = docs.recommend(["n1", vector], k=10)
    assert ids(with_vector) == expected("cosine", numbers, [1, 7], [], {1})[:10]
    elsewhere = docs.recommend(["n1", RecordReference("n7", "elsewhere")], k=10)
    assert ids(elsewhere) == ids(with_vector)
    here = docs.recommend([RecordReference("n1", "cosine"), RecordReference("n7")], k=10)
    assert ids(here) == expected("cosine", numbers, [1, 7], [], {1, 7})[:10]


def test_an_example_by_an_alias_is_left_out_too(store, docs):
    store.set_alias("likeable", "cosine")
    by_alias = [RecordReference("n1", "likeable"), RecordReference("n2", "cosine")]
    assert ids(docs.recommend(by_alias[:1], by_alias[1:])) == ids(docs.recommend(["n1"], ["n2"]))
    nobody = RecordReference("n1", "nobody")
    with pytest.raises(vecstore.CollectionNotFound, match=r"^negative example 1: .*'nobody'"):
        docs.recommend(["n1"], ["n2", nobody])


def test_an_example_counts_as_often_as_it_is_given(docs, numbers):
    twice = docs.recommend(["n1", "n1", "n2"], k=10)
    assert ids(twice) == expected("cosine", numbers, [1, 1, 2], [], {1, 2})[:10]


def test_the_options_of_a_search_hold(docs, numbers):
    hits = docs.recommend(["n1"], ["n2"], k=5, filter={"third": 0}, include_vectors=True)
    every = expected("cosine", numbers, [1], [2], {1, 2})
    assert ids(hits) == [name for name in every if int(name[1:]) % 3 == 0][:5]
    assert hits[0].vector is not None
    assert hits[0].payload == {"third": 0}
    assert docs.recommend(["n1"], explain=True).plan is not None
    least = docs.recommend(["n1"], k=4)[-1].score
    assert len(docs.recommend(["n1"], k=50, min_score=least)) == 4


@pytest.mark.parametrize("side", ["positive", "negative"])
def test_another_space_is_refused_however_it_comes(store, docs, numbers, side):
    foreign = store.collection("foreign")
    for bad in (
        Vector(foreign.space, numbers[0]),
        RecordReference("n1", "foreign"),
        Vector(vecstore.Space("ext", "1", DIM, "f" * 64), numbers[0]),
    ):
        examples = (["n1", bad], []) if side == "positive" else (["n1"], ["n2", bad])
        with pytest.raises(vecstore.SpaceMismatch, match=f"^{side} example 1: "):
            docs.recommend(*examples)
    with pytest.raises(vecstore.SpaceRequired, match=f"^{side} example 0: "):
        docs.recommend(*(([numbers[0]], []) if side == "positive" else (["n1"], [numbers[0]])))


@pytest.mark.parametrize(
    ("positive", "negative", "error", "named"),
    [
        ([], ["n1"], InvalidArgument, "at least one positive example"),
        ([], [], InvalidArgument, "at least one positive example"),
        ("n1", [], InvalidArgument, "positive is one str"),
        (["n1"], "n2", InvalidArgument, "negative is one str"),
        (["n1"], [b"image"], InvalidArgument, "negative example 0: it is b'image'"),
        ([{"hr": 7}], [], InvalidArgument, "positive example 0"),
        (["n1", "nobody"], [], vecstore.RecordNotFound, "'nobody'"),
        (["n1"], [RecordReference("x", "elsewhere")], vecstore.RecordNotFound, "'x'"),
        (["n1"], ["n1", "n1", "n1"], None, ""),
        (["n1"] * 150, ["n1"] * 51, InvalidArgument, "201 examples; at most 200"),
        (["n1", None], [], vecstore.InvalidVector, "positive example 1"),
    ],
)
def test_what_makes_no_query_is_refused(docs, positive, negative, error, named):
    if error is None:
        assert len(docs.recommend(positive, negative)) == 10
        return
    with pytest.raises(error, match=named):
        docs.recommend(positive, negative)


def test_examples_that_cancel_each_other_out(store, numbers):
    docs = store.collection("cosine")
    away = Vector(docs.space, -numbers[1])
    with pytest.raises(InvalidArgument, match="cancel each other out"):
        docs.recommend(["n1", away])
    far = store.collection("l2")
    assert len(far.recommend(["n1", Vector(far.space, -numbers[1])])) == 10
    huge = Vector(far.space, np.full(DIM, 3e38, np.float32))
    low = Vector(far.space, np.full(DIM, -3e38, np.float32))
    with pytest.raises(vecstore.InvalidVector, match="beyond float32"):
        far.recommend([huge], [low])


def test_on_either_database(store, opener):
    with opener() as other:
        docs = other.create_collection("docs", encoder="hashing@1")
        docs.upsert([Record(name, text=name) for name in ("a cat", "a black cat", "a red car")])
        assert ids(docs.recommend(["a cat"], ["a red car"])) == ["a black cat"]


def test_a_query_that_nobody_wrote_is_not_gathered(opener):
    with opener() as store:
        docs = store.create_collection("docs", encoder="hashing@1")
        docs.upsert([Record(f"n{n}", text=f"word {n}") for n in range(60)])
        docs.calibrate(gather=True)
        row = store.row("docs")
        field = store.familiarity.of(row, row.fields[0], store.index(row, row.fields[0]))
        docs.recommend(["n1"], ["n2"])
        assert len(field.gathered) == 0
        docs.search("word 5")
        assert len(field.gathered) == 1
