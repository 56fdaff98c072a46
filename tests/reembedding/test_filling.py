"""How a space is filled: what is written meanwhile, what stops it, and what does not."""

import threading

import numpy as np
import pytest
from sqlalchemy import update

import vecstore
from vecstore import Record, ReembedState
from vecstore.index.live import LiveIndex
from vecstore.records import Input, Modality, Role
from vecstore.reembedding import pace
from vecstore.reembedding.each import encode_each
from vecstore.storage import tables
from vecstore.storage.staging import fill
from vecstore.storage.writes import NewValue, refused

MANY = 200
READY, STOPPED = ReembedState.READY, ReembedState.STOPPED


@pytest.fixture
def many(store):
    """Records of several lengths, written in another order than that of their ids."""
    docs = store.create_collection("docs", encoder="letters@1")
    texts = {f"r{n:03}": f"house {chr(97 + n % 26) * (1 + n * 7 % 60)}{n}" for n in range(MANY)}
    docs.upsert([Record(id=one, text=texts[one]) for one in sorted(texts, key=texts.get)])
    return docs


@pytest.fixture
def few(monkeypatch):
    """Batches of 16 records."""
    monkeypatch.setattr(pace, "_FIRST", 16)
    monkeypatch.setattr(pace, "_MOST", 16)


def beside(store):
    """Vectors of the new space by id, and how many its index has."""
    row = store.row("docs")
    ids = [one.id for one in store.collection("docs").list(page_size=1000).records]
    found = store.reader.stored_vectors(row.beside[0], ids)
    return {one: vector.values for one, (_, vector) in found.items()}, store.index(
        row, row.beside[0]
    ).count


def of_text(letters, text):
    return letters("second", {}).encode([Input(Modality.TEXT, text)], Role.QUERY)[0]


def held_up(docs, letters, change):
    """Start, and change something while the first batch is encoded."""
    letters.gate.clear()
    docs.reembedding().start("letters@2")
    assert letters.reached.wait(20)
    try:
        change()
    finally:
        letters.gate.set()


def test_what_is_written_while_a_batch_is_encoded(store, many, letters, settled):
    def change():
        many.delete(["r001", "r002"])
        # Its write is encoded for both spaces, so it waits at the gate.
        writing.start()
        many.update_payload(["r003"], set={"late": True})

    again = Record(id="r002", text="anew"), Record(id="r004", text="other words")
    writing = threading.Thread(target=many.upsert, args=(again,))
    held_up(many, letters, change)
    writing.join()
    assert settled(many.reembedding()).counts.moved == MANY - 1
    vectors, count = beside(store)
    assert (len(vectors), count, "r001" in vectors) == (MANY - 1, MANY - 1, False)
    for one in many.list(page_size=1000).records:
        np.testing.assert_array_equal(vectors[one.id], of_text(letters, one.text))
    hits = many.search("house", filter={"late": True}, space="letters@2")
    assert [hit.id for hit in hits] == ["r003"]


@pytest.mark.parametrize("opener", ["sqlite"], indirect=True)
def test_what_was_written_since_it_was_read_stays(store, many, letters):
    """Neither a record that is another one by now is filled in, nor one that is there already."""
    row = store.row("docs")
    label = store.reader.entries(row.fields[0], ["r005"])["r005"].label

    def filled(label):
        row, value = store.row("docs"), NewValue(b"", np.ones(26, np.float32))
        return store.write(
            lambda connection: fill(
                connection, row, row.fields[0], row.beside[0], {"r005": (label, value)}
            ),
            lambda _: None,
        ).count

    counts = []
    held_up(many, letters, lambda: counts.extend(map(filled, (label + 1, label, label))))
    assert counts == [0, 1, 0]


@pytest.mark.parametrize("opener", ["sqlite"], indirect=True)
def test_another_field_moves_meanwhile(store, many, letters, settled):
    """What was encoded is not encoded again."""

    def change():
        row = store.row("docs")
        keys = tables.collections.c
        more = update(tables.collections).where(keys.id == row.id)
        store.write(
            lambda connection: connection.execute(more.values(generation=keys.generation + 1)),
            lambda _: store.names.forget(row),
        )

    held_up(many, letters, change)
    assert settled(many.reembedding()).state is READY
    assert len(letters.seen) == MANY


