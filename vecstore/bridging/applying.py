"""Queries over a bridge: encoded by the newer model, mapped, and said to be so."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from sqlalchemy import Engine

from vecstore.bridges import BridgeInfo, BridgeMap
from vecstore.errors import (
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    SpaceMismatch,
    StorageError,
)
from vecstore.inputs import shorten
from vecstore.inputs.names import is_bridge_name
from vecstore.models import Models
from vecstore.records import DEFAULT_FIELD, Input, Role
from vecstore.spaces import Metric, Space, Vector, admit
from vecstore.storage.bridges import BridgeRows
from vecstore.storage.catalog import CollectionRow, FieldRow
from vecstore.transforming import Transforms

# A map of 384 dims to 384 has 0.6 MB.
_KEPT = 16


class Bridge:
    """A map between two spaces, with the encoder on its far side.

    Args:
        info: what is on record of it.
        found: the map.
        metric: of the collection.
        models, transforms: what encodes.
    """

    def __init__(
        self,
        info: BridgeInfo,
        found: BridgeMap,
        metric: Metric,
        models: Models,
        transforms: Transforms,
    ) -> None:
        self.info = info
        self._map, self._metric = found, metric
        self._models, self._transforms = models, transforms

    def encode(self, inputs: Sequence[Input]) -> list[Vector]:
        """Bridged queries of inputs, in their order.

        Raises:
            ModelDrift: the newer encoder is not the one registered.
            VecstoreError: it refuses an input; see :meth:`vecstore.models.Models.encode`.
        """
        release = self._models.resolve(f"{self.info.source.model}@{self.info.source.version}")
        vectors = self._transforms.encode(release, None, inputs, Role.QUERY)
        return [self.admit(one, "the encoder's vector") for one in vectors]

    def admit(self, vector: object, name: str) -> Vector:
        """A bridged query; a vector of the newer space is mapped.

        Raises:
            SpaceMismatch: it is of another space.
            InvalidVector, SpaceRequired: see :func:`vecstore.spaces.admit`.
        """
        info = self.info
        # Of two spaces that an operator has accepted, where that was needed.
        if isinstance(vector, Vector) and vector.space == info.space:
            return admit(info.space, self._metric, vector, accepted=True, field=name)
        try:
            given = admit(info.source, self._metric, vector, accepted=True, field=name)
        except SpaceMismatch as error:
            if getattr(vector, "space", None) != info.target:
                raise
            raise SpaceMismatch(
                f"{name} is of {info.target.name}, in which the records are, and the bridge "
                f"{info.name!r} takes queries of {info.source.name}: leave bridge out",
                **error.details,
            ) from None
        mapped = Vector(info.space, self._map.apply(given.values[None, :])[0])
        return admit(info.space, self._metric, mapped, accepted=True, field=f"{name}, mapped,")


class Bridges:
    """The bridges of a store. Safe to use from many threads at once.

    Args:
        engine: where they are on record.
        models, transforms: what encodes.
    """

    def __init__(self, engine: Engine, models: Models, transforms: Transforms) -> None:
        self.rows = BridgeRows(engine)
        self._models, self._transforms = models, transforms
        self._maps: OrderedDict[tuple[int, str, Space], BridgeMap] = OrderedDict()

    def named(self, collection: CollectionRow, row: FieldRow, name: str) -> Bridge:
        """The bridge to a field's live space.

        Raises:
            NotFound: there is none of this name.
            InvalidArgument: it is another field's.
            FailedPrecondition: the field has left the space that it leads to.
        """
        # Asked each time: another process may delete it, or fit another one under its name.
        info = self.info(collection, name)
        if info.field != row.name:
            raise InvalidArgument(
                f"the bridge {name!r} of {collection.name!r} leads to the field {info.field!r}, "
                f"not to {row.name!r}; say field={info.field!r}",
                field="bridge",
            )
        if info.target != row.space:
            raise FailedPrecondition(
                f"the bridge {name!r} leads to {info.target.name}, and the field {row.name!r} of "
                f"{collection.name!r} lives in {row.space.name} now; ask without a bridge, and "
                "delete this one",
                bridge=name,
                live=row.space.name,
            )
        found = self._map(collection, info)
        return Bridge(info, found, collection.metric, self._models, self._transforms)

    def delete(self, collection: CollectionRow, name: str) -> None:
        """Forget a bridge.

        Raises:
            NotFound: there is none of this name.
        """
        if not is_bridge_name(name) or not self.rows.delete(collection, name):
            raise self._unknown(collection, name)

    def hint(self, collection: CollectionRow, row: FieldRow, space: object) -> str:
        """How to ask a field's live space with vectors of another one; empty where one cannot."""
        try:
            there = self.rows.of(collection)
        except StorageError:  # a refusal needs no database
            return ""
        for one in there:
            leads_here = one.field == row.name and one.target == row.space
            if leads_here and space in (one.source, one.space):
                field = "" if row.name == DEFAULT_FIELD else f", field={row.name!r}"
                return f"to search with it over a bridge, say bridge={one.name!r}{field}"
        return ""

    def info(self, collection: CollectionRow, name: str) -> BridgeInfo:
        """What is known of a bridge.

        Raises:
            NotFound: there is none of this name.
        """
        found = self.rows.named(collection, name) if is_bridge_name(name) else None
        if found is None:
            raise self._unknown(collection, name)
        return found

    def _unknown(self, collection: CollectionRow, name: str) -> NotFound:
        there = ", ".join(one.name for one in self.rows.of(collection))
        return NotFound(
            f"the collection {collection.name!r} has no bridge {shorten(name)}; "
            + (f"it has: {there}" if there else "it has none: fit one with fit_bridge"),
            bridge=name,
        )

    def _map(self, collection: CollectionRow, info: BridgeInfo) -> BridgeMap:
        key = collection.id, info.name, info.space
        found = self._maps.get(key)
        if found is None:
            found = self.rows.map(collection, info.name)
            if found is None:
                raise self._unknown(collection, info.name)
            self._maps[key] = found
            while len(self._maps) > _KEPT:
                self._maps.popitem(last=False)
        return found
