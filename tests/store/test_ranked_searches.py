"""Offsets, ranges of scores, diversity and vectors in hits, held against numpy."""

import numpy as np
import pytest

import vecstore
from vecstore import InvalidArgument, Record, RecordReference, Vector
from vecstore.searches import MAX_DIVERSE

DIM, COUNT = 12, 400
METRICS = ("cosine", "ip", "l2")


@pytest.fixture(scope="module")
def numbers():
    return np.random.default_rng(3).standard_normal((COUNT, DIM)).astype(np.float32)


@pytest.fixture(scope="module")
def collections(tmp_path_factory, numbers):
    """Of each metric one, of vectors n0, n1 and so on."""
    with vecstore.open(tmp_path_factory.mktemp("ranked") / "data") as store:
        store.declare_space("ext@1", dim=DIM, provenance="tests")
        made = {}
        for metric in METRICS:
            made[metric] = store.create_collection(metric, encoder="ext@1", metric=metric)
            space = made[metric].space
            made[metric].upsert(
                Record(f"n{n}", vector=Vector(space, row), payload={"third": n % 3})
                for n, row in enumerate(numbers)
            )
            row = store.row(metric)
            assert store.index(row, row.fields[0]).wait_until_checked(60)
        yield made


@pytest.fixture(params=METRICS)
def collection(request, collections):
    return collections[request.param]


@pytest.fixture
def query(collection):
    row = np.random.default_rng(8).standard_normal(DIM).astype(np.float32)
    return Vector(collection.space, row)


def unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def scores(metric, rows, query):
    rows, query = rows.astype(np.float64), query.astype(np.float64)
    if metric == "cosine":
        return unit(rows) @ unit(query)
    return rows @ query if metric == "ip" else -((rows - query) ** 2).sum(axis=1)


def ids(hits):
    return [hit.id for hit in hits]


def ranking(collection, numbers, query, keep=lambda number: True):
    """Every record as numpy ranks them: (score, id)."""
    values = scores(collection.metric, numbers, query.values)
    order = sorted((-value, f"n{n}") for n, value in enumerate(values) if keep(n))
    return [(-value, name) for value, name in order]


@pytest.mark.parametrize("filtered", [False, True])
def test_pages_are_slices_of_a_longer_search(collection, numbers, query, filtered):
    given = {"filter": {"third": 1}} if filtered else {}
    whole = ids(collection.search(query, 60, **given))
    paged = [
        name
        for offset in range(0, 60, 12)
        for name in ids(collection.search(query, 12, offset=offset, **given))
    ]
    assert paged == whole
    expected = ranking(collection, numbers, query, lambda n: not filtered or n % 3 == 1)
    assert whole == [name for _, name in expected[:60]]
    far = collection.search(query, 300, offset=len(expected) - 5, **given)
    assert ids(far) == [name for _, name in expected[-5:]]


@pytest.mark.parametrize("filtered", [False, True])
@pytest.mark.parametrize(("first", "last"), [(0, 20), (5, 9), (100, 130), (0, 400), (390, 400)])
def test_ranges_hold_what_numpy_finds_in_them(collection, numbers, query, first, last, filtered):
    given = {"filter": {"third": 1}} if filtered else {}
    everything = ranking(collection, numbers, query)
    top, bottom = everything[first][0], everything[last - 1][0]
    inside = ranking(collection, numbers, query, lambda n: not filtered or n % 3 == 1)
    blur = 1e-4
    names = [name for value, name in inside if bottom - blur <= value <= top + blur]
    given |= {"min_score": bottom - blur, "max_score": top + blur}
    hits = collection.search(query, 300, **given)
    assert ids(hits) == names[:300]
    assert all(given["min_score"] <= hit.score <= given["max_score"] for hit in hits)
    # The offset counts what is in the range.
    assert ids(collection.search(query, 3, offset=2, **given)) == names[2:5]


