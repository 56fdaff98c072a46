"""The best of each kind, held against a sort of everything."""

import numpy as np
import pytest

import vecstore
from vecstore import InvalidArgument, Record, Vector
from vecstore.collection import answering, grouping

DIM, COUNT = 8, 600


def payload(n):
    """Of every kind of value, and sometimes of none."""
    kinds = [
        f"k{n % 7}",
        n % 4,
        n % 4 + 0.0,
        n % 2 == 0,
        None,
        {"in": "side"},
        [f"k{n % 7}", "all"],
    ]
    found = {"kind": kinds[n % 11]} if n % 11 < len(kinds) else {}
    return {**found, "deep": {"er": f"d{n % 5}"}, "rare": "yes" if n % 100 == 7 else "no"}


@pytest.fixture(scope="module")
def numbers():
    return np.random.default_rng(6).standard_normal((COUNT, DIM)).astype(np.float32)


@pytest.fixture(scope="module")
def docs(tmp_path_factory, numbers):
    with vecstore.open(tmp_path_factory.mktemp("groups") / "data") as store:
        store.declare_space("ext@1", dim=DIM, provenance="tests")
        docs = store.create_collection("docs", encoder="ext@1")
        docs.upsert(
            Record(f"n{n}", vector=Vector(docs.space, row), payload=payload(n))
            for n, row in enumerate(numbers)
        )
        yield docs


@pytest.fixture
def query(docs):
    row = np.random.default_rng(2).standard_normal(DIM).astype(np.float32)
    return Vector(docs.space, row)


def grouped(docs, query, read, count, size, keep=lambda _: True):
    found = {}
    for hit in docs.search(query, COUNT):
        for value in read(hit.payload):
            if keep(hit.payload):
                found.setdefault((type(value) is bool, value), []).append(hit.id)
    return [(value, ids[:size]) for (_, value), ids in list(found.items())[:count]]


def kinds(payload):
    if "kind" not in payload:
        return []
    value = payload["kind"]
    return [] if isinstance(value, dict) else value if isinstance(value, list) else [value]


def shown(groups):
    return [(group.value, [hit.id for hit in group.hits]) for group in groups]


@pytest.mark.parametrize(("groups", "size"), [(1, 1), (3, 2), (10, 1), (50, 3), (14, 100)])
def test_the_best_hits_of_the_best_groups(docs, query, groups, size):
    found = docs.search_groups(query, "kind", groups=groups, group_size=size)
    assert shown(found) == grouped(docs, query, kinds, groups, size)


@pytest.fixture
def told(docs):
    """The same with the keys declared, and what they hold in memory."""
    for key, kind in (("kind", "keyword"), ("rare", "keyword"), ("deep.er", "keyword")):
        docs.create_index(key, kind)
    searched = docs._field("default")
    assert searched.index.wait_until_declared(60)
    yield docs
    for key in ("kind", "rare", "deep.er"):
        docs.drop_index(key)


@pytest.fixture
def widths(monkeypatch):
    """How many of the nearest are looked at, each time."""
    seen = []
    plain = answering.Answering.answers

    def answers(self, questions, options):
        seen.append(options.k)
        return plain(self, questions, options)

    monkeypatch.setattr(answering.Answering, "answers", answers)
    return seen


@pytest.mark.parametrize(("groups", "size"), [(1, 1), (3, 2), (14, 3), (50, 3), (14, 100)])
def test_a_declared_key_changes_nothing_but_the_work(told, query, groups, size):
    found = told.search_groups(query, "kind", groups=groups, group_size=size)
    assert shown(found) == grouped(told, query, kinds, groups, size)
    few = {"deep.er": {"$in": ["d1", "d2"]}}
    found = told.search_groups(query, "kind", groups=groups, group_size=size, filter=few)
    keep = lambda p: p["deep"]["er"] in ("d1", "d2")  # noqa: E731
    assert shown(found) == grouped(told, query, kinds, groups, size, keep)


def test_more_groups_than_there_are_cost_no_look_at_everything(told, query, widths, monkeypatch):
    monkeypatch.setattr(grouping, "_FIRST", 100)
    found = told.search_groups(query, "deep.er", groups=10)
    assert len(found) == 5
    assert widths == [100]
    # Of a group of six that lie anywhere, all are found, and no wider than that takes.
    del widths[:]
    found = told.search_groups(query, "rare", groups=2, group_size=8)
    assert [len(group.hits) for group in found] == [8, 6]
    assert shown(found) == grouped(told, query, lambda p: [p["rare"]], 2, 8)


def test_the_record_that_is_asked_with_is_not_waited_for(told, widths, monkeypatch):
    monkeypatch.setattr(grouping, "_FIRST", 599)
    itself = vecstore.RecordReference("n7")
    found = told.search_groups(itself, "rare", groups=2, group_size=6)
    assert sorted(len(group.hits) for group in found) == [5, 6]
    assert len(widths) == 1