def test_longer_ones_first_and_no_room_for_a_while(store, many, letters, settled, monkeypatch, few):
    """Batches are of nearly one length, and wait until the index has room."""
    waited, room = [], LiveIndex.wait_for_room

    def full(index, timeout, share):
        waited.append(share)
        if len(waited) < 4:
            raise vecstore.Overloaded("the index is behind")
        room(index, timeout, share)

    monkeypatch.setattr(LiveIndex, "wait_for_room", full)
    many.reembedding().start("letters@2", cores=1.0)
    assert settled(many.reembedding()).state is READY
    lengths = [len(text) for text in letters.seen]
    assert (len(lengths), lengths) == (MANY, sorted(lengths, reverse=True))
    assert len(waited) > 4
    # A write that comes meanwhile finds room behind it.
    assert max(waited) < 1


@pytest.mark.parametrize("opener", ["sqlite"], indirect=True)
def test_a_disk_that_is_full_halfway(store, many, letters, settled, few):
    """It stops and says so; once there is room, it goes on where it was."""

    def pages(much):
        def limit(connection):
            there = connection.exec_driver_sql("PRAGMA page_count").scalar()
            return connection.exec_driver_sql(f"PRAGMA max_page_count={there + much}").scalar()

        return store.write(limit, lambda _: None)

    held_up(many, letters, lambda: pages(8))
    status = settled(many.reembedding())
    assert (status.state, status.running) == (STOPPED, False)
    assert "the disk is full; make room" in status.error
    assert 0 < status.counts.moved < MANY
    assert len(many.search("house", k=1000)) == MANY
    pages(10_000)
    many.reembedding().resume()
    status = settled(many.reembedding())
    assert (status.state, status.error, status.counts.moved) == (READY, "", MANY)
    assert len(letters.seen) <= MANY + 2 * 16
    assert beside(store)[1] == MANY


@pytest.mark.parametrize("opener", ["sqlite"], indirect=True)
def test_faults_of_inputs_and_of_the_encoder(store, many, letters, settled, monkeypatch, few):
    """A refused input is on record, and the rest goes on; a broken encoder is nobody's failure."""
    many.upsert([Record(id=f"bad{n}", text=f"a bad house {n}") for n in range(3)])
    whole, calls = letters.encode, []

    def broken(self, inputs, role):
        if self._source == "picky" and "house" in inputs[0].data:
            calls.append(len(inputs))
            if len(calls) == 6:
                raise ValueError("broken")
        return whole(self, inputs, role)

    monkeypatch.setattr(letters, "encode", broken)
    moving = many.reembedding()
    moving.start("letters@3")
    status = settled(moving)
    assert status.state is STOPPED
    assert "failed on inputs for letters@3 with ValueError('broken')" in status.error
    assert 0 < status.counts.moved < MANY
    moving.resume()
    status = settled(moving)
    assert (status.state, status.counts.failed, status.counts.moved) == (
        ReembedState.FILLED,
        3,
        MANY,
    )
    assert [(one.id, one.reason) for one in moving.failures()] == [
        (f"bad{n}", f"'a bad house {n}' is bad") for n in range(3)
    ]


def test_a_refusal_without_a_word_is_one():
    assert refused(b"x", vecstore.InvalidInput("too long")).failure == "too long"
    assert refused(b"x", vecstore.InvalidInput("")).failure == "InvalidInput, without a word"


class _Field:
    """Refuses what is bad, and says which it is where it is told to."""

    def __init__(self, says):
        self.says, self.given = says, 0

    def encode(self, inputs, _role):
        self.given += len(inputs)
        for number, one in enumerate(inputs):
            if "bad" in one:
                raise vecstore.InvalidInput(one, **({"input": number} if self.says else {}))
        return [f"vector of {one}" for one in inputs]


@pytest.mark.parametrize("says", [True, False])
@pytest.mark.parametrize("bad", [[], [0], [7], [3, 4], range(8)])
def test_each_input_for_itself(says, bad):
    inputs = [f"bad {n}" if n in bad else f"good {n}" for n in range(8)]
    found = encode_each(_Field(says), inputs)
    said = [one.message if isinstance(one, vecstore.InvalidInput) else one for one in found]
    assert said == [one if "bad" in one else f"vector of {one}" for one in inputs]
    assert encode_each(_Field(says), []) == []
