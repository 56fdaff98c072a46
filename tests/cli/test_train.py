import dataclasses
import io
import json
import signal
import subprocess
import sys

import pytest
from PIL import Image

from vecstore.inputs import Frame
from vecstore.tasks import DataKind

COMMAND = [sys.executable, "-m", "vecstore.cli.main", "train"]
NAMED = ("--name", "abc", "--version", "1")


@pytest.fixture
def train(embedded, counting, corpus):
    """Trains the task ``counting`` as abc@1, with more arguments."""

    def train(*arguments, task="counting", data=corpus, named=NAMED):
        return embedded("train", task, data, *named, *arguments)

    return train


def refused(outcome, reason, *parts):
    assert (outcome.code, outcome.error["reason"]) == (2, reason), outcome
    for part in parts:
        assert str(part) in outcome.error["message"]


def test_it_trains_and_registers(train, embedded, counting):
    outcome = train()
    assert (outcome.code, outcome.err) == (0, "")
    first, metrics, note, use = outcome.out.splitlines()
    assert first.startswith("trained abc@1 (4 dims, fingerprint ")
    assert "by counting in " in first
    assert metrics == "on held-out data: accuracy 0.5"
    assert note == "note: counted on ten fingers"
    assert use.endswith("--encoder abc@1")
    assert counting.seen["data"].documents == (("one", "two"), ("three",))
    assert embedded("encode", "abc@1", "x", "--json").json["values"] == [16.0] * 4


def test_the_json_is_that_of_the_model(train, embedded):
    shown = train("--json").json
    assert shown.pop("skipped") == {"count": 0, "images": []}
    assert shown == embedded("models", "show", "abc@1", "--json").json
    assert shown["manifest"]["metrics"] == {"accuracy": 0.5}


