"""A field moves: begun, filled, switched, rolled back, finished or cancelled; every refusal."""

import pytest
from sqlalchemy import func, select

from vecstore import (
    EncoderNotFound,
    InvalidArgument,
    NotFound,
    Record,
    ReembedBlocked,
    ReembedState,
)
from vecstore.reembedding import keeper, settling
from vecstore.spaces import Vector
from vecstore.storage import tables

READY, STOPPED, SWITCHED = ReembedState.READY, ReembedState.STOPPED, ReembedState.SWITCHED


def entries(store):
    """How many vectors there are of every field that is, and of all."""
    with store.catalog.engine.connect() as connection:
        held = tables.entries.c
        rows = connection.execute(select(held.field_id, func.count()).group_by(held.field_id))
        return {row[0]: row[1] for row in rows}


def folders(store):
    return sorted(one.name for one in (store.folder / "indexes").glob("*"))


def answers(docs, texts):
    """By record; the graph and the tail round otherwise."""
    return [{hit.id: round(hit.distance, 4) for hit in docs.search(one, k=50)} for one in texts]


def vector(docs, numbers=1.0):
    return Vector(docs.space, [numbers] * docs.space.dim)


def test_there_and_back_and_there(store, docs, settled):
    """Every step as it should be; what may not be done by then is refused, and says what may."""
    moving = docs.reembedding()
    with pytest.raises(NotFound, match="was never re-embedded"):
        moving.status()
    texts = [f"{one} house" for one in ("red", "tall", "cold green")]
    before = answers(docs, texts)
    docs.calibrate(measure="prototypes", label_key="half", gather=True)
    docs.create_index("n", "integer")

    moving.start("letters@2")
    assert docs.encoder == "letters@1"
    status = settled(moving)
    assert (status.state, status.blocked, status.counts.moved) == (READY, (), 40)
    refused = {
        "finish": "is ready; letters@1 is still live; switch it first, or cancel it",
        "rollback": "is ready; letters@1 is still live, and there is nothing to roll back",
        "pause": "only one that is filling can be paused",
    }
    for name, said in refused.items():
        with pytest.raises(ReembedBlocked, match=said):
            getattr(moving, name)()
    with pytest.raises(ReembedBlocked, match="to letters@2 is ready already; cancel that first"):
        moving.start("letters@3")

    status = moving.switch()
    assert (status.state, docs.encoder) == (SWITCHED, "letters@2")
    assert status.switched_at
    row = store.row("docs")
    assert store.familiarity.describe(row.fields[0], 40).measure == "prototypes"
    refused = {
        "switch": "was switched already, at .*; roll it back, or finish it",
        "cancel": "letters@2 is live; roll it back first: vecstore reembed rollback docs",
        "resume": "is switched; roll it back, or finish it",
        "pause": "only one that is filling",
    }
    for name, said in refused.items():
        with pytest.raises(ReembedBlocked, match=said):
            getattr(moving, name)()
    with pytest.raises(ReembedBlocked, match="is switched already; finish that first"):
        moving.start("letters@3")

    assert moving.rollback().state is ReembedState.ROLLED_BACK
    assert answers(docs, texts) == before
    docs.upsert([Record(id="late", text="a late cold house")])
    docs.delete(["r00"])
    assert moving.switch().state is SWITCHED
    assert docs.search("a late cold house")[0].id == "late"
    assert "r00" not in {hit.id for hit in docs.search("red red house", k=50)}

    old = store.row("docs").beside[0]
    status = moving.finish()
    assert (status.state, status.running, bool(status.ended_at)) == ("finished", False, True)
    live = store.row("docs").fields[0].id
    assert entries(store) == {live: 40}
    assert str(old.id) not in folders(store)
    assert old.id not in store.owner.indexes
    for name in ("switch", "rollback", "finish", "cancel", "pause", "resume"):
        with pytest.raises(ReembedBlocked, match=r"was finished at .*; start another one"):
            getattr(moving, name)()
    assert {one.id for one in docs.list(page_size=100).records} >= {"late", "r39"}


