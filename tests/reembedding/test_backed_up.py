"""A backup from the middle of a re-embedding: what it is restored to goes on."""

from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import insert, select

import vecstore
from vecstore import EncoderNotFound, Record, ReembedState, SpaceRetired
from vecstore.bridges import BridgeInfo, BridgeKind, BridgeMap, bridged_space
from vecstore.registry import Registry
from vecstore.storage import tables

BESIDE = (
    *(tables.fields, tables.reembeddings, tables.reembed_failures, tables.carried),
    *(tables.bridges, tables.calibrations),
)


def beside(store):
    with store.catalog.engine.connect() as connection:
        return [[tuple(row) for row in connection.execute(select(one))] for one in BESIDE]


def bridge(store):
    """From the encoder that the collection moves to, which changes nothing."""
    source, target = (store.space(f"letters@{version}") for version in (3, 1))
    found = BridgeMap(BridgeKind.ORTHOGONAL, np.eye(26, dtype=np.float32))
    space = bridged_space(source, target, found.digest, "up")
    info = BridgeInfo("up", "docs", "default", source, target, space, found.kind, 0, 0)
    row = store.row("docs")
    store.bridges.rows.add(row, row.fields[0], info, found)


def test_restored_it_goes_on(opener, letters, settled, registry, tmp_path, request):
    """From either database into the other one: what is there stays, and nothing is lost."""
    with opener() as store:
        docs = store.create_collection("docs", encoder="letters@1")
        docs.upsert(
            [
                Record(f"r{n:03}", text=f"house {'abc' * n}", payload={"n": n % 2})
                for n in range(150)
            ]
        )
        docs.upsert([Record(id="a bad one", text="a bad house " * 100)])
        moving = docs.reembedding()
        bridge(store)
        docs.calibrate(measure="prototypes", label_key="n")
        letters.gate.clear()
        moving.start("letters@3")
        assert letters.reached.wait(20)
        store.reembeddings.stop(1, 0.0)
        letters.gate.set()
        before = moving.pause()
        assert 0 < before.counts.moved < 150
        label = store.index(store.row("docs"), store.row("docs").beside[0]).labels()[0]
        with store.catalog.engine.begin() as connection:
            values = {"label": int(label), "field_id": store.row("docs").beside[0].id}
            connection.execute(insert(tables.carried).values(values))
        kept = beside(store)
        assert all(kept)
        store.backup(tmp_path / "backup")
    database = None
    if "sqlite" in request.node.name:
        database = request.getfixturevalue("bare_postgres_url")
    to = {"database": database, "settings": vecstore.Settings()}
    poorer = Registry.load(vecstore.Settings(), entry_points=False)
    with pytest.raises(EncoderNotFound, match="letters@3 cannot be used here"):
        vecstore.restore(tmp_path / "backup", tmp_path / "no", registry=poorer, **to)
    vecstore.restore(tmp_path / "backup", tmp_path / "new", registry=registry, **to)
    with vecstore.open(tmp_path / "new", registry=registry, **to) as store:
        assert beside(store) == kept
        docs = store.collection("docs")
        moving = docs.reembedding()
        after = moving.status()
        assert replace(after.counts, carried=0) == before.counts
        assert after.options == before.options
        assert docs.search("house", k=1, bridge="up").bridge == "up"
        letters.seen.clear()
        moving.resume(failures="leave_out")
        status = settled(moving)
        assert (status.state, status.counts.moved) == (ReembedState.READY, 150)
        assert len(letters.seen) == before.counts.pending
        moving.switch()
        assert docs.search("house abcabc", k=1)[0].id == "r002"
        store.backup(tmp_path / "switched")
        assert [one.id for one in moving.failures()] == ["a bad one"]
        moving.finish()
        assert [one.id for one in docs.get(["a bad one"])] == ["a bad one"]
    goes_back(tmp_path / "switched", tmp_path / "third", registry)


def goes_back(backup, folder, registry):
    """From between the switch and its end there is a way back, too."""
    settings = vecstore.Settings()
    vecstore.restore(backup, folder, registry=registry, settings=settings)
    with vecstore.open(folder, registry=registry, settings=settings) as store:
        docs = store.collection("docs")
        vector = store.encode("letters@1", ["house abcabc"])[0]
        with pytest.raises(SpaceRetired, match="it lives in letters@3 now"):
            docs.search(vector)
        assert docs.search(vector, k=1, space="letters@1")[0].id == "r002"
        moving = docs.reembedding()
        moving.rollback()
        assert (docs.encoder, docs.search(vector, k=1)[0].id) == ("letters@1", "r002")
        assert (moving.cancel().state, docs.count()) == (ReembedState.CANCELLED, 151)
