import pytest

from vecstore.cli.curve import PLAIN


@pytest.fixture
def shelf(embedded, counting, corpus):
    """The command line over a store with two trained models."""
    for version in ("1", "2"):
        more = ("--from", "abc@1") if version == "2" else ()
        outcome = embedded(
            "train", "counting", corpus, "--name", "abc", "--version", version,
            "--seed", version, "--minutes", "2.5", *more,
        )  # fmt: skip
        assert outcome.code == 0, outcome.err
    return embedded


@pytest.fixture
def elsewhere(call, tmp_path):
    """The command line over another store, which is not there yet."""
    return lambda *arguments: call(*arguments, "--data", tmp_path / "elsewhere")


def refused(outcome, reason, *parts):
    assert (outcome.code, outcome.error["reason"]) == (2, reason), outcome
    for part in parts:
        assert str(part) in outcome.error["message"]


def fields(outcome):
    """Names and values of what ``show`` prints."""
    pairs = (line.rstrip().partition("  ") for line in outcome.out.splitlines())
    return {name: value.strip() for name, _, value in pairs}


class TestList:
    def test_names_tasks_and_state(self, shelf):
        heading, first, second = shelf("models", "list").out.splitlines()
        assert heading.split() == ["name", "task", "dim", "trained", "took", "state"]
        assert first.split()[:3] == ["abc@1", "counting", "4"]
        assert second.split()[0] == "abc@2"
        assert second.split()[-1] == "whole"

    def test_json(self, shelf):
        models = shelf("models", "list", "--json").json["models"]
        assert [model["name"] for model in models] == ["abc@1", "abc@2"]
        assert models[0] == shelf("models", "show", "abc@1", "--json").json

    def test_a_damaged_one_says_so(self, shelf):
        (weights,) = shelf.data.glob("models/abc@1/counts.safetensors")
        alter(weights)
        first, second = shelf("models", "list", "--json").json["models"]
        assert (first["manifest"], first["digest"]) == (None, None)
        assert "altered" in first["problem"]
        assert second["problem"] is None
        assert "altered" in shelf("models", "list").out.splitlines()[1]

    def test_other_encoders_are_not_listed(self, embedded):
        assert embedded("collections", "create", "docs", "-e", "hashing").code == 0
        assert embedded("models", "list", "--json").json == {"models": []}


class TestShow:
    def test_everything_that_is_known(self, shelf):
        first = shelf("models", "show", "abc@1", "--json").json
        shown = fields(shelf("models", "show", "abc@2"))
        expected = {
            "name": "abc@2",
            "dim": "4",
            "task": "counting",
            "budget": "2.5 minutes",
            "seed": "2",
            "started from": f"abc@1 (fingerprint {first['space']['fingerprint'][:12]})",
            "data kind": "text",
            "data documents": "2",
            "data passages": "3",
            "option rounds": "3",
            "option layer": "0",
            "size parameters": "4",
            "metric accuracy": "0.5",
            "note 1": "counted on ten fingers",
            "part encoder": "counts/1",
            "runtime abacus": "1.0",
            "training loss": "▄▁▁  1 at 1, 0.3333 at 3",
            "validation loss": "█▄▂  2 at 1, 0.6667 at 3",
        }
        assert {name: shown[name] for name in expected} == expected
        model = shelf("models", "show", "abc@2", "--json").json
        assert shown["fingerprint"] == model["space"]["fingerprint"]
        assert shown["digest"] == model["digest"]
        assert shown["data digest"] == model["manifest"]["data"]["digest"]
        assert "sha256" in shown["file counts.safetensors"]
        assert fields(shelf("models", "show", "abc@1"))["started from"] == "scratch"

    def test_a_curve_for_any_terminal(self, shelf, monkeypatch):
        monkeypatch.setattr("vecstore.cli.output.shows_unicode", lambda stream: False)
        shown = fields(shelf("models", "show", "abc@1"))
        assert shown["validation loss"].startswith(f"{PLAIN[-1]}{PLAIN[3]}{PLAIN[1]} ")

    def test_json(self, shelf):
        model = shelf("models", "show", "abc@1", "--json").json
        assert model["manifest"]["curve"][0] == {
            "step": 1,
            "loss": 1.0,
            "validation": 2.0,
            "metrics": {},
        }
        assert model["runtime"]["abacus"] == "1.0"
        assert "abacus" not in model["manifest"]

    def test_what_is_not_there(self, shelf):
        refused(shelf("models", "show", "nobody@1", "--json"), "ENCODER_NOT_FOUND", "nobody@1")
        assert shelf("collections", "create", "docs", "-e", "hashing").code == 0
        refused(shelf("models", "show", "hashing@1", "--json"), "INVALID_ARGUMENT", "hashing")
        refused(shelf("models", "show", "abc", "--json"), "INVALID_ARGUMENT", "abc@1", "abc@2")


