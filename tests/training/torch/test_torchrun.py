"""Two processes under torchrun train one model, and only the first one writes and registers."""

import json
import os
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.torch, pytest.mark.slow]

SOUNDS = ["ka", "lo", "mi", "nu", "pe", "ra", "so", "ti"]
TEXTS = [f"{a}{b} {b}{c} {c}{a}{b}" for a in SOUNDS for b in SOUNDS for c in SOUNDS]
OPTIONS = ["vocabulary=100", "epochs=2", "layers=1", "hidden_size=16", "heads=2", "batch_size=16"]


@pytest.fixture
def train(tmp_path):
    (tmp_path / "texts.txt").write_text("\n\n".join(TEXTS))

    def train(version, processes):
        run = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", str(processes)]
        command = ["-m", "vecstore.cli.main", "train", "masked-tokens", tmp_path / "texts.txt"]
        options = [word for option in OPTIONS for word in ("--set", option)]
        named = ["--name", "b", "--version", version, "--data", tmp_path / "data", "--json"]
        done = subprocess.run(
            [str(word) for word in [*run, *command, *options, *named]],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        assert done.returncode == 0, done.stderr
        (line,) = done.stdout.splitlines()
        return json.loads(line)

    return train


def test_two_processes_share_every_step(train):
    alone, together, again = train("1", 1), train("2", 2), train("3", 2)
    assert together["space"]["fingerprint"] == again["space"]["fingerprint"]
    assert together["space"]["fingerprint"] != alone["space"]["fingerprint"]

    def steps(model):
        return model["manifest"]["sizes"]["steps"]

    assert steps(together) == -(-steps(alone) // 2)
