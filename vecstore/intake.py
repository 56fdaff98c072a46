"""From records that callers hand in to rows that can be written: checked, then encoded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from vecstore.config import Settings
from vecstore.errors import InvalidArgument, InvalidInput, InvalidRecord, VecstoreError
from vecstore.faults import blamed_on
from vecstore.fields import Encoded, Field
from vecstore.inputs import (
    check_categories,
    check_id,
    check_image,
    check_payload,
    check_text,
    decode_image,
)
from vecstore.records import FieldValue, Input, Modality, Record, Role
from vecstore.reembeddings import FieldState
from vecstore.spaces import Vector
from vecstore.storage.reads import Reader
from vecstore.storage.writes import NewRecord, NewValue, refused


@dataclass(frozen=True, slots=True)
class Checked:
    """A record within all limits: id, payload as JSON text, values by field, and the names of the
    fields whose vectors were mapped from another space.
    """

    id: str
    payload: str
    values: Mapping[str, FieldValue]
    inputs: Mapping[str, Input]
    carried: frozenset[str] = frozenset()


def check(
    records: Sequence[Record],
    fields: Mapping[str, Field],
    settings: Settings,
    *,
    moved: bool = False,
) -> list[Checked]:
    """Check every record before any is written.

    Args:
        records: to be checked.
        fields: the collection's, by name.
        settings: limits.
        moved: whether vectors pass that other spaces of a field admitted, or will: of a write that
            is only to be recognised.

    Raises:
        VecstoreError: what is wrong with the first bad one; ``details["position"]`` is its number.
    """
    if len(records) > settings.max_batch:
        raise InvalidArgument(
            f"{len(records)} records in one upsert; at most {settings.max_batch} are allowed: use "
            "upsert_stream, or several calls",
            field="records",
        )
    return [
        _check(record, number, fields, settings, moved=moved)
        for number, record in enumerate(records)
    ]


def require_distinct(checked: Sequence[Checked]) -> None:
    """Raise InvalidRecord where two records have one id."""
    seen: dict[str, int] = {}
    for number, one in enumerate(checked):
        first = seen.setdefault(one.id, number)
        if first != number:
            raise InvalidRecord(
                f"{_called(one.id, number)} has the id of number {first}; insert takes every id "
                "once: leave one of the two out",
                position=number,
            )


def _check(
    record: Record, number: int, fields: Mapping[str, Field], settings: Settings, *, moved: bool
) -> Checked:
    if not isinstance(record, Record):
        raise InvalidRecord(
            f"record {number} is a {type(record).__name__}; give vecstore.Record objects",
            position=number,
        )
    try:
        check_id(record.id)
        payload = check_payload(record.payload, settings)
        values = record.field_values()
        if not values:
            raise InvalidRecord(
                "it has no text, image, categories or vector, so it could never be found"
            )
        inputs = {}
        for name, value in values.items():
            found = _check_value(name, value, fields, settings, moved=moved)
            if found is not None:
                inputs[name] = found
        carried = record.carried_fields()
    except VecstoreError as error:
        details = {**error.details, "position": str(number)}
        raise type(error)(f"{_called(record.id, number)}: {error.message}", **details) from error
    return Checked(record.id, payload, values, inputs, carried)


def _check_value(
    name: str, value: FieldValue, fields: Mapping[str, Field], settings: Settings, *, moved: bool
) -> Input | None:
    if name not in fields:
        raise InvalidRecord(
            f"there is no vector field {name!r}; there are: {', '.join(fields)}", field=name
        )
    found = _check_inputs(value, settings)
    if value.vector is not None:
        if not (moved and fields[name].moved(value.vector)):
            fields[name].admit(value.vector, "vector")
        if found is not None and isinstance(found.data, bytes):
            # No encoder will look at it.
            decode_image(found.data, max_pixels=settings.max_image_pixels, least=1)
    elif found is None:
        raise InvalidRecord(
            f"the field {name!r} has no text, image, categories or vector", field=name
        )
    return found


def _check_inputs(value: FieldValue, settings: Settings) -> Input | None:
    """The one input of a value, checked; None where it has none."""
    if value.text is None and value.image is None and value.categories is None:
        return None
    given = {
        kind: one
        for kind, one in (
            ("text", value.text),
            ("image", value.image),
            ("categories", value.categories),
        )
        if one is not None
    }
    if len(given) > 1:
        raise InvalidInput(
            f"{' and '.join(given)} were given together for one field; give one of them",
            field=next(iter(given)),
        )
    kind, one = next(iter(given.items()))
    return _check_input(kind, one, settings)


def _check_input(kind: str, value: object, settings: Settings) -> Input:
    if kind == "text":
        return Input(Modality.TEXT, check_text(value, settings))
    if kind == "image":
        return Input(Modality.IMAGE, check_image(value, settings))
    return Input(Modality.CATEGORIES, check_categories(value, settings))


def encode(
    checked: Sequence[Checked],
    fields: Mapping[str, Field],
    beside: Sequence[Field],
    reader: Reader,
    *,
    keep: bool,
) -> list[NewRecord]:
    """What is to be written. Inputs that a field already has are not encoded again.

    Args:
        checked: from :func:`check`.
        fields: the collection's fields by name, in their live spaces.
        beside: the same in other spaces. What their encoders refuse is written all the same, and
            the reason with it; vectors that callers brought do not enter them.
        reader: finds what is there now.
        keep: False to encode everything, whatever is there.
    """
    values: list[dict[int, NewValue]] = [{} for _ in checked]
    for field in (*fields.values(), *beside):
        _encode_field(field, checked, values, reader if keep else None)
    return [
        NewRecord(one.id, one.payload, value) for one, value in zip(checked, values, strict=True)
    ]


def _encode_field(
    field: Field,
    checked: Sequence[Checked],
    values: list[dict[int, NewValue]],
    reader: Reader | None,
) -> None:
    name, key, live = field.row.name, field.row.id, field.row.state is FieldState.LIVE
    stored = field.collection.store_inputs
    waiting: dict[int, tuple[bytes, Input]] = {}
    for number, one in enumerate(checked):
        value = one.values.get(name)
        if value is None:
            continue
        if value.vector is None:
            given = one.inputs[name]
            waiting[number] = (bytes.fromhex(given.digest), given)
        elif live:
            kept = one.inputs.get(name) if stored else None
            values[number][key] = _new(b"", kept, value.vector, carried=name in one.carried)
    fresh = _fresh(field, checked, waiting, reader)

    def called(place: int) -> tuple[str, int]:
        wanted = list(fresh)[place]
        number = next(n for n, (digest, _) in waiting.items() if digest == wanted)
        return _called(checked[number].id, number), number

    encoded = dict(zip(fresh, _encoded(field, list(fresh.values()), called), strict=True))
    for number, (digest, given) in waiting.items():
        vector = encoded.get(digest)
        if isinstance(vector, VecstoreError):
            values[number][key] = refused(digest, vector)
        else:
            values[number][key] = _new(digest, given if stored else None, vector)


def _fresh(
    field: Field,
    checked: Sequence[Checked],
    waiting: Mapping[int, tuple[bytes, Input]],
    reader: Reader | None,
) -> dict[bytes, Input]:
    """The inputs that a field does not have already, by digest."""
    present = {}
    if reader is not None and waiting:
        present = reader.entries(field.row, [checked[number].id for number in waiting])
    fresh: dict[bytes, Input] = {}
    for number, (digest, given) in waiting.items():
        entry = present.get(checked[number].id)
        if entry is None or entry.digest != digest:
            fresh[digest] = given
    return fresh


def _encoded(
    field: Field, inputs: Sequence[Input], called: Callable[[int], tuple[str, int]]
) -> Sequence[Encoded]:
    if field.row.state is not FieldState.LIVE:
        return field.encode_each(inputs, Role.DOCUMENT)
    with blamed_on(called):
        return field.encode(inputs, Role.DOCUMENT)


def _called(id: str, number: int) -> str:
    return f"record {id!r} (number {number})"


def _new(
    digest: bytes, kept: Input | None, vector: Vector | None, *, carried: bool = False
) -> NewValue:
    values = None if vector is None else vector.values
    if kept is None:
        return NewValue(digest, values, carried=carried)
    if isinstance(kept.data, bytes):
        return NewValue(digest, values, image=kept.data, carried=carried)
    if kept.modality is Modality.CATEGORIES:
        return NewValue(digest, values, categories=kept.data, carried=carried)
    return NewValue(digest, values, text=kept.data, carried=carried)
