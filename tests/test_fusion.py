"""Reciprocal rank fusion: ranks in, order out."""

from __future__ import annotations

import random
from typing import Any

import pytest

from vecstore.errors import InvalidArgument
from vecstore.fusion import checked_weights, fused, named_fields


def plain(rankings: dict[str, list[str]], weights: dict[str, float]) -> list[tuple[str, float]]:
    """The same, as the paper writes it."""
    found = {one for ids in rankings.values() for one in ids}
    scores = {
        one: sum(
            weights[name] / (60 + ids.index(one) + 1)
            for name, ids in rankings.items()
            if one in ids
        )
        for one in found
    }
    return sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))


def test_the_order_is_that_of_the_paper() -> None:
    chance = random.Random(3)
    for _ in range(50):
        ids = [f"r{n}" for n in range(30)]
        rankings = {
            name: chance.sample(ids, chance.randint(0, 20)) for name in ("a", "b", "full_text")
        }
        weights = {name: chance.choice([0.25, 1.0, 3.0]) for name in rankings}
        order, expected = fused(rankings, weights), plain(rankings, weights)
        assert [one for one, _ in order] == [one for one, _ in expected]
        assert dict(order) == pytest.approx(dict(expected))
        assert all(fused(rankings, weights, n) == order[:n] for n in range(35))


def test_ties_go_by_id() -> None:
    order = fused(
        {"a": ["z", "b"], "b": ["b", "z"], "c": ["y"], "d": ["x"]}, dict.fromkeys("abcd", 1)
    )
    assert [one for one, _ in order] == ["b", "z", "x", "y"]


def test_weights_left_out_are_one() -> None:
    assert checked_weights(None, ["a", "b"]) == {"a": 1, "b": 1}
    assert checked_weights({"b": 0}, ["a", "b"]) == {"a": 1, "b": 0}


@pytest.mark.parametrize(
    ("weights", "told"),
    [
        ({"c": 1}, "a weight for 'c', which is not searched; searched are: a, b"),
        ({"a": -1}, "the weight of 'a' is -1"),
        ({"a": float("nan")}, "is nan"),
        ({"a": float("inf")}, "is inf"),
        ({"a": True}, "is True"),
        ({"a": "1"}, "is '1'"),
        ({"a": 0, "b": 0}, "every weight is 0"),
        ([1, 2], "weights is a list"),
    ],
)
def test_weights_that_say_nothing(weights: Any, told: str) -> None:
    with pytest.raises(InvalidArgument, match=told):
        checked_weights(weights, ["a", "b"])


@pytest.mark.parametrize("fields", ["a", 7, [7], {7: "x"}])
def test_fields_that_are_no_names(fields: Any) -> None:
    with pytest.raises(InvalidArgument, match="fields"):
        named_fields(fields)