def test_one_end_of_a_range(collection, numbers, query):
    everything = ranking(collection, numbers, query)
    middle = (everything[6][0] + everything[7][0]) / 2
    assert len(collection.search(query, 50, min_score=middle)) == 7
    assert ids(collection.search(query, 3, max_score=middle)) == [
        name for _, name in everything[7:10]
    ]
    assert len(collection.search(query, min_score=everything[0][0] + 1)) == 0
    assert len(collection.search(query, max_score=everything[-1][0] - 1)) == 0
    itself = RecordReference(everything[0][1])
    assert everything[0][1] not in ids(collection.search(itself, 300, max_score=1e9))
    assert len(collection.search(itself, 400, max_score=1e9)) == COUNT - 1


def test_the_score_of_a_hit_is_in_the_range_that_ends_there(collection, query):
    hits = collection.search(query, 20)
    assert ids(collection.search(query, 20, min_score=hits[4].score)) == ids(hits[:5])
    assert ids(collection.search(query, 3, max_score=hits[0].score)) == ids(hits[:3])


def relevance_marginally(metric, rows, worth, count, share):
    """Maximal marginal relevance, as it is written down."""
    likeness = np.stack([scores(metric, rows, row) for row in rows])
    chosen = [0]
    while len(chosen) < count:
        rest = [n for n in range(len(rows)) if n not in chosen]
        best = max(
            rest, key=lambda n: (1 - share) * worth[n] - share * max(likeness[n, c] for c in chosen)
        )
        chosen.append(best)
    return chosen


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 1.0])
def test_diversity_is_maximal_marginal_relevance(collection, numbers, query, share):
    pool = ranking(collection, numbers, query)[:60]
    rows = numbers[[int(name[1:]) for _, name in pool]]
    worth = [value for value, _ in pool]
    chosen = relevance_marginally(collection.metric, rows, worth, 15, share)
    expected = [pool[n][1] for n in chosen]
    assert ids(collection.search(query, 15, diversity=share)) == expected
    assert ids(collection.search(query, 5, offset=10, diversity=share)) == expected[10:]
    hits = collection.search(query, 15, diversity=share)
    assert [hit.score for hit in hits] == pytest.approx([worth[n] for n in chosen], abs=1e-4)


def test_no_diversity_is_the_plain_ranking(collection, query):
    assert ids(collection.search(query, 15, diversity=0)) == ids(collection.search(query, 15))


def test_equal_records_are_put_apart_by_diversity(collections):
    collection = collections["cosine"]
    near = np.eye(DIM, dtype=np.float32)[0] * 3
    also = near.copy()
    also[1] = 3
    vectors = {"twin-b": near, "twin-a": near, "other": also}
    collection.upsert(
        Record(name, vector=Vector(collection.space, row), payload={"twin": True})
        for name, row in vectors.items()
    )
    query, given = Vector(collection.space, near), {"filter": {"twin": True}}
    assert ids(collection.search(query, 3, **given)) == ["twin-a", "twin-b", "other"]
    assert ids(collection.search(query, 3, diversity=0.6, **given)) == [
        *("twin-a", "other", "twin-b")
    ]
    collection.delete(vectors)


def test_vectors_are_those_that_were_written(collection, numbers, query):
    hits = collection.search(query, 5, include_vectors=True, include_payload=False)
    for hit in hits:
        assert hit.vector == Vector(collection.space, numbers[int(hit.id[1:])])
        assert (hit.payload, hit.text) == ({}, None)
    (one,) = collection.search(query, 1, include_vectors=True)
    assert one.payload == {"third": int(one.id[1:]) % 3}
    assert collection.search(query, 1)[0].vector is None


