"""How answers show themselves: in a line, in a notebook, and as a DataFrame."""

from __future__ import annotations

import pickle
import sys

import numpy as np
import pytest

import vecstore
from vecstore.answers import FusedHit, FusedHits, Source
from vecstore.hits import Hit, Hits, bare_hit, bare_hits
from vecstore.payload_indexes import IndexType, PayloadIndex
from vecstore.records import CollectionInfo, FieldInfo, Page, Record
from vecstore.spaces import Metric, Space, Vector

SPACE = Space("hashing", "1", 4, "f" * 64)
VECTOR = Vector(SPACE, [1.0, 2.0, 3.0, 4.0])
EVIL = "<script>alert('&')</script>"
HITS = Hits(
    [
        Hit("a", 0.25, 0.75, {"n": 2**60 + 1, "tags": ["x"]}, "copy a tree"),
        Hit("b", 0.5, 0.5, {"even": True}, None),
        bare_hit("c", 0.75, 0.25),
    ],
    SPACE,
)
FUSED = FusedHits(
    [
        FusedHit("a", 0.03, (Source("default", 1, 0.9), Source("full_text", 2, 7.5)), {"n": 1}),
        FusedHit("b", 0.01, (Source("full_text", 1, 8.0),), {}, "text"),
    ],
    {"default": HITS, "image": HITS},
)
PAGE = Page((Record("a", "text", payload={"n": 1}), Record("b", vector=VECTOR, version=3)), "next")


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (HITS, "<Hits of hashing@1: 3, best 'a' at score 0.75>"),
        (Hits([], SPACE), "<Hits of hashing@1: none>"),
        (HITS[2], "Hit('c', score=0.25, distance=0.75)"),
        (FUSED, "<FusedHits of default, image, full_text: 2, best 'a' at score 0.03>"),
        (FusedHits([], {}), "<FusedHits of nothing: none>"),
        (PAGE, "<Page of 2 records; more follow>"),
        (Page(()), "<Page of 0 records; the last page>"),
        (VECTOR, "<Vector of hashing@1, 4 dims>"),
        (Record("a"), "Record('a')"),
        (
            Record("a", image=b"x" * 1234, vector=VECTOR, payload={"n": 1}, version=2),
            "Record('a', image=<1,234 bytes>, vector=<Vector of hashing@1, 4 dims>, "
            "payload={'n': 1}, version=2)",
        ),
        (vecstore.FieldValue(text="short"), "FieldValue(text='short')"),
        (
            CollectionInfo("docs", "hashing@1", SPACE, Metric.COSINE, 1234),
            "<CollectionInfo 'docs': 1,234 records of hashing@1, 4 dims, cosine>",
        ),
        (
            CollectionInfo(
                "docs",
                "hashing@1",
                SPACE,
                Metric.L2,
                1,
                fields=(FieldInfo("default", "hashing@1", SPACE), FieldInfo("image", "c@1", SPACE)),
                indexes=(PayloadIndex("year", IndexType.INTEGER),),
                aliases=("now",),
            ),
            "<CollectionInfo 'docs': 1 records of hashing@1, 4 dims, l2; fields image; indexes "
            "year (integer); aliases now>",
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_one_line_says_what_it_is(value, line):
    assert repr(value) == line


def test_collections_say_where_they_live(tmp_path):
    with vecstore.open(tmp_path) as store:
        docs = store.create_collection("docs", encoder="hashing@1")
        assert repr(docs) == f"<Collection 'docs' of hashing@1, {docs.space.dim} dims, cosine>"


def test_long_values_are_shortened():
    record = Record(
        "a", text="word " * 10_000, payload={f"key{n}": "x" * 10_000 for n in range(99)}
    )
    assert len(repr(record)) < 600
    assert "\n" not in repr(record)
    hit = Hit("a" * 512, 0.1, 0.9, {"text": "x" * 10_000}, "y" * 10_000)
    assert len(repr(hit)) < 400
    assert len(repr(Hits([hit], SPACE))) < 200


def test_what_is_shown_otherwise_is_the_same_value():
    assert pickle.loads(pickle.dumps(HITS)) == HITS
    assert pickle.loads(pickle.dumps(FUSED)).answers == FUSED.answers
    assert tuple(HITS) == HITS


def test_an_answer_over_a_bridge_keeps_that_when_it_is_copied():
    hits = Hits([], SPACE, bridge="old-new", bridge_forced=True)
    same = pickle.loads(pickle.dumps(hits))
    assert (same.bridge, same.bridge_forced, same.plan) == ("old-new", True, None)
    assert (HITS.bridge, HITS.bridge_forced, HITS.plan) == ("", False, None)


def test_many_bare_hits_are_as_those_made_one_by_one():
    made = bare_hits(["a", "b"], [0.25, 0.5], [0.75, 0.5])
    assert made == [Hit("a", 0.25, 0.75), Hit("b", 0.5, 0.5)]
    assert made[0].payload == {}
    assert bare_hits([], [], []) == []


# -- notebooks


@pytest.mark.parametrize(
    "value",
    [
        Hits([Hit(EVIL, 0.1, 0.9, {EVIL: EVIL, "deep": {EVIL: [EVIL]}}, EVIL)], SPACE),
        Hits([Hit("a", 0.1, 0.9)], Space(EVIL, EVIL, 4, EVIL)),
        FusedHits([FusedHit(EVIL, 0.1, (Source(EVIL, 1, 0.1),), {EVIL: EVIL}, EVIL)], {EVIL: HITS}),
        Page((Record(EVIL, EVIL, payload={EVIL: {EVIL: EVIL}}, image=EVIL.encode()),)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_nothing_of_the_callers_is_markup(value):
    page = value._repr_html_()
    assert "&lt;script&gt;" in page
    assert "<script" not in page
    assert "alert('" not in page
    assert page.count("<table>") == page.count("</table>") == 1


def test_a_table_has_a_row_for_each_hit_and_not_too_many():
    page = HITS._repr_html_()
    assert page.count("<tr>") == 1 + 3
    assert "<caption>&lt;Hits of hashing@1" in page
    for shown in ("copy a tree", "payload.tags", "0.75"):
        assert shown in page
    many = Hits([bare_hit(f"{n}", 0.1, 0.9) for n in range(1050)], SPACE)._repr_html_()
    assert many.count("<tr>") == 1 + 50
    assert "1,000 more" in many
    long = Hits([Hit("a", 0.1, 0.9, text="x" * 10_000)], SPACE)._repr_html_()
    assert len(long) < 1000
    assert Hits([], SPACE)._repr_html_().count("<tr>") == 1


# -- pandas


def test_hits_as_a_frame():
    frame = HITS.to_pandas()
    columns = ["id", "score", "distance", "text", "payload.n", "payload.tags", "payload.even"]
    assert list(frame.columns) == columns
    assert list(frame["id"]) == ["a", "b", "c"]
    assert frame["score"].tolist() == [0.75, 0.5, 0.25]
    # A float would have lost the last digit.
    assert int(frame["payload.n"][0]) == 2**60 + 1
    assert frame["payload.n"].isna().tolist() == [False, True, True]
    assert frame["payload.tags"][0] == ["x"]
    assert frame["text"].isna().tolist() == [False, True, True]


def test_no_hits_are_an_empty_frame_of_the_same_columns():
    frame = Hits([], SPACE).to_pandas()
    assert list(frame.columns) == ["id", "score", "distance", "text"]
    assert len(frame) == 0


def test_payload_keys_never_hide_columns():
    hits = Hits([Hit("a", 0.1, 0.9, {"id": 7, "score": "x"})], SPACE)
    frame = hits.to_pandas()
    assert (frame["id"][0], frame["payload.id"][0], frame["score"][0]) == ("a", 7, 0.9)


def test_vectors_stand_whole_in_their_rows():
    hits = Hits([Hit("a", 0.1, 0.9, vector=VECTOR), bare_hit("b", 0.2, 0.8)], SPACE)
    frame = hits.to_pandas()
    assert frame["vector"][0] == VECTOR
    assert np.array_equal(frame["vector"][0].values, VECTOR.values)


def test_fused_hits_say_their_rank_in_each_source():
    frame = FUSED.to_pandas()
    ranks = ["rank.default", "rank.image", "rank.full_text"]
    assert list(frame.columns) == ["id", "score", *ranks, "text", "payload.n"]
    assert frame["rank.full_text"].tolist() == [2, 1]
    assert frame["rank.default"].isna().tolist() == [False, True]
    assert frame["rank.image"].isna().all()


def test_a_page_as_a_frame():
    frame = PAGE.to_pandas()
    assert list(frame.columns) == ["id", "text", "vector", "version", "payload.n"]
    assert frame["vector"][1] == VECTOR


def test_without_pandas_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(vecstore.InvalidArgument, match=r"vecstore-server\[pandas\]"):
        HITS.to_pandas()
