"""A store whose encoders are told apart by their figures, and a collection of it."""

import pytest

import vecstore
from tests.judging.toys import Plugin, sentences
from vecstore.records import Record
from vecstore.registry import Registry


@pytest.fixture(scope="session")
def registry():
    plugins = [("ours", Plugin())]
    return Registry.load(vecstore.Settings(), plugins=plugins, entry_points=False)


@pytest.fixture
def store(tmp_path, registry):
    with vecstore.open(tmp_path / "store", registry=registry) as store:
        store.register_encoder("small@1", loader="hashing", source="", options={"dim": 32})
        yield store


@pytest.fixture
def collection(store):
    made = store.create_collection("docs", encoder="small@1")
    rows = sentences(40)
    made.upsert(
        Record(
            id=f"r{n:02}", text=text, payload={"about": {"kind": label}} if n % 8 else {"one": 1}
        )
        for n, (text, label) in enumerate(rows)
    )
    return made
