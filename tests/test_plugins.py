import sys
import textwrap
import types
from dataclasses import replace

import pytest

from vecstore.config import Settings
from vecstore.encoders.hashing import SPEC
from vecstore.hookspecs import hookimpl
from vecstore.plugins import load_plugins
from vecstore.records import Modality
from vecstore.specs import IndexSpec, Option
from vecstore.tasks import DataKind, PretextSpec


def plugin(result, hook="vecstore_register_encoders", marked=True):
    def function():
        return result() if callable(result) else result

    module = types.ModuleType("plugin_of_a_test")
    setattr(module, hook, hookimpl(function) if marked else function)
    return module


BUILTIN = plugin([SPEC])
GOOD = plugin([replace(SPEC, loader="good", ready=())])


def load(*given, disabled="", allowed="", installed=False):
    settings = Settings(disabled_plugins=disabled, allowed_plugins=allowed)
    offers, problems = load_plugins(settings, BUILTIN, given, installed)
    return [offer.plugin for offer in offers], {p.plugin: p.message for p in problems}


def fail():
    raise RuntimeError("no such device")


def leave():
    raise SystemExit("the plugin wants out")


TASK = PretextSpec("task", "", "", (Modality.TEXT,), DataKind.TEXT, fit=fail, load=fail, options=())
TASKS = {
    "of another kind": (SPEC, "no PretextSpec"),
    "no name": (replace(TASK, name=""), "has no name"),
    "no modality": (replace(TASK, modalities=()), "names no modalities"),
    "no data": (replace(TASK, reads="text"), "which kind of data"),
    "no fit": (replace(TASK, fit=None), "cannot be called"),
    "no load": (replace(TASK, load=None), "cannot be called"),
    "no option": (replace(TASK, options=("dim",)), "no Option"),
    "load option twice": (replace(TASK, load_options=(Option("a", int, 1, ""),) * 2), "one name"),
}
BROKEN = {
    "raises": (plugin(fail), "RuntimeError: no such device"),
    "exits": (plugin(leave), "SystemExit"),
    "misspelt": (plugin([SPEC], "vecstore_register_encoder"), "unknown hook"),
    "unmarked": (plugin([SPEC], marked=False), "not marked with @vecstore.hookimpl"),
    "empty": (types.ModuleType("nothing"), "implements no hook"),
    "no list": (plugin(SPEC), "must return a list of EncoderSpec"),
    "nothing returned": (plugin(None), "must return a list of EncoderSpec"),
    "text": (plugin("hashing"), "must return a list of EncoderSpec"),
    "wrong type": (plugin([SPEC, "hashing"]), "'hashing', which is no EncoderSpec"),
    "wrong hook": (plugin([SPEC], "vecstore_register_index_backends"), "is no IndexSpec"),
    **{
        f"task: {name}": (plugin([task], "vecstore_register_pretext_tasks"), problem)
        for name, (task, problem) in TASKS.items()
    },
    "no name": (plugin([replace(SPEC, loader="")]), "has no loader name"),
    "no modality": (plugin([replace(SPEC, modalities=())]), "names no modalities"),
    "modality as text": (plugin([replace(SPEC, modalities=("text",))]), "names no modalities"),
    "no load": (plugin([replace(SPEC, load=None)]), "cannot be called"),
    "option twice": (
        plugin([replace(SPEC, options=(Option("a", int, 1, ""), Option("a", int, 2, "")))]),
        "two of one name",
    ),
    "option as text": (plugin([replace(SPEC, options=("dim",))]), "no Option"),
    "ready as text": (plugin([replace(SPEC, ready=("hashing@1",))]), "no ReadyRelease"),
    "index without name": (
        plugin([IndexSpec("", "", fail, fail)], "vecstore_register_index_backends"),
        "has no name",
    ),
    "index without load": (
        plugin([IndexSpec("grid", "", fail, None)], "vecstore_register_index_backends"),
        "cannot be called",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_plugin_is_reported_by_name_and_takes_nothing_down(case):
    broken, message = BROKEN[case]
    names, problems = load((case, broken), ("good", GOOD))
    assert names == ["builtin", "good"]
    assert set(problems) == {case}
    assert message in problems[case]


def test_each_plugin_is_asked_for_its_own():
    offers, _ = load_plugins(Settings(), BUILTIN, [("good", GOOD)], installed=False)
    loaders = {offer.plugin: [spec.loader for spec in offer.encoders] for offer in offers}
    assert loaders == {"builtin": ["hashing"], "good": ["good"]}


def test_an_argument_that_the_hook_does_not_have_is_reported():
    module = types.ModuleType("asks_too_much")
    module.vecstore_register_encoders = hookimpl(lambda gpu: [SPEC])
    names, problems = load(("greedy", module))
    assert names == ["builtin"]
    assert "gpu" in problems["greedy"]


def test_plugins_are_switched_off_by_name():
    assert load(("good", GOOD), ("bad", plugin(fail)), disabled=" bad, good ") == (["builtin"], {})


def test_an_allow_list_leaves_the_built_in_and_those_listed():
    other = plugin([replace(SPEC, loader="other", ready=())])
    assert load(("good", GOOD), ("other", other), allowed="good") == (["builtin", "good"], {})


def test_an_allowed_plugin_that_is_not_there_is_reported():
    _, problems = load(allowed="godo")
    assert "'godo' is allowed by the settings, but is not installed" in problems["godo"]


def test_two_plugins_of_one_name_are_both_left_out():
    names, problems = load(("same", GOOD), ("same", plugin([])))
    assert names == ["builtin"]
    assert "two plugins are called 'same'" in problems["same"]


def test_nobody_can_call_himself_builtin():
    names, problems = load(("builtin", GOOD))
    assert names == ["builtin"]
    assert "two plugins are called 'builtin'" in problems["builtin"]


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Put a module and its entry point where an installer would."""

    def install(name, code, target=None):
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(code))
        info = tmp_path / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[vecstore]\n{name} = {target or name}\n")
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.delitem(sys.modules, name, raising=False)

    return install


def test_installed_plugins_are_found_by_their_entry_point(install):
    install(
        "vecstore_test_good",
        """
        from dataclasses import replace
        from vecstore.encoders.hashing import SPEC
        from vecstore.hookspecs import hookimpl

        @hookimpl
        def vecstore_register_encoders():
            return [replace(SPEC, loader="installed", ready=())]
        """,
    )
    install("vecstore_test_bad", "import a_library_that_nobody_has")
    install("vecstore_test_gone", "", target="vecstore_test_gone:plugin")
    names, problems = load(installed=True)
    assert "vecstore_test_good" in names
    assert "No module named 'a_library_that_nobody_has'" in problems["vecstore_test_bad"]
    assert "vecstore_test_bad" in problems["vecstore_test_bad"]
    assert "AttributeError" in problems["vecstore_test_gone"]


def test_a_plugin_that_is_switched_off_is_not_even_imported(install):
    install("vecstore_test_off", "raise RuntimeError('imported')")
    names, problems = load(installed=True, disabled="vecstore_test_off")
    assert "vecstore_test_off" not in {*names, *problems}
    assert "vecstore_test_off" not in sys.modules
