"""Pages while writes go on: what was there throughout comes once, and tokens are of one listing."""

import base64
import json
import threading

import pytest

from vecstore import Record
from vecstore.errors import InvalidArgument

STAY = 40


@pytest.fixture
def many(store):
    """Records that stay, with room for others before, between and after them."""
    made = store.create_collection("many", encoder="hashing@1")
    made.upsert([record(f"m{n:03}", stays=True) for n in range(STAY)])
    return made


def record(name, *, stays, text="a text"):
    return Record(id=name, text=text, payload={"stays": stays, "n": len(text)})


def pages(collection, size, **options):
    token = ""
    while True:
        page = collection.list(page_size=size, page_token=token, **options)
        yield page
        token = page.next_page_token
        if not token:
            return


@pytest.mark.parametrize("size", [1, 7, 40])
@pytest.mark.parametrize("filter", [None, {"stays": True}, {"n": {"$gte": 0}}])
def test_between_pages_everything_else_changes(many, size, filter):
    """What comes and goes lies before, at and after the last record of each page."""
    seen = []
    for number, page in enumerate(pages(many, size, filter=filter)):
        ids = [one.id for one in page.records]
        assert ids == sorted(set(ids))
        seen += ids
        if number > 8:
            continue
        edge = ids[-1]
        new = [f"a{number}", f"{edge}x", f"z{number}"]
        many.upsert([record(one, stays=False) for one in new])
        many.upsert([record(edge, stays=edge[0] == "m" and "x" not in edge, text="another")])
        others = [one for one in ids if "x" in one or one[0] != "m"]
        if others:
            many.delete(others)
    stayed = [one for one in seen if one[0] == "m" and "x" not in one]
    assert stayed == [f"m{n:03}" for n in range(STAY)]
    assert len(seen) == len(set(seen))


def test_the_record_that_a_token_stands_at_may_go(many):
    first = many.list(page_size=10)
    many.delete([one.id for one in first.records])
    second = many.list(page_size=10, page_token=first.next_page_token)
    assert [one.id for one in second.records] == [f"m{n:03}" for n in range(10, 20)]


def test_while_others_write(many):
    done, failed = threading.Event(), []

    def write(side):
        number = 0
        try:
            while not done.is_set():
                number += 1
                names = [f"{side}{number % 5}", f"m{number % STAY:03}{side}"]
                many.upsert([record(name, stays=False) for name in names])
                many.upsert([record(f"m{number % STAY:03}", stays=True, text=f"text {number}")])
                many.delete(names)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=(side,)) for side in "az"]
    for thread in threads:
        thread.start()
    try:
        for turn in range(6):
            options = {"filter": {"stays": True}} if turn % 2 else {}
            seen = [one for page in pages(many, 7, **options) for one in page.records]
            ids = [one.id for one in seen]
            assert len(ids) == len(set(ids))
            stayed = [one.id for one in seen if one.payload["stays"]]
            assert stayed == [f"m{n:03}" for n in range(STAY)]
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert failed == []


def test_tokens_of_another_listing(store, many):
    token = many.list(page_size=5).next_page_token
    other = store.create_collection("other", encoder="hashing@1")
    filtered = many.list(page_size=5, filter={"stays": True}).next_page_token
    for call in (
        lambda: other.list(page_token=token),
        lambda: many.list(page_token=token, filter={"stays": True}),
        lambda: many.list(page_token=filtered),
        lambda: many.list(page_token=filtered, filter={"stays": False}),
    ):
        with pytest.raises(InvalidArgument, match="belongs to another listing"):
            call()
    store.delete_collection("many")
    anew = store.create_collection("many", encoder="hashing@1")
    with pytest.raises(InvalidArgument, match="belongs to another listing"):
        anew.list(page_token=token)


def encoded(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


def test_forged_tokens(many):
    (made_for, last) = json.loads(base64.urlsafe_b64decode(many.list(page_size=5).next_page_token))
    for forged in (
        *("x", "====", "\udc80", "W10=", encoded(None), encoded({"a": 1, "b": 2})),
        *(encoded([made_for]), encoded([made_for, 5]), encoded([made_for, None])),
        *(encoded([made_for, "a\0b"]), encoded([last, made_for]), encoded([made_for, last, 1])),
        *(encoded([[made_for], last]), "[" * 100_000),
    ):
        with pytest.raises(InvalidArgument, match="belongs to another listing"):
            many.list(page_token=forged)
    with pytest.raises(InvalidArgument, match="page_token is 5"):
        many.list(page_token=5)
