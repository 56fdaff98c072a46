"""What makes two requests the same, for idempotency keys."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from vecstore.changes import PayloadChange, checked_key
from vecstore.filters import And, Comparison, Existence, Filter, Membership, Not, Operand, Or
from vecstore.instants import Instant
from vecstore.intake import Checked
from vecstore.storage.idempotency import Once

Part = str | bytes


def once(key: str, seconds: float, parts: Iterable[Part]) -> Once:
    """A request that is to be done once.

    Args:
        key: the caller's.
        seconds: how long it is remembered.
        parts: all that is asked for, the same in every process.

    Raises:
        InvalidArgument: the key is no key.
    """
    checked = checked_key(key)
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        digest.update(len(raw).to_bytes(8, "big") + raw)
    return Once(checked, digest.digest(), seconds)


def of_records(
    operation: str, records: Sequence[Checked], versions: Mapping[str, int]
) -> Iterator[Part]:
    """The parts of a write of whole records."""
    yield operation
    yield _canonical(versions)
    for record in records:
        yield record.id
        yield _canonical(json.loads(record.payload))
        for name, value in sorted(record.values.items()):
            given = record.inputs.get(name)
            yield name
            yield "" if given is None else given.digest
            yield b"" if value.vector is None else value.vector.values.tobytes()
        if record.carried:
            yield "carried"
            yield _canonical(sorted(record.carried))


def of_selection(
    operation: str, ids: Sequence[str], filter_: Filter | None, versions: Mapping[str, int]
) -> Iterator[Part]:
    """The parts of a write that names records by id, or by a filter."""
    yield operation
    yield _canonical(versions)
    yield _canonical(list(ids)) if filter_ is None else _asked(filter_)


def of_change(change: PayloadChange) -> Iterator[Part]:
    """What is done to payloads."""
    yield _canonical(change.set)
    yield _canonical(change.unset)


def _asked(filter_: Filter) -> str:
    """A filter as text: the same in every version, and in whatever order its parts were given."""
    match filter_:
        case Comparison(path, operator, value):
            return _canonical([operator.value, path, _operand(value)])
        case Membership(path, values):
            return _canonical(["$in", path, sorted(_canonical(_operand(one)) for one in values)])
        case Existence(path):
            return _canonical(["$exists", path])
        case Not(part):
            return _canonical(["$not", _asked(part)])
        case And(parts):
            return _canonical(["$and", sorted(map(_asked, parts))])
        case Or(parts):
            return _canonical(["$or", sorted(map(_asked, parts))])


def _operand(value: Operand) -> object:
    return {"$datetime": value.microseconds} if isinstance(value, Instant) else value


def _canonical(value: object) -> str:
    """JSON in which the order of keys says nothing: a message of gRPC does not keep it."""
    return json.dumps(value, sort_keys=True)
