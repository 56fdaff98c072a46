"""Every option and kind of search: what both clients get is what the embedded store says."""

from dataclasses import replace

import numpy as np
import pytest

import vecstore
from vecstore import Record, RecordReference, Vector

WORDS = ("copy", "move", "tree", "file", "list", "sort", "date", "path")


@pytest.fixture
def filled(docs):
    rng = np.random.default_rng(1)
    docs.upsert(
        Record(f"n{n}", text=" ".join(rng.choice(WORDS, 4)) + f" {n}", payload={"third": n % 3})
        for n in range(60)
    )
    return docs


@pytest.fixture
def local(filled, embedded):
    docs = embedded.collection("docs")
    row = embedded.row("docs")
    assert embedded.index(row, row.fields[0]).wait_until_checked(30)
    return docs


def same(ours, theirs):
    assert list(ours) == list(theirs)
    assert ours.space == theirs.space
    # The second to ask may know from the first what satisfies the filter.
    plans = [one.plan and replace(one.plan, cached=False) for one in (ours, theirs)]
    assert plans[0] == plans[1]
    assert (ours.unfamiliarity is None) == (theirs.unfamiliarity is None)


@pytest.mark.parametrize(
    "given",
    [
        {"offset": 5},
        {"min_score": 0.1, "max_score": 0.6},
        {"diversity": 0.7, "offset": 1},
        {"include_vectors": True, "include_payload": False, "include_text": False},
        {"explain": True, "filter": {"third": 1}},
        {"explain": True, "include_payload": False, "include_text": False},
        {"min_score": np.float32(0.25), "offset": np.int64(1), "diversity": 0},
    ],
)
def test_options(filled, local, given):
    for query in ("copy a tree 7", local.get(["n3"], include_vectors=True)[0].vector):
        # Twice: the second one may be answered in another way, on the event loop.
        for _ in range(2):
            same(filled.search(query, 6, **given), local.search(query, 6, **given))
        (ours,) = filled.search_batch([query], 6, **given)
        same(ours, local.search_batch([query], 6, **given)[0])


def test_recommend(filled, local, embedded):
    vector = embedded.encode("hashing", ["sort a list"])[0]
    positive = ["n1", vector, RecordReference("n2", "docs")]
    for given in ({}, {"include_vectors": True, "explain": True, "filter": {"third": 0}}):
        ours = filled.recommend(positive, ["n5"], k=7, **given)
        same(ours, local.recommend(positive, ["n5"], k=7, **given))
    assert len(filled.recommend(["n1"])) == 10


def test_groups(filled, local):
    for given in ({}, {"groups": 2, "group_size": 4, "include_vectors": True, "explain": True}):
        ours = filled.search_groups("copy a tree", "third", **given)
        theirs = local.search_groups("copy a tree", "third", **given)
        assert [group.value for group in ours] == [group.value for group in theirs]
        for one, other in zip(ours, theirs, strict=True):
            same(one.hits, other.hits)
    assert filled.search_groups("copy", "nothing") == []


@pytest.mark.parametrize(
    ("call", "error", "named"),
    [
        (lambda docs: docs.search("x", offset=-1), vecstore.InvalidArgument, "offset is -1"),
        (lambda docs: docs.search("x", offset=9_995), vecstore.InvalidArgument, "9995"),
        (lambda docs: docs.search("x", offset="1"), vecstore.InvalidArgument, "offset is '1'"),
        (lambda docs: docs.search("x", min_score=np.nan), vecstore.InvalidArgument, "min_score"),
        (lambda docs: docs.search("x", max_score="1"), vecstore.InvalidArgument, "max_score"),
        (lambda docs: docs.search("x", diversity=-0.1), vecstore.InvalidArgument, "diversity"),
        (lambda docs: docs.search("x", ofset=1), TypeError, "ofset"),
        (lambda docs: docs.recommend([], ["n1"]), vecstore.InvalidArgument, "at least one"),
        (lambda docs: docs.recommend("n1"), vecstore.InvalidArgument, "positive is one str"),
        (lambda docs: docs.recommend([b"x"]), vecstore.InvalidArgument, "positive example 0"),
        (lambda docs: docs.recommend(["n1", "no"]), vecstore.RecordNotFound, "'no'"),
        (lambda docs: docs.recommend([[1.0]]), vecstore.SpaceRequired, "positive example 0"),
        (lambda docs: docs.search_groups("x", "$a"), vecstore.InvalidFilter, "begins with"),
        (lambda docs: docs.search_groups("x", 7), vecstore.InvalidArgument, "7|int"),
        (lambda docs: docs.search_groups("x", "a", groups=0), vecstore.InvalidArgument, "groups"),
        (
            lambda docs: docs.search_groups("x", "a", group_size=5000),
            vecstore.InvalidArgument,
            "group_size",
        ),
        (lambda docs: docs.search_groups("x", "a", offset=1), vecstore.InvalidArgument, "offset"),
    ],
)
def test_refusals_are_those_of_the_embedded_store(filled, local, call, error, named):
    for docs in (filled, local):
        with pytest.raises(error, match=named):
            call(docs)


def test_another_space_is_refused_on_every_path(filled, store):
    space = vecstore.Space("hashing", "1", filled.space.dim, "f" * 64)
    bad = Vector(space, np.ones(space.dim, np.float32))
    for call in (
        lambda: filled.search(bad, offset=1),
        lambda: filled.search_batch(["x", bad]),
        lambda: filled.search_groups(bad, "third"),
        lambda: filled.recommend([bad]),
        lambda: filled.recommend(["n1"], [bad]),
    ):
        with pytest.raises(vecstore.SpaceMismatch):
            call()
