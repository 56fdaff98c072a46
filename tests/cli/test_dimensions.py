import csv
import shlex

import numpy as np
import pytest
from PIL import Image

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
    assert found["data"]["counts"] == {"inputs": 90, "classes": 3}
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
        (("--dims", "8,x"), "'8,x'"),
        (("--dims", "99"), "99 dims"),
        (("--samples", "0"), "samples is 0"),
        (("--label-column", "subject"), "'subject'"),
    ],
)
def test_what_cannot_be_measured_is_refused(small, rows, more, part):
    outcome = measure(small, rows, *more, "--json")
    assert outcome.code == 2
    assert part in outcome.error["message"]


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
