"""The stored vectors of a collection, read from SQL: nothing is encoded, no index is opened."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vecstore.errors import InvalidInput, StorageError
from vecstore.evaluations import DataSummary
from vecstore.familiarity.requests import label_path
from vecstore.inputs import shorten
from vecstore.judging.data import even_sample
from vecstore.judging.data.digests import digest_of, repeats
from vecstore.judging.parts import Parts
from vecstore.judging.protocols.labels import Labelled
from vecstore.records import DEFAULT_FIELD, Input, Modality, Record
from vecstore.spaces import FloatArray
from vecstore.storage.catalog import CollectionRow, FieldRow
from vecstore.training.data.cells import cell_text, is_missing, whole_numbers
from vecstore.training.data.rows import Origin

_PAGE = 1000
_PART = 100
_ATTEMPTS = 3
_FEWEST_CLASSES = 2
_PAYLOAD = Origin("the payload")


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """The vectors of a collection's default field.

    Args:
        ids: of its records, in the order of ids.
        keys: of their vectors in SQL; shape (n,).
        vectors: shape (n, dim), float32.
    """

    ids: tuple[str, ...]
    keys: NDArray[np.int64]
    vectors: FloatArray


def default_field(row: CollectionRow) -> FieldRow:
    """The field that is judged."""
    return next(field for field in row.fields if field.name == DEFAULT_FIELD)


def stored_vectors(parts: Parts, row: CollectionRow, ids: Sequence[str] | None = None) -> Stored:
    """The vectors of a collection, or of some of its records; those that are gone are left out.

    Raises:
        InvalidInput: there is none.
        StorageError: one is damaged.
    """
    for attempt in range(_ATTEMPTS):
        try:
            return _read(parts, row, ids)
        except StorageError:  # a record may have been replaced between two reads
            if attempt == _ATTEMPTS - 1:
                raise
    raise AssertionError


def _read(parts: Parts, row: CollectionRow, ids: Sequence[str] | None) -> Stored:
    field = default_field(row)
    entries = parts.reader.field_rows(field)
    places = {one: place for place, one in enumerate(entries.ids)}
    wanted = sorted(places if ids is None else (one for one in ids if one in places))
    if not wanted:
        raise InvalidInput(
            f"the collection {row.name!r} holds no vectors to judge; add records first",
            field="collection",
        )
    chosen = [places[one] for one in wanted]
    keys, crcs = entries.labels[chosen], entries.crcs[chosen]
    vectors = parts.reader.vectors(field.space, keys.tolist(), crcs.tolist())
    return Stored(tuple(wanted), keys, vectors)


def read_labelled(parts: Parts, row: CollectionRow, key: str, limit: int, seed: int) -> Labelled:
    """The records of a collection that have a label in their payload, with their vectors.

    Args:
        parts: of the store.
        row: the collection.
        key: dotted path in the payload.
        limit: records at most; of more, a sample that is even over the classes.
        seed: of the sample.

    Raises:
        InvalidInput: no record has a label, all have the same, or one is no text or number.
    """
    found, missing = _labels(parts, row, key)
    if not found:
        raise InvalidInput(
            f"none of the {missing:,} records of {row.name!r} has a label at {key!r} in its "
            "payload; name another key with --label-key (label_key= in Python)",
            field="label_key",
        )
    ids = list(found)
    labels = dict(zip(ids, whole_numbers(list(found.values())), strict=True))
    if len(set(labels.values())) < _FEWEST_CLASSES:
        raise InvalidInput(
            f"all {len(ids):,} records of {row.name!r} that have a label at {key!r} have the same, "
            f"{shorten(labels[ids[0]])}; at least two classes are needed",
            field="label_key",
        )
    sample = [ids[place] for place in even_sample(list(labels.values()), limit, seed)]
    stored = stored_vectors(parts, row, sample)
    chosen = tuple(labels[one] for one in stored.ids)
    counts = {"inputs": len(stored.ids), "classes": len(set(chosen))}
    if counts["classes"] < _FEWEST_CLASSES:
        raise InvalidInput(
            f"of the records of {row.name!r} with a label at {key!r}, those that have a vector in "
            f"{default_field(row).space.name} all have the same; at least two classes are needed",
            field="label_key",
        )
    if len(sample) < len(ids):
        counts["of"] = len(ids)
    notes = []
    if len(stored.ids) < len(sample):
        # Left out at a switch, or deleted meanwhile.
        lacking = len(sample) - len(stored.ids)
        notes.append(f"{lacking:,} records without a vector there were left out")
    if missing:
        counts["unlabelled"] = missing
        notes.append(f"{missing:,} records without a label at {key!r} were left out")
    inputs = _inputs(parts, row, stored.ids)
    if not inputs:
        notes.append("baselines were left out: the collection does not hold all inputs")
    kinds = {one.modality for one in inputs}
    if len(kinds) > 1:
        inputs = ()
        notes.append("baselines were left out: the collection holds inputs of several kinds")
    counts |= repeats(inputs)
    return Labelled(
        labels=chosen,
        summary=DataSummary(f"{row.name}: {key}", _digest(stored, chosen), counts),
        inputs=inputs,
        stored=stored.vectors,
        notes=tuple(notes),
    )


def shown_texts(parts: Parts, row: CollectionRow, stored: Stored) -> tuple[str, ...]:
    """What people are shown of records: the text, or the id where there is none."""
    details = parts.reader.details(row, default_field(row), stored.ids)
    texts = ((details.get(key) or (None, None))[1] for key in stored.keys.tolist())
    return tuple(text or name for text, name in zip(texts, stored.ids, strict=True))


def _labels(parts: Parts, row: CollectionRow, key: str) -> tuple[dict[str, str], int]:
    """The label of every record that has one, by id, and how many have none."""
    path = label_path(key)
    found: dict[str, str] = {}
    missing = 0
    for record, payload in _payloads(parts, row):
        value: Any = payload
        for one in path:
            value = value.get(one) if isinstance(value, Mapping) else None
        try:
            text = "" if is_missing(value) else cell_text(value, _PAYLOAD, 0, key).strip()
        except InvalidInput:
            raise InvalidInput(
                f"the record {record!r} of {row.name!r} holds {shorten(value)} at {key!r}, where "
                "its label is expected; a text or a number is needed: name another key with "
                "--label-key (label_key= in Python)",
                field="label_key",
            ) from None
        if text:
            found[record] = text
        else:
            missing += 1
    return found, missing


def _payloads(parts: Parts, row: CollectionRow) -> Iterator[tuple[str, Mapping[str, Any]]]:
    after = ""
    while page := parts.reader.payloads(row, after, _PAGE):
        yield from page.items()
        after = next(reversed(page))  # as the database orders them


def _inputs(parts: Parts, row: CollectionRow, ids: Sequence[str]) -> tuple[Input, ...]:
    """The inputs of records, in order; none where one is not stored."""
    if not row.store_inputs:
        return ()
    found: list[Input] = []
    for start in range(0, len(ids), _PART):
        part = ids[start : start + _PART]
        records = parts.reader.records(row, part, False)
        for one in part:
            given = _input(records.get(one))
            if given is None:
                return ()
            found.append(given)
    return tuple(found)


def _input(record: Record | None) -> Input | None:
    if record is None:
        return None
    if record.text is not None:
        return Input(Modality.TEXT, record.text)
    return None if record.image is None else Input(Modality.IMAGE, record.image)


def _digest(stored: Stored, labels: Sequence[str]) -> str:
    vectors = (
        hashlib.sha256(np.ascontiguousarray(row, "<f4").tobytes()).hexdigest()
        for row in stored.vectors
    )
    return digest_of("collection", stored.ids, vectors, labels)
