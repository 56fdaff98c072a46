"""The values that callers hand in and get back: inputs, records, what is known of collections."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from vecstore.calibrations import Calibration
from vecstore.errors import InvalidRecord, VecstoreError
from vecstore.evaluations import Evaluation, TaskCard
from vecstore.payload_indexes import PayloadIndex
from vecstore.reembeddings import FieldState
from vecstore.spaces import Metric, Space, Vector
from vecstore.tables import Columns, Tabular, columns_of, described, line

DEFAULT_FIELD = "default"

Payload = Mapping[str, Any]
# By column; a whole number or a boolean counts as its text, None as a column that is not there.
Categories = Mapping[str, str | int | float | bool | None]


class Modality(StrEnum):
    """What kind of input an encoder reads."""

    TEXT = "text"
    IMAGE = "image"
    CATEGORIES = "categories"


class Role(StrEnum):
    """Which side of a search an input stands on. Prompts may differ, the space does not."""

    DOCUMENT = "document"
    QUERY = "query"


@dataclass(frozen=True, slots=True)
class Input:
    """One input for an encoder: text, the bytes of an image, or categories.

    Args:
        modality: what ``data`` is.
        data: str for text, bytes for an image; for categories the JSON text of
            :func:`vecstore.inputs.categories_text`.
    """

    modality: Modality
    data: str | bytes

    @property
    def digest(self) -> str:
        """sha256 (hex) of the content; equal inputs have equal digests."""
        raw = self.data.encode() if isinstance(self.data, str) else self.data
        return hashlib.sha256(self.modality.encode() + b"\0" + raw).hexdigest()


@dataclass(frozen=True, slots=True)
class FieldValue:
    """What a record holds in one vector field: an input, a vector, or both.

    With both, the vector is taken as it is and the input is stored beside it, not encoded.
    """

    text: str | None = None
    image: bytes | None = None
    vector: Vector | None = None
    categories: Categories | None = field(default=None, hash=False)

    def __repr__(self) -> str:
        return line(self, "text", "image", "categories", "vector")


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a collection.

    Args:
        id: the caller's name for it; a string of 1 to 512 characters.
        text, image, vector, categories: short for the field "default".
        payload: the caller's own JSON object.
        fields: values of other vector fields, by name.
        version: of a stored record: a number that every write of it makes greater, and that is
            never used again. Not read where a record is written; see ``if_versions`` there.
        carried: names of the fields whose vectors here were mapped from another space, not
            encoded. They are marked so where the record is written, too.
    """

    id: str
    text: str | None = None
    image: bytes | None = None
    vector: Vector | None = None
    payload: Payload = field(default_factory=dict)
    fields: Mapping[str, FieldValue] = field(default_factory=dict)
    categories: Categories | None = None
    version: int | None = field(default=None, compare=False)
    carried: tuple[str, ...] = field(default=(), compare=False)

    def field_values(self) -> dict[str, FieldValue]:
        """Every field's value by name, the default one included where it is given.

        Raises:
            InvalidRecord: ``fields`` is not values by name.
        """
        if not isinstance(self.fields, Mapping):
            raise InvalidRecord(
                f"fields is a {type(self.fields).__name__}; give vecstore.FieldValue by name",
                field="fields",
            )
        values = dict(self.fields)
        for name, one in values.items():
            if not isinstance(one, FieldValue):
                raise InvalidRecord(
                    f"the field {name!r:.80} is a {type(one).__name__}; give a "
                    "vecstore.FieldValue, such as FieldValue(text=...)",
                    field="fields",
                )
        text, image, vector, categories = self.text, self.image, self.vector, self.categories
        if not (text is None and image is None and vector is None and categories is None):
            values[DEFAULT_FIELD] = FieldValue(text, image, vector, categories)
        return values

    def carried_fields(self) -> frozenset[str]:
        """Those of the names in ``carried`` whose fields have a vector here.

        Raises:
            InvalidRecord: ``carried`` is not names.
        """
        if not self.carried:
            return frozenset()
        names = self.carried
        if not isinstance(names, tuple | list) or not all(isinstance(one, str) for one in names):
            raise InvalidRecord(
                f"carried is {names!r:.80}; give names of vector fields, such as ('default',)",
                field="carried",
            )
        values = self.field_values()
        return frozenset(one for one in names if one in values and values[one].vector is not None)

    def __hash__(self) -> int:
        return hash((self.id, self.text, self.image, self.vector))

    def __repr__(self) -> str:
        names = ("text", "image", "categories", "vector", "fields", "payload", "version")
        return line(self, "id", *names, *(("carried",) if self.carried else ()))


class WriteMode(StrEnum):
    """What a write expects of the ids that it names."""

    UPSERT = "upsert"  # nothing
    INSERT = "insert"  # that none is there
    UPDATE = "update"  # that all are there


@dataclass(frozen=True, slots=True)
class RecordReference:
    """A query: the stored vector of a record.

    Args:
        id: the record's id.
        collection: where it is, if not in the collection searched.
    """

    id: str
    collection: str | None = None


InputLike = str | bytes | Categories | Input
Query = InputLike | Vector | RecordReference


