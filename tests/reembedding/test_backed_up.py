"""A backup from the middle of a re-embedding: what it is restored to goes on."""

from dataclasses import replace

import pytest
from sqlalchemy import insert, select

import vecstore
from vecstore import EncoderNotFound, Record, ReembedState
from vecstore.registry import Registry
from vecstore.storage import tables

BESIDE = (tables.fields, tables.reembeddings, tables.reembed_failures, tables.carried)


def beside(store):
    with store.catalog.engine.connect() as connection:
        return [[tuple(row) for row in connection.execute(select(one))] for one in BESIDE]


def test_restored_it_goes_on(opener, letters, settled, registry, tmp_path, request):
    """From either database into the other one: what is there stays, and nothing is lost."""
    with opener() as store:
        docs = store.create_collection("docs", encoder="letters@1")
        docs.upsert([Record(id=f"r{n:03}", text=f"house {'abc' * n}") for n in range(150)])
        docs.upsert([Record(id="a bad one", text="a bad house " * 100)])
        moving = docs.reembedding()
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
        database = request.getfixturevalue("postgres_url")
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
        letters.seen.clear()
        moving.resume(failures="leave_out")
        status = settled(moving)
        assert (status.state, status.counts.moved) == (ReembedState.READY, 150)
        assert len(letters.seen) == before.counts.pending
        moving.switch()
        assert docs.search("house abcabc", k=1)[0].id == "r002"
        assert [one.id for one in moving.failures()] == ["a bad one"]
        moving.finish()
        assert [one.id for one in docs.get(["a bad one"])] == ["a bad one"]
