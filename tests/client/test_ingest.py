"""Ingestion, seen by a user of either client: connections that are lost, stores that are busy."""

import asyncio
import sys
import threading
import time
from pathlib import Path

import pytest

import vecstore
from vecstore import Record
from vecstore.client.outbox import WINDOW
from vecstore.collection import ingesting
from vecstore.collection.ingesting import Ingesting

sys.path.append(str(Path(__file__).parents[1] / "kill"))
import harness


def records(count, start=0):
    return [Record(f"r{n}", text=f"text number {n}") for n in range(start, start + count)]


def reasons(results):
    return {item.id: item.error.reason for item in results if item.error}


@pytest.fixture
def batches(monkeypatch):
    """The batches that the store is given; ``before`` and ``after`` are called with each."""

    class Seen(list):
        before = after = staticmethod(lambda number, ids: None)

    seen = Seen()
    write = Ingesting.ingest_batch

    def spied(self, batch, **options):
        seen.append([record.id for record in batch])
        number = len(seen)
        seen.before(number, seen[-1])
        results = write(self, batch, **options)
        seen.after(number, seen[-1])
        return results

    monkeypatch.setattr(Ingesting, "ingest_batch", spied)
    return seen


@pytest.fixture
def encoded(monkeypatch):
    """The ids that were encoded."""
    seen = []
    encode = ingesting.encode

    def spied(checked, *given, **options):
        seen.extend(one.id for one in checked)
        return encode(checked, *given, **options)

    monkeypatch.setattr(ingesting, "encode", spied)
    return seen


def test_every_record_has_a_result_in_order(docs, embedded):
    given = [
        *records(500),
        Record("bad", text=""),
        Record("worse", text="\ud800"),
        *records(9, 500),
    ]
    results = list(docs.ingest(given, batch_bytes=2000))
    assert [item.id for item in results] == [record.id for record in given]
    assert reasons(results) == {"bad": "INVALID_INPUT", "worse": "INVALID_INPUT"}
    assert docs.count() == 509
    local = embedded.create_collection("local", encoder="hashing@1")
    assert reasons(local.ingest(given)) == reasons(results)
    embedded.delete_collection("local")


def test_batches_go_by_bytes_and_by_number(docs, batches):
    given = [Record(str(n), text="x" * 480) for n in range(7)]
    assert not reasons(docs.ingest(given, batch_bytes=1500))
    assert sorted(map(len, batches)) == [1, 2, 2, 2]
    batches.clear()
    assert not reasons(docs.ingest(given, batch_size=4))
    assert sorted(map(len, batches)) == [3, 4]


def test_a_record_larger_than_a_message_is_refused_alone(connect, embedded, serve):
    running = serve(embedded)
    store = connect(running.address, settings=vecstore.Settings(max_message_bytes=10_000))
    docs = store.create_collection("small", encoder="hashing@1")
    given = [*records(2), Record("large", text="word " * 4000), *records(2, 2)]
    assert reasons(docs.ingest(given)) == {"large": "INVALID_ARGUMENT"}
    assert docs.count() == 4
    store.delete_collection("small")


def test_no_more_is_taken_in_than_a_window(docs):
    taken = []

    def source():
        for record in records(100 * WINDOW):
            taken.append(record)
            yield record

    results = docs.ingest(source(), batch_size=1)
    next(results)
    assert len(taken) <= WINDOW + 1
    results.close()


def test_a_batch_goes_out_while_the_source_is_slow(address, embedded):
    slow = embedded.create_collection("slow", encoder="hashing@1")

    def source():
        yield from records(3)
        while slow.count() < 2:
            time.sleep(0.01)
        yield from records(1, 3)

    with vecstore.connect(address) as store:
        assert not reasons(store.collection("slow").ingest(source(), batch_size=1))
    embedded.delete_collection("slow")


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_results_do_not_wait_for_a_slow_source(address, embedded, kind):
    embedded.create_collection("slow", encoder="hashing@1")
    few = records(WINDOW - 2)  # no more than may be on their way
    given, unanswered = [], []

    async def source():
        for number, record in enumerate(few):
            for _ in range(100 if number > 1 and not given else 0):
                await asyncio.sleep(0.002)  # what is durable is answered soon
            yield record
            unanswered.append(not given)

    def blocking_source():
        for number, record in enumerate(few):
            if number > 1 and not given:
                time.sleep(0.2)
            yield record
            unanswered.append(not given)

    async def ingest():
        async with await vecstore.aio.connect(address) as store:
            docs = await store.collection("slow")
            async for item in docs.ingest(source(), batch_size=1):
                given.append(item.id)  # noqa: PERF401 - the source looks at it meanwhile

    if kind == "async":
        asyncio.run(ingest())
    else:
        with vecstore.connect(address) as store:
            for item in store.collection("slow").ingest(blocking_source(), batch_size=1):
                given.append(item.id)  # noqa: PERF401 - the same
    assert given == [record.id for record in few]
    assert not unanswered[-1]
    embedded.delete_collection("slow")


