import pytest
from vecstore_example_task import vecstore_register_pretext_tasks

import vecstore
from vecstore.testing import PretextContract

pytestmark = pytest.mark.torch

WORDS = ["oak", "ash", "elm", "fir", "pine", "yew", "birch", "beech", "cedar", "maple", "willow"]


class TestSpelling(PretextContract):
    @pytest.fixture(scope="class")
    @classmethod
    def task(cls):
        (task,) = vecstore_register_pretext_tasks()
        return task

    @pytest.fixture(scope="class")
    @classmethod
    def data(cls):
        return [f"{one} and {other}" for one in WORDS for other in WORDS]

    @pytest.fixture(scope="class")
    @classmethod
    def options(cls):
        return {"epochs": 6, "dim": 8}


def test_too_few_texts_are_refused(tmp_path):
    with vecstore.open(tmp_path) as store, pytest.raises(vecstore.InvalidInput, match="3 texts"):
        store.train("spelling", WORDS[:3], name="trees", version="1")


def test_what_is_spelt_alike_is_near(tmp_path):
    with vecstore.open(tmp_path) as store:
        store.train("spelling", WORDS * 6, name="trees", version="1")
        trees = store.create_collection("trees", encoder="trees@1")
        trees.upsert([vecstore.Record(id=word, text=word) for word in WORDS])
        assert trees.search("ceddar", k=1)[0].id == "cedar"
