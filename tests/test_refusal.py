"""Every call that takes a vector, against every vector that it must not take.

Embedded the calls are methods; over the wire they are bare messages, so that nothing which the
client library checks can hide what the server does not.
"""

import asyncio
import itertools
import threading
from dataclasses import dataclass, replace

import grpc
import numpy as np
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

import vecstore
from vecstore import Record, RecordReference, Space, Vector
from vecstore.v1 import (
    record_service_pb2,
    record_service_pb2_grpc,
    search_service_pb2,
    search_service_pb2_grpc,
    types_pb2,
)

DIM = 8
GOOD = [1.0, 0.5, 0.25, 0.0, 0.0, 0.0, 0.0, 0.1]


@dataclass
class Case:
    """A vector as a caller may send it, and the reason by which it is refused."""

    reason: str | None
    space: Space | None
    values: object


def cases(space):
    other = replace
    return {
        "same space": Case(None, space, GOOD),
        "other model of the same dim": Case("SPACE_MISMATCH", other(space, model="b"), GOOD),
        "other version": Case("SPACE_MISMATCH", other(space, version="2"), GOOD),
        "other fingerprint": Case("SPACE_MISMATCH", other(space, fingerprint="0" * 64), GOOD),
        "other transform": Case("SPACE_MISMATCH", other(space, transform="pca:8"), GOOD),
        "other dim": Case("SPACE_MISMATCH", other(space, dim=4), GOOD[:4]),
        "no tag": Case("SPACE_REQUIRED", None, GOOD),
        "NaN": Case("INVALID_VECTOR", space, [float("nan"), *GOOD[1:]]),
        "NaN without a tag": Case("INVALID_VECTOR", None, [float("nan"), *GOOD[1:]]),
        "NaN of another space": Case("INVALID_VECTOR", other(space, model="b"), [float("nan")]),
        "infinity": Case("INVALID_VECTOR", space, [*GOOD[1:], float("-inf")]),
        "wrong dtype": Case("INVALID_VECTOR", space, np.array(GOOD, np.float64)),
        "zero": Case("INVALID_VECTOR", space, [0.0] * DIM),
        "zero of another space": Case("SPACE_MISMATCH", other(space, model="b"), [0.0] * DIM),
        "empty": Case("INVALID_VECTOR", space, []),
        "too short for its own space": Case("INVALID_VECTOR", space, GOOD[:4]),
        "short and of another space": Case("SPACE_MISMATCH", other(space, model="b"), GOOD[:4]),
    }


NAMES = list(cases(Space("a", "1", DIM, "")))
CALLS = ["search", "batch", "compare-left", "compare-right", "upsert", "stream"]
CODES = {
    "SPACE_MISMATCH": grpc.StatusCode.FAILED_PRECONDITION,
    "SPACE_REQUIRED": grpc.StatusCode.INVALID_ARGUMENT,
    "INVALID_VECTOR": grpc.StatusCode.INVALID_ARGUMENT,
}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with vecstore.open(tmp_path_factory.mktemp("refusal")) as store:
        for name in ("a@1", "b@1", "a@2"):
            space = store.declare_space(name, dim=DIM, provenance="made by this test").space
            docs = store.create_collection(name.replace("@", "-"), encoder=name)
            docs.upsert([Record(id="first", vector=Vector(space, GOOD))])
        yield store


@pytest.fixture(scope="module")
def space(store):
    return store.space("a@1")


@pytest.fixture
def unchanged(store):
    """The store holds after a test what it held before."""

    def everything():
        return [
            store.collection(info.name).list(include_vectors=True)
            for info in store.list_collections()
        ]

    before = everything()
    yield
    after = everything()
    store.collection("a-1").delete(["new"])
    assert before == after


# -- embedded


def embedded(store, call, case, good, collection="a-1"):
    docs = store.collection(collection)
    vector = case.values if case.space is None else Vector(case.space, case.values)
    return {
        "search": lambda: docs.search(vector),
        "batch": lambda: docs.search_batch([good, vector]),
        "compare-left": lambda: store.compare(vector, good),
        "compare-right": lambda: store.compare(good, vector),
        "upsert": lambda: docs.upsert([Record(id="ok", vector=good), Record("new", vector=vector)]),
        "stream": lambda: _raise_first(docs.upsert_stream([[Record(id="new", vector=vector)]])),
    }[call]()


