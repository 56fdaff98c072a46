"""Writes whose answers are lost on the way, and which are sent again: nothing is done twice."""

from __future__ import annotations

import pytest

import vecstore
from vecstore import errors
from vecstore.client import retrying
from vecstore.client.aio_channel import AsyncChannel
from vecstore.client.channel import Channel


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(retrying, "_BASE_SECONDS", 0.001)


@pytest.fixture
def losing(monkeypatch):
    """Called, it makes either client lose the next answer; the paths of what was sent."""
    sent, lose = [], []

    def lost(path):
        sent.append(path.rpartition("/")[2])
        if lose:
            raise errors.Unavailable(lose.pop())

    blocking, awaiting = Channel._send, AsyncChannel._send

    def send(self, path, request, seconds):
        answer = blocking(self, path, request, seconds)
        lost(path)
        return answer

    async def send_async(self, path, request, seconds):
        answer = await awaiting(self, path, request, seconds)
        lost(path)
        return answer

    monkeypatch.setattr(Channel, "_send", send)
    monkeypatch.setattr(AsyncChannel, "_send", send_async)

    def next_one():
        sent.clear()
        lose[:] = ["the connection was lost"]
        return sent

    return next_one


def test_every_kind_of_write_is_done_once(docs, losing):
    a, b = vecstore.Record("a", "copy a tree", payload={"n": 1}), vecstore.Record("b", "sort it")
    sent = losing()
    assert docs.insert([a, b]) == 2  # the second time they would be there already
    assert sent == ["Upsert", "Upsert"]
    version = docs.get(["a"])[0].version
    losing()
    assert docs.update([a], if_versions={"a": version}) == 1  # the version is another one by then
    losing()
    assert docs.update_payload(["a"], set={"n": 2}) == 1
    written = docs.get(["a"])[0]
    assert written.payload == {"n": 2}
    losing()
    assert docs.upsert([b]) == 1
    losing()
    assert docs.delete(["b"]) == 1  # the second time it would not be there any more
    losing()
    assert docs.delete(filter={"n": 2}) == 1
    assert docs.count() == 0


def test_what_is_sent_again_does_not_undo_what_another_caller_wrote(
    docs, embedded, losing, monkeypatch
):
    other = embedded.collection(docs.name)

    def meanwhile(number):
        seen = other.get(["a"])[0]
        assert seen.text == "first"
        other.upsert([vecstore.Record("a", "second")], if_versions={"a": seen.version})
        return 0.0

    monkeypatch.setattr(retrying, "backoff", meanwhile)
    sent = losing()
    assert docs.upsert([vecstore.Record("a", "first")]) == 1
    assert sent[:2] == ["Upsert", "Upsert"]
    assert other.get(["a"])[0].text == "second"


def test_what_has_no_key_is_not_sent_again(store, losing):
    sent = losing()
    with pytest.raises(vecstore.Unavailable, match="lost"):
        store.create_collection("once", encoder="hashing@1")
    assert sent == ["CreateCollection"]
    store.delete_collection("once")
