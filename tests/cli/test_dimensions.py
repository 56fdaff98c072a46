import csv
import json
import shlex

import numpy as np
import pytest
from PIL import Image

import vecstore
from vecstore.cli.dimension_commands import commands
from vecstore.evaluation.dimensions import Price
from vecstore.evaluation.reductions import Method

pytest.importorskip("matplotlib")

SUBJECTS = ("money", "weather", "food")
SMALL = ("--loader", "hashing", "--source", "", "--set", "dim=16")
PNG = b"\x89PNG"


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """90 labelled texts."""
    rng = np.random.default_rng(0)
    file = tmp_path_factory.mktemp("data") / "my rows.csv"
    with file.open("w", newline="") as opened:
        out = csv.writer(opened)
        out.writerow(["text", "intent"])
        for number in range(90):
            subject = SUBJECTS[number % 3]
            out.writerow([f"{subject} {rng.integers(9)} word{rng.integers(30)}", subject])
    return file


@pytest.fixture
def small(embedded):
    """The command over a store with an encoder of 16 dims."""
    assert embedded("encoders", "register", "small@1", *SMALL).code == 0
    return embedded


def measure(line, rows, *more):
    return line("dimensions", "small", "--on", rows, "--samples", "4", *more)


def test_the_tables_show_every_price(small, rows):
    outcome = measure(small, rows, "--label-column", "intent", "--dims", "8,4")
    assert (outcome.code, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    assert lines[0].startswith("small@1 (16 dims) on my rows.csv: 22 queries over 68 vectors; ")
    table = [line.split() for line in lines]
    assert ["full", "16", "64", "1.000"] in [cells[:4] for cells in table]
    for name in ("truncation", "PCA", "random"):
        assert len([cells for cells in table if cells and cells[0] == name and "MB" in cells]) == 2
    forecasts = [cells for cells in table if cells and cells[-2:] == ["forecast", "forecast"]]
    assert [cells[0] for cells in forecasts] == ["half", "int8", "sign"]
    assert "the index stores float32" in outcome.out
    assert "99% of accuracy" in outcome.out


def test_the_commands_make_it_real(small, rows, call):
    found = measure(small, rows, "--label-column", "intent", "--dims", "15,14", "--json").json
    made = {one["method"]: one for one in found["smallest"] if one["dim"] < 16}
    assert set(made) == {"truncate", "pca", "random"}, found["smallest"]
    for one in made.values():
        for command in one["commands"]:
            words = shlex.split(command)
            assert words[0] == "vecstore"
            outcome = call(*words[1:])
            assert outcome.code == 0, outcome.err
    infos = small("collections", "list", "--json").json["collections"]
    dims = {one["space"]["transform"].partition(":")[0]: one["space"]["dim"] for one in infos}
    assert dims[f"truncate-{made['truncate']['dim']}"] == made["truncate"]["dim"]
    assert len(dims) == 3
    assert sorted(dims.values()) == sorted(one["dim"] for one in made.values())


def test_json_holds_everything(small, rows):
    found = measure(small, rows, "--label-column", "intent", "--seed", "3", "--json").json
    assert (found["encoder"], found["seed"], found["metric"]) == ("small@1", 3, "cosine")
    counts = found["data"]["counts"]
    assert (counts["inputs"], counts["classes"]) == (90, 3)
    prices = {(one["method"], one["dim"]): one for one in found["prices"]}
    assert len(prices) == 16
    full, half = prices["full", 16], prices["half", 16]
    assert (full["queries_ratio"], full["forecast"]) == (1.0, False)
    assert full["index_bytes"] > 68 * 64
    assert (half["index_bytes"], half["queries_per_second"], half["forecast"]) == (None, None, True)
    low, value, high = (prices["truncate", 4]["recall@10"][key] for key in ("low", "value", "high"))
    assert low < value < high
    assert any("forecast" in note for note in found["notes"])


def test_without_labels_it_says_so(small, rows):
    outcome = measure(small, rows)
    assert outcome.code == 0
    assert "no labels" in outcome.out
    assert "accuracy, " not in outcome.out


@pytest.mark.parametrize("labels", [("--label-column", "intent"), ("--no-labels",)])
def test_the_plot_is_a_picture(small, rows, tmp_path, labels):
    plot = tmp_path / "plot.png"
    outcome = measure(small, rows, *labels, "--dims", "8", "--plot", plot)
    assert (outcome.code, outcome.err) == (0, "")
    assert plot.read_bytes()[:4] == PNG
    wide = Image.open(plot).width
    assert wide == (1100 if labels[0] == "--label-column" else 550)


def test_a_name_on_the_plot_is_no_formula(small, rows, tmp_path):
    odd = tmp_path / r"$\frac{$.csv"
    odd.write_bytes(rows.read_bytes())
    outcome = measure(small, odd, "--dims", "8", "--plot", tmp_path / "plot.png")
    assert (outcome.code, outcome.err) == (0, "")


@pytest.mark.parametrize(
    ("more", "part"),
    [
        (("--plot", "plot.jpg"), "ends with .png"),
        (("--plot", "nowhere/plot.png"), "no folder nowhere"),
        (("--plot", "folder.png"), "which is a folder"),
        (("--dims", "8,x"), "'8,x'"),
        (("--dims", "99"), "99 dims"),
        (("--samples", "0"), "samples is 0"),
        (("--label-column", "subject"), "'subject'"),
    ],
)
def test_what_cannot_be_measured_is_refused(small, rows, tmp_path, monkeypatch, more, part):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.png").mkdir()
    outcome = measure(small, rows, *more, "--json")
    assert outcome.code == 2
    assert part in outcome.error["message"]


def test_a_plot_that_cannot_be_written_takes_no_table_with_it(small, rows, tmp_path, monkeypatch):
    def full(file, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("vecstore.judging.report.writing.write_whole", full)
    outcome = measure(small, rows, "--dims", "8", "--plot", tmp_path / "plot.png", "--json")
    assert outcome.code == 2
    assert "No space left on device" in outcome.err
    assert json.loads(outcome.out)["prices"]


def test_what_is_not_there_makes_no_store(call, tmp_path):
    for asked in (("small", "--on", tmp_path / "none.csv"), ("--collection", "docs")):
        assert call("dimensions", *asked, "--data", tmp_path / "store").code == 2
        assert not (tmp_path / "store").exists()


def test_all_dims_alone_name_nothing_smallest(small, rows):
    outcome = measure(small, rows, "--dims", "16")
    assert outcome.code == 0
    assert "half" in outcome.out
    assert "the smallest that keeps" not in outcome.out


def test_the_environment_is_not_printed(small, rows, call, monkeypatch, tmp_path):
    monkeypatch.setenv("VECSTORE_DATA", str(tmp_path / "elsewhere"))
    asked = ("dimensions", "hashing@1", "--on", rows, "--label-column", "intent", "--samples", "4")
    outcome = call(*asked, "--dims", "383")
    assert outcome.code == 0, outcome.err
    assert "--transform truncate-383" in outcome.out
    assert "elsewhere" not in outcome.out


def test_releases_after_the_first_have_names_of_their_own():
    def names(version):
        space = vecstore.Space("a/b", version, 16, "ab" * 32)
        price = Price(Method.PCA, 4, 16, vecstore.Figure(1.0))
        return commands(price, space, seed=0, data=["--on", "x.csv"], store=[])

    assert names("1")[0].endswith("--name a-b-pca4")
    assert names("2+x")[0].endswith("--name a-b-2-x-pca4")
    assert "a-b-2-x-pca4 --encoder a/b@2+x --transform a-b-2-x-pca4" in names("2+x")[1]


def test_progress_is_for_terminals(small, rows, monkeypatch):
    monkeypatch.setattr("vecstore.cli.output.watched", lambda: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "building indexes" in measure(small, rows, "--dims", "8").err


def test_vectors_made_elsewhere_have_no_commands(embedded, tmp_path):
    rng = np.random.default_rng(0)
    lines = [
        json.dumps({"id": str(number), "vector": [*rng.standard_normal(2), 0, 0]})
        for number in range(40)
    ]
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join(lines))
    made = ("encoders", "declare", "outside@1", "--dim", 4, "--provenance", "elsewhere")
    assert embedded(*made).code == 0
    assert embedded("collections", "create", "docs", "--encoder", "outside@1").code == 0
    assert embedded("add", "docs", file, "--space", "outside@1").code == 0
    found = embedded("dimensions", "--collection", "docs", "--json").json
    assert any(one["dim"] == 2 for one in found["smallest"])
    assert not any(one["commands"] for one in found["smallest"])
    shown = embedded("dimensions", "--collection", "docs").out
    assert "no transform can be applied" in shown
    assert "vecstore transforms fit" not in shown


def test_it_is_for_the_operator(call, rows):
    outcome = call("dimensions", "small", "--on", rows, "--server", "localhost:1", "--json")
    assert outcome.code == 2
    assert "operator" in outcome.error["message"]


def test_a_collection_is_measured(small, rows):
    assert small("collections", "create", "docs", "--encoder", "small@1").code == 0
    assert small("add", "docs", rows, "--derive-ids").code == 0
    asked = ("dimensions", "--collection", "docs", "--label-key", "intent", "--samples", "4")
    found = small(*asked, "--json").json
    assert (found["encoder"], found["data"]["name"]) == ("small@1", "docs: intent")
    made = [line for one in found["smallest"] for line in one["commands"] if "--pca" in line]
    assert all("--on DATA" in line for line in made)
    assert small(*asked, "--on", rows, "--json").error["details"]["field"] == "data"
