"""Random writes while a field moves at random: the collection is what a plain model says."""

import os

import pytest

from tests.reembedding import storm


def weathered(opener, seed, steps, rounds):
    """Several storms on one store, which is opened anew for each; how often each step was taken."""
    with opener() as store:
        for one in store.list_collections():
            store.delete_collection(one.name)
        store.create_collection("docs", encoder="letters@1").create_index("k", "integer")
    crew, done = None, {}
    for number in range(rounds):
        with opener() as store:
            docs = store.collection("docs")
            crew, mover = storm.storm(store, docs, seed=seed + number, steps=steps, crew=crew)
            done |= mover.done
            assert storm.wrong(store, crew, mover) == [], f"seed {seed + number}: {mover.done}"
    return done


@pytest.mark.parametrize("opener", ["sqlite"], indirect=True)
def test_a_storm(opener):
    assert weathered(opener, seed=4, steps=25, rounds=1)


def test_the_test_can_fail(store):
    """What is lost, comes back or is stale is found."""
    docs = store.create_collection("docs", encoder="letters@1")
    crew, mover = storm.storm(store, docs, seed=2, steps=3)
    known = crew[0].known
    known["lost"] = storm.Known("some text", {})
    assert "lost is lost" in storm.wrong(store, crew, mover)
    known["lost"] = storm.Known("some text", {"k": 1})
    docs.upsert([storm.Record("lost", text="another text", payload={"k": 2})])
    assert [one.split(":")[0].split(" in ")[0] for one in storm.wrong(store, crew, mover)][:3] == [
        "lost",
        "lost",
        "lost has a stale vector",
    ]


@pytest.mark.slow
@pytest.mark.timeout(0)
def test_many_storms(opener):
    """STORMS says how many on each database."""
    for number in range(int(os.environ.get("STORMS", "50"))):
        weathered(opener, seed=10 * number, steps=80, rounds=3)
