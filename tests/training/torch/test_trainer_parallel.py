"""Two processes under torchrun train one model."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.torch, pytest.mark.slow]

TOY = Path(__file__).with_name("toy.py")


def torchrun(folder, *more):
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", "2", str(TOY), str(folder), "6", *more]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=200)
    words = [word for word in done.stdout.split() if len(word) == 64]
    steps = [int(line) for line in done.stdout.splitlines() if line.isdecimal()]
    return done.returncode, words, steps


def test_a_killed_run_ends_as_an_uninterrupted_one(tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    whole.mkdir(), killed.mkdir()
    code, digests, steps = torchrun(whole)
    assert code == 0
    assert steps == list(range(1, 43))  # 7 steps an epoch, half as many as for one process
    assert len(digests) == 2
    assert len(set(digests)) == 1
    code, _, steps = torchrun(killed, "20")
    assert code != 0
    assert steps == list(range(1, 21))
    code, again, steps = torchrun(killed)
    assert code == 0
    assert steps == list(range(18, 43))
    assert again == digests
