"""The vectors that are to be reduced: encoded for it, or stored in a collection."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace

from vecstore.errors import InvalidArgument, InvalidInput
from vecstore.evaluations import DataSummary
from vecstore.judging.data import Inputs, read_inputs
from vecstore.judging.data.digests import digest_of
from vecstore.judging.data.items import ItemReader
from vecstore.judging.data.sampling import plain_sample
from vecstore.judging.dimensions.request import FEWEST, DimensionsRequest
from vecstore.judging.dimensions.sides import Encoded, Side
from vecstore.judging.parts import Parts
from vecstore.judging.stored import default_field, read_labelled, stored_vectors
from vecstore.judging.subjects import Subject, find_subjects
from vecstore.records import Role
from vecstore.spaces import Metric

_UNLABELLED = (
    "there are no labels, and so no accuracy: give a column of labels (--label-column, "
    "label_column= in Python), or a folder of a folder for each class"
)
_NO_KEY = (
    "there are no labels, and so no accuracy: name the key of the payload that holds them "
    "(--label-key, label_key= in Python)"
)
_EXTERNAL = (
    "{} is an external space: no transform can be applied to its vectors here; shorten them where "
    "they are made, and declare what comes out as a space of its own (vecstore encoders declare)"
)
_METRIC = "the collection {!r} measures by {}; here everything is compared by cosine"


def vectors_of(parts: Parts, request: DimensionsRequest) -> Encoded:
    """Encode the data, or read the collection.

    Raises:
        EncoderNotFound, CollectionNotFound: there is none of this name.
        ModelDrift: the encoder is not the one registered.
        InvalidArgument, InvalidInput: the data does not serve.
        StorageError: a stored vector is damaged.
    """
    return _stored(parts, request) if request.collection else _encoded(parts, request)


def _encoded(parts: Parts, request: DimensionsRequest) -> Encoded:
    """All of the data encoded once, as documents."""
    if isinstance(request.data, Iterator):  # it is looked at twice
        request = replace(request, data=list(request.data))
    release = parts.models.resolve(request.encoder)
    request.below(release.space.dim)
    request.report("reading")
    labelled = _labelled(parts, request)
    inputs = _read(parts, request, request.data, labelled=labelled)
    require_enough(len(inputs.inputs))
    test = None
    if request.test is not None:
        test = _read(parts, request, request.test, labelled=labelled)
    unlabelled = () if labelled or request.labels is False else (_UNLABELLED,)
    kinds = [side.inputs[0] for side in (inputs, test) if side is not None]
    [(_, _, subject)] = find_subjects(parts, [release.name], "", kinds, request.report)
    return Encoded(
        _side(subject, inputs),
        None if test is None else _side(subject, test),
        release.space,
        inputs.summary,
        (*_repeated(inputs, test), *unlabelled),
    )


def _side(subject: Subject, inputs: Inputs) -> Side:
    return Side(subject.encode(inputs.inputs, Role.DOCUMENT, inputs.places), inputs.labels)


def _repeated(inputs: Inputs, test: Inputs | None) -> Iterator[str]:
    """A note, where inputs that are held out are stored, too."""
    stored = set(inputs.inputs)
    if test is not None:
        count = sum(one in stored for one in test.inputs)
        if count:
            yield (
                f"{count:,} of the {len(test.inputs):,} inputs given to be held out are in the "
                "data, too, and find themselves"
            )
    elif len(stored) < len(inputs.inputs):
        yield (
            f"{len(inputs.inputs) - len(stored):,} of the {len(inputs.inputs):,} inputs are "
            "repetitions of others; one that is held out may find itself"
        )


def require_enough(count: int) -> None:
    """Check that there are inputs enough to hold some out.

    Raises:
        InvalidArgument: there are not.
    """
    if count < FEWEST:
        raise InvalidArgument(
            f"the data holds {count} inputs; at least {FEWEST} are needed, to hold some out and "
            "look for ten neighbours of each: give more data",
            field="data",
        )


def _stored(parts: Parts, request: DimensionsRequest) -> Encoded:
    """The vectors of a collection, and the labels in its payload where a key is named."""
    row = parts.row(request.collection)
    field = default_field(row)
    if field.space.transform:
        raise InvalidArgument(
            f"the vectors of the collection {row.name!r} are transformed already, by "
            f"{field.space.transform.partition(':')[0]}; measure its encoder, with --on DATA "
            "(encoder= and data= in Python)",
            field="collection",
        )
    request.below(field.space.dim)
    request.report("reading the collection")
    notes = [] if row.metric is Metric.COSINE else [_METRIC.format(row.name, row.metric)]
    external = parts.models.resolve(field.space.name).external
    if external:
        notes.append(_EXTERNAL.format(field.space.name))
    if request.label_key:
        found = read_labelled(parts, row, request.label_key, request.limit, request.seed)
        missing = found.summary.counts.get("unlabelled", 0)
        if missing:
            notes.append(f"{missing:,} records without a label were left out")
        if found.stored is None:
            raise AssertionError("a collection has stored vectors")
        vectors, labels, summary = found.stored, found.labels, found.summary
    else:
        ids = sorted(parts.reader.field_rows(field).ids)
        sample = [ids[place] for place in plain_sample(len(ids), request.limit, request.seed)]
        vectors, labels = stored_vectors(parts, row, sample).vectors, None
        counts = {"inputs": len(vectors)} | ({"of": len(ids)} if len(vectors) < len(ids) else {})
        rows = (hashlib.sha256(one.astype("<f4").tobytes()).hexdigest() for one in vectors)
        summary = DataSummary(row.name, digest_of("collection vectors", rows), counts)
        notes.append(_NO_KEY)
    require_enough(len(vectors))
    return Encoded(Side(vectors, labels), None, field.space, summary, tuple(notes), external)


def _labelled(parts: Parts, request: DimensionsRequest) -> bool:
    """Whether the data is read with its labels: as asked, or where any input has one."""
    if request.labels is not None or request.columns.label is not None:
        return request.labels is not False
    try:
        _, items = ItemReader(parts.settings, request.columns, True).find(request.data)
    except (InvalidArgument, InvalidInput):
        return False
    return any(item.flaw is None for item in items)


def _read(parts: Parts, request: DimensionsRequest, data: object, *, labelled: bool) -> Inputs:
    columns = request.columns
    return read_inputs(
        data,
        parts.settings,
        labelled=labelled,
        columns=columns if labelled else replace(columns, label=None),
        on_error=request.on_error,
        on_skipped=request.on_skipped,
        limit=request.limit,
        seed=request.seed,
    )