def _raise_first(results):
    for batch in results:
        for item in batch:
            if item.error is not None:
                raise item.error


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("name", [name for name in NAMES if name != "same space"])
def test_embedded_refuses(store, space, unchanged, call, name):
    case = cases(space)[name]
    with pytest.raises(vecstore.VecstoreError) as caught:
        embedded(store, call, case, Vector(space, GOOD))
    assert caught.value.reason == case.reason


@pytest.mark.parametrize("call", CALLS)
def test_embedded_takes_its_own(store, space, call):
    embedded(store, call, cases(space)["same space"], Vector(space, GOOD))
    store.collection("a-1").delete(["ok", "new"])


@pytest.mark.parametrize("other", ["b-1", "a-2"])
def test_a_record_of_another_space_cannot_ask(store, unchanged, other):
    docs = store.collection("a-1")
    assert docs.search(RecordReference("first", collection="a-1")) == ()
    for call in (docs.search, lambda query: docs.search_batch([query])):
        with pytest.raises(vecstore.SpaceMismatch):
            call(RecordReference("first", collection=other))


# -- over the wire, with bare messages


@pytest.fixture(scope="module")
def channel(store):
    """A channel to a server around the very same store."""
    from vecstore.service.server import Server

    started = threading.Event()
    box = {}

    async def main():
        server = Server(store, "127.0.0.1:0", store.settings)
        await server.start()
        box.update(address=server.address, loop=asyncio.get_running_loop(), stop=asyncio.Event())
        started.set()
        await box["stop"].wait()
        await server.stop()

    thread = threading.Thread(target=asyncio.run, args=(main(),))
    thread.start()
    assert started.wait(30)
    with grpc.insecure_channel(box["address"]) as channel:
        yield channel
    box["loop"].call_soon_threadsafe(box["stop"].set)
    thread.join()


def message(case):
    given = {}
    if case.space is not None:
        given["space"] = types_pb2.Space(
            model=case.space.model,
            version=case.space.version,
            dim=case.space.dim,
            fingerprint=case.space.fingerprint,
            transform=case.space.transform,
        )
    if isinstance(case.values, np.ndarray):
        # Bytes that are no float32: one short of a whole number of them.
        return types_pb2.Vector(packed=case.values.tobytes()[:-1], **given)
    return types_pb2.Vector(packed=np.array(case.values, "<f4").tobytes(), **given)


def wire(channel, call, vector, good, collection="a-1"):
    search = search_service_pb2_grpc.SearchServiceStub(channel)
    records = record_service_pb2_grpc.RecordServiceStub(channel)
    query = search_service_pb2.Query

    def record(name, value):
        return types_pb2.Record(id=name, fields={"default": types_pb2.FieldValue(vector=value)})

    if call == "search":
        return search.Search(
            search_service_pb2.SearchRequest(collection=collection, query=query(vector=vector))
        )
    if call == "batch":
        return search.SearchBatch(
            search_service_pb2.SearchBatchRequest(
                collection=collection, queries=[query(vector=good), query(vector=vector)]
            )
        )
    if call.startswith("compare"):
        pair = (vector, good) if call == "compare-left" else (good, vector)
        return search.Compare(search_service_pb2.CompareRequest(a=pair[0], b=pair[1]))
    if call == "upsert":
        return records.Upsert(
            record_service_pb2.UpsertRequest(
                collection=collection, records=[record("ok", good), record("new", vector)]
            )
        )
    request = record_service_pb2.UpsertStreamRequest(
        collection=collection, records=[record("new", vector)]
    )
    return list(records.UpsertStream(iter([request])))


def refusal(channel, call, vector, good, collection="a-1"):
    """Code and reason by which a call is refused; None where it is not."""
    try:
        answer = wire(channel, call, vector, good, collection)
    except grpc.RpcError as error:
        status = rpc_status.from_call(error)
    else:
        if call != "stream" or not answer[0].results[0].HasField("error"):
            return None
        status = answer[0].results[0].error
    info = error_details_pb2.ErrorInfo()
    assert any(detail.Unpack(info) for detail in status.details)
    assert info.domain == "vecstore"
    return status.code, info.reason


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("name", [name for name in NAMES if name != "same space"])
def test_the_wire_refuses(store, space, channel, unchanged, call, name):
    case = cases(space)[name]
    good = message(cases(space)["same space"])
    code = CODES[case.reason].value[0]
    assert refusal(channel, call, message(case), good) == (code, case.reason)