def test_a_vector_whose_bytes_have_changed_is_not_given_out(opener):
    from sqlalchemy import update

    from vecstore.storage.tables import vectors

    with opener() as store:
        docs = store.create_collection("docs", encoder="hashing@1")
        docs.upsert([Record("a", text="a text")])
        assert docs.search("a text", include_vectors=True)[0].vector is not None
        with store.catalog.engine.begin() as connection:
            connection.execute(update(vectors).values({"values": bytes(4 * 384)}))
        for search in (docs.search, lambda *query, **given: docs.search_batch(query * 3, **given)):
            with pytest.raises(vecstore.StorageError):
                search("a text", include_vectors=True)
        with pytest.raises(vecstore.StorageError):
            docs.recommend(["a"])


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"include_payload": False, "include_text": False},
        {"offset": 7, "include_text": False},
        {"diversity": 0.4, "include_vectors": True},
        {"filter": {"third": 2}, "offset": 3},
        {"max_score": 0.3, "min_score": -0.5},
        {"explain": True},
    ],
)
def test_a_batch_is_its_queries_one_by_one(collection, numbers, query, given):
    queries = [Vector(collection.space, row) for row in numbers[:30] * np.float32(2)]
    queries[4:4] = [RecordReference("n7"), query]
    batch = collection.search_batch(queries, 9, **given)
    for hits, one in zip(batch, queries, strict=True):
        alone = collection.search(one, 9, **given)
        assert ids(hits) == ids(alone)
        assert [hit.score for hit in hits] == pytest.approx([hit.score for hit in alone])
        assert [(hit.payload, hit.vector) for hit in hits] == [
            (hit.payload, hit.vector) for hit in alone
        ]
        assert hits.plan == alone.plan
        assert hits.unfamiliarity == pytest.approx(alone.unfamiliarity)
        assert (hits.space, hits.encoder_evaluated) == (alone.space, alone.encoder_evaluated)


def test_a_plan_is_told_where_it_is_asked_for(collection, numbers, query):
    assert collection.search(query).plan is None
    plan = collection.search(query, explain=True).plan
    assert (plan.strategy, plan.records, plan.matching) == ("graph", COUNT, None)
    assert plan.reason
    filtered = collection.search(query, filter={"third": 1}, explain=True).plan
    assert filtered is not None
    most = ranking(collection, numbers, query)[200][0]
    measured = collection.search(query, 3, max_score=most, explain=True).plan
    assert (measured.strategy, measured.examined) == ("scan", COUNT)
    assert "max_score" in measured.reason


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"offset": -1}, "offset is -1"),
        ({"offset": 1.5}, "offset is 1.5"),
        ({"offset": 10_000}, "offset 10000 and k 10"),
        ({"min_score": float("nan")}, "min_score is nan"),
        ({"max_score": "high"}, "max_score is 'high'"),
        ({"max_score": 10**400}, "max_score"),
        ({"min_score": 0.5, "max_score": 0.4}, "min_score 0.5 is above max_score 0.4"),
        ({"diversity": 1.1}, "diversity is 1.1"),
        ({"diversity": True}, "diversity is True"),
        ({"diversity": 0.5, "offset": MAX_DIVERSE}, "1010 hits of a diverse ranking"),
        ({"field": "picture"}, "'picture'"),
    ],
)
def test_what_has_no_meaning_is_refused(collections, given, named):
    collection = collections["cosine"]
    one = Vector(collection.space, np.ones(DIM, np.float32))
    with pytest.raises(InvalidArgument, match=named):
        collection.search(one, **given)
    with pytest.raises(InvalidArgument, match=named):
        collection.search_batch([one], **given)


def test_an_unknown_keyword_is_named(collections):
    with pytest.raises(TypeError, match="ofset"):
        collections["cosine"].search("x", ofset=3)


def test_a_batch_names_the_query_that_is_refused(collections, query):
    collection = collections["cosine"]
    good = Vector(collection.space, np.ones(DIM, np.float32))
    other = vecstore.Space("ext", "1", DIM, "f" * 64)
    for bad, error in (
        (Vector(other, np.ones(DIM, np.float32)), vecstore.SpaceMismatch),
        (Vector(collection.space, np.zeros(DIM, np.float32)), vecstore.InvalidVector),
        (Vector(collection.space, np.ones(DIM + 1, np.float32)), vecstore.InvalidVector),
        ([1.0] * DIM, vecstore.SpaceRequired),
    ):
        with pytest.raises(error, match=r"^query 1: "):
            collection.search_batch([good, bad], include_payload=False, include_text=False)


def test_the_hits_of_a_batch_are_bounded(collections):
    collection = collections["cosine"]
    queries = [Vector(collection.space, np.ones(DIM, np.float32))] * 100
    with pytest.raises(InvalidArgument, match="100 queries of 1001 hits"):
        collection.search_batch(queries, 1, offset=1000)
    with pytest.raises(InvalidArgument, match="100 queries of 4000 hits"):
        collection.search_batch(queries, 1000, diversity=0.5)
