"""The calls that make, list and delete bridges."""

from __future__ import annotations

from typing import NamedTuple

from vecstore.bridges import BridgeInfo, OnProgress
from vecstore.client.calls import Call, whole_number
from vecstore.errors import Unavailable
from vecstore.v1 import reembed_service_pb2 as pb
from vecstore.wire.bridges import bridge_from_message
from vecstore.wire.records import sendable

_SERVICE = "/vecstore.v1.ReembedService/"
_MAX_INT64 = 2**63 - 1


class Step(NamedTuple):
    """How far a fit has come: inputs encoded, of how many, and the bridge at the end."""

    done: int
    total: int
    made: BridgeInfo | None


def fit_bridge(
    collection: str, encoder: str, name: str, field: str, pairs: int, seed: int, force: str
) -> Call[Step]:
    """``fit_bridge(...)`` of a collection, step by step."""
    request = pb.FitBridgeRequest(
        subject=pb.ReembedSubject(collection=collection, field=sendable(field, "field")),
        encoder=sendable(encoder, "encoder"),
        name=sendable(name, "name"),
        pairs=whole_number(pairs, "pairs", 1),
        seed=whole_number(seed, "seed", -_MAX_INT64, _MAX_INT64),
        force=sendable(force, "force"),
    )
    return Call(
        f"{_SERVICE}FitBridge",
        request,
        pb.FitBridgeResponse,
        _step,
    )


def told(step: Step, on_progress: OnProgress | None) -> BridgeInfo | None:
    """The bridge where it is made; otherwise whoever asked is told how far it has come."""
    if step.made is None and on_progress is not None:
        on_progress(step.done, step.total)
    return step.made


def cut_short(collection: str, name: str) -> Unavailable:
    """The error for an answer that ends before there is a bridge."""
    return Unavailable(
        f"the server ended its answer before the bridge {name!r} of {collection!r} was made; list "
        "the bridges, and fit it again where it is not among them"
    )


def _step(answer: pb.FitBridgeResponse) -> Step:
    made = bridge_from_message(answer.bridge) if answer.HasField("bridge") else None
    return Step(answer.done, answer.total, made)


def list_bridges(collection: str) -> Call[list[BridgeInfo]]:
    """``list_bridges()`` of a collection."""
    return Call(
        f"{_SERVICE}ListBridges",
        pb.ListBridgesRequest(collection=collection),
        pb.ListBridgesResponse,
        lambda answer: [bridge_from_message(one) for one in answer.bridges],
    )


def delete_bridge(collection: str, name: str) -> Call[None]:
    """``delete_bridge(name)`` of a collection."""
    return Call(
        f"{_SERVICE}DeleteBridge",
        pb.DeleteBridgeRequest(collection=collection, name=sendable(name, "name")),
        pb.DeleteBridgeResponse,
        lambda _: None,
    )
