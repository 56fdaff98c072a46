"""Versions, and writes that expect something of what is there."""

import threading

import pytest

import vecstore
from vecstore import Record, VersionConflict


def versions(docs, *ids):
    return [record.version for record in docs.get(ids)]


def test_every_write_gives_a_greater_version(docs, animals):
    first = versions(docs, *animals)
    assert sorted(set(first)) == first
    docs.upsert([Record(id="cat", text=animals["cat"], payload={"kind": "cat"})])  # as it was
    docs.upsert([Record(id="dog", text="another text")])
    docs.update_payload(["fish"], set={"seen": True})
    cat, dog, fish, bird = versions(docs, *animals)
    assert max(first) < cat < dog < fish
    assert bird == first[3]


def test_a_version_is_never_used_again(docs, animals):
    (before,) = versions(docs, "cat")
    docs.delete(["cat"])
    docs.insert([Record(id="cat", text=animals["cat"], payload={"kind": "cat"})])
    assert versions(docs, "cat")[0] > before


def test_versions_stay_after_a_restart(opener):
    with opener() as store:
        docs = store.create_collection("docs", encoder="hashing@1")
        docs.insert([Record(id="a", text="words")])
        (before,) = versions(docs, "a")
        docs.delete(["a"])
    with opener() as store:
        docs = store.collection("docs")
        docs.insert([Record(id="a", text="words")])
        assert versions(docs, "a")[0] > before


def test_a_version_comes_with_pages(docs):
    listed = {record.id: record.version for record in docs.list().records}
    assert list(listed.values()) == versions(docs, *listed)


def test_insert_takes_new_records_only(docs):
    assert docs.insert([Record(id="ant", text="an ant carries a leaf")]) == 1
    with pytest.raises(vecstore.AlreadyExists, match="'dog', 'cat'; nothing was written") as caught:
        docs.insert([Record(id=i, text="x") for i in ("new", "dog", "cat")])
    assert caught.value.details["position"] == "1"
    assert docs.count() == 5
    with pytest.raises(vecstore.InvalidRecord, match=r"'new' \(number 1\) has the id of number 0"):
        docs.insert([Record(id="new", text="x"), Record(id="new", text="y")])
    assert docs.count() == 5


def test_ten_are_named_and_the_rest_counted(docs):
    records = [Record(id=f"n{i:02}", text="x") for i in range(13)]
    docs.insert(records)
    with pytest.raises(vecstore.AlreadyExists, match="'n09' and 3 more;"):
        docs.insert(records)
    with pytest.raises(vecstore.RecordNotFound, match="'m09' and 3 more;"):
        docs.update([Record(id=f"m{i:02}", text="x") for i in range(13)])


def test_update_takes_records_that_are_there_only(docs):
    assert docs.update([Record(id="dog", text="a dog sleeps")]) == 1
    assert docs.get(["dog"])[0].payload == {}  # replaced whole
    with pytest.raises(vecstore.RecordNotFound, match="'nobody'; nothing was written") as caught:
        docs.update([Record(id="cat", text="changed"), Record(id="nobody", text="x")])
    assert caught.value.details["position"] == "1"
    assert docs.get(["cat"])[0].text != "changed"


def test_what_is_refused_is_not_encoded(docs, encoded):
    for call in (
        lambda: docs.insert([Record(id="cat", text="new words")]),
        lambda: docs.update([Record(id="nobody", text="new words")]),
        lambda: docs.upsert([Record(id="cat", text="new words")], if_versions={"cat": 10**6}),
    ):
        with pytest.raises(vecstore.VecstoreError):
            call()
    assert encoded == []


def test_an_update_of_unchanged_inputs_encodes_nothing(docs, animals, encoded):
    docs.update([Record(id=i, text=t, payload={"n": 1}) for i, t in animals.items()])
    assert encoded == []
    assert docs.count({"n": 1}) == 4


@pytest.mark.parametrize("method", ["update", "upsert"])
def test_a_write_on_a_condition(docs, method):
    write = getattr(docs, method)
    (before,) = versions(docs, "cat")
    assert write([Record(id="cat", text="second")], if_versions={"cat": before}) == 1
    (after,) = versions(docs, "cat")
    with pytest.raises(VersionConflict, match=f"'cat' of 'docs' has version {after}, and") as error:
        write(
            [Record(id="dog", text="third"), Record(id="cat", text="third")],
            if_versions={"cat": before},
        )
    assert f"expects version {before}" in error.value.message
    assert error.value.details["position"] == "1"
    assert {r.text for r in docs.get(["cat", "dog"])} & {"third"} == set()