def test_every_setting_arrives(train, counting):
    assert train().code == 0
    outcome = train(
        "--set", "rounds=5", "--layer", "2", "--seed", "7", "--minutes", "1.5", "--from", "abc@1",
        named=("--name", "abc", "--version", "2"),
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    counting.seen.pop("data")
    assert counting.seen == {
        "options": {"rounds": 5, "size": 4, "layer": 2},
        "seed": 7,
        "minutes": 1.5,
        "starts": ["abc@1"],
    }


def test_several_starts_arrive(train, counting):
    for version in "12":
        assert train(named=("--name", "abc", "--version", version)).code == 0
    starts = ("--from", "abc@2", "--from", "abc@1")
    assert train(*starts, named=("--name", "abc", "--version", "3")).code == 0
    assert counting.seen["starts"] == ["abc@2", "abc@1"]
    more = train(*starts, "--from", "abc@3", "--json", named=("--name", "abc", "--version", "4"))
    refused(more, "INVALID_ARGUMENT", "at most 2", "abc@2, abc@1, abc@3")


def test_columns_arrive(train, counting, tmp_path):
    data = tmp_path / "rows.jsonl"
    rows = [{"body": "a", "page": 1}, {"body": "b", "page": 2}, {"body": "c", "page": 1}]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    outcome = train("--text-column", "body", "--document-column", "page", data=data)
    assert outcome.code == 0, outcome.err
    assert counting.seen["data"].documents == (("a", "c"), ("b",))
    for arguments in (["--target", "t"], ["--columns", "a,b"]):
        again = train(*arguments, "--json", named=("--name", "abc", "--version", "2"))
        refused(again, "INVALID_ARGUMENT", "tables")


def test_a_table_arrives(train, counting, monkeypatch, tmp_path):
    spec = dataclasses.replace(counting.spec, reads=DataKind.TABLE)
    monkeypatch.setattr("vecstore.registry.pretext_specs", lambda: (spec,))
    data = tmp_path / "rows.csv"
    data.write_text("a,b,c,t\nx,1,u,5\ny,2,v,6\n")
    outcome = train("--columns", "c, a", "--target", "t", data=data)
    assert outcome.code == 0, outcome.err
    table = counting.seen["data"]
    assert dict(table.columns) == {"c": ["u", "v"], "a": ["x", "y"]}
    assert (table.target_name, list(table.target)) == ("t", ["5", "6"])


class TestImages:
    """What is read is counted; what is passed over is named at the end."""

    @pytest.fixture
    def reads(self, counting, monkeypatch):
        """Makes the task ``counting`` read images of a kind."""

        def reads(kind):
            spec = dataclasses.replace(counting.spec, reads=kind, frame=lambda options: Frame(4))
            monkeypatch.setattr("vecstore.registry.pretext_specs", lambda: (spec,))

        return reads

    @pytest.fixture
    def photos(self, tmp_path):
        """Four photos of two kinds in folders, and a dozen that are none."""
        for number in range(4):
            folder = tmp_path / "photos" / "ab"[number % 2]
            folder.mkdir(parents=True, exist_ok=True)
            packed = io.BytesIO()
            Image.new("RGB", (5, 5), (number * 60, 0, 0)).save(packed, "PNG")
            (folder / f"{number}.png").write_bytes(packed.getvalue())
        return tmp_path / "photos"

    @pytest.fixture
    def damaged(self, photos):
        for number in range(12):
            (photos / "b" / f"bad{number:02}.jpg").write_text("no image")
        return photos

    def test_what_cannot_be_used_stops_it(self, train, embedded, reads, damaged):
        reads(DataKind.LABELLED_IMAGES)
        for arguments in ((), ("--on-error", "stop")):
            refused(
                train("--json", *arguments, data=damaged),
                "INVALID_INPUT", damaged / "b/bad00.jpg", "no PNG", "--on-error skip",
            )  # fmt: skip
        assert embedded("models", "list", "--json").json == {"models": []}

    def test_or_is_passed_over_and_named(self, train, counting, reads, damaged):
        reads(DataKind.LABELLED_IMAGES)
        outcome = train("--on-error", "skip", data=damaged)
        assert outcome.code == 0
        assert outcome.out.startswith("trained abc@1")
        first, *named, last = outcome.err.splitlines()
        assert first == "12 images were passed over:"
        assert len(named) == 10
        assert named[0].startswith(f"  {damaged}/b/bad00.jpg: the image of 8 bytes is no PNG")
        assert last == "  and 2 more; --json lists them all"
        assert counting.seen["data"].counts == {"images": 4, "skipped": 12, "classes": 2}

    def test_the_json_lists_all_of_them(self, train, reads, damaged):
        reads(DataKind.LABELLED_IMAGES)
        outcome = train("--on-error", "skip", "--json", data=damaged)
        assert (outcome.code, outcome.err) == (0, "")
        skipped = outcome.json["skipped"]
        assert skipped["count"] == len(skipped["images"]) == 12
        assert skipped["images"][11]["name"] == str(damaged / "b/bad11.jpg")
        assert "no PNG" in skipped["images"][11]["reason"]
        assert outcome.json["manifest"]["data"]["skipped"] == 12

    def test_nothing_is_said_where_nothing_was_passed_over(self, train, reads, photos):
        reads(DataKind.IMAGES)
        assert train("--on-error", "skip", data=photos).err == ""

    def test_columns_and_folder_arrive(self, train, counting, reads, photos, tmp_path):
        data = tmp_path / "elsewhere.csv"
        data.write_text("file,kind\na/0.png,x\nb/1.png,y\na/2.png,x\nb/3.png,y\n")
        where = ("--image-column", "file", "--image-folder", photos)
        reads(DataKind.LABELLED_IMAGES)
        assert train(*where, "--label-column", "kind", data=data).code == 0
        assert counting.seen["data"].labels == ["x", "y", "x", "y"]
        reads(DataKind.PAIRS)
        second = ("--name", "abc", "--version", "2")
        assert train(*where, "--text-column", "kind", data=data, named=second).code == 0
        assert counting.seen["data"].texts == ["x", "y", "x", "y"]

    def test_the_reading_is_shown(self, train, reads, photos, monkeypatch):
        reads(DataKind.IMAGES)
        monkeypatch.setattr("vecstore.cli.output.watched", lambda: True)
        monkeypatch.setenv("FORCE_COLOR", "1")
        outcome = train(data=photos)
        assert "reading images" in outcome.err
        assert "4/4" in outcome.err

    def test_another_policy(self, train, reads, photos):
        reads(DataKind.IMAGES)
        refused(train("--on-error", "ignore", "--json", data=photos), "USAGE", "ignore")

    def test_text_has_none(self, train):
        refused(train("--on-error", "skip", "--json"), "INVALID_ARGUMENT", "learns from text")

    @pytest.mark.parametrize(
        ("kind", "form"),
        [
            (DataKind.IMAGES, "images: a folder, or rows with the column image"),
            (DataKind.LABELLED_IMAGES, "a folder of a folder for each label"),
            (DataKind.PAIRS, "rows with the columns image and text"),
        ],
    )
    def test_the_task_says_what_it_reads(self, call, reads, kind, form):
        reads(kind)
        shown = call("tasks", "show", "counting").out
        assert form in " ".join(shown.split())
        assert "counting (up to 2 at once)" in shown
        assert call("tasks", "show", "counting", "--json").json["reads"] == str(kind)


@pytest.mark.parametrize(
    ("arguments", "keywords", "parts"),
    [
        ((), {"task": "nonsense"}, ["'nonsense'", "counting"]),
        (("--set", "depth=3"), {}, ["no option 'depth'", "rounds, size"]),
        (("--set", "target=3"), {}, ["no option 'target'"]),
        (("--set", "rounds=many"), {}, ["'rounds'", "'many'", "how often"]),
        (("--set", "rounds"), {}, ["OPTION=VALUE"]),
        (("--layer", "1", "--set", "layer=2"), {}, ["layer is set twice", "--layer"]),
        ((), {"data": "none.txt"}, ["no file or folder 'none.txt'"]),
    ],
)
def test_bad_calls_make_no_store(train, embedded, arguments, keywords, parts):
    refused(train(*arguments, "--json", **keywords), "INVALID_ARGUMENT", *parts)
    plain = train(*arguments, **keywords)
    assert (plain.code, plain.out) == (2, "")
    assert plain.err.startswith("Error: ")
    assert plain.err.count("\n") == 1
    assert not embedded.data.exists()


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (("--minutes", "0"), ["minutes is 0"]),
        (("--minutes", "nan"), ["minutes is nan"]),
        (("--seed", "-1"), ["seed is -1"]),
        (("--resume", "--restart"), ["exclude each other"]),
        (("--text-column", "body"), ["corpus.txt has no columns", "'body'"]),
    ],
)
def test_bad_requests(train, embedded, arguments, parts):
    refused(train(*arguments, "--json"), "INVALID_ARGUMENT", *parts)
    assert embedded("models", "list", "--json").json == {"models": []}


