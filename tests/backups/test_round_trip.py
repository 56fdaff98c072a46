"""What was backed up answers as before, on either database, and goes on where it was."""

import threading

import pytest
from sqlalchemy import select

import vecstore
from vecstore import Record
from vecstore.errors import InvalidArgument
from vecstore.storage import tables

KINDS = ["sqlite", "postgresql"]


@pytest.mark.parametrize("target", KINDS)
@pytest.mark.parametrize("source", KINDS)
def test_the_same_answers(source, target, database, opened, restored, fill, answers, tmp_path):
    with opened(tmp_path / "old", database(source)) as store:
        fill(store)
        before, distances = answers(store)
        info = store.backup(tmp_path / "file")
    url = database(target)
    done = restored(tmp_path / "file", database=url)
    assert (done.missing, done.warnings, done.backup) == ((), (), info)
    with opened(tmp_path / "new", url) as store:
        after, again = answers(store)
    for name, found in before.items():
        assert after[name] == found, name
    for name, found in distances.items():
        assert again[name] == pytest.approx(found, abs=1e-5), name
    assert before["hybrid"]
    assert len(before["text"]) > 5


@pytest.mark.parametrize("target", KINDS)
def test_counters_go_on_and_keys_are_known(backup, target, database, opened, restored, tmp_path):
    with opened(tmp_path / "source") as store:
        store.create_collection("gone", encoder="hashing@1")
        gone = store.row("gone").id
        store.delete_collection("gone")
        old = _state(store)
        store.backup(tmp_path / "later")
    url = database(target)
    restored(tmp_path / "later", database=url)
    with opened(tmp_path / "new", url) as store:
        texts = store.collection("texts")
        assert _state(store)[1:] == old[1:]
        assert _state(store)[0] != old[0]
        once = [Record(id="once", text="once only")]
        assert texts.insert(once, idempotency_key="k1") == 1
        with pytest.raises(InvalidArgument, match="k1"):
            texts.insert([Record(id="other", text="another")], idempotency_key="k1")
        highest = max(one.version for one in texts.list(page_size=1000).records)
        texts.upsert([Record(id="more", text="more old houses")])
        assert texts.get(["more"])[0].version > highest
        assert "more" in {hit.id for hit in texts.search("more old houses")}
        made = store.create_collection("after", encoder="hashing@1")
        assert store.row(made.name).id > gone


def _state(store):
    with store.catalog.engine.connect() as connection:
        return tuple(connection.execute(select(tables.store_state)).one())[1:]


@pytest.mark.parametrize("source", KINDS)
def test_one_moment_while_others_write(source, database, opened, restored, tmp_path):
    """Two records of one upsert are both there, or none, whenever the backup was begun."""
    with opened(tmp_path / "old", database(source)) as store:
        made = store.create_collection("pairs", encoder="hashing@1")
        done, number = threading.Event(), 0

        def write():
            nonlocal number
            while not done.is_set():
                number += 1
                made.upsert([Record(id=f"{side}{number}", text=side) for side in "ab"])
                made.upsert([Record(id="last", text=f"number {number}", payload={"n": number})])

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for turn in range(3):
                store.register_encoder(
                    f"small@{turn}", loader="hashing", source="builtin", options={"dim": 8 + turn}
                )
                begun = number
                info = store.backup(tmp_path / f"{turn}")
                ended = number
                restored(tmp_path / f"{turn}", f"new {turn}")
                with opened(tmp_path / f"new {turn}") as again:
                    pairs = again.collection("pairs")
                    ids = {one.id for one in pairs.list(page_size=1000).records}
                    assert len(ids) == info.records == pairs.count()
                    assert {i[1:] for i in ids if i[0] == "a"} == {
                        i[1:] for i in ids if i[0] == "b"
                    }
                    count = sum(one[0] == "a" for one in ids)
                    assert begun - 1 <= count <= ended + 1
                    assert len(pairs.search("a", k=1000)) == len(ids)
        finally:
            done.set()
            writer.join()


def test_nothing_that_is_derived_or_of_this_machine_is_in_a_backup(backup, tmp_path):
    content = backup.read_bytes()
    assert b"owner.lock" not in content
    assert str(tmp_path).encode() not in content
    assert b"rows/texts/" not in content


def test_an_empty_store(opened, restored, tmp_path):
    with opened(tmp_path / "old") as store:
        info = store.backup(tmp_path / "file")
    assert (info.collections, info.records) == ((), 0)
    restored(tmp_path / "file")
    with opened(tmp_path / "new") as store:
        assert store.list_collections() == []
        store.create_collection("first", encoder="hashing@1")


def test_a_backup_needs_no_ownership(backup, opened, tmp_path):
    with opened(tmp_path / "source") as owner, opened(tmp_path / "source") as other:
        owner.claim()
        assert other.backup(tmp_path / "beside").records == vecstore.verify_backup(backup).records