def test_cancelled_at_every_step(store, docs, letters, settled):
    """The collection is as it was, whatever had been done."""
    moving, live = docs.reembedding(), store.row("docs").fields

    def as_it_was():
        assert store.row("docs").fields == live
        assert not store.row("docs").beside
        assert entries(store) == {live[0].id: 40}
        assert folders(store) in ([], [str(live[0].id)])

    letters.gate.clear()
    moving.start("letters@2")
    assert moving.status().running
    letters.gate.set()
    assert moving.cancel().state is ReembedState.CANCELLED
    as_it_was()
    moving.start("letters@2")
    settled(moving)
    moving.cancel()
    as_it_was()
    moving.start("letters@2", switch="auto")
    assert settled(moving).state is SWITCHED
    moving.rollback()
    moving.cancel()
    as_it_was()
    assert docs.search("red red house")[0].id == "r00"


def test_undecided_records_block(store, docs, settled):
    """What the new encoder refuses, what callers brought, what came without an input."""
    docs.upsert(
        [
            Record(id="bad", text="a bad house", payload={"kind": "odd"}),
            Record(id="own", text="my own house", vector=vector(docs)),
            Record(id="bare", vector=vector(docs, 2.0)),
        ]
    )
    docs.create_index("kind", "text")
    docs.create_index("$text", "text")
    moving = docs.reembedding()
    moving.start("letters@3", switch="auto")
    status = settled(moving)
    assert status.state is ReembedState.FILLED
    counts = status.counts
    assert (counts.moved, counts.failed, counts.brought, counts.without_input) == (40, 1, 1, 1)
    assert len(status.blocked) == 3
    assert [(one.id, one.reason) for one in moving.failures()] == [("bad", "'a bad house' is bad")]
    with pytest.raises(ReembedBlocked, match="1 record was refused") as refused:
        moving.switch()
    assert "a caller brought" in refused.value.message
    assert "without a stored input" in refused.value.message
    assert docs.encoder == "letters@1"

    moving.resume(brought="encode", without_input="leave_out")
    status = settled(moving)
    assert (status.state, status.counts.moved) == (ReembedState.FILLED, 41)
    docs.upsert([Record(id="own2", text="another own house", vector=vector(docs))])
    with pytest.raises(ReembedBlocked, match="is not in the new space yet; resume it"):
        moving.switch(leave_out_failures=True)
    moving.resume()
    assert settled(moving).counts.brought == 0
    status = moving.switch(leave_out_failures=True)
    assert (status.state, status.options.failures) == (SWITCHED, "leave_out")

    # What was left out has no vector, and is there all the same.
    docs.update_payload(["bad"], set={"n": 1})
    assert docs.search_hybrid(fields=(), text="bad")[0].id == "bad"
    assert [one.payload for one in docs.get(["bad"])] == [{"kind": "odd", "n": 1}]
    assert {one.id for one in docs.list(page_size=100).records} >= {"bad", "bare"}
    assert docs.search_hybrid(fields=(), text="odd")[0].id == "bad"
    assert not {"bad", "bare"} & {hit.id for hit in docs.search("a house", k=100)}
    moving.finish()
    assert [one.id for one in moving.failures()] == ["bad"]
    assert docs.get(["bad", "bare"])[0].payload == {"kind": "odd", "n": 1}
    assert docs.search_hybrid(fields=(), text="odd")[0].id == "bad"
    docs.upsert([Record(id="bad", text="a better house")])
    assert moving.failures() == []


def test_what_came_after_the_switch_blocks_the_way_back(docs, settled):
    moving = docs.reembedding()
    moving.start("letters@2", switch="auto")
    assert settled(moving).state is SWITCHED
    docs.upsert([Record(id="own", text="my own house", vector=vector(docs))])
    blocked = moving.status().blocked
    assert blocked
    assert "would have no vector in letters@1: 1 have a vector that a caller brought" in blocked[0]
    with pytest.raises(ReembedBlocked, match="leave_out"):
        moving.rollback()
    assert docs.encoder == "letters@2"
    moving.rollback(leave_out=True)
    assert docs.encoder == "letters@1"
    assert "own" not in {hit.id for hit in docs.search("my own house", k=100)}
    # It is in the new space still.
    assert moving.switch().state is SWITCHED
    assert docs.search(vector(docs))[0].id == "own"


