from vecstore.plugins import Problem


def test_what_comes_with_vecstore(call):
    found = {plugin["name"]: plugin for plugin in call("plugins", "list", "--json").json["plugins"]}
    builtin = found["builtin"]
    assert {index["name"] for index in builtin["indexes"]} == {"hnsw", "exact"}
    (hashing,) = builtin["loaders"]
    assert hashing["name"] == "hashing"
    assert hashing["ready"] == ["hashing@1"]
    assert hashing["options"][0]["name"] == "dim"
    out = call("plugins", "list").out
    assert "hashing@1" in out
    assert "hnsw" in out


def test_problems_are_shown(call, monkeypatch):
    problem = Problem("bad", "the plugin 'bad' is broken")
    monkeypatch.setattr("vecstore.plugins.load_plugins", lambda *_: ([], [problem]))
    outcome = call("plugins", "list", "--json")
    assert outcome.code == 0
    assert outcome.json["problems"] == [{"plugin": "bad", "message": problem.message}]
    assert "problem with bad: the plugin 'bad' is broken" in call("plugins", "list").out
