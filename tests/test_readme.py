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


def test_the_block_on_searching_and_writing_runs(tmp_path, capsys):
    pandas = pytest.importorskip("pandas")
    block = next(block for block in BLOCKS if "search_hybrid" in block)
    with vecstore.open(tmp_path) as store:
        docs = store.create_collection("docs", encoder="hashing", fields={"image": "hashing"})
        docs.create_index("$text", "text")
        docs.create_index("year", "integer")
        texts = {"shutil.copytree": "copy a folder", "os.remove": "remove a file"}
        records = [
            vecstore.Record(
                id=id_,
                text=text,
                payload={"kind": "function", "year": 2021},
                fields={"image": vecstore.FieldValue(text=text)},
            )
            for id_, text in texts.items()
        ]
        docs.upsert(records)
        (read,) = docs.get(["shutil.copytree"])
        scope = {"docs": docs, "records": records}
        # The payload update comes first, and makes the version another one.
        first, second = block.split("docs.upsert(")
        exec(compile(first, "README.md", "exec"), scope)
        (again,) = docs.get(["shutil.copytree"])
        assert again.payload["seen"] is True
        assert again.version > read.version
        scope["version"] = again.version
        exec(compile("docs.upsert(" + second, "README.md", "exec"), scope)
        assert capsys.readouterr().out == ""
        assert isinstance(docs.search("copy a folder").to_pandas(), pandas.DataFrame)