@pytest.mark.parametrize("mode", ["insert", "upsert"])
def test_what_was_committed_and_not_answered_is_not_done_twice(docs, batches, encoded, mode):
    def cut(number, ids):
        if number == 2:
            raise vecstore.Unavailable("the line was cut after the commit")

    batches.after = cut
    results = list(docs.ingest(records(6), mode=mode, batch_size=2))
    assert not reasons(results)
    assert [item.id for item in results] == [f"r{n}" for n in range(6)]
    assert batches.count(batches[1]) == 2  # it was sent again
    assert encoded.count(batches[1][0]) == 1
    assert docs.count() == 6


def test_what_was_refused_is_refused_again_and_the_rest_is_not(docs, batches):
    docs.upsert(records(1))

    def cut(number, ids):
        if number == 1:
            raise vecstore.Unavailable("the line was cut after the commit")

    batches.after = cut
    given = [*records(3), Record("r1", text="again"), Record("empty", text="")]
    results = list(docs.ingest(given, mode="insert"))
    assert len(batches) == 2
    assert [getattr(item.error, "reason", None) for item in results] == [
        *("ALREADY_EXISTS", None, None, "ALREADY_EXISTS", "INVALID_INPUT"),
    ]


def test_an_update_of_what_is_not_there_is_refused_alone(docs):
    docs.upsert(records(2))
    results = docs.ingest(records(3), mode="update")
    assert reasons(results) == {"r2": "RECORD_NOT_FOUND"}


def test_a_busy_store_is_waited_for_and_the_later_record_stays(docs, batches):
    def busy(number, ids):
        if number == 1:
            raise vecstore.Overloaded("too much to do", retry_after=0.02)

    batches.before = busy
    given = [Record("same", text="the first"), Record("same", text="the second")]
    assert not reasons(docs.ingest(given, batch_size=1))
    assert docs.get(["same"])[0].text == "the second"
    assert len(batches) == 3


def test_patience_ends(docs, batches):
    def away(number, ids):
        if "r3" in ids:
            raise vecstore.Unavailable("away")

    batches.before = away
    with pytest.raises(vecstore.Unavailable, match="3 records were acknowledged") as caught:
        list(docs.ingest(records(6), batch_size=1, patience=0.3))
    assert caught.value.details["durable"] == "3"


def test_what_no_record_is_to_blame_for_ends_it(docs, batches):
    def full(number, ids):
        if "r2" in ids:
            raise vecstore.StorageError("the disk is full")

    batches.before = full
    done = []
    with pytest.raises(vecstore.StorageError, match="disk is full"):
        done.extend(item.id for item in docs.ingest(records(6), batch_size=1))
    assert done == ["r0", "r1"]


def test_what_the_callers_iterator_raises_reaches_the_caller(docs):
    def source():
        yield from records(1)
        raise vecstore.Unavailable("mine")

    with pytest.raises(vecstore.Unavailable, match="mine"):
        list(docs.ingest(source()))


@pytest.mark.parametrize(
    "options", [{"mode": "replace"}, {"batch_bytes": 0}, {"batch_size": 1.5}, {"patience": -1}]
)
def test_options_that_make_no_sense(docs, options):
    with pytest.raises(vecstore.InvalidArgument, match=next(iter(options))):
        docs.ingest([], **options)


def test_a_server_that_is_killed_and_comes_back_loses_nothing(connect, tmp_path):
    """Mode insert, so that a record stored twice would be told."""
    data = tmp_path / "data"
    with vecstore.open(data) as store:
        store.create_collection("docs", encoder="hashing@1")
    servers = [harness.Server(data)]
    address = servers[0].address
    docs = connect(address).collection("docs")

    def come_back():
        servers[-1].kill()
        servers.append(harness.Server(data, f"--listen={address}"))

    def source():
        for number, record in enumerate(records(1500)):
            if number == 800:
                restart.start()
            yield record

    restart = threading.Thread(target=come_back)
    try:
        results = list(docs.ingest(source(), mode="insert", batch_size=50))
        restart.join()
        assert not reasons(results)
        assert [item.id for item in results] == [f"r{n}" for n in range(1500)]
        assert docs.count() == 1500
        assert len(servers) == 2
    finally:
        servers[-1].kill()
