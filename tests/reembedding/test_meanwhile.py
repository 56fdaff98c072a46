"""Writers and searchers, with handles from before, go on while a field moves there and back."""

import contextlib
import threading
from collections import Counter
from functools import partial

import pytest

import vecstore
from vecstore import InvalidArgument, Record, SpaceMismatch, SpaceRetired
from vecstore.collection import Collection
from vecstore.reembeddings import ReembedState
from vecstore.storage.writes import CollectionChanged

ROUNDS = 2


class Crowd:
    """Threads that go on until they are told to stop, and whose errors are kept."""

    def __init__(self):
        self.stop, self.errors, self.turns = threading.Event(), [], Counter()
        self._threads = []

    def run(self, name, turn):
        thread = threading.Thread(target=self._run, args=(name, turn), name=name)
        self._threads.append(thread)
        thread.start()

    def _run(self, name, turn):
        while not self.stop.is_set():
            try:
                turn(self.turns[name])
            except Exception as error:
                self.errors.append((name, error))
                return
            self.turns[name] += 1

    def wait_for(self, more):
        """Until each has had so many turns more."""
        wanted = {name: count + more for name, count in self.turns.items()}
        while not self.errors and any(self.turns[name] < wanted[name] for name in wanted):
            self.stop.wait(0.001)

    def end(self):
        self.stop.set()
        for thread in self._threads:
            thread.join(60)


@pytest.fixture
def sides(tmp_path, registry, serving, letters):
    """The store, and a collection embedded and over gRPC, got before anything moves."""
    with contextlib.ExitStack() as stack:
        store = stack.enter_context(vecstore.open(tmp_path / "data", registry=registry))
        docs = store.create_collection("docs", encoder="letters@1")
        docs.create_index("n", "integer")
        docs.upsert([Record(id=f"r{n}", text=f"{n:08b} abc", payload={"n": n}) for n in range(60)])
        docs.upsert([Record(id="fixed", text="fixed quiz", payload={"n": -1})])
        remote = stack.enter_context(vecstore.connect(stack.enter_context(serving(store))))
        yield store, {"embedded": docs, "gRPC": remote.collection("docs")}


def writer(side, docs, written, deleted):
    """Writes records, deletes and changes some, and keeps account of them."""

    def turn(n):
        record = Record(id=f"{side}{n}", text=f"{n} of {side}", payload={"n": n})
        assert docs.upsert([record]) == 1
        written[record.id] = record.text
        if n % 3 == 2:
            assert docs.delete([f"{side}{n - 1}"]) == 1
            deleted.add(f"{side}{n - 1}")
        if n % 4 == 3:
            assert docs.update_payload([record.id], set={"late": True}) == 1

    return turn


def searcher(store, docs, spaces):
    """Asks with a text, with a vector and with a record, and counts the spaces of the answers."""

    def turn(_):
        hits = docs.search("fixed quiz", 3, filter={"n": {"$lt": 5}})
        # Encoded in the space that it is held against, the same text is at no distance.
        assert (hits[0].id, hits[0].distance) == ("fixed", pytest.approx(0, abs=1e-6))
        spaces[hits.space.name] += 1
        (encoded,) = store.encode(hits.space.name, ["fixed quiz"], role="query")
        with contextlib.suppress(SpaceMismatch):  # it has moved in between
            bare = docs.search(encoded, 3, include_payload=False, include_text=False)
            assert bare.space == encoded.space
            assert (bare[0].id, bare[0].distance) == ("fixed", pytest.approx(0, abs=1e-6))
        docs.recommend(["fixed"], k=2)
        assert docs.get(["fixed"], include_vectors=True)[0].vector.space.model == "letters"

    return turn


def test_nothing_is_lost_and_every_answer_is_of_one_space(sides, settled):
    store, handles = sides
    crowd, written, deleted, spaces = Crowd(), {}, set(), Counter()

    for side, docs in handles.items():
        crowd.run(f"writer {side}", writer(side, docs, written, deleted))
        crowd.run(f"searcher {side}", searcher(store, docs, spaces))
    moving = store.collection("docs").reembedding()
    try:
        for n in range(ROUNDS):
            if n == 0:
                moving.start("letters@2")
                assert settled(moving).state is ReembedState.READY
            crowd.wait_for(2)
            moving.switch()
            crowd.wait_for(2)
            if n < ROUNDS - 1:
                moving.rollback()
        moving.finish()
        crowd.wait_for(2)
    finally:
        crowd.end()
    assert crowd.errors == []
    assert set(spaces) == {"letters@1", "letters@2"}
    docs = handles["embedded"]
    left = {one: text for one, text in written.items() if one not in deleted}
    assert docs.count() == len(left) + 61
    found = {hit.id for hit in docs.search("of embedded", 1000)}
    assert found == {*left, "fixed", *(f"r{n}" for n in range(60))}
    records = docs.get(list(left), include_vectors=True)
    assert [one.text for one in records] == list(left.values())
    for one, encoded in zip(records, store.encode("letters@2", list(left.values())), strict=True):
        assert one.vector.space == encoded.space
        assert one.vector.values.tolist() == encoded.values.tolist()


