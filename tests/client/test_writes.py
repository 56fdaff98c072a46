"""Both clients insert, update, change payloads and delete as the embedded store does."""

import pytest

import vecstore
from vecstore import Record


@pytest.fixture
def filled(docs):
    docs.upsert([Record(id=i, text=f"text {i}", payload={"kind": i, "n": 1}) for i in "abcd"])
    return docs


def version(docs, record):
    return docs.get([record])[0].version


def test_a_version_travels(filled, embedded):
    here = [record.version for record in embedded.collection("docs").list().records]
    assert [record.version for record in filled.list().records] == here
    assert all(here)
    record = filled.get(["a"])[0]
    filled.upsert([record])  # its version is not read
    assert version(filled, "a") > record.version


def test_insert_and_update(filled):
    assert filled.insert([Record(id="e", text="x")]) == 1
    with pytest.raises(vecstore.AlreadyExists, match="already in collection 'docs': 'a'"):
        filled.insert([Record(id="f", text="x"), Record(id="a", text="x")])
    assert filled.update([Record(id="e", text="y", payload={"k": 2})]) == 1
    with pytest.raises(vecstore.RecordNotFound, match="'f'; nothing was written"):
        filled.update([Record(id="f", text="x")])
    assert filled.get(["e"])[0].payload == {"k": 2}


def test_conditions(filled):
    before = version(filled, "a")
    assert filled.upsert([Record(id="a", text="new")], if_versions={"a": before}) == 1
    with pytest.raises(vecstore.VersionConflict, match=f"expects version {before}") as caught:
        filled.update([Record(id="a", text="newer")], if_versions={"a": before})
    assert caught.value.details["record"] == "a"
    assert caught.value.details["present"] == str(version(filled, "a"))
    assert filled.upsert([Record(id="new", text="x")], if_versions={"new": 0}) == 1
    with pytest.raises(vecstore.VersionConflict):
        filled.delete(["a"], if_versions={"a": before})
    with pytest.raises(vecstore.InvalidArgument, match="not among the records"):
        filled.delete(["a"], if_versions={"b": 1})


def test_payloads(filled):
    assert (
        filled.update_payload(["a", "b"], set={"n": 2.5, "deep": {"x": [1]}}, unset=["kind"]) == 2
    )
    assert filled.get(["a"])[0].payload == {"n": 2.5, "deep": {"x": [1]}}
    assert filled.update_payload(filter={"n": 1}, unset=["n"]) == 2
    assert filled.get(["c"])[0].payload == {"kind": "c"}
    with pytest.raises(vecstore.InvalidArgument, match="nothing to set or to unset"):
        filled.update_payload(["a"])
    with pytest.raises(vecstore.InvalidArgument, match="neither ids nor a filter"):
        filled.update_payload(set={"a": 1})
    with pytest.raises(vecstore.InvalidArgument, match="single string 'kind'"):
        filled.update_payload(["a"], unset="kind")
    with pytest.raises(vecstore.RecordNotFound):
        filled.update_payload(["a", "z"], set={"n": 3})
    assert filled.update_payload([], set={"n": 3}) == 0
    assert filled.count({"n": 3}) == 0


def test_deletes(filled):
    assert filled.delete(filter={"kind": {"$in": ["a", "b"]}}) == 2
    for call in (filled.delete, lambda: filled.delete(["c"], filter={})):
        with pytest.raises(vecstore.InvalidArgument):
            call()
    assert filled.delete([]) == 0
    assert filled.count() == 2
    assert filled.delete(filter={}) == 2


def test_idempotency(filled):
    new = [Record(id="e", text="x", payload={"a": 1, "b": 2, "c": {"d": 1, "e": 2}})]
    assert [filled.insert(new, idempotency_key="k") for _ in range(2)] == [1, 1]
    for key in ("", "x" * 300):
        with pytest.raises(vecstore.InvalidArgument, match="idempotency key"):
            filled.insert(new, idempotency_key=key)
    with pytest.raises(vecstore.InvalidArgument, match="used for another request"):
        filled.delete(["e"], idempotency_key="k")
    assert [filled.delete(["e"], idempotency_key="d") for _ in range(2)] == [1, 1]


def test_the_same_request_embedded_and_remote(filled, embedded):
    new = [Record(id="e", text="x", payload={"z": 1, "a": {"c": 2, "b": 1}})]
    filled.insert(new, idempotency_key="k")
    assert embedded.collection("docs").insert(new, idempotency_key="k") == 1
