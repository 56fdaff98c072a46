"""What is exported and imported again is the same, over both databases and over a server."""

import csv
import gzip
import json

import numpy as np
import pytest

import vecstore
from vecstore import Columns, Record, export_records, import_records

WORDS = {"n": 12, "half": 0.1, "yes": True, "none": None, "said": 'a "b",\r\nc\rd', "ü": "日本"}
NESTED = {**WORDS, "tags": ["x", {"deep": [1, 2.5]}], "payload": {"id": 1}, "big": 2**63 - 1}


def texts(count=3, payload=WORDS):
    return [Record(f"r{n}", text=f"text {n}\nof two lines", payload=payload) for n in range(count)]


@pytest.fixture
def form(request):
    if request.param == "parquet":
        pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    return request.param


@pytest.mark.parametrize("form", ["jsonl", "jsonl.gz", "parquet"], indirect=True)
def test_all_of_a_record(store, form, tmp_path, image, everything):
    docs = store.create_collection("docs", encoder="hashing@1")
    space = store.space("hashing@1")
    numbers = np.random.default_rng(0).normal(size=(3, space.dim)).astype(np.float32)
    vectors = [vecstore.Vector(space, row) for row in numbers]
    docs.upsert(
        [
            *texts(payload=NESTED),
            Record("bare", vector=vectors[0]),
            Record("both", text="a text of its own", vector=vectors[1], payload={"n": 1}),
            Record("picture", image=image(1), vector=vectors[2]),
            Record("row", categories={"day": "Mon", "hr": "7"}, vector=vectors[2]),
        ]
    )
    path = tmp_path / f"out.{form}"
    assert export_records(docs, path, include_vectors=True) == 7
    again = store.create_collection("again", encoder="hashing@1")
    assert import_records(again, path).stored == 7
    assert everything(again) == everything(docs)
    for one, other in zip(everything(again), everything(docs), strict=True):
        assert one.vector.values.tobytes() == other.vector.values.tobytes()


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"], indirect=True)
def test_without_vectors_texts_are_encoded_anew(store, form, tmp_path, everything):
    docs = store.create_collection("docs", encoder="hashing@1")
    docs.upsert(texts())
    path = tmp_path / f"out.{form}"
    assert export_records(docs, path, filter={"n": 12}) == 3
    assert export_records(docs, path, filter={"n": {"$gt": 12}}) == 0
    assert export_records(docs, path) == 3
    again = store.create_collection("again", encoder="hashing@1")
    columns = Columns(infer_types=form == "csv")
    assert import_records(again, path, columns=columns, mode="insert").stored == 3
    assert everything(again) == everything(docs)


def test_csv_has_a_column_for_each_key(local, tmp_path):
    docs = local.create_collection("docs", encoder="hashing@1")
    docs.upsert(
        [Record("a", text="t", payload={"x": 1}), Record("b", text="t", payload={"y": "2"})]
    )
    export_records(docs, tmp_path / "f.csv")
    with (tmp_path / "f.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [
            ["id", "text", "x", "y"],
            ["a", "t", "1", ""],
            ["b", "t", "", "2"],
        ]


def test_lines_are_whole_records(local, tmp_path):
    docs = local.create_collection("docs", encoder="hashing@1")
    docs.upsert(texts(1))
    export_records(docs, tmp_path / "f.jsonl.gz", include_vectors=True)
    line = json.loads(gzip.decompress((tmp_path / "f.jsonl.gz").read_bytes()))
    assert (line["id"], line["payload"]) == ("r0", WORDS)
    assert line["vector"]["space"]["model"] == "hashing"


def test_more_than_a_message_holds(store, tmp_path, image, everything):
    docs = store.create_collection("docs", encoder="hashing@1")
    vector = store.encode("hashing@1", ["a"])[0]
    data = image(0, side=560)
    assert len(data) > 900_000
    given = (Record(f"r{n:02}", image=data + b"%d" % n, vector=vector) for n in range(12))
    assert not [item for item in docs.ingest(given) if item.error]
    docs.upsert([Record(f"t{n:02}", text="word " * 200_000) for n in range(6)])
    docs.upsert([Record(f"t{n:02}", text="word " * 200_000) for n in range(6, 12)])
    assert export_records(docs, tmp_path / "f.jsonl", include_vectors=True) == 24
    again = store.create_collection("again", encoder="hashing@1")
    assert import_records(again, tmp_path / "f.jsonl").stored == 24
    assert [one.image for one in everything(again)[:12]] == [data + b"%d" % n for n in range(12)]


def test_writes_go_on(local, tmp_path, monkeypatch):
    """What is there from beginning to end is in the file once."""
    monkeypatch.setattr("vecstore.exchange.exporting.PAGE", 10)
    docs = local.create_collection("docs", encoder="hashing@1")
    docs.upsert([Record(f"r{n:02}", text="t") for n in range(0, 60, 2)])

    def meddle(done, total):
        docs.upsert([Record(f"r{done + 5:02}", text="new")])
        docs.upsert([Record("r00", text="changed")])

    export_records(docs, tmp_path / "f.jsonl", on_progress=meddle)
    ids = [json.loads(line)["id"] for line in (tmp_path / "f.jsonl").read_text().splitlines()]
    assert ids == sorted(set(ids))
    assert set(ids) >= {f"r{n:02}" for n in range(0, 60, 2)}


def test_of_equal_ids_an_upsert_leaves_the_last_and_an_insert_the_first(store, tmp_path):
    rows = [{"id": "a", "text": f"number {n}"} for n in range(3)]
    path = tmp_path / "f.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    docs = store.create_collection("docs", encoder="hashing@1")
    assert import_records(docs, path, batch_size=1).stored == 3
    assert docs.get(["a"])[0].text == "number 2"
    other = store.create_collection("other", encoder="hashing@1")
    with pytest.raises(vecstore.AlreadyExists, match="line 2 of") as caught:
        import_records(other, path, mode="insert")
    assert caught.value.details["stored"] == "1"
    assert other.get(["a"])[0].text == "number 0"
    with pytest.raises(vecstore.AlreadyExists, match="none of 3"):
        import_records(other, path, mode="insert", on_error="skip")
