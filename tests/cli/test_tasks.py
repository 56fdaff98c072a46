import pytest


def test_list(call, counting):
    listed = call("tasks", "list")
    assert listed.code == 0
    assert "counting" in listed.out
    assert "Counts." in listed.out
    tasks = {task["name"]: task for task in call("tasks", "list", "--json").json["tasks"]}
    assert tasks["word-context"]["reads"] == "text"
    assert tasks["counting"] == call("tasks", "show", "counting", "--json").json


def test_show(call, counting):
    assert call("tasks", "show", "counting", "--json").json == {
        "name": "counting",
        "summary": "Counts.",
        "paper": "Ishango, 20,000 BC",
        "modalities": ["text"],
        "reads": "text",
        "starts_from": ["counting"],
        "most_starts": 2,
        "requires": [],
        "missing": [],
        "extra": "",
        "options": [
            {"name": "rounds", "type": "int", "default": 3, "help": "how often"},
            {"name": "size", "type": "int", "default": 4, "help": "length of the vectors"},
            {"name": "layer", "type": "int", "default": 0, "help": "of no consequence"},
        ],
        "load_options": [],
    }
    lines = call("tasks", "show", "counting").out.splitlines()
    assert ["rounds", "int", "3", "how", "often"] in [line.split() for line in lines]
    assert any("Ishango" in line for line in lines)


@pytest.mark.parametrize("extra", ["vecstore-server[abacus]", ""])
def test_what_is_missing_is_said_with_the_remedy(call, counting, monkeypatch, extra):
    import dataclasses

    spec = dataclasses.replace(counting.spec, requires=("json", "no_such_abacus"), extra=extra)
    monkeypatch.setattr("vecstore.registry.pretext_specs", lambda: (spec,))
    remedy = f"pip install '{extra or 'no_such_abacus'}'"
    assert remedy in call("tasks", "list").out
    assert remedy in call("tasks", "show", "counting").out
    assert call("tasks", "show", "counting", "--json").json["missing"] == ["no_such_abacus"]


def test_a_task_that_is_not_there(call, counting):
    outcome = call("tasks", "show", "nonsense", "--json")
    assert (outcome.code, outcome.error["reason"]) == (2, "INVALID_ARGUMENT")
    assert "'nonsense'" in outcome.error["message"]
    assert "counting" in outcome.error["message"]
