"""A status that another process could tell more of says which one that is."""

import os

import vecstore
from vecstore import ReembedState


def test_another_process_has_the_store(opener, letters, docs, store, tmp_path, registry, settled):
    letters.gate.clear()
    docs.reembedding().start("letters@2")
    assert letters.reached.wait(20)
    assert docs.reembedding().status().elsewhere == ""
    with opener() as other:
        (status,) = other.collection("docs").reembedding().watch()
        (operation,) = other.list_operations()
    assert (status.state, status.running) == (ReembedState.FILLING, False)
    assert status.elsewhere == f"process {os.getpid()}"
    assert status.blocked == (
        f"process {os.getpid()} has the store open, and alone can work on it; ask it how it goes "
        "on, through its server (--server HOST:PORT).",
    )
    assert "has the store open" in operation.message
    url = store.catalog.engine.url
    if url.get_backend_name() == "postgresql":
        database = url.render_as_string(hide_password=False)
        with vecstore.open(tmp_path / "far", database=database, registry=registry) as far:
            assert far.collection("docs").reembedding().status().elsewhere == "another process"
    letters.gate.set()
    settled(docs.reembedding())
    docs.reembedding().cancel()
