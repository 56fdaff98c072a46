"""Streamed upserts, seen by a user of either client."""

import threading

import pytest

import vecstore
from vecstore import Record, Vector
from vecstore.client.outbox import WINDOW

SPACE = vecstore.Space("other", "1", 384, "f" * 64)


def batch(*ids):
    return [Record(id=one, text=f"the text of {one}") for one in ids]


def outcome(results):
    return [[(item.id, getattr(item.error, "reason", None)) for item in one] for one in results]


def test_every_batch_is_answered_in_order(docs):
    batches = [batch(f"{n}-a", f"{n}-b") for n in range(5 * WINDOW)]
    assert outcome(docs.upsert_stream(batches)) == [
        [(record.id, None) for record in one] for one in batches
    ]
    assert docs.count() == 10 * WINDOW


@pytest.mark.parametrize("batches", [[], [[]], [[], batch("a"), []]])
def test_empty_batches(docs, batches):
    assert [len(one) for one in docs.upsert_stream(batches)] == [len(one) for one in batches]


def test_a_bad_batch_is_reported_by_item_and_the_others_stay(docs, embedded):
    """Whether the client, the wire or the store finds the fault makes no difference."""
    local = embedded.create_collection("local", encoder="hashing@1")
    faults = [
        Record("bad", vector=Vector(SPACE, [1.0] * 384)),
        Record("bad", text=""),
        Record("bad", payload={"a": object()}, text="t"),
        Record("bad", vector=[1.0, 2.0]),
        Record("bad", text="\ud800"),
    ]
    batches = [batch("before")]
    for number, fault in enumerate(faults):
        batches += [[*batch(f"aside-{number}"), fault], batch(f"after-{number}")]
    remote = outcome(docs.upsert_stream(batches))
    assert remote == outcome(local.upsert_stream(batches))
    assert [reason for _, reason in remote[1]] == ["INVALID_RECORD", "SPACE_MISMATCH"]
    assert docs.count() == local.count() == 1 + len(faults)
    embedded.delete_collection("local")


def test_a_neighbour_of_a_bad_record_is_marked(docs):
    for fault in (Record("bad"), Record("bad", vector=[1.0])):
        ((aside, blamed),) = docs.upsert_stream([[*batch("fine"), fault]])
        assert "aborted" in aside.error.details
        assert "aborted" not in blamed.error.details


def test_batches_are_sent_ahead_of_the_answers_but_not_all_at_once(docs):
    given = []

    def batches():
        for number in range(10 * WINDOW):
            given.append(number)
            yield batch(str(number))

    results = docs.upsert_stream(batches())
    next(results)
    assert 1 < len(given) <= WINDOW
    results.close()


def test_what_the_callers_iterator_raises_reaches_the_caller(docs):
    def batches():
        yield batch("a")
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        list(docs.upsert_stream(batches()))


def test_a_batch_larger_than_a_message_is_refused_and_the_others_stay(connect, embedded, serve):
    running = serve(embedded)
    store = connect(running.address, settings=vecstore.Settings(max_message_bytes=10_000))
    docs = store.create_collection("small", encoder="hashing@1")
    large = [Record("large", text="word " * 4000)]
    results = outcome(docs.upsert_stream([batch("a"), large, batch("b")]))
    assert results == [[("a", None)], [("large", "INVALID_ARGUMENT")], [("b", None)]]
    with pytest.raises(vecstore.InvalidArgument, match="use upsert_stream"):
        docs.upsert(large)
    store.delete_collection("small")


def test_an_unknown_collection_is_every_items(store, embedded):
    docs = store.create_collection("gone", encoder="hashing@1")
    embedded.delete_collection("gone")
    assert outcome(docs.upsert_stream([batch("a")])) == [[("a", "COLLECTION_NOT_FOUND")]]


def test_a_server_that_stops_ends_the_stream_with_an_error(connect, embedded, serve):
    running = serve(embedded)
    docs = connect(running.address).create_collection("stopped", encoder="hashing@1")
    stopping = threading.Event()

    def batches():
        for number in range(100_000):
            if number == 2 * WINDOW:
                stopping.set()
                running.begin_to_stop().result(60)
            yield batch(str(number))

    answered = []
    with pytest.raises(vecstore.Unavailable):
        answered.extend(one for results in docs.upsert_stream(batches()) for one in results)
    assert stopping.is_set()
    embedded.delete_collection("stopped")