@dataclass(frozen=True, slots=True)
class Page(Tabular):
    """One page of records; ``next_page_token`` is empty on the last one."""

    records: tuple[Record, ...]
    next_page_token: str = ""

    def __repr__(self) -> str:
        more = "more follow" if self.next_page_token else "the last page"
        return f"<Page of {len(self.records)} records; {more}>"

    def columns(self) -> Columns:
        marks = ("carried",) if any(one.carried for one in self.records) else ()
        return columns_of(
            self.records, ("id", "text", *marks), ("image", "categories", "vector", "version")
        )


@dataclass(frozen=True, slots=True)
class Comparison:
    """How two vectors of one space compare; see :class:`Hit` for the two figures."""

    distance: float
    score: float


@dataclass(frozen=True, slots=True)
class NewField:
    """A vector field to be made.

    Args:
        encoder: ``model@version``, or ``model`` where it has one version.
        index: an index backend.
        transform: what is done to vectors after the encoder; nothing where empty.
    """

    encoder: str
    index: str = "hnsw"
    transform: str = ""


@dataclass(frozen=True, slots=True)
class BesideInfo:
    """A space beside the live one of a vector field; ``search(..., space=...)`` looks into it.

    Args:
        space: the space.
        state: staged where the field is on its way there, retired where it has left it.
        indexed: vectors that its graph has taken in; None where the index is not open.
    """

    space: Space
    state: FieldState
    indexed: int | None = None


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """One vector field of a collection.

    Args:
        name: its name.
        encoder: ``model@version``.
        space: its live space.
        index: the index backend's name.
        indexed: vectors that the graph has taken in; None where the index is not open.
        beside: the space that it is moving to, or has left, while that is kept.
    """

    name: str
    encoder: str
    space: Space
    index: str = "hnsw"
    indexed: int | None = None
    beside: BesideInfo | None = None


@dataclass(frozen=True, slots=True)
class CollectionInfo:
    """What a collection is.

    Args:
        name: its name.
        encoder: ``model@version`` of its default field.
        space: the live space of its default field.
        metric: how distance is measured.
        count: live records.
        store_inputs: whether inputs are kept beside their vectors.
        index: the index backend's name.
        indexed: vectors that the graph has taken in; the rest is searched exactly.
        calibration: by what it tells the unfamiliar; None from a server that does not know.
        encoder_evaluated: whether anybody has judged the encoder, by what is on record.
        fields: every vector field, the default one first.
        indexes: declared indexes of payload keys, by key.
        aliases: other names of the collection, in order.
    """

    name: str
    encoder: str
    space: Space
    metric: Metric
    count: int
    store_inputs: bool = True
    index: str = "hnsw"
    indexed: int | None = None
    calibration: Calibration | None = None
    encoder_evaluated: bool = False
    fields: tuple[FieldInfo, ...] = ()
    indexes: tuple[PayloadIndex, ...] = ()
    aliases: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return described(self)


@dataclass(frozen=True, slots=True)
class EncoderInfo:
    """What is known of an encoder's release.

    Args:
        name: ``model@version``.
        loader: the plugin part that loads it; ``"external"`` where vecstore cannot load it.
        modalities: what it reads.
        space: where its vectors live; None for a ready release that nobody has used yet.
        registered: whether it is on record in this store.
        accepted: the operator's reason, where an incomplete identity was accepted.
        provenance: where an external space's vectors come from.
        parts: the identity, part by part.
        runtime: library versions seen at registration; no part of the identity.
        card: what it was made for, as far as it says so itself.
        evaluations: what it was measured on, the newest 200, oldest first; those of its
            transformed spaces too.
    """

    name: str
    loader: str
    modalities: tuple[Modality, ...]
    space: Space | None = None
    registered: bool = False
    accepted: str | None = None
    provenance: str | None = None
    parts: Mapping[str, Any] = field(default_factory=dict)
    runtime: Mapping[str, str] = field(default_factory=dict)
    card: TaskCard | None = None
    evaluations: tuple[Evaluation, ...] = ()

    def __hash__(self) -> int:
        return hash((self.name, self.space))


@dataclass(frozen=True, slots=True)
class ItemResult:
    """What became of one record of a streamed upsert; ``error`` is None where it is durable."""

    id: str
    error: Exception | None = None


def refused(ids: Sequence[str], error: Exception) -> list[ItemResult]:
    """The results of a batch of which nothing was written.

    Args:
        ids: of the batch's records.
        error: what was wrong; ``details["position"]`` says which record is to blame, and without
            it all of them are.
    """
    blamed = error.details.get("position") if isinstance(error, VecstoreError) else None
    if blamed is None:
        return [ItemResult(one, error) for one in ids]
    return [
        ItemResult(one, error if str(number) == blamed else _aside(blamed))
        for number, one in enumerate(ids)
    ]


def _aside(blamed: str) -> InvalidRecord:
    return InvalidRecord(
        "not written, because another record of the same batch was refused "
        f"(number {blamed}); send it again without that one",
        position=blamed,
        aborted=True,
    )