def writes_of(docs):
    """Every way to change a collection."""
    return (
        lambda: docs.upsert([Record(id="new", text="anew")]),
        lambda: docs.ingest_batch([Record(id="new", text="anew")]),
        lambda: docs.update_payload(filter={}, set={"n": 0}),
        lambda: docs.update_payload(["fixed"], set={"n": 0}),
        lambda: docs.delete(filter={}),
        lambda: docs.delete(["fixed"]),
    )


def test_no_write_goes_by_what_the_fields_were(sides, settled):
    """A write that began before a step of the move is told so inside its transaction."""
    store, _ = sides
    moving = store.collection("docs").reembedding()

    def finish():
        moving.switch()
        moving.finish()

    for step in (partial(moving.start, "letters@2"), moving.switch, moving.rollback, finish):
        before = Collection(store, store.row("docs"))
        step()
        settled(moving)
        for write in writes_of(before):
            with pytest.raises(CollectionChanged):
                write()
    docs = store.collection("docs")
    assert (docs.count(), docs.get(["fixed"])[0].payload) == (61, {"n": -1})


def test_a_write_is_recognised_after_the_space_of_its_vector_was_left(sides, settled):
    """No answer came, so it is sent again: by then its vector would be refused."""
    store, handles = sides
    vectors = {}
    for side, docs in handles.items():
        vectors[side] = store.encode("letters@1", [f"by {side}"])[0]
        assert docs.insert([Record(id=side, vector=vectors[side])], idempotency_key=side) == 1
    batch = [
        Record(id="brought", vector=vectors["embedded"]),
        Record(id="said", text="anew"),
        Record(id="fixed", text="there already"),
        Record(id="", text="without an id"),
    ]

    def sent(key):
        results = handles["embedded"].ingest_batch(batch, mode="insert", idempotency_key=key)
        return [one.error and one.error.reason for one in results], [str(one) for one in results]

    answered = sent("batch")
    assert answered[0] == [None, None, "ALREADY_EXISTS", "INVALID_RECORD"]
    moving = store.collection("docs").reembedding()
    moving.start("letters@2", without_input="leave_out", switch="auto")
    assert settled(moving).state is ReembedState.SWITCHED
    for side, docs in handles.items():
        record = Record(id=side, vector=vectors[side])
        assert docs.insert([record], idempotency_key=side) == 1
        for wrong in ({"idempotency_key": f"{side}2"}, {}):
            with pytest.raises(SpaceRetired):
                docs.insert([record], **wrong)
        with pytest.raises(SpaceRetired):
            docs.upsert([Record(id="b", vector=vectors[side])], idempotency_key=side)
    assert sent("batch") == answered
    assert sent("other")[0] == ["SPACE_RETIRED", *2 * ["ALREADY_EXISTS"], "INVALID_RECORD"]
    batch[1] = Record(id="another", text="anew")
    with pytest.raises(InvalidArgument, match="used for another request"):
        sent("batch")


def test_a_batch_is_answered_alike_when_the_encoder_that_refused_was_left(store, settled):
    docs = store.create_collection("picky", encoder="letters@3")
    batch = [Record(id="good", text="fine"), Record(id="bad", text="a bad one")]
    first = docs.ingest_batch(batch, idempotency_key="k")
    assert [one.error and one.error.reason for one in first] == [None, "INVALID_INPUT"]
    moving = docs.reembedding()
    moving.start("letters@1", switch="auto")
    assert settled(moving).state is ReembedState.SWITCHED
    again = docs.ingest_batch(batch, idempotency_key="k")
    assert again[0].error is None
    assert "refused by the encoder that collection 'picky' had" in again[1].error.message
    assert docs.count() == 1
