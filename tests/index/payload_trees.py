"""Random payloads and filters that meet often."""

from __future__ import annotations

import random
from typing import Any

from vecstore.filters import Filter, parse

KEYS = ("kind", "year", "nested.when", "free")
_VALUES: list[Any] = [
    None, True, False, 0, 1, -1, 1.0, 0.5, -0.0, 2**53, 2**53 + 1, float(2**53), 2**63 - 1,
    -(2**63), 1e300, "", "a", "ab", "abc", "b", "ä", "\U0001f600", "1",
    "2026-01-31", "2026-01-31T12:30:00Z", "2026-01-31 13:30+01:00", "1969-07-20",
]  # fmt: skip
_MOMENTS = ["2026-01-31", "2026-01-31T12:30Z", "2000-01-01", "1969-07-20T00:00:00.000001"]


def value(chance: random.Random) -> Any:
    """A value of a payload: mostly a scalar."""
    kind = chance.random()
    if kind < 0.75:
        return chance.choice(_VALUES)
    if kind < 0.95:
        return [chance.choice([*_VALUES, [1], {"a": 1}]) for _ in range(chance.randrange(4))]
    return {"a": 1}


def payload(chance: random.Random) -> dict[str, Any]:
    """A payload with some of the keys."""
    made: dict[str, Any] = {
        key: value(chance) for key in ("kind", "year", "free") if chance.random() < 0.8
    }
    if chance.random() < 0.8:
        made["nested"] = {"when": value(chance)} if chance.random() < 0.9 else value(chance)
    return made


def tree(chance: random.Random, keys: tuple[str, ...] = KEYS, depth: int = 0) -> Filter:
    """A filter over some keys."""
    return parse(_tree(chance, keys, depth))


def _tree(chance: random.Random, keys: tuple[str, ...], depth: int) -> dict[str, Any]:
    kind = chance.random()
    if depth < 3 and kind < 0.3:
        parts = [_tree(chance, keys, depth + 1) for _ in range(chance.randrange(1, 4))]
        return {chance.choice(["$and", "$or"]): parts}
    if depth < 3 and kind < 0.4:
        return {"$not": _tree(chance, keys, depth + 1)}
    if kind < 0.42:
        return {}
    return {chance.choice(keys): _condition(chance)}


def _condition(chance: random.Random) -> dict[str, Any]:
    name = chance.choice(
        ["$eq", "$ne", "$in", "$nin", "$gt", "$gte", "$lt", "$lte", "$exists", "$prefix",
         "$contains", "moment", "$not"]
    )  # fmt: skip
    if name == "moment":
        name = chance.choice(["$eq", "$ne", "$gt", "$gte", "$lt", "$lte"])
        return {name: {"$datetime": chance.choice(_MOMENTS)}}
    return {name: _operand(chance, name)}


def _operand(chance: random.Random, name: str) -> Any:
    if name in ("$in", "$nin"):
        return [chance.choice(_VALUES) for _ in range(chance.randrange(4))]
    if name == "$exists":
        return chance.random() < 0.5
    if name in ("$prefix", "$contains"):
        return chance.choice(["a", "ab", "2026", "b", "\U0001f600", "31"])
    if name == "$not":
        return _condition(chance)
    if name in ("$eq", "$ne"):
        return chance.choice(_VALUES)
    return chance.choice([one for one in _VALUES if type(one) in (int, float, str)])
