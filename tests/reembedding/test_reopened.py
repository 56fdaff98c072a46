"""What a process leaves that ends in the middle of a re-embedding, and how the next one goes on."""

import threading

import pytest
from sqlalchemy import func, select

import vecstore
from vecstore import Record, ReembedBlocked, ReembedState
from vecstore.reembedding import judging, letting_go, switching
from vecstore.reembeddings import ReembedReport
from vecstore.storage import tables
from vecstore.storage.copying import estimate_bytes

MANY = 200


def text_of(number):
    return f"house {chr(97 + number % 26) * (3 + number // 26)}"


@pytest.fixture
def many(store):
    docs = store.create_collection("docs", encoder="letters@1")
    docs.upsert([Record(id=f"r{n:03}", text=text_of(n)) for n in range(MANY)])
    return docs


def held(store):
    """How many vectors every field has, also those that are gone."""
    with store.catalog.engine.connect() as connection:
        keys = tables.entries.c
        rows = connection.execute(select(keys.field_id, func.count()).group_by(keys.field_id))
        return {row[0]: row[1] for row in rows}


def test_closed_while_it_was_filled(opener, letters, settled):
    """It waits for whoever goes on, and nothing is encoded twice."""
    with opener() as store:
        docs = store.create_collection("docs", encoder="letters@1")
        docs.upsert([Record(id=f"r{n:03}", text=text_of(n)) for n in range(MANY)])
        letters.gate.clear()
        docs.reembedding().start("letters@2")
        assert letters.reached.wait(20)
        threading.Timer(0.2, letters.gate.set).start()
    assert 0 < len(letters.seen) < MANY
    with opener() as store:
        docs = store.collection("docs")
        docs.upsert([Record(id="new", text="house of the meantime")])
        (status,) = docs.reembedding().watch()
        assert (status.state, status.running) == (ReembedState.FILLING, False)
        assert (
            "nobody works on it; go on with it: vecstore reembed resume docs" in status.blocked[0]
        )
        with pytest.raises(ReembedBlocked, match="still filling"):
            docs.reembedding().switch()
        store.reembeddings.resume_all()  # as a server does
        status = settled(docs.reembedding())
        assert (status.state, status.counts.moved) == (ReembedState.READY, MANY + 1)
    assert sorted(letters.seen) == sorted(set(letters.seen))


@pytest.mark.parametrize("step", ["finish", "cancel"])
def test_killed_before_anything_was_deleted(step, opener, many, store, settled, monkeypatch):
    """The step has been taken, and the next process gives back what it left."""
    moving = many.reembedding()
    moving.start("letters@2", switch="auto" if step == "finish" else "manual")
    settled(moving)
    gone = store.row("docs").beside[0].id
    store.index(store.row("docs"), store.row("docs").beside[0]).snapshot()
    with monkeypatch.context() as killed:
        killed.setattr(switching, "_committed", lambda store, step: None)
        killed.setattr(letting_go.LettingGo, "begin", lambda self: None)
        getattr(moving, step)()
        store.close()
    with opener() as later:
        docs = later.collection("docs")
        assert (
            docs.reembedding().status().state == {"finish": "finished", "cancel": "cancelled"}[step]
        )
        live = later.row("docs").fields[0].id
        assert held(later) == {live: MANY, gone: MANY}
        assert (later.folder / "indexes" / str(gone)).is_dir()
        later.reembeddings.resume_all()
        later.reembeddings.letting_go.wait()
        assert held(later) == {live: MANY}
        assert not (later.folder / "indexes" / str(gone)).exists()
        assert len(docs.search("house 1", k=2 * MANY)) == MANY


@pytest.mark.parametrize("step", ["switch", "rollback"])
def test_killed_after_the_commit(step, opener, many, store, settled, monkeypatch):
    """The next process is in the new space, or in the old one again; never between."""
    moving = many.reembedding()
    moving.start("letters@2", switch="auto" if step == "rollback" else "manual")
    settled(moving)
    with monkeypatch.context() as killed:
        killed.setattr(switching, "_committed", lambda store, step: None)
        getattr(moving, step)()
        store.close()
    with opener() as later:
        docs = later.collection("docs")
        assert docs.encoder == ("letters@2" if step == "switch" else "letters@1")
        assert docs.search("house fff")[0].id == "r005"
        states = [one.state for one in later.row("docs").all_fields]
        assert states == ["live", "retired" if step == "switch" else "staged"]