def test_the_record_that_is_asked_with_counts_where_the_filter_lets_it_pass(told, monkeypatch):
    monkeypatch.setattr(grouping, "_FIRST", 1)
    monkeypatch.setattr(grouping, "_WIDER", 2)
    itself, others = vecstore.RecordReference("n7"), {"kind": {"$exists": True}}
    found = told.search_groups(itself, "rare", groups=2, group_size=2, filter=others)
    read, keep = lambda payload: [payload["rare"]], lambda payload: "kind" in payload
    assert shown(found) == grouped(told, itself, read, 2, 2, keep)


def test_true_is_not_one(docs, query):
    values = [group.value for group in docs.search_groups(query, "kind", groups=50)]
    assert sum(value is True for value in values) == 1
    assert sum(type(value) is not bool and value == 1 for value in values) == 1
    assert None in values


def test_a_key_inside_an_object(docs, query):
    found = docs.search_groups(query, "deep.er", group_size=2)
    assert shown(found) == grouped(docs, query, lambda p: [p["deep"]["er"]], 10, 2)
    assert docs.search_groups(query, "deep") == []
    assert docs.search_groups(query, "nothing") == []


def test_a_rare_value_is_looked_for_far_away(docs, query, monkeypatch):
    monkeypatch.setattr(grouping, "_FIRST", 4)
    found = docs.search_groups(query, "rare")
    assert shown(found) == grouped(docs, query, lambda p: [p["rare"]], 10, 1)
    assert {value for value, _ in shown(found)} == {"yes", "no"}


def test_no_farther_than_needed_nor_than_allowed(docs, query, monkeypatch):
    from vecstore.collection.answering import Answering

    widths, whole = [], Answering.answers
    monkeypatch.setattr(
        Answering, "answers", lambda *args: widths.append(args[2].k) or whole(*args)
    )
    docs.search_groups(query, "deep.er", groups=2)
    assert widths == [64]
    widths.clear()
    docs.search_groups(query, "nothing")
    assert widths == [64, 256, 1024]
    monkeypatch.setattr(docs._store, "settings", vecstore.Settings(max_k=100))
    widths.clear()
    docs.search_groups(query, "nothing")
    assert widths == [64, 100]


def test_the_options_of_a_search_hold(docs, query):
    found = docs.search_groups(query, "kind", filter={"rare": "yes"}, include_payload=False)
    expected = grouped(docs, query, kinds, 10, 1, lambda p: p["rare"] == "yes")
    assert shown(found) == expected
    assert found[0].hits[0].payload == {}
    with_vectors = docs.search_groups(query, "kind", include_vectors=True, explain=True)[0].hits
    assert with_vectors[0].vector is not None
    assert with_vectors.plan is not None
    assert with_vectors.unfamiliarity is not None
    assert with_vectors.space == docs.space
    best = docs.search(query, 5)
    near = docs.search_groups(query, "deep.er", group_size=9, min_score=best[-1].score)
    assert sum(len(group.hits) for group in near) == 5


@pytest.mark.parametrize(
    ("key", "given", "error", "named"),
    [
        ("kind", {"groups": 0}, InvalidArgument, "groups is 0"),
        ("kind", {"groups": 1001}, InvalidArgument, "groups is 1001"),
        ("kind", {"group_size": -1}, InvalidArgument, "group_size is -1"),
        ("kind", {"groups": 101, "group_size": 100}, InvalidArgument, "101 groups of 100"),
        ("kind", {"offset": 1}, InvalidArgument, "offset is 1"),
        ("kind", {"diversity": 0.5}, InvalidArgument, "diversity is 0.5"),
        ("", {}, InvalidArgument, "empty key"),
        ("$kind", {}, InvalidArgument, r"begins with \$"),
        (7, {}, InvalidArgument, "key 7"),
        ("kind", {"field": "x"}, InvalidArgument, "'x'"),
        ("kind", {"size": 3}, TypeError, "size"),
    ],
)
def test_what_has_no_meaning_is_refused(docs, query, key, given, error, named):
    with pytest.raises(error, match=named):
        docs.search_groups(query, key, **given)


def test_another_space_is_refused(docs):
    other = Vector(vecstore.Space("ext", "1", DIM, "f" * 64), np.ones(DIM, np.float32))
    with pytest.raises(vecstore.SpaceMismatch):
        docs.search_groups(other, "kind")


def test_on_either_database(opener):
    with opener() as store:
        docs = store.create_collection("docs", encoder="hashing@1")
        rows = [("a cat", "animal"), ("a black cat", "animal"), ("a red car", ["thing", "red"])]
        docs.upsert([Record(text, text=text, payload={"kind": kind}) for text, kind in rows])
        assert shown(docs.search_groups("a black cat", "kind", group_size=5)) == [
            ("animal", ["a black cat", "a cat"]),
            ("thing", ["a red car"]),
            ("red", ["a red car"]),
        ]
