"""Where a field may move to: every refusal of a target, before anything is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vecstore.encoders.reading import plural
from vecstore.errors import InvalidArgument
from vecstore.inputs import shorten
from vecstore.reembedding.deriving import derives
from vecstore.spaces import require_same_space
from vecstore.storage.catalog import CollectionRow, FieldRow, NewFieldRow
from vecstore.storage.faults import told
from vecstore.storage.movable import movable

if TYPE_CHECKING:
    from vecstore.specs import Encoder
    from vecstore.store import Store


def checked_target(
    store: Store, collection: CollectionRow, live: FieldRow, encoder: str, transform: str
) -> NewFieldRow:
    """The field as it is to be in the new space; its encoder is loaded and checked.

    Args:
        store: the open store.
        collection: the field's.
        live: the field in its live space.
        encoder: ``model@version``, or ``model`` where it has one version.
        transform: what is done to vectors after the encoder; nothing where empty.

    Raises:
        EncoderNotFound, NotFound: there is no such encoder, or transform.
        InvalidArgument: the field is there already, an external space, which nothing can be encoded
            into, or an encoder that does not read what is stored.
        SpaceUnknown: the encoder's identity is incomplete and was not accepted.
        ModelDrift, FailedPrecondition: the encoder is another one, or cannot be loaded.
    """
    _require_name("encoder", encoder)
    _require_name("transform", transform)
    models = store.models
    release = models.resolve(encoder)
    if release.external:
        raise InvalidArgument(
            f"{release.name} is an external space: its vectors are made elsewhere, so the field "
            f"{live.name!r} of {collection.name!r} cannot be encoded into it here; make a "
            "collection of it, and write vectors of it there",
            field="encoder",
        )
    space = store.transforms.space(release, transform)
    require_same_space(space, space, accepted=models.accepted(release.space))
    if space == live.space:
        raise InvalidArgument(
            f"the field {live.name!r} of {collection.name!r} lives in {space.name} already; name "
            "another encoder, version or transform",
            field="encoder",
        )
    loaded = models.load(release)
    if not derives(live.space, space):
        _require_readable(store, collection, live, loaded, release.name)
    return NewFieldRow(live.name, space, live.index_backend)


def _require_name(argument: str, given: object) -> None:
    if not isinstance(given, str):
        raise InvalidArgument(f"{argument} is {shorten(given)}; give its name", field=argument)


def _require_readable(
    store: Store, collection: CollectionRow, live: FieldRow, loaded: Encoder, name: str
) -> None:
    with told("counting records"), store.catalog.engine.connect() as connection:
        # What was left out once may be left out again.
        found = movable(connection, live, kept=False)
    for modality, kind in found.encoded.items():
        if modality not in loaded.modalities:
            readable = " and ".join(plural(one) for one in sorted(loaded.modalities))
            raise InvalidArgument(
                f"{name} reads {readable}, not {plural(modality)}: {kind.count:,} of "
                f"{found.total:,} records of {collection.name!r} were made from "
                f"{plural(modality)}, such as {shorten(kind.example)}; name an encoder that reads "
                f"{plural(modality)}, or delete these records first",
                field="encoder",
                count=kind.count,
            )
