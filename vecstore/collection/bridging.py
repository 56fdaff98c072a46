"""Asking the live space of a field with the queries of a newer model."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import TYPE_CHECKING

from vecstore.bridges import BridgeInfo, OnProgress
from vecstore.bridging.making import Steps, making
from vecstore.collection.base import Base
from vecstore.errors import InvalidArgument
from vecstore.fields import Field
from vecstore.records import DEFAULT_FIELD, Input, Role
from vecstore.spaces import FloatArray, Vector

if TYPE_CHECKING:
    from vecstore.bridging.applying import Bridge
    from vecstore.searches import SearchOptions
    from vecstore.storage.catalog import CollectionRow, FieldRow
    from vecstore.store import Store


class BridgedField(Field):
    """A field whose questions come over a bridge. Nothing is written through it.

    Args:
        store, collection, row: see :class:`vecstore.fields.Field`.
        bridge: leads to the field's live space.
    """

    __slots__ = ("_bridge",)

    def __init__(
        self, store: Store, collection: CollectionRow, row: FieldRow, bridge: Bridge
    ) -> None:
        super().__init__(store, collection, row)
        self._bridge = bridge

    @property
    def bridge(self) -> str:
        """The bridge's name."""
        return self._bridge.info.name

    @property
    def bridge_forced(self) -> bool:
        """Whether it was taken although it is poor."""
        return bool(self._bridge.info.forced)

    @property
    def tells_unfamiliar(self) -> bool:
        """Never: ordinary queries calibrate the field's own encoder."""
        return False

    def admit(self, vector: object, name: str) -> Vector:
        """A query of the newer space, or one that is bridged already."""
        return self._bridge.admit(vector, name)

    def admit_all(self, _: Sequence[object]) -> FloatArray | None:
        """None: every one is looked at by itself."""
        return None

    def encode(self, inputs: Sequence[Input], _: Role) -> builtins.list[Vector]:
        """Bridged queries, in the order of the inputs, whatever the role."""
        return self._bridge.encode(inputs) if inputs else []


class Bridging(Base):
    """The methods that make and list bridges, and what a search over one looks at."""

    def fit_bridge(
        self,
        encoder: str,
        *,
        name: str,
        field: str = DEFAULT_FIELD,
        pairs: int = 2000,
        seed: int = 0,
        force: str = "",
        on_progress: OnProgress | None = None,
    ) -> BridgeInfo:
        """Let a newer encoder's queries be asked of a field, before its records are re-encoded.

        Stored inputs are encoded as queries by the newer encoder, and an orthogonal (Schönemann
        1966) and a ridge map (Hoerl and Kennard 1970) are fitted from these to the stored vectors
        of four fifths of them, of which the better one is chosen; the last fifth judges it.
        ``search(..., bridge=name)`` then asks over it. Nothing is on record before the end.

        Args:
            encoder: ``model@version`` of the queries.
            name: of the bridge; letters, digits and ``._-``.
            field: the vector field.
            pairs: different stored inputs that are encoded, 1,000 to 20,000; fewer are where the
                field has fewer. What the encoder refuses is left out.
            seed: of what is held out, and of the intervals.
            force: why a bridge is to be taken although it finds less than 0.90 of the held-out
                inputs again (recall@1); it goes on record.
            on_progress: told how many inputs are encoded, and of how many.

        Raises:
            InvalidArgument: fewer than 1,000 stored inputs that the encoder reads; an encoder that
                the field has already, or an external space.
            FailedPrecondition: it is poor, and not forced, or the field was switched to another
                space meanwhile; nothing is kept.
            AlreadyExists: the name is taken.
            EncoderNotFound, ModelDrift, SpaceUnknown: the encoder is not there, is another one than
                was registered, or is not accepted.
        """
        steps = self.bridge_steps(
            encoder, name=name, field=field, pairs=pairs, seed=seed, force=force
        )
        while True:
            try:
                done, total = next(steps)
            except StopIteration as end:
                made: BridgeInfo = end.value
                return made
            if on_progress is not None:
                on_progress(done, total)

    def bridge_steps(
        self, encoder: str, *, name: str, field: str, pairs: int, seed: int, force: str
    ) -> Steps:
        """:meth:`fit_bridge` in steps, after each of which it can be given up."""
        self._store.require(self._row)
        found = self._field(field)
        return making(
            self._store,
            self._row,
            found.row,
            found.index,
            encoder,
            name=name,
            pairs=pairs,
            seed=seed,
            force=force,
        )

    def list_bridges(self) -> builtins.list[BridgeInfo]:
        """The bridges of the collection, by name."""
        self._store.require(self._row)
        return self._store.bridges.rows.of(self._row)

    def delete_bridge(self, name: str) -> None:
        """Forget a bridge.

        Raises:
            NotFound: there is none of this name; the message lists those that there are.
        """
        self._store.require(self._row)
        self._store.bridges.delete(self._row, name)

    def _searched(self, options: SearchOptions) -> Field:
        """The field that a search looks at, in the space and over the bridge that it names."""
        if not options.bridge:
            return self._field(options.field, options.space)
        if options.space:
            raise InvalidArgument(
                f"bridge {options.bridge!r} leads to the live space, and space {options.space!r} "
                "names one; leave one of the two out",
                field="bridge",
            )
        return self._bridged(options.field, options.bridge)

    def _bridged(self, field: str, name: str) -> BridgedField:
        row = self._field(field).row
        bridge = self._store.bridges.named(self._row, row, name)
        return BridgedField(self._store, self._row, row, bridge)
