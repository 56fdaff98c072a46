"""The README's code does what it says."""

import re
from pathlib import Path

import pytest

import vecstore

ROOT = Path(__file__).parents[1]
BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)


@pytest.mark.torch
def test_the_first_block_runs_up_to_the_refusal(tmp_path, monkeypatch, capsys):
    pytest.importorskip("vecstore_sentence_transformers")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(vecstore.SpaceMismatch):
        exec(compile(BLOCKS[0], "README.md", "exec"), {})
    assert capsys.readouterr().out.startswith("shutil.copytree")


@pytest.mark.parametrize(
    "link", re.findall(r"\]\((?!http)([^)#]+)", (ROOT / "README.md").read_text())
)
def test_links_lead_somewhere(link):
    assert (ROOT / link).exists()
