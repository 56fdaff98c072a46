"""Where the vectors of the new space come from: encoded, derived or carried over."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from typing import TYPE_CHECKING

from vecstore.errors import VecstoreError
from vecstore.fields import Encoded, Field
from vecstore.records import Input
from vecstore.reembedding.carrying import Carrier, fitted_carrier
from vecstore.reembedding.deriving import Deriver, derives
from vecstore.reembedding.each import encode_each
from vecstore.reembeddings import Decision, ReembedOptions
from vecstore.spaces import FloatArray
from vecstore.storage.catalog import CollectionRow, FieldRow
from vecstore.storage.movable import input_of
from vecstore.storage.staging import Unmoved
from vecstore.storage.writes import NewValue, refused

if TYPE_CHECKING:
    from vecstore.store import Store

Made = tuple[Unmoved, NewValue | None]


class Source:
    """Vectors of the new space for records of the old one, by what was decided of each kind.

    Made for one pass over the records. Those that are to be carried over stay where they are as
    long as others are to be encoded, on which the map is fitted: they take another pass.

    Args:
        store: the open store.
        collection: the field's.
        left: the field in the space that the records are in.
        other: the same in the space that is filled.
        options: what was decided.

    Raises:
        ModelDrift, FailedPrecondition: the encoder cannot be loaded.
        FailedPrecondition: vectors are to be carried over, and there is no map that is worth it.
    """

    def __init__(
        self,
        store: Store,
        collection: CollectionRow,
        left: FieldRow,
        other: FieldRow,
        options: ReembedOptions,
    ) -> None:
        self._reader, self._left, self._options = store.reader, left, options
        self._field = Field(store, collection, other)
        self._deriver: Deriver | None = None
        self._carrier: Carrier | None = None
        if derives(left.space, other.space):
            self._deriver = Deriver(store, left.space, self._field)
            return
        store.models.load(store.models.resolve(f"{other.space.model}@{other.space.version}"))
        if Decision.CARRY in (options.brought, options.without_input):
            self._carrier = fitted_carrier(store, collection, left, other, options)

    def vectors_for(self, unmoved: Sequence[Unmoved]) -> list[Made]:
        """What becomes of each record, in their order; None where it stays where it is.

        A record that the encoder refuses has the reason in the place of a vector.

        Raises:
            VecstoreError: what is wrong with the encoder or the store, not with one record.
        """
        if self._deriver is not None:
            # What is made of a mapped vector is a mapped one.
            mapped = self._reader.mapped(self._left, [one.id for one in unmoved])
            found = self._computed(unmoved, self._deriver.vectors, mapped)
            found |= self._encoded([one for one in unmoved if one.kept])
        else:
            found = self._encoded([one for one in unmoved if self._is_encoded(one)])
            if self._carrier is not None:
                chosen = [one for one in unmoved if self._is_carried(one)]
                carried = {one.id for one in chosen}
                found |= self._computed(chosen, self._carrier.vectors, carried)
        return [(one, found.get(one.id)) for one in unmoved]

    def _is_encoded(self, one: Unmoved) -> bool:
        return input_of(one) is not None and (
            bool(one.digest) or self._options.brought is Decision.ENCODE
        )

    def _is_carried(self, one: Unmoved) -> bool:
        if input_of(one) is None:
            return self._options.without_input is Decision.CARRY
        return not one.digest and self._options.brought is Decision.CARRY

    def _encoded(self, chosen: Sequence[Unmoved]) -> dict[str, NewValue]:
        """Vectors of stored inputs; equal ones are encoded once."""
        given = {one.id: _required(one) for one in chosen}
        once = list(dict.fromkeys(given.values()))
        vectors = dict(zip(once, encode_each(self._field, once), strict=True))
        return {
            record: _value(bytes.fromhex(what.digest), vectors[what])
            for record, what in given.items()
        }

    def _computed(
        self,
        chosen: Sequence[Unmoved],
        compute: Callable[[Sequence[FloatArray]], list[Encoded]],
        carried: Set[str],
    ) -> dict[str, NewValue]:
        """Vectors made of the stored ones; those of the records ``carried`` are marked as such."""
        stored = self._reader.stored_vectors(self._left, [one.id for one in chosen])
        # What was deleted or written meanwhile has been so in both spaces.
        present = [one for one in chosen if one.id in stored]
        vectors = compute([stored[one.id][1].values for one in present])
        return {
            one.id: _value(
                b"" if one.id in carried else one.digest, vector, carried=one.id in carried
            )
            for one, vector in zip(present, vectors, strict=True)
        }


def _required(one: Unmoved) -> Input:
    given = input_of(one)
    if given is None:
        raise ValueError(f"{one.id!r} has no stored input")
    return given


def _value(digest: bytes, vector: Encoded, *, carried: bool = False) -> NewValue:
    if isinstance(vector, VecstoreError):
        return refused(digest, vector)
    return NewValue(digest, vector.values, carried=carried)
