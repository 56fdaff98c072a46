"""Pages over gRPC while writes go on."""

import pytest

from vecstore import Record
from vecstore.errors import InvalidArgument


def test_what_was_there_throughout_comes_once(docs):
    docs.upsert([Record(id=f"m{n:02}", text="text", payload={"n": n}) for n in range(30)])
    seen, token, number = [], "", 0
    while True:
        page = docs.list(page_size=4, page_token=token)
        ids = [one.id for one in page.records]
        seen += ids
        token, number = page.next_page_token, number + 1
        if not token:
            break
        if number < 6:
            names = [f"a{number}", f"{ids[-1]}x", f"z{number}"]
            docs.upsert([Record(id=name, text="other") for name in names])
            docs.update_payload([ids[-1]], set={"seen": True})
    assert [one for one in seen if len(one) == 3] == [f"m{n:02}" for n in range(30)]
    assert len(seen) == len(set(seen))


def test_tokens_of_another_listing_and_none(store, docs, embedded):
    docs.upsert([Record(id=f"{n}", text="text", payload={"n": n}) for n in range(9)])
    token = docs.list(page_size=3).next_page_token
    other = store.create_collection("other", encoder="hashing@1")
    for call in (
        lambda: other.list(page_token=token),
        lambda: docs.list(page_token=token, filter={"n": 1}),
        lambda: docs.list(page_token=token[:-4]),
        lambda: docs.list(page_token="W10="),
    ):
        with pytest.raises(InvalidArgument, match="belongs to another listing"):
            call()
    store.set_alias("same", "docs")
    again = store.collection("same").list(page_size=3, page_token=token)
    assert [one.id for one in again.records] == ["3", "4", "5"]
    store.delete_alias("same")
    embedded.delete_collection("other")
