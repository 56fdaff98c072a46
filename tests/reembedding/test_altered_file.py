"""A file of weights that was altered in its place, met on the command line over both ways."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import vecstore
from vecstore.artifacts.weights import weights_digest
from vecstore.cli.main import run
from vecstore.encoders.builtin import encoder_specs
from vecstore.records import Modality
from vecstore.spaces import Identity
from vecstore.specs import Encoder, EncoderSpec, Option

DIM = 8


class Weights(Encoder):
    """Letters times the numbers of a file."""

    dim = DIM
    modalities = frozenset({Modality.TEXT})

    def __init__(self, source, _options):
        self._file = Path(source)
        self._numbers = load_file(self._file)["numbers"]

    def identity(self):
        return Identity({"weights": weights_digest([("0", self._file)])})

    def encode(self, inputs, role):
        codes = [[one.data.count(letter) for letter in "abcdefghij"] for one in inputs]
        return (np.array(codes, np.float32) + 0.1) @ self._numbers


@pytest.fixture
def line(monkeypatch, capsys):
    """line(*arguments) -> exit code, what it printed, what it said of errors."""
    spec = EncoderSpec(
        *("weights", "for tests", (Modality.TEXT,), Weights),
        options=(Option("max_length", int, 256, "of no consequence"),),
    )
    monkeypatch.setattr("vecstore.registry.encoder_specs", lambda: (*encoder_specs(), spec))
    monkeypatch.setenv("VECSTORE_ALLOWED_PLUGINS", "builtin")

    def call(*arguments):
        capsys.readouterr()
        code = run([str(one) for one in arguments])
        return code, *capsys.readouterr()

    return call


def trained(file, *, seed):
    numbers = np.random.default_rng(seed).normal(size=(10, DIM))
    save_file({"numbers": numbers.astype(np.float32)}, file)


def test_an_altered_file_leads_to_a_move(line, serving, tmp_path):
    weights, data = tmp_path / "w.safetensors", ["--data", tmp_path / "store"]
    trained(weights, seed=0)
    register = ["--loader", "weights", "--source", weights, "--set", "max_length=7", *data]
    assert line("encoders", "register", "w@1", *register)[0] == 0
    assert line("collections", "create", "docs", "--encoder", "w@1", *data)[0] == 0
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(json.dumps({"id": one, "text": one}) + "\n" for one in ("cab", "jig")))
    assert line("add", "docs", rows, *data)[0] == 0

    trained(weights, seed=1)
    code, out, error = line("search", "docs", "cab", *data)
    assert (code, out) == (2, "")
    store = f"--data {tmp_path / 'store'}"
    assert "w@1 is not the model that was registered" in error
    assert f"register w@2 {store} --loader weights --source SOURCE --set max_length=VALUE" in error
    assert f"vecstore reembed start COLLECTION {store} --to w@2" in error

    with vecstore.open(tmp_path / "store") as opened, serving(opened) as address:
        code, _, error = line("search", "docs", "cab", "--server", address, "--json")
        told = json.loads(error)["error"]
        assert (code, told["reason"]) == (2, "MODEL_DRIFT")
        assert "register w@2 --data DIR --loader weights" in told["message"]
        remote = ["--server", address]
        assert f"COLLECTION --server {address} --to w@2" in told["message"]
        # As it says.
        assert line("encoders", "register", "w@2", *register)[0] == 0
        begun = line("reembed", "start", "docs", "--to", "w@2", "--switch", "auto", *remote)
        assert begun[0] == 0
        assert line("reembed", "watch", "docs", *remote)[0] == 0
        code, found, _ = line("search", "docs", "cab", *remote, "--json")
        assert (code, json.loads(found)["hits"][0]["id"]) == (0, "cab")