def test_names_are_needed(train):
    refused(train("--json", named=("--name", "abc")), "USAGE", "--version")
    refused(train("--json", named=("--version", "1")), "USAGE", "--name")
    refused(train("--json", named=("--name", "a@b", "--version", "1")), "INVALID_ARGUMENT", "a@b")


def test_a_name_is_trained_once(train):
    assert train().code == 0
    refused(train("--json"), "ALREADY_EXISTS", "abc@1")
    refused(train("--json", "--restart"), "ALREADY_EXISTS", "abc@1")
    assert train(named=("--name", "abc", "--version", "2")).code == 0


class TestInterrupted:
    @pytest.fixture(autouse=True)
    def _interrupted(self, train, counting):
        counting.stop_at = 2
        outcome = train()
        assert (outcome.code, outcome.out) == (130, "")
        assert outcome.err.count("\n") == 1
        assert "--resume" in outcome.err
        assert "abc@1" in outcome.err
        counting.stop_at = None

    def test_nothing_is_registered(self, embedded):
        assert embedded("models", "list", "--json").json == {"models": []}
        refused(embedded("encode", "abc@1", "x", "--json"), "ENCODER_NOT_FOUND")

    def test_it_is_not_begun_again_unasked(self, train, counting):
        refused(train("--json"), "TRAINING_FAILED", "--resume", "--restart")
        assert counting.rounds == []

    def test_resume_goes_on(self, train, counting):
        assert train("--resume").code == 0
        assert counting.rounds == [(3, 3)]

    def test_restart_begins_anew(self, train, counting):
        assert train("--restart").code == 0
        assert counting.rounds == [(1, 3)]

    def test_resume_with_something_else_is_refused(self, train, counting, corpus):
        for arguments, part in {
            ("--set", "rounds=4"): "options.rounds was 3 and is 4",
            ("--seed", "1"): "seed was 0 and is 1",
        }.items():
            refused(train(*arguments, "--resume", "--json"), "TRAINING_FAILED", part)
        corpus.write_text("other\n")
        refused(train("--resume", "--json"), "TRAINING_FAILED", "data.digest")
        assert counting.rounds == []