@pytest.mark.parametrize("call", CALLS)
def test_the_wire_takes_its_own(store, space, channel, call):
    good = message(cases(space)["same space"])
    assert refusal(channel, call, good, good) is None
    store.collection("a-1").delete(["ok", "new"])


@pytest.mark.parametrize("other", ["b-1", "a-2"])
def test_a_record_of_another_space_cannot_ask_over_the_wire(channel, unchanged, other):
    search = search_service_pb2_grpc.SearchServiceStub(channel)
    reference = search_service_pb2.RecordReference(id="first", collection=other)
    request = search_service_pb2.SearchRequest(
        collection="a-1", query=search_service_pb2.Query(record=reference)
    )
    with pytest.raises(grpc.RpcError) as caught:
        search.Search(request)
    assert caught.value.code() is grpc.StatusCode.FAILED_PRECONDITION


@pytest.mark.parametrize("call", CALLS)
def test_a_vector_without_any_values_is_refused_over_the_wire(space, channel, unchanged, call):
    good = message(cases(space)["same space"])
    bare = types_pb2.Vector(space=good.space)
    code, reason = refusal(channel, call, bare, good)
    assert (code, reason) == (grpc.StatusCode.INVALID_ARGUMENT.value[0], "INVALID_VECTOR")


# -- spaces of transforms


@pytest.fixture(scope="module")
def transformed(store):
    """Spaces by the collection that lives in them; all four come of one encoder of 16 dims."""
    options = {"dim": 2 * DIM}
    store.register_encoder("h@1", loader="hashing", source="builtin", options=options)
    store.fit_transform("drawn", "h@1", random=DIM)
    store.fit_transform("drawn-again", "h@1", random=DIM)
    names = {
        "whole": "",
        "cut": f"truncate-{DIM}",
        "drawn": "drawn",
        "drawn-again": "drawn-again",
    }
    spaces = {}
    for name, transform in names.items():
        made = store.create_collection(name, encoder="h@1", transform=transform)
        made.upsert(
            [Record(id="first", vector=Vector(made.space, np.eye(made.space.dim)[0].tolist()))]
        )
        spaces[name] = made.space
    yield spaces
    for name in names:
        store.delete_collection(name)


def strangers(spaces, name):
    """Spaces of the same encoder that are not the collection's."""
    own = spaces[name]
    others = {other: space for other, space in spaces.items() if other != name}
    digest = own.transform.partition(":")[2]
    for made in (f"{own.transform_name}:{digest[::-1]}", own.transform_name, digest, "drawn:"):
        if made != own.transform:
            others[f"transform {made!r}"] = replace(own, transform=made)
    return others


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("name", ["whole", "cut", "drawn", "drawn-again"])
def test_a_transformed_space_takes_its_own_vectors_alone(store, channel, transformed, call, name):
    def case(space):
        return Case("SPACE_MISMATCH", space, np.eye(space.dim)[1].tolist())

    own = case(transformed[name])
    good = Vector(own.space, own.values)
    before = store.collection(name).list(include_vectors=True)
    others = strangers(transformed, name)
    assert len(others) >= 4
    for other in others.values():
        with pytest.raises(vecstore.SpaceMismatch):
            embedded(store, call, case(other), good, name)
        code = grpc.StatusCode.FAILED_PRECONDITION.value[0]
        given = refusal(channel, call, message(case(other)), message(own), name)
        assert given == (code, "SPACE_MISMATCH")
    assert store.collection(name).list(include_vectors=True) == before
    embedded(store, call, own, good, name)
    assert refusal(channel, call, message(own), message(own), name) is None
    store.collection(name).delete(["ok", "new"])


def test_a_record_of_another_transformed_space_cannot_ask(store, channel, transformed):
    search = search_service_pb2_grpc.SearchServiceStub(channel)
    for here, there in itertools.permutations(transformed, 2):
        with pytest.raises(vecstore.SpaceMismatch):
            store.collection(here).search(RecordReference("first", collection=there))
        reference = search_service_pb2.RecordReference(id="first", collection=there)
        request = search_service_pb2.SearchRequest(
            collection=here, query=search_service_pb2.Query(record=reference)
        )
        with pytest.raises(grpc.RpcError) as caught:
            search.Search(request)
        assert caught.value.code() is grpc.StatusCode.FAILED_PRECONDITION
