"""The JSON shapes of vecstore's values, one function each; the order of keys is for reading."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from vecstore.answers import FusedHits, Group, Source
from vecstore.bridges import BridgeInfo
from vecstore.calibrations import Calibration
from vecstore.errors import InvalidInput
from vecstore.evaluations import Evaluation, Figure, TaskCard
from vecstore.exchange.values import space as space  # noqa: PLC0414 - mypy's word for showing it
from vecstore.exchange.values import vector as vector  # noqa: PLC0414
from vecstore.hits import Hit, Hits
from vecstore.inputs import image_form
from vecstore.plans import Plan
from vecstore.records import BesideInfo, CollectionInfo, EncoderInfo, FieldInfo, Record
from vecstore.transforms import TransformInfo

Json = dict[str, Any]


def encoder(value: EncoderInfo) -> Json:
    """An encoder's release."""
    return {
        "name": value.name,
        "loader": value.loader,
        "modalities": [str(modality) for modality in value.modalities],
        "registered": value.registered,
        "space": None if value.space is None else space(value.space),
        "accepted": value.accepted,
        "provenance": value.provenance,
        "parts": dict(value.parts),
        "runtime": dict(value.runtime),
        "card": None if value.card is None else card(value.card),
    }


def card(value: TaskCard) -> Json:
    """What a model says that it was made for."""
    return {
        "trained_for": value.trained_for,
        "data": dict(value.data),
        "source": value.source,
    }


def evaluation(value: Evaluation) -> Json:
    """What was found out about a space."""
    data = value.data
    return {
        "id": value.id,
        "created_at": value.created_at,
        "space": space(value.space),
        "protocol": str(value.protocol),
        "data": {"name": data.name, "digest": data.digest, "counts": dict(data.counts)},
        "seed": value.seed,
        "settings": dict(value.settings),
        "figures": figures(value.figures),
        "baselines": {name: figures(each) for name, each in value.baselines.items()},
    }


def figures(value: Mapping[str, Figure]) -> Json:
    """Figures by name, each with the bounds of its interval where it has one."""
    return {
        name: {"value": one.value, "low": one.low, "high": one.high} for name, one in value.items()
    }


def transform(value: TransformInfo) -> Json:
    """A fitted or drawn transform."""
    return {
        "name": value.name,
        "kind": str(value.kind),
        "from": space(value.before),
        "to": space(value.after),
        "digest": value.digest,
        "provenance": dict(value.provenance),
        "created_at": value.created_at,
    }


def collection(value: CollectionInfo) -> Json:
    """A collection."""
    return {
        "name": value.name,
        "encoder": value.encoder,
        "metric": str(value.metric),
        "count": value.count,
        "indexed": value.indexed,
        "index": value.index,
        "store_inputs": value.store_inputs,
        "fields": [field(one) for one in value.fields],
        "indexes": [{"key": one.key, "type": str(one.type)} for one in value.indexes],
        "aliases": list(value.aliases),
        "space": space(value.space),
        "calibration": None if value.calibration is None else calibration(value.calibration),
        "encoder_evaluated": value.encoder_evaluated,
    }


def field(value: FieldInfo) -> Json:
    """A vector field."""
    return {
        "name": value.name,
        "encoder": value.encoder,
        "space": space(value.space),
        "index": value.index,
        "indexed": value.indexed,
        **({} if value.beside is None else {"beside": beside(value.beside)}),
    }


def beside(value: BesideInfo) -> Json:
    """A space beside the live one."""
    return {
        "space": space(value.space),
        "state": str(value.state),
        "indexed": value.indexed,
    }


def calibration(value: Calibration) -> Json:
    """By what a collection tells the unfamiliar."""
    return {
        "basis": str(value.basis),
        "measure": str(value.measure),
        "label_key": value.label_key,
        "points": value.points,
        "threshold": value.threshold,
        "source": value.source,
        "gathers": value.gathers,
        "records": value.records,
        "note": value.note,
    }


def hits(value: Hits) -> Json:
    """The hits of one search, their space, and how strange the query is."""
    strange = value.unfamiliarity
    return {
        "hits": [hit(each) for each in value],
        "space": space(value.space),
        "unfamiliarity": None
        if strange is None
        else {
            "distance": strange.distance,
            "percentile": strange.percentile,
            "flagged": strange.flagged,
            "basis": str(strange.basis),
        },
        "encoder_evaluated": value.encoder_evaluated,
        **({"bridge": value.bridge, "bridge_forced": value.bridge_forced} if value.bridge else {}),
        **({} if value.plan is None else {"plan": plan(value.plan)}),
    }


def bridge(value: BridgeInfo) -> Json:
    """A bridge, and what it is worth."""
    return {
        "name": value.name,
        "collection": value.collection,
        "field": value.field,
        "from": space(value.source),
        "to": space(value.target),
        "space": space(value.space),
        "kind": str(value.kind),
        "pairs": value.pairs,
        "held_out": value.held_out,
        "figures": {
            name: {"value": one.value, "low": one.low, "high": one.high}
            for name, one in value.figures.items()
        },
        "forced": value.forced,
        "created_at": value.created_at,
    }


def groups(value: Iterable[Group]) -> Json:
    """The groups of one search, each with its own hits."""
    return {"groups": [{"value": one.value, **hits(one.hits)} for one in value]}


def plan(value: Plan) -> Json:
    """How a search was answered."""
    return {
        "strategy": str(value.strategy),
        "reason": value.reason,
        "records": value.records,
        "matching": value.matching,
        "indexes": list(value.indexes),
        "cached": value.cached,
        "examined": value.examined,
    }


def hit(value: Hit) -> Json:
    """One hit."""
    return {
        "id": value.id,
        "score": value.score,
        "distance": value.distance,
        "text": value.text,
        "payload": dict(value.payload),
        **({"carried": True} if value.carried else {}),
        **({} if value.vector is None else {"vector": vector(value.vector)}),
    }


def fused_hits(value: FusedHits) -> Json:
    """The hits of a fused search, and what each vector field answered by itself."""
    return {
        "hits": [
            {
                "id": one.id,
                "score": one.score,
                "sources": [_source(source) for source in one.sources],
                "text": one.text,
                "payload": dict(one.payload),
            }
            for one in value
        ],
        "answers": {name: hits(answer) for name, answer in value.answers.items()},
    }


def _source(value: Source) -> Json:
    return {
        "name": value.name,
        "rank": value.rank,
        "score": value.score,
        **({"carried": True} if value.carried else {}),
    }


def image(data: bytes) -> Json:
    """What a stored image is; its bytes are written by ``vecstore get --save-image``.

    Format and size are None for what an older vecstore took in unseen.
    """
    try:
        form = image_form(data)
    except InvalidInput:
        return {"bytes": len(data), "format": None, "width": None, "height": None}
    return {
        "bytes": len(data),
        "format": form.format,
        "width": form.width,
        "height": form.height,
    }


def record(value: Record) -> Json:
    """A record, in the form that ``vecstore add`` reads."""
    shape: Json = {"id": value.id}
    fields = value.field_values()
    default = fields.pop("default", None)
    if default is not None:
        if default.text is not None:
            shape["text"] = default.text
        if default.image is not None:
            shape["image"] = image(default.image)
        if default.categories is not None:
            shape["categories"] = dict(default.categories)
        if default.vector is not None:
            shape["vector"] = vector(default.vector)
    shape["payload"] = dict(value.payload)
    if value.version is not None:
        shape["version"] = value.version
    if value.carried:
        shape["carried"] = list(value.carried)
    return shape