class TestExportAndImport:
    def test_a_round_trip(self, shelf, elsewhere, tmp_path):
        file = tmp_path / "abc.model"
        exported = shelf("models", "export", "abc@1", file, "--json").json
        assert exported["name"] == "abc@1"
        assert exported["bytes"] == file.stat().st_size
        imported = elsewhere("models", "import", file, "--json").json
        assert imported == shelf("models", "show", "abc@1", "--json").json
        assert imported["digest"] == exported["digest"]
        same = shelf("encode", "abc@1", "x", "--json").json
        assert elsewhere("encode", "abc@1", "x", "--json").json == same

    def test_said_to_people(self, shelf, elsewhere, tmp_path):
        file = tmp_path / "abc.model"
        shown = fields(shelf("models", "show", "abc@1"))
        exported = shelf("models", "export", "abc@1", file).out
        assert exported.startswith(f"exported abc@1 to {file}: ")
        assert shown["digest"] in exported
        imported = elsewhere("models", "import", file).out
        assert imported.startswith("imported abc@1 (4 dims")
        assert shown["digest"] in imported

    def test_a_name_without_a_version(self, embedded, counting, corpus, tmp_path):
        embedded("train", "counting", corpus, "--name", "one", "--version", "7")
        exported = embedded("models", "export", "one", tmp_path / "one.model", "--json")
        assert exported.json["name"] == "one@7"

    @pytest.mark.parametrize("part", [0.02, 0.5, 0.75])
    def test_an_altered_byte(self, shelf, elsewhere, tmp_path, part):
        file = tmp_path / "abc.model"
        shelf("models", "export", "abc@1", file)
        alter(file, part)
        refused(elsewhere("models", "import", file, "--json"), "ARTIFACT_DAMAGED")
        assert elsewhere("models", "list", "--json").json == {"models": []}

    def test_names_that_are_taken(self, shelf, tmp_path):
        file = tmp_path / "abc.model"
        assert shelf("models", "export", "abc@1", file).code == 0
        before = file.read_bytes()
        refused(shelf("models", "export", "abc@2", file, "--json"), "INVALID_ARGUMENT", file)
        assert file.read_bytes() == before
        refused(shelf("models", "import", file, "--json"), "ALREADY_EXISTS", "abc@1")

    def test_files_that_are_none(self, shelf, tmp_path, corpus):
        none = tmp_path / "none.model"
        refused(shelf("models", "import", none, "--json"), "INVALID_ARGUMENT", none)
        refused(shelf("models", "import", corpus, "--json"), "ARTIFACT_DAMAGED", corpus)
        missing = tmp_path / "no-folder" / "abc.model"
        refused(shelf("models", "export", "abc@1", missing, "--json"), "STORAGE_ERROR", missing)


@pytest.mark.parametrize(
    "arguments", [("list",), ("show", "x@1"), ("export", "x@1", "f"), ("import", "f")]
)
def test_not_over_a_server(server, arguments):
    outcome = server("models", *arguments, "--json")
    refused(outcome, "INVALID_ARGUMENT", "--data DIR")


@pytest.mark.parametrize("arguments", [("list",), ("show", "x@1"), ("export", "x@1", "f")])
def test_reading_makes_no_store(call, tmp_path, arguments):
    outcome = call("models", *arguments, "--data", tmp_path / "none", "--json")
    refused(outcome, "NOT_FOUND", tmp_path / "none")
    assert not (tmp_path / "none").exists()


def alter(path, part=0.9):
    """Change one byte of a file."""
    content = bytearray(path.read_bytes())
    content[int(len(content) * part)] ^= 1
    path.write_bytes(content)
