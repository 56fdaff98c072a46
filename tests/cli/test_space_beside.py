"""A space beside the live one on the command line: searched by its name, and told."""

import json

import pytest

import vecstore
from vecstore import Record
from vecstore.cli.main import run


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A store whose collection is ready to move from hashing@1 to small@1."""
    folder = tmp_path_factory.mktemp("beside")
    with vecstore.open(folder) as store:
        store.register_encoder("small@1", loader="hashing", source="builtin", options={"dim": 32})
        docs = store.create_collection("docs", encoder="hashing@1")
        docs.upsert([Record(id=one, text=f"the {one}", payload={"k": 1}) for one in ("cat", "dog")])
        docs.create_index("$text", "text")
        docs.reembedding().start("small@1")
        list(docs.reembedding().watch(0.02))
    return folder


@pytest.fixture
def line(folder, capsys):
    """line(*arguments) -> code, what it printed, and what it complained of."""

    def call(*arguments):
        code = run([*arguments, "--data", str(folder)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


@pytest.mark.parametrize(
    "command",
    [
        ("search", "docs", "the cat"),
        ("search", "docs", "--id", "dog"),
        ("search", "docs", "the cat", "--group-by", "k"),
        ("recommend", "docs", "--like", "dog"),
    ],
)
def test_searches_look_into_the_space_that_is_named(line, command):
    for space, dim in (("small@1", 32), ("hashing@1", 384)):
        code, out, err = line(*command, "--space", space, "--json")
        assert (code, err) == (0, "")
        answer = json.loads(out)
        answer = answer["groups"][0] if "groups" in answer else answer
        assert f"{answer['space']['model']}@{answer['space']['version']}" == space
        assert (answer["space"]["dim"], answer["hits"][0]["id"]) == (dim, "cat")
    code, out, err = line(*command, "--space", "other@1", "--json")
    assert (code, out) == (2, "")
    assert "has no space 'other@1'; it has: hashing@1 (live), small@1 (staged)" in err


def test_a_hybrid_search_has_none(line):
    code, _, err = line("search", "docs", "the cat", "--hybrid", "--space", "small@1")
    assert code == 2
    assert "--space does not go with --hybrid" in err


def test_what_a_collection_is_says_so(line):
    _, out, _ = line("collections", "show", "docs")
    assert "staged space" in out
    assert "small@1 (32 dims" in " ".join(out.split())
    _, out, _ = line("collections", "show", "docs", "--json")
    (field,) = json.loads(out)["fields"]
    assert (field["beside"]["space"]["model"], field["beside"]["state"]) == ("small", "staged")
    assert field["space"]["model"] == "hashing"
