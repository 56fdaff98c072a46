"""Records drawn by chance."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

import vecstore
from vecstore import InvalidArgument, Record

COUNT = 40


@pytest.fixture
def docs(store: Any) -> Any:
    docs = store.create_collection("docs", encoder="hashing@1")
    docs.upsert([Record(id=f"{n:02}", text=f"text {n}", payload={"n": n}) for n in range(COUNT)])
    return docs


def ids(records: list[Record]) -> list[str]:
    return [record.id for record in records]


def test_the_same_seed_draws_the_same_records(docs: Any) -> None:
    drawn = ids(docs.sample(10, seed=7))
    assert drawn == ids(docs.sample(10, seed=7))
    assert len(set(drawn)) == 10
    assert drawn != sorted(drawn)
    assert drawn != ids(docs.sample(10, seed=8))
    # On both databases.
    assert drawn == ["20", "09", "25", "03", "04", "34", "06", "23", "36", "29"]


def test_without_a_seed_every_draw_is_another(docs: Any) -> None:
    assert len({tuple(ids(docs.sample(10))) for _ in range(5)}) > 1


def test_every_record_is_as_likely_as_every_other(docs: Any) -> None:
    draws = 200
    seen = Counter(one for seed in range(draws) for one in ids(docs.sample(10, seed=seed)))
    expected = draws * 10 / COUNT
    assert len(seen) == COUNT
    # Chi-squared with 39 degrees of freedom; fixed seeds, so no luck is needed.
    assert sum((seen[f"{n:02}"] - expected) ** 2 / expected for n in range(COUNT)) < 60


def test_only_what_satisfies_the_filter_is_drawn(docs: Any) -> None:
    drawn = docs.sample(5, filter={"n": {"$gte": 30}}, seed=1)
    assert len(drawn) == 5
    assert all(record.payload["n"] >= 30 for record in drawn)
    everything = docs.sample(1000, filter={"n": {"$gte": 30}}, seed=1)
    assert sorted(ids(everything)) == [str(n) for n in range(30, 40)]
    assert docs.sample(5, filter={"n": -1}) == []


def test_records_come_whole_and_vectors_when_asked_for(docs: Any) -> None:
    bare, full = docs.sample(1, seed=3)[0], docs.sample(1, seed=3, include_vectors=True)[0]
    assert bare == docs.get([bare.id])[0]
    assert bare.vector is None
    assert full.vector is not None
    expected = docs.get([full.id], include_vectors=True)[0].vector
    np.testing.assert_array_equal(full.vector.values, expected.values)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"count": 0}, "count is 0; a whole number from 1 to 1000"),
        ({"count": 1001}, "count is 1001"),
        ({"count": True}, "count is True"),
        ({"seed": 2**63}, "seed is 9223372036854775808"),
        ({"seed": "x"}, "seed is 'x'"),
    ],
)
def test_what_cannot_be_drawn_is_refused(docs: Any, given: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidArgument, match=words):
        docs.sample(**given)


def test_an_answer_that_is_too_large_is_refused(tmp_path: Any) -> None:
    settings = vecstore.Settings(max_message_bytes=200_000)
    with vecstore.open(tmp_path / "data", settings=settings) as store:
        docs = store.create_collection("docs", encoder="hashing@1")
        for n in range(6):
            docs.upsert([Record(id=str(n), text="x", payload={"a": "y" * 30_000})])
        assert len(docs.sample(2)) == 2
        with pytest.raises(InvalidArgument, match="which is what one answer may have; ask for"):
            docs.sample(5)
