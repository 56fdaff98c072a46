"""What a new vector field is bound to: the live space of its encoder, and an index backend."""

from __future__ import annotations

from vecstore.errors import VecstoreError
from vecstore.models import Models
from vecstore.records import DEFAULT_FIELD, NewField
from vecstore.registry import Registry
from vecstore.spaces import require_same_space
from vecstore.storage.catalog import NewFieldRow
from vecstore.transforming import Transforms


def new_field(
    name: str, wanted: NewField, registry: Registry, models: Models, transforms: Transforms
) -> NewFieldRow:
    """A field as it goes on record; its encoder is loaded and checked.

    Raises:
        EncoderNotFound, NotFound, SpaceUnknown, ModelDrift, InvalidArgument: it cannot be made; the
            message names the field where it is not "default".
    """
    try:
        backend = registry.index_spec(wanted.index).name
        release = models.resolve(wanted.encoder)
        require_same_space(release.space, release.space, accepted=models.accepted(release.space))
        space = transforms.space(release, wanted.transform)
        if not release.external:
            models.load(release)
    except VecstoreError as error:
        if name == DEFAULT_FIELD:
            raise
        raise type(error)(f"field {name!r}: {error.message}", **error.details) from error
    return NewFieldRow(name, space, backend)
