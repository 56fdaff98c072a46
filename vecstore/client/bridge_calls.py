"""The calls that make, list and delete bridges."""

from __future__ import annotations

from vecstore.bridges import BridgeInfo
from vecstore.client.calls import Call, whole_number
from vecstore.v1 import reembed_service_pb2 as pb
from vecstore.wire.bridges import bridge_from_message
from vecstore.wire.records import sendable

_SERVICE = "/vecstore.v1.ReembedService/"
_MAX_INT64 = 2**63 - 1


def fit_bridge(
    collection: str, encoder: str, name: str, field: str, pairs: int, seed: int, force: str
) -> Call[BridgeInfo]:
    """``fit_bridge(...)`` of a collection."""
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
        lambda answer: bridge_from_message(answer.bridge),
    )


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
