"""A collection that is judged by its stored vectors, in its own space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from vecstore.errors import InvalidArgument
from vecstore.judging.data import read_queries
from vecstore.judging.lineup import Competitor
from vecstore.judging.parts import Parts
from vecstore.judging.protocols.labels import Labelled
from vecstore.judging.protocols.retrieval import Searches
from vecstore.judging.request import EvaluationRequest
from vecstore.judging.stored import default_field, read_labelled, shown_texts, stored_vectors
from vecstore.judging.subjects import Subject, encoder_subject
from vecstore.records import Input, Role
from vecstore.spaces import Space, require_same_space
from vecstore.storage.catalog import CollectionRow


def read_collection(
    parts: Parts, row: CollectionRow, request: EvaluationRequest
) -> tuple[Labelled | None, Searches | None]:
    """What a collection is judged by: labels in its payload, queries for its records, or both.

    Raises:
        InvalidInput: they do not serve.
        StorageError: a vector is damaged.
    """
    labelled = searches = None
    if request.label_key:
        request.report("reading the collection", 0, None)
        labelled = read_labelled(parts, row, request.label_key, request.limit, request.seed)
    if request.queries is not None:
        request.report("reading the collection", 0, None)
        stored = stored_vectors(parts, row)
        name = f"the collection {row.name!r}"
        queries = read_queries(request.queries, parts.settings, stored.ids, of=name)
        searches = Searches(queries, stored.vectors, shown_texts(parts, row, stored))
    return labelled, searches


def collection_competitor(
    parts: Parts, row: CollectionRow, named: Sequence[str], request: EvaluationRequest
) -> Competitor:
    """The collection's encoder, whose stored vectors are judged.

    It is loaded only where queries must be encoded, and has no twin.

    Args:
        parts: of the store.
        row: the collection.
        named: full names of the encoders that the caller named.
        request: what is asked.

    Raises:
        InvalidArgument: another encoder was named, or queries of an external space.
        SpaceMismatch, SpaceUnknown: the collection's encoder is not that of its vectors, or
            cannot be known to be.
    """
    space = default_field(row).space
    name = f"{space.model}@{space.version}"
    others = [one for one in named if one != name]
    if others:
        raise InvalidArgument(
            f"the collection {row.name!r} is judged by its stored vectors, which {name} made, and "
            f"{others[0]} is another encoder; leave it out, or judge it on the same data with "
            "--labelled (labelled= in Python)",
            field="encoders",
        )
    if request.queries is None:
        return Competitor(_stored_subject(space, name, request))
    release = parts.models.resolve(name)
    transform = parts.transforms.of(space)
    subject = encoder_subject(parts, release, transform, request.report)
    if subject.space is not None:
        require_same_space(subject.space, space, accepted=parts.models.accepted(space))
    parts.models.load(release)
    return Competitor(subject)


def _stored_subject(space: Space, name: str, request: EvaluationRequest) -> Subject:
    def never(inputs: Sequence[Input], role: Role) -> NoReturn:
        raise AssertionError((len(inputs), role))

    called = f"{name} with {space.transform_name}" if space.transform else name
    return Subject(called, space, never, request.report)
