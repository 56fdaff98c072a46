"""Records that are left out of the new space keep their inputs, and move with the next one."""

import functools
import io

import pytest
from PIL import Image
from sqlalchemy import select

import vecstore
from vecstore import Record, ReembedState
from vecstore.reembedding import carrying
from vecstore.storage import tables


@pytest.fixture
def left(store, docs, settled):
    """The collection after it moved to letters@3, which refuses two of its records."""
    docs.create_index("$text", "text")
    docs.upsert([Record(id=one, text=f"{one} bad house", payload={"n": 99}) for one in ("p", "q")])
    (vector,) = store.encode("letters@1", ["something else"])
    bare = Record(id="bare", vector=vector)
    docs.upsert([Record(id="own", text="brought along", vector=vector), bare])
    moving = docs.reembedding()
    moving.start("letters@3", failures="leave_out", brought="leave_out", without_input="leave_out")
    assert settled(moving).state is ReembedState.READY
    moving.switch()
    assert docs.get(["p"])[0].text == "p bad house"  # it is beside the live space
    moving.finish()
    return docs


@functools.cache
def image():
    """A PNG of a few pixels."""
    found = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(found, "PNG")
    return found.getvalue()


def below_zero(store):
    entries = tables.entries.c
    statement = select(entries.record_id).where(entries.field_id < 0).order_by(entries.record_id)
    with store.catalog.engine.connect() as connection:
        return list(connection.execute(statement).scalars())


def test_their_inputs_stay(store, left, tmp_path):
    found = left.get(["own", "p", "q"], include_vectors=True)
    assert [one.text for one in found] == ["brought along", "p bad house", "q bad house"]
    assert [one.vector for one in found] == [None] * 3
    listed = left.list(filter={"n": 99}).records
    assert [one.text for one in listed] == ["p bad house", "q bad house"]
    left.update_payload(["p"], set={"late": True})
    hits = left.search_hybrid("p q", k=100)
    assert {hit.id: hit.text for hit in hits if hit.text and "bad" in hit.text} == {
        "p": "p bad house",
        "q": "q bad house",
    }
    store.backup(tmp_path / "backup")
    registry, settings = store.registry, vecstore.Settings()
    vecstore.restore(tmp_path / "backup", tmp_path / "new", registry=registry, settings=settings)
    with vecstore.open(tmp_path / "new", registry=registry, settings=settings) as restored:
        assert below_zero(restored) == ["own", "p", "q"]
        assert restored.collection("docs").get(["p"])[0].text == "p bad house"
    assert {"p", "q", "own"}.isdisjoint(hit.id for hit in left.search("warm house", 1000))
    with pytest.raises(vecstore.InvalidRecord, match="'bare' has neither a vector nor an input"):
        vecstore.export_records(left, tmp_path / "all.jsonl", include_vectors=True)
    assert [one.id for one in left.reembedding().failures()] == ["p", "q"]
    # A write and a delete let go of them, and of why they were refused.
    left.upsert([Record(id="p", text="good house")])
    left.delete(["q"])
    assert below_zero(store) == ["own"]
    assert left.reembedding().failures() == []
    assert left.get(["p"])[0].text == "good house"
    store.delete_collection("docs")
    assert below_zero(store) == []


def test_they_move_with_the_next_re_embedding(store, left, settled):
    moving = left.reembedding()
    plan = moving.plan("letters@2")
    assert (plan.counts.total, plan.counts.pending) == (43, 43)
    moving.start("letters@2")
    status = settled(moving)
    assert (status.state, status.counts.moved) == (ReembedState.READY, 43)
    moving.switch()
    # They had no vector in the old space, so a roll-back takes nothing away.
    assert moving.rollback().state is ReembedState.ROLLED_BACK
    moving.switch()
    moving.finish()
    assert below_zero(store) == []
    (found,) = left.get(["q"], include_vectors=True)
    (encoded,) = store.encode("letters@2", ["q bad house"])
    assert found.vector.values.tolist() == encoded.values.tolist()
    assert "own" in {hit.id for hit in left.search("brought along", 5)}


def test_what_no_encoder_ever_read_keeps_no_field_from_moving(store, docs, settled):
    """An image beside a vector of one's own, where the encoders read text."""
    (vector,) = store.encode("letters@1", ["something else"])
    docs.upsert([Record(id="seen", image=image(), vector=vector)])
    moving = docs.reembedding()
    moving.start("letters@2", brought="leave_out", switch="auto")
    assert settled(moving).state is ReembedState.SWITCHED
    moving.finish()
    assert below_zero(store) == ["seen"]
    assert moving.plan("letters@1").counts.total == 41
    moving.start("letters@1")
    status = settled(moving)
    assert (status.state, status.counts.moved, status.error) == (ReembedState.FILLED, 40, "")
    ((failed, reason),) = [(one.id, one.reason) for one in moving.failures()]
    assert failed == "seen"
    assert "image" in reason
    moving.switch(leave_out_failures=True)
    moving.finish()
    assert docs.get(["seen"])[0].image == image()


def test_refused_again_they_are_told_and_left_out_again(store, left, settled, monkeypatch):
    moving = left.reembedding()
    # No map is fitted on them.
    monkeypatch.setattr(carrying, "LEAST", 41)
    left.upsert([Record(id="bare", vector=store.encode("letters@3", ["something"])[0])])
    with pytest.raises(vecstore.InvalidArgument, match="of which there are 40; use another"):
        moving.start("letters@1", without_input="carry")
    left.delete(["bare"])
    left.upsert([Record(id="z", text="house")])
    moving.start("letters@1")
    settled(moving)
    moving.cancel()
    assert below_zero(store) == ["own", "p", "q"]
    # Where vectors are computed from the stored ones, they are encoded all the same.
    moving.start("letters@3", transform="truncate-8")
    status = settled(moving)
    assert (status.counts.failed, status.counts.pending, status.counts.moved) == (2, 0, 42)
    moving.cancel()
    store.register_encoder("short@1", loader="letters", source="picky")
    moving.start("short@1")
    status = settled(moving)
    assert (status.state, status.counts.failed) == (ReembedState.FILLED, 2)
    with pytest.raises(vecstore.ReembedBlocked, match="keeps payload and stored input"):
        moving.switch()
