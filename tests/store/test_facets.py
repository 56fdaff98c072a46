"""Values under a key, counted by both databases as plain Python counts them."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

import vecstore
from vecstore import InvalidArgument, InvalidFilter, Record
from vecstore.answers import Facet
from vecstore.filters import matches, parse, scalars

VALUES: list[Any] = [
    *(
        None,
        True,
        False,
        0,
        -0.0,
        0.0,
        1,
        1.0,
        "1",
        "true",
        "",
        "a",
        "A",
        "é",
        "\U0001f600",
        "\uffff",
    ),
    *(2**53, 2**53 + 1, 2.0**53, 2**63 - 1, 2.0**63, -(2**63), -(2.0**63), 10**18, 1e18, 1e22),
    *(0.1, 0.1 + 0.2, 0.3, 1.5, 1e-7, 5e-324, 1.7976931348623157e308, 1.2345678901234568e18),
    *(1234567890123456768, 123456789012345.6, '"', "\\", "\n", "\u0001", "2026-01-31"),
]


def payloads() -> list[dict[str, Any]]:
    rng = random.Random(6)
    made: list[dict[str, Any]] = [{}, {"a": []}, {"a": {}}, {"a": [[1], {"b": 1}]}, {"a": {"a": 1}}]
    made += [{"a": [1, 1.0, 1]}, {"a": ["x", "x"]}, {"a": [True, 1]}, {"a": [None, None]}]
    for _ in range(300):
        shape, some = rng.randrange(4), rng.choices(VALUES, k=3)
        made.append(
            [{"a": some[0]}, {"a": some}, {"a": {"b": some[0]}}, {"a": [some, some[1]]}][shape]
        )
    return made


PAYLOADS = payloads()


def kind_of(value: Any) -> tuple[str, Any]:
    if value is None or isinstance(value, bool):
        return "constant", value
    return ("string" if isinstance(value, str) else "number"), value


def counted(path: tuple[str, ...], where: dict[str, Any]) -> Counter[tuple[str, Any]]:
    found: Counter[tuple[str, Any]] = Counter()
    for payload in PAYLOADS:
        if matches(parse(where), payload):
            found.update({kind_of(one) for one in scalars(path, payload)})
    return found


@pytest.fixture
def docs(store: Any) -> Any:
    docs = store.create_collection("docs", encoder="hashing@1")
    docs.upsert(
        [Record(id=str(n), text="x", payload=payload) for n, payload in enumerate(PAYLOADS)]
    )
    return docs


@pytest.mark.parametrize("where", [{}, {"a": {"$gt": 0}}, {"a": "nothing has this"}])
def test_facets_are_what_plain_python_counts(docs: Any, where: dict[str, Any]) -> None:
    for key, path in (("a", ("a",)), ("a.b", ("a", "b")), ("a.a", ("a", "a")), ("z", ("z",))):
        found = docs.facets(key, filter=where, limit=1000)
        assert {kind_of(one.value): one.count for one in found} == counted(path, where)
        assert len(found) == len(counted(path, where))
        counts = [one.count for one in found]
        assert counts == sorted(counts, reverse=True)


def test_the_most_frequent_come_first_and_ties_by_value(docs: Any) -> None:
    every = docs.facets("a", limit=1000)
    for limit in (1, 2, 7, 20):
        assert docs.facets("a", limit=limit) == every[:limit]
    for count in {one.count for one in every}:
        alike = [one.value for one in every if one.count == count]
        strings = [one for one in alike if isinstance(one, str)]
        numbers = [
            one for one in alike if isinstance(one, int | float) and not isinstance(one, bool)
        ]
        others = [one for one in alike if one is None or isinstance(one, bool)]
        assert alike == [*others, *numbers, *strings]
        assert numbers == sorted(numbers)
        assert strings == sorted(strings)


def test_a_list_counts_once_for_each_of_its_values(docs: Any) -> None:
    docs.delete([str(n) for n in range(len(PAYLOADS))])
    docs.upsert(
        [
            Record(id="a", text="x", payload={"a": [1, 1.0, True, "1", "1", [5], {"b": 6}]}),
            Record(id="b", text="x", payload={"a": 1.0}),
        ]
    )
    assert docs.facets("a") == [Facet(1, 2), Facet(True, 1), Facet("1", 1)]
    assert [type(one.value) for one in docs.facets("a")] == [int, bool, str]


@pytest.mark.parametrize("limit", [0, -1, 1001, True, 1.5, "5"])
def test_a_limit_out_of_range_is_refused(docs: Any, limit: Any) -> None:
    with pytest.raises(InvalidArgument, match="a whole number from 1 to 1000 is needed") as caught:
        docs.facets("a", limit=limit)
    assert caught.value.details["field"] == "limit"


def test_an_answer_that_is_too_large_is_refused(tmp_path: Any) -> None:
    settings = vecstore.Settings(max_message_bytes=100_000)
    with vecstore.open(tmp_path / "data", settings=settings) as store:
        docs = store.create_collection("docs", encoder="hashing@1")
        for n in range(3):
            docs.upsert([Record(id=str(n), text="x", payload={"a": f"{n}" * 40_000})])
        assert len(docs.facets("a", limit=2)) == 2
        with pytest.raises(InvalidArgument, match="take 120000 bytes, and one answer may have"):
            docs.facets("a")


@pytest.mark.parametrize("key", ["", "a..b", "$text", 5])
def test_a_key_that_names_nothing_is_refused(docs: Any, key: Any) -> None:
    with pytest.raises(InvalidFilter) as caught:
        docs.facets(key)
    assert caught.value.details["field"] == "key"