def test_version_none_means_that_nothing_is_there(docs):
    assert docs.upsert([Record(id="ant", text="x")], if_versions={"ant": 0}) == 1
    with pytest.raises(VersionConflict, match=r"expects none \(version 0\)"):
        docs.upsert([Record(id="ant", text="y")], if_versions={"ant": 0})
    with pytest.raises(VersionConflict, match="is not there, and the write expects version 7"):
        docs.upsert([Record(id="emu", text="y")], if_versions={"emu": 7})


def test_conditions_of_payloads_and_deletes(docs):
    (cat,) = versions(docs, "cat")
    docs.update_payload(["cat"], set={"n": 1}, if_versions={"cat": cat})
    for call in (
        lambda: docs.update_payload(["cat", "dog"], set={"n": 2}, if_versions={"cat": cat}),
        lambda: docs.delete(["dog", "cat"], if_versions={"cat": cat}),
        lambda: docs.delete(["nobody"], if_versions={"nobody": cat}),
    ):
        with pytest.raises(VersionConflict):
            call()
    assert docs.count() == 4
    assert docs.count({"n": 2}) == 0
    assert docs.delete(["cat"], if_versions={"cat": versions(docs, "cat")[0]}) == 1


def test_conditions_that_make_no_sense(docs):
    (before,) = versions(docs, "cat")
    for given, said in (
        ([("cat", 1)], "if_versions is a list"),
        ({"cat": -1}, "has -1 for 'cat'"),
        ({"cat": True}, "has True for"),
        ({"cat": "1"}, "has '1' for"),
        ({"cat": 2**63}, "has 9223372036854775808 for"),
        ({"dog": 1}, "names 'dog', which is not among the records"),
    ):
        for call in (
            lambda given=given: docs.upsert([Record(id="cat", text="x")], if_versions=given),
            lambda given=given: docs.update([Record(id="cat", text="x")], if_versions=given),
            lambda given=given: docs.delete(["cat"], if_versions=given),
            lambda given=given: docs.update_payload(["cat"], set={"a": 1}, if_versions=given),
        ):
            with pytest.raises(vecstore.InvalidArgument, match=said):
                call()
    assert versions(docs, "cat") == [before]


def race(count, act):
    """Call ``act(number)`` in threads at once; what each raised, or None."""
    gate, outcomes = threading.Barrier(count), [None] * count

    def run(number):
        gate.wait()
        try:
            act(number)
        except vecstore.VecstoreError as error:
            outcomes[number] = error

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@pytest.mark.parametrize("kind", ["upsert", "payload", "insert", "delete"])
def test_of_racing_writers_one_wins(store, docs, kind, monkeypatch):
    # The early look at what is there must not be what decides.
    monkeypatch.setattr(store.reader, "foreseen", lambda *_: None)
    (cat,) = versions(docs, "cat")
    acts = {
        "upsert": lambda n: docs.upsert([Record(id="cat", text=f"{n}")], if_versions={"cat": cat}),
        "payload": lambda n: docs.update_payload(["cat"], set={"n": n}, if_versions={"cat": cat}),
        "insert": lambda n: docs.insert([Record(id="new", text=f"{n}")]),
        "delete": lambda n: docs.delete(["cat"], if_versions={"cat": cat}),
    }
    outcomes = race(8, acts[kind])
    lost = [one for one in outcomes if one is not None]
    assert len(lost) == 7
    expected = vecstore.AlreadyExists if kind == "insert" else VersionConflict
    assert {type(one) for one in lost} == {expected}
    winner = outcomes.index(None)
    if kind == "upsert":
        assert docs.get(["cat"])[0].text == f"{winner}"
    if kind == "payload":
        assert docs.get(["cat"])[0].payload["n"] == winner


def test_a_counter_of_many_threads_loses_nothing(docs):
    docs.update_payload(["cat"], set={"n": 0})

    def add(_):
        for _attempt in range(1000):
            record = docs.get(["cat"])[0]
            try:
                docs.update_payload(
                    ["cat"],
                    set={"n": record.payload["n"] + 1},
                    if_versions={"cat": record.version},
                )
                return
            except VersionConflict:
                continue

    assert race(6, add) == [None] * 6
    assert docs.get(["cat"])[0].payload["n"] == 6


def test_a_batch_of_a_stream_has_a_mode(docs):
    results = docs.upsert_batch(
        [Record(id="new", text="x"), Record(id="cat", text="x")], mode="insert"
    )
    assert isinstance(results[1].error, vecstore.AlreadyExists)
    assert "another record of the same batch" in results[0].error.message
    assert docs.count() == 4
    assert docs.upsert_batch([Record(id="cat", text="x")], mode="update")[0].error is None
    with pytest.raises(vecstore.InvalidArgument, match="mode 'replace' is not known"):
        docs.upsert_batch([Record(id="cat", text="x")], mode="replace")
