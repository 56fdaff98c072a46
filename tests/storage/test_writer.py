"""Group commit: one COMMIT for those who wait together, and nobody pays for a neighbour."""

import threading

import pytest
from sqlalchemy import create_engine, insert, select, text

from vecstore.errors import InvalidArgument, StorageError, StoreClosed
from vecstore.storage import schema, tables
from vecstore.storage.writer import Writer


@pytest.fixture
def engine(tmp_path):
    engine = schema.connect(schema.sqlite_url(tmp_path))
    schema.prepare(engine, "upgrade")
    yield engine
    engine.dispose()


@pytest.fixture
def writer(engine):
    writer = Writer(engine, lambda connection: None)
    yield writer
    writer.close()


def put(label):
    return lambda connection: connection.execute(
        insert(tables.vectors), [{"label": label, "values": b""}]
    )


def labels(engine):
    with engine.connect() as connection:
        return set(connection.execute(select(tables.vectors.c.label)).scalars())


def group(writer, operations):
    """Submit while the writer is held up, so that all of them share one commit."""
    started, gate = threading.Event(), threading.Event()

    def hold(connection):
        started.set()
        gate.wait(30)

    first = writer.submit(hold, lambda _: None)
    started.wait(30)
    futures = [writer.submit(*operation) for operation in operations]
    gate.set()
    first.result()
    return futures


def test_a_commit_is_full_and_write_ahead(writer):
    def look(connection):
        return [
            connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]

    # 2 is FULL: the log is forced to the disk before a commit is answered.
    assert writer.submit(look, lambda _: None).result() == ["wal", 2, 1]


def test_acknowledged_after_commit_and_never_before(writer, engine):
    seen = []
    writer.submit(put(1), lambda _: seen.append(labels(engine))).result()
    assert seen == [{1}]


def test_a_failing_neighbour_aborts_nobody(writer, engine):
    def refuse(connection):
        put(99)(connection)
        raise InvalidArgument("no")

    def collide(connection):
        put(1)(connection)

    futures = group(writer, [(f, lambda _: None) for f in (put(1), refuse, collide, put(2))])
    futures[0].result()
    futures[3].result()
    with pytest.raises(InvalidArgument):
        futures[1].result()
    with pytest.raises(StorageError, match="UNIQUE"):
        futures[2].result()
    assert labels(engine) == {1, 2}


def test_no_room_for_one_is_no_success_for_its_neighbours(writer, engine):
    """A full database gives up the whole transaction, whatever savepoints there are."""

    def fill(connection):
        connection.exec_driver_sql("PRAGMA max_page_count=1")
        put_much = [{"label": 100 + n, "values": bytes(4000)} for n in range(200)]
        connection.execute(insert(tables.vectors), put_much)

    writer.submit(put(1), lambda _: None).result()
    futures = group(writer, [(f, lambda _: None) for f in (put(2), fill, put(3))])
    for future in futures:
        with pytest.raises(StorageError, match="full"):
            future.result()
    assert labels(engine) == {1}


def test_those_who_wish_it_are_alone(writer, engine):
    from sqlalchemy import event

    sizes, order = [], []
    event.listen(engine, "commit", lambda connection: sizes.append(len(order)))
    started, gate = threading.Event(), threading.Event()
    hold = writer.submit(lambda _: (started.set(), gate.wait(30)), lambda _: None)
    started.wait(30)
    futures = [
        writer.submit(lambda c, n=n: order.append(n), lambda _: None, alone=n == 2)
        for n in range(5)
    ]
    gate.set()
    for future in [hold, *futures]:
        future.result()
    assert order == [0, 1, 2, 3, 4]
    assert sizes == [0, 2, 3, 5]


def test_those_who_wait_share_commits(writer, engine):
    from sqlalchemy import event

    commits = []
    event.listen(engine, "commit", lambda connection: commits.append(1))
    for future in group(writer, [(put(label), lambda _: None) for label in range(100)]):
        future.result()
    assert len(labels(engine)) == 100
    assert len(commits) <= 4


def test_the_index_follows_in_commit_order(writer):
    order = []
    futures = group(writer, [(put(n), lambda _, n=n: order.append(n)) for n in range(50)])
    for future in futures:
        future.result()
    assert order == list(range(50))


def test_an_index_that_cannot_follow_is_heard_of(writer, engine):
    def fail(_):
        raise StorageError("the index is broken")

    with pytest.raises(StorageError, match="index is broken"):
        writer.submit(put(1), fail).result()
    writer.submit(put(2), lambda _: None).result()
    assert labels(engine) == {1, 2}


def test_what_is_queued_is_written_before_closing(writer, engine):
    futures = [writer.submit(put(label), lambda _: None) for label in range(20)]
    writer.close()
    assert all(future.done() for future in futures)
    assert len(labels(engine)) == 20
    with pytest.raises(StoreClosed):
        writer.submit(put(99), lambda _: None)


def test_a_commit_that_fails_is_told_to_all_who_wait(tmp_path, writer, engine):
    def fill(connection):
        put(1)(connection)
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        connection.execute(
            text(
                "INSERT INTO fields (collection_id, name, model, version, transform, dim,"
                " fingerprint, index_backend) VALUES (77, 'f', 'm', '1', '', 1, '', '')"
            )
        )

    futures = group(writer, [(put(2), lambda _: None), (fill, lambda _: None)])
    for future in futures:
        with pytest.raises(StorageError):
            future.result()
    assert labels(engine) == set()


def test_a_lost_postgresql_connection_ends_the_ownership(postgres_url):
    from vecstore.storage.ownership import lock_database

    engine = schema.connect(postgres_url)
    schema.prepare(engine, "upgrade")
    writer = Writer(engine, lock_database)
    writer.submit(put(1), lambda _: None).result()
    other = create_engine(postgres_url)
    with other.begin() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    for _ in range(2):
        with pytest.raises(StorageError):
            writer.submit(put(2), lambda _: None).result()
    writer.close()
    engine.dispose()
    other.dispose()