def test_progress_is_for_terminals(train, monkeypatch):
    assert train().err == ""
    monkeypatch.setattr("vecstore.cli.output.watched", lambda: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    outcome = train(named=("--name", "abc", "--version", "2"))
    assert "3/3  loss 0.333" in outcome.err
    assert "counting" in outcome.err
    assert outcome.out.startswith("trained abc@2")


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_only_the_first_of_several_processes_speaks(train, monkeypatch, form):
    monkeypatch.setattr("vecstore.cli.output.watched", lambda: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("RANK", "1")
    outcome = train(*form)
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")


def test_it_is_not_for_clients(server, corpus):
    outcome = server("train", "word-context", corpus, *NAMED, "--json")
    refused(outcome, "INVALID_ARGUMENT", "--data DIR")


class TestWordContext:
    """Real trainings."""

    @pytest.fixture(autouse=True)
    def _gensim(self):
        pytest.importorskip("gensim", reason="gensim is not installed")

    @pytest.fixture
    def texts(self, tmp_path):
        path = tmp_path / "texts.jsonl"
        texts = ["the cat sat on the mat", "the dog lay on the rug", "a cat is no dog"] * 20
        path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
        return path

    def test_a_server_sees_what_is_trained_beside_it(self, server, call, texts):
        outcome = call(
            "train", "word-context", texts, "--name", "beside", "--version", "1",
            "--set", "vector_size=8", "--set", "epochs=2", "--data", server.data, "--json",
        )  # fmt: skip
        assert outcome.code == 0, outcome.err
        assert outcome.json["manifest"]["options"]["vector_size"] == 8
        assert server("collections", "create", "words", "-e", "beside@1").code == 0
        rows = b'{"id": "a", "text": "the cat"}\n{"id": "b", "text": "the dog"}\n'
        assert server("add", "words", "-", stdin=rows).code == 0
        hits = server("search", "words", "cat", "--json").json["hits"]
        assert [hit["id"] for hit in hits] == ["a", "b"]

    def test_ctrl_c_and_on(self, embedded, texts, spawn):
        arguments = [
            "word-context", texts, *NAMED, "--set", "vector_size=4", "--set", "epochs=100",
        ]  # fmt: skip
        # A suite that runs in the background hands an ignored SIGINT down to its children.
        process = subprocess.Popen(
            [*COMMAND, *map(str, arguments), *embedded.where],
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - all it does
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        while not list(embedded.data.glob("models/.training/*/checkpoints/latest*")):
            assert process.poll() is None, process.stderr.read()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out) == (130, b"")
        assert err.decode().startswith("Interrupted: the training of abc@1 is kept")
        unasked = embedded("train", *arguments, "--json")
        refused(unasked, "TRAINING_FAILED", "--resume")
        assert embedded("train", *arguments, "--resume").code == 0
        whole = embedded("train", *arguments, "--json", "--name", "whole")
        resumed = embedded("models", "show", "abc", "--json")
        assert whole.json["space"]["fingerprint"] == resumed.json["space"]["fingerprint"]
