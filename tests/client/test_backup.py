"""A backup over gRPC is the file that the embedded store writes."""

import hashlib
import threading

import pytest

import vecstore
from vecstore import Record
from vecstore.errors import AlreadyExists, Overloaded, StorageError, Unavailable
from vecstore.service.backup_servicer import MOST_AT_ONCE


@pytest.fixture
def filled(docs):
    docs.upsert([Record(id=f"{n}", text=f"text {n}", payload={"n": n}) for n in range(300)])
    return docs


def test_the_file_is_whole_and_restores(store, filled, tmp_path):
    seen = []
    info = store.backup(tmp_path / "b", on_progress=lambda *done: seen.append(done))
    assert info == vecstore.verify_backup(tmp_path / "b")
    assert info.sha256 == hashlib.sha256((tmp_path / "b").read_bytes()).hexdigest()
    assert (info.collections, info.records) == (("docs",), 300)
    assert seen[-1][0] == info.bytes
    vecstore.restore(tmp_path / "b", tmp_path / "new")
    with vecstore.open(tmp_path / "new") as again:
        found = [
            # Behind the nearest seven stand eleven that are equally near.
            [hit.id for hit in one.search("text 7", k=7)]
            for one in (again.collection("docs"), filled)
        ]
    assert found[0] == found[1]


def test_a_file_that_is_there_is_not_replaced_unless_told(store, filled, tmp_path):
    (tmp_path / "b").write_text("precious")
    with pytest.raises(AlreadyExists, match="overwrite=True, or --force"):
        store.backup(tmp_path / "b")
    assert (tmp_path / "b").read_text() == "precious"
    assert store.backup(tmp_path / "b", overwrite=True).records == 300


def test_what_the_server_cannot_read_is_told_and_leaves_nothing(
    store, filled, embedded, tmp_path, monkeypatch
):
    def pieces():
        yield b"the beginning"
        raise StorageError("the disk is gone")

    monkeypatch.setattr(embedded, "backup_pieces", pieces)
    with pytest.raises(StorageError, match="the disk is gone"):
        store.backup(tmp_path / "b")
    assert list(tmp_path.iterdir()) == []


def test_more_backups_than_the_server_makes_at_once_are_refused(
    connect, address, embedded, tmp_path, monkeypatch
):
    begun, closed, going = threading.Semaphore(0), threading.Semaphore(0), threading.Event()

    def pieces():
        begun.release()
        try:
            while True:
                yield b"x" * 1024 * 1024
        finally:
            closed.release()

    def gone(_done, _about):
        going.wait(60)
        raise InterruptedError

    def run(number):
        with pytest.raises(InterruptedError):
            connect(address).backup(tmp_path / str(number), on_progress=gone)

    monkeypatch.setattr(embedded, "backup_pieces", pieces)
    threads = [threading.Thread(target=run, args=(n,)) for n in range(MOST_AT_ONCE)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert begun.acquire(timeout=30)
    with pytest.raises(Overloaded, match=f"{MOST_AT_ONCE} backups are being made already"):
        connect(address).backup(tmp_path / "one more")
    going.set()
    for thread in threads:
        thread.join()
        # Whoever goes away lets the server's side of it go.
        assert closed.acquire(timeout=30)
    assert list(tmp_path.iterdir()) == []


def test_a_stopping_server_ends_a_backup_that_nobody_takes(serve, connect, tmp_path):
    def pieces():
        while True:
            yield b"x" * 1024 * 1024

    with vecstore.open(tmp_path / "store") as embedded:
        embedded.backup_pieces = pieces
        running = serve(embedded, drain_seconds=0.2)
        remote, stopping = connect(running.address), []

        def taken(done, _about):
            if not stopping:
                stopping.append(running.begin_to_stop())

        with pytest.raises(Unavailable):
            remote.backup(tmp_path / "b", on_progress=taken)
        stopping[0].result(30)
    assert not (tmp_path / "b").exists()
