import logging

import pytest

from vecstore.config import Settings
from vecstore.encoders.hashing import SPEC
from vecstore.errors import EncoderNotFound, InvalidArgument, PluginError
from vecstore.hookspecs import hookimpl
from vecstore.records import Modality
from vecstore.registry import Registry
from vecstore.specs import EncoderSpec, IndexSpec, ReadyRelease
from vecstore.tasks import DataKind, PretextSpec


def refuse(*_):
    raise AssertionError("a look-up must not load anything")


def encoder_spec(loader, *ready):
    return EncoderSpec(loader, "a loader", (Modality.TEXT,), refuse, ready=ready)


def index_spec(name):
    return IndexSpec(name, "an index", refuse, refuse)


def task_spec(name):
    modalities = (Modality.TEXT,)
    return PretextSpec(name, "a task", "a paper", modalities, DataKind.TEXT, refuse, refuse)


class Offers:
    def __init__(self, encoders=(), indexes=(), tasks=()):
        self.encoders, self.indexes, self.tasks = encoders, indexes, tasks

    @hookimpl
    def vecstore_register_encoders(self):
        return self.encoders

    @hookimpl
    def vecstore_register_index_backends(self):
        return self.indexes

    @hookimpl
    def vecstore_register_pretext_tasks(self):
        return self.tasks


def load(**plugins):
    return Registry.load(Settings(), plugins=list(plugins.items()), entry_points=False)


def test_what_is_built_in_comes_by_the_hooks():
    registry = load()
    assert registry.plugins == ("builtin",)
    assert registry.problems == ()
    assert registry.encoder_spec("hashing") is SPEC
    assert registry.index_spec("hnsw").name == "hnsw"
    assert (SPEC, ReadyRelease("hashing", "1", "builtin")) in registry.ready_releases()
    assert registry.ready_release("hashing", "1") == (SPEC, SPEC.ready[0])


def test_plugins_add_to_it():
    ready = ReadyRelease("tiny", "3", "here")
    mine, backend = encoder_spec("mine", ready), index_spec("grid")
    registry = load(one=Offers([mine], [backend]))
    assert registry.encoder_spec("mine") is mine
    assert registry.index_spec("grid") is backend
    assert registry.ready_release("tiny", "3") == (mine, ready)
    assert mine in registry.encoder_specs()


def test_an_unknown_loader_is_answered_with_those_that_exist():
    with pytest.raises(EncoderNotFound, match=r"no loader 'bert'; .*hashing, .*mine"):
        load(one=Offers([encoder_spec("mine")])).encoder_spec("bert")


def test_an_unknown_index_backend_is_answered_with_those_that_exist():
    with pytest.raises(InvalidArgument, match=r"no index backend 'tree'; .*hnsw"):
        load().index_spec("tree")


def test_an_unknown_release_is_none():
    assert load().ready_release("hashing", "2") is None


def test_what_is_not_found_points_to_plugins_that_failed():
    with pytest.raises(EncoderNotFound, match="plugins with problems: broken"):
        load(broken=Offers(["nothing"])).encoder_spec("bert")


@pytest.mark.parametrize("names", [("one", "two"), ("two", "one")])
def test_a_loader_that_two_plugins_offer_belongs_to_neither(names):
    first, second = (Offers([encoder_spec("same")]) for _ in names)
    registry = load(**dict(zip(names, (first, second), strict=True)))
    with pytest.raises(PluginError, match=r"'same' is offered by the plugins 'one' and 'two'"):
        registry.encoder_spec("same")
    assert "same" not in [spec.loader for spec in registry.encoder_specs()]
    assert [problem.plugin for problem in registry.problems] == ["one, two"]


def test_a_plugin_cannot_take_over_what_is_built_in():
    registry = load(bold=Offers([encoder_spec("hashing")], [index_spec("hnsw")]))
    with pytest.raises(PluginError, match="'bold' and 'builtin'"):
        registry.encoder_spec("hashing")
    with pytest.raises(PluginError, match="index backend 'hnsw'"):
        registry.index_spec("hnsw")


def test_a_ready_release_that_two_plugins_offer_belongs_to_neither():
    one = Offers([encoder_spec("a", ReadyRelease("m", "1", "x"))])
    two = Offers([encoder_spec("b", ReadyRelease("m", "1", "y"), ReadyRelease("m", "2", "y"))])
    registry = load(one=one, two=two)
    with pytest.raises(PluginError, match="ready release 'm@1'"):
        registry.ready_release("m", "1")
    names = [f"{ready.model}@{ready.version}" for _, ready in registry.ready_releases()]
    assert names == ["hashing@1", "m@2"]
    assert registry.encoder_spec("a").loader == "a"


def test_a_ready_release_of_a_contested_loader_cannot_be_used():
    one = Offers([encoder_spec("same", ReadyRelease("m", "1", "x"))])
    registry = load(one=one, two=Offers([encoder_spec("same")]))
    assert [ready.model for _, ready in registry.ready_releases()] == ["hashing"]
    with pytest.raises(PluginError, match="loader 'same'"):
        registry.ready_release("m", "1")


def test_a_plugin_that_offers_a_name_twice_is_named():
    registry = load(one=Offers([encoder_spec("same"), encoder_spec("same")]))
    with pytest.raises(PluginError, match=r"the plugin 'one' offers the loader 'same' twice"):
        registry.encoder_spec("same")


def test_problems_are_logged(caplog):
    with caplog.at_level(logging.WARNING, "vecstore.registry"):
        load(broken=Offers(["nothing"]))
    assert "broken" in caplog.text


def test_a_task_is_the_loader_of_what_it_has_trained():
    registry = load(one=Offers(tasks=[task_spec("mine")]))
    assert registry.pretext_spec("mine") in registry.pretext_specs()
    assert registry.encoder_spec("mine").modalities == (Modality.TEXT,)


def test_an_unknown_task_is_answered_with_those_that_exist():
    with pytest.raises(InvalidArgument, match=r"no pretext task 'bert'; .*word-context"):
        load().pretext_spec("bert")


def test_a_task_that_two_plugins_offer_belongs_to_neither():
    registry = load(one=Offers(tasks=[task_spec("same")]), two=Offers(tasks=[task_spec("same")]))
    with pytest.raises(PluginError, match="'one' and 'two'"):
        registry.pretext_spec("same")
    assert "same" not in [spec.name for spec in registry.pretext_specs()]


def test_a_task_by_the_name_of_another_ones_loader_is_not_trained():
    """What it trained could not be loaded."""
    registry = load(one=Offers(tasks=[task_spec("same")]), two=Offers([encoder_spec("same")]))
    with pytest.raises(PluginError, match="loader 'same'"):
        registry.pretext_spec("same")
    assert "same" not in [spec.name for spec in registry.pretext_specs()]
