"""Captions of the images that records hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from vecstore.errors import InvalidRecord
from vecstore.faults import blamed_on
from vecstore.models import Models
from vecstore.records import DEFAULT_FIELD, FieldValue, Input, Modality, Record
from vecstore.storage.catalog import CollectionRow

# Images in memory at a time.
_TOGETHER = 16


def captions(
    models: Models,
    encoder: str,
    collection: CollectionRow,
    ids: Sequence[str],
    get: Callable[[Sequence[str]], Sequence[Record]],
) -> list[str]:
    """Captions of the images of records, in their order.

    Args:
        models: the store's releases.
        encoder: ``model@version`` of the one that writes them.
        collection: that the records are in.
        ids: of the records.
        get: (ids) -> their records.

    Raises:
        RecordNotFound, InvalidRecord, InvalidArgument, EncoderNotFound, ModelDrift: see
            :meth:`vecstore.collection.Collection.describe`.
    """
    release = models.resolve(encoder)
    models.require_describer(release)
    found: list[str] = []
    for start in range(0, len(ids), _TOGETHER):
        part = ids[start : start + _TOGETHER]
        images = [_image(record, collection) for record in get(part)]

        def called(place: int, start: int = start) -> tuple[str, int]:
            return f"record {ids[start + place]!r}", start + place

        with blamed_on(called):
            found += models.describe(release, images)
    return found


def _image(record: Record, collection: CollectionRow) -> Input:
    value = record.field_values().get(DEFAULT_FIELD, FieldValue())
    if value.image is not None:
        return Input(Modality.IMAGE, value.image)
    held = "text" if value.text else "categories" if value.categories else "only a vector"
    unkept = "" if collection.store_inputs else ", since its collection keeps no inputs"
    raise InvalidRecord(
        f"record {record.id!r} of {collection.name!r} holds no image but {held}{unkept}; only an "
        "image can be described",
        record=record.id,
    )