def test_room_goes_back_to_the_disk(many, store, settled, caplog):
    """Searches go on while it does; where there is no room for it, it is left."""
    many.upsert([Record(id=f"s{n}", text=f"house {n} {'long ' * 200}") for n in range(500)])
    moving = many.reembedding()
    moving.start("letters@2", switch="auto")
    settled(moving)
    with store.catalog.engine.connect() as connection:
        before = estimate_bytes(connection)
    moving.finish()
    assert not (store.folder / "letting-go").exists()
    file = store.folder / "vecstore.db"
    if file.exists():
        assert file.stat().st_size < 0.7 * before
    assert len(many.search("house 1", k=2000)) == 700
    assert not [one for one in caplog.records if "letting" in one.name]


@pytest.mark.parametrize("opener", ["sqlite"], indirect=True)
def test_what_breaks_stops_it_and_it_can_be_gone_on_with(many, letters, settled, monkeypatch):
    """An encoder that breaks, and a disk that takes not even the word of it."""
    moving, whole = many.reembedding(), letters.encode

    def broken(self, inputs, role):
        if self._source != "first" and "house" in inputs[0].data:
            raise vecstore.StorageError("the disk is full")
        return whole(self, inputs, role)

    monkeypatch.setattr(letters, "encode", broken)
    moving.start("letters@2")
    status = settled(moving)
    assert (status.state, status.error) == (ReembedState.STOPPED, "the disk is full")
    with pytest.raises(ReembedBlocked, match="was stopped: the disk is full; put that right and"):
        moving.switch()
    monkeypatch.setattr(letters, "encode", whole)
    moving.resume()
    status = settled(moving)
    assert (status.state, status.error) == (ReembedState.READY, "")


@pytest.mark.parametrize("opener", ["sqlite"], indirect=True)
def test_a_disk_that_takes_nothing(store, many, letters, settled, monkeypatch):
    moving = many.reembedding()
    letters.gate.clear()
    moving.start("letters@2")
    write = store.write

    def full(run, committed):
        raise vecstore.StorageError("the disk is full")

    monkeypatch.setattr(store, "write", full)
    letters.gate.set()
    status = settled(moving)
    assert (status.state, status.error) == (ReembedState.STOPPED, "the disk is full")
    monkeypatch.setattr(store, "write", write)
    assert moving.status().state is ReembedState.STOPPED
    moving.resume()
    assert settled(moving).state is ReembedState.READY


@pytest.mark.parametrize("opener", ["sqlite"], indirect=True)
def test_below_the_gate(many, settled, monkeypatch):
    """It stops there, says so, and goes on where it is judged otherwise."""
    seen = [("neighbours", False, "0.2 against 0.5")]
    monkeypatch.setattr(judging, "parsed_gates", lambda texts, _: tuple(texts))
    monkeypatch.setattr(judging, "judge", lambda *_: ReembedReport(verdicts=tuple(seen)))
    moving = many.reembedding()
    moving.start("letters@2", gates=["neighbours"], switch="auto")
    status = settled(moving)
    assert (status.state, len(status.blocked)) == (ReembedState.BELOW_GATE, 1)
    with pytest.raises(ReembedBlocked, match=r"cannot be switched: .*neighbours"):
        moving.switch()
    moving.resume()
    assert settled(moving).state is ReembedState.BELOW_GATE
    seen[0] = ("neighbours", True, "0.6 against 0.5")
    moving.resume(judge_again=True)
    assert settled(moving).state is ReembedState.SWITCHED


def test_a_collection_that_is_deleted_meanwhile(store, many, letters):
    letters.gate.clear()
    moving = many.reembedding()
    moving.start("letters@2")
    store.delete_collection("docs")
    letters.gate.set()
    store.reembeddings.stop(1)
    assert held(store) == {}
    with pytest.raises(vecstore.CollectionNotFound):
        moving.status()
    assert store.list_collections() == []


@pytest.mark.parametrize("opener", ["sqlite"], indirect=True)
def test_one_field_at_a_time(store, letters, settled):
    docs = store.create_collection("docs", encoder="letters@1", fields={"title": "letters@1"})
    value = vecstore.FieldValue(text="a title of a house")
    docs.upsert([Record(id="a", text="a house", fields={"title": value})])
    docs.reembedding().start("letters@2")
    settled(docs.reembedding())
    with pytest.raises(ReembedBlocked, match="vector fields move one at a time; cancel that first"):
        docs.reembedding("title").start("letters@2")
    docs.reembedding().switch()
    title = docs.reembedding("title")
    title.start("letters@2", switch="auto")
    assert settled(title).state is ReembedState.SWITCHED
    docs.reembedding().rollback()
    title.finish()
    assert [one.space.name for one in store.row("docs").fields] == ["letters@1", "letters@2"]
    assert docs.reembedding().cancel().state is ReembedState.CANCELLED
