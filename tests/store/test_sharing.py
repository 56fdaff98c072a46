"""A store among threads, processes, owners and limits."""

import threading

import pytest

import vecstore
from vecstore import Record, Vector
from vecstore.encoders.canary_inputs import png


def test_a_deleted_collection_is_gone_for_every_holder(store, docs):
    store.delete_collection("docs")
    for call in (lambda: docs.search("x"), docs.count, docs.info, lambda: docs.delete(["cat"])):
        with pytest.raises(vecstore.CollectionNotFound):
            call()
    store.create_collection("docs", encoder="hashing@1")
    assert store.collection("docs").count() == 0
    with pytest.raises(vecstore.CollectionNotFound, match="made anew"):
        docs.search("x")
    with pytest.raises(vecstore.CollectionNotFound):
        docs.upsert([Record(id="a", text="b")])
    assert store.collection("docs").search("x") == ()


def test_one_owner_at_a_time(opener, docs):
    with opener() as other:
        assert [info.name for info in other.list_collections()] == ["docs"]
        other.declare_space("beside@1", dim=3, provenance="registered beside the owner")
        for call in (
            lambda: other.collection("docs").search("x"),
            lambda: other.collection("docs").upsert([Record(id="a", text="b")]),
            lambda: other.delete_collection("docs"),
        ):
            with pytest.raises(vecstore.StoreInUse, match="in use"):
                call()


def test_a_model_registered_elsewhere_is_seen_without_a_restart(opener, store):
    with opener() as other:
        other.declare_space("late@1", dim=3, provenance="registered beside the owner")
    assert store.create_collection("c", encoder="late").encoder == "late@1"


def test_a_closed_store_says_so(opener):
    store = opener()
    docs = store.create_collection("docs", encoder="hashing@1")
    store.close()
    store.close()
    for call in (lambda: docs.search("x"), docs.count, store.list_collections):
        with pytest.raises(vecstore.StoreClosed):
            call()


def test_many_threads_write_and_search(opener):
    with opener(max_tail_bytes=200_000) as store:
        docs = store.create_collection("busy", encoder="hashing@1")
        errors = []

        def work(worker):
            try:
                for n in range(15):
                    ids = [f"{worker}-{n}-{i}" for i in range(10)]
                    docs.upsert([Record(id=i, text=f"words of {i}") for i in ids])
                    hits = docs.search(f"words of {ids[3]}", k=1)
                    assert hits[0].id == ids[3]
                    docs.delete(ids[:5])
                    found = {hit.id for hit in docs.search(f"words of {ids[3]}", k=50)}
                    assert not found & set(ids[:5])
            except BaseException as error:
                errors.append(error)

        threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        assert docs.count() == 4 * 15 * 5


def test_a_filter_misses_nothing_while_records_are_written_anew(store, docs, animals):
    stop = threading.Event()
    errors = []

    def rewrite():
        try:
            while not stop.is_set():
                docs.upsert([Record(id="cat", text=str(threading.get_ident()), payload={"n": 1})])
                docs.upsert([Record(id="cat", text="words", payload={"n": 1})])
        except BaseException as error:
            errors.append(error)

    docs.upsert([Record(id=i, text=t, payload={"n": 1}) for i, t in animals.items()])
    thread = threading.Thread(target=rewrite)
    thread.start()
    try:
        for _ in range(60):
            for plain in (True, False):
                hits = docs.search(
                    "x", 10, filter={"n": 1}, include_payload=plain, include_text=plain
                )
                assert {hit.id for hit in hits} == set(animals)
    finally:
        stop.set()
        thread.join()
    assert errors == []


def test_a_sqlite_database_elsewhere_is_refused(tmp_path):
    with pytest.raises(vecstore.InvalidArgument, match="own folder"):
        vecstore.open(tmp_path / "a", database=f"sqlite:///{tmp_path}/shared.db")


def test_closing_beside_a_claim_lets_the_ownership_go(tmp_path):
    store = vecstore.open(tmp_path / "data")
    store.close()
    with pytest.raises(vecstore.StoreClosed):
        store.owner.claim()
    with vecstore.open(tmp_path / "data") as again:
        again.claim()


def test_an_owner_that_lost_its_database_answers_nothing(postgres_url, tmp_path):
    from sqlalchemy import create_engine, text

    with vecstore.open(tmp_path / "data", database=postgres_url) as store:
        docs = store.create_collection("docs", encoder="hashing@1")
        docs.upsert([Record(id="a", text="b")])
        other = create_engine(postgres_url)
        with other.begin() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_locks"
                    " WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
                )
            )
        other.dispose()
        with pytest.raises(vecstore.StorageError):
            docs.upsert([Record(id="b", text="c")])
        for call in (lambda: docs.search("b"), lambda: docs.delete(["a"])):
            with pytest.raises(vecstore.StorageError, match="ownership"):
                call()


def test_many_stores_may_be_made_at_once(tmp_path):
    errors = []

    def make(number):
        try:
            vecstore.open(tmp_path / str(number)).close()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=make, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_requests_that_would_take_all_memory_are_refused(docs):
    with pytest.raises(vecstore.InvalidArgument, match="100000 hits"):
        docs.search_batch(["x"] * 1000, k=1000)
    with pytest.raises(vecstore.InvalidArgument, match="at most 10000"):
        docs.get([str(n) for n in range(10_001)])
    with pytest.raises(vecstore.InvalidArgument, match="page_size"):
        docs.list(page_size=1.5)
    with pytest.raises(vecstore.InvalidArgument, match="another listing"):
        docs.list(page_token="W1tb" * 50_000)
    assert [type(item.error) for item in docs.upsert_batch(["x"])] == [vecstore.InvalidRecord]


def test_images_go_with_the_last_record_that_has_them(store):
    space = store.declare_space("pictures@1", dim=2, provenance="made by hand").space
    shop = store.create_collection("shop", encoder="pictures@1")
    images = [png(n + 1, 4, 3) for n in range(3)]

    def kept():
        from sqlalchemy import select

        from vecstore.storage.tables import images as table

        with store.catalog.engine.connect() as connection:
            return {bytes(data) for data in connection.execute(select(table.c.data)).scalars()}

    vector = Vector(space, [1.0, 2.0])
    shop.upsert([Record(id=str(n), image=images[n % 2], vector=vector) for n in range(4)])
    assert kept() == set(images[:2])
    assert shop.get(["1"])[0].image == images[1]
    shop.delete(["1"])
    assert kept() == set(images[:2])
    shop.upsert([Record(id="3", image=images[2], vector=vector)])
    assert kept() == {images[0], images[2]}
    store.delete_collection("shop")
    assert kept() == set()


@pytest.mark.parametrize("name", ["no such", "\ud800", "a\0b", ""])
def test_names_that_no_collection_has(store, name):
    with pytest.raises(vecstore.CollectionNotFound):
        store.collection(name)