@pytest.mark.parametrize("opener", ["sqlite"], indirect=True)
def test_paused_and_told_otherwise(docs, letters, settled):
    """A pause keeps what was done; a bad argument changes nothing."""
    moving = docs.reembedding()
    letters.gate.clear()
    moving.start("letters@2")
    with pytest.raises(ReembedBlocked, match="still filling; wait for it"):
        moving.switch()
    letters.gate.set()
    assert moving.pause().state is ReembedState.PAUSED
    assert moving.pause().state is ReembedState.PAUSED
    status = moving.status()
    assert (status.running, len(status.blocked)) == (False, 1)
    with pytest.raises(ReembedBlocked, match="it is paused; resume it first"):
        moving.switch()
    wrong = {
        "brought": "keep",
        "without_input": "encode",
        "failures": "carry",
        "cores": 1.5,
    }
    for name, value in wrong.items():
        with pytest.raises(InvalidArgument, match=f"{name} is {value!r}"):
            moving.resume(**{name: value})
        with pytest.raises(InvalidArgument, match=f"{name} is {value!r}"):
            docs.reembedding().start("letters@3", **{name: value})
    with pytest.raises(InvalidArgument, match="switch is 'now'"):
        moving.start("letters@3", switch="now")
    with pytest.raises(InvalidArgument, match="no vector field 'title'"):
        docs.reembedding("title")
    assert moving.status() == status
    moving.resume()
    assert settled(moving).state is READY
    assert sorted(letters.seen) == sorted(set(letters.seen)), "encoded twice"


@pytest.mark.parametrize("opener", ["sqlite"], indirect=True)
def test_a_derived_space_asks_about_nothing(docs, settled):
    """What callers brought is computed like all others, also what comes when it is ready."""
    own = Record(id="own", text="my own house", vector=vector(docs))
    docs.upsert([own, Record(id="bare", vector=vector(docs, 2.0))])
    moving = docs.reembedding()
    moving.start("letters@1", transform="truncate-8")
    status = settled(moving)
    assert (status.state, status.counts.moved) == (READY, 42)
    docs.upsert([own])
    with pytest.raises(ReembedBlocked, match="is not in the new space yet; resume it"):
        moving.switch()
    moving.resume()
    settled(moving)
    assert moving.switch().state is SWITCHED
    assert docs.space.dim == 8


@pytest.mark.parametrize("opener", ["sqlite"], indirect=True)
def test_what_comes_last_is_moved_before_it_switches_itself(docs, settled, monkeypatch):
    """Between the count and the switch, a caller's vector is written."""
    docs.upsert([Record(id="own", text="my own house", vector=vector(docs))])
    late, whole = [Record(id="late", text="my late house", vector=vector(docs))], settling._switched

    def switched(*given):
        while late:
            docs.upsert([late.pop()])
        return whole(*given)

    monkeypatch.setattr(settling, "_switched", switched)
    moving = docs.reembedding()
    moving.start("letters@2", switch="auto", brought="encode")
    assert settled(moving).state is SWITCHED
    assert "late" in {hit.id for hit in docs.search("my late house", k=3)}


@pytest.mark.parametrize("opener", ["sqlite"], indirect=True)
def test_an_encoder_that_is_gone_is_told(docs, settled, monkeypatch):
    """It is no end like that of a collection that was deleted."""

    def gone(*_):
        raise EncoderNotFound("there is no encoder 'letters@2'")

    monkeypatch.setattr(keeper, "settle", gone)
    docs.reembedding().start("letters@2")
    status = settled(docs.reembedding())
    assert (status.state, status.error) == (STOPPED, "there is no encoder 'letters@2'")
