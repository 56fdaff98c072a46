import json

import pytest

SUBJECTS = ("money", "weather", "food")
PAIRS = "a cat,a cat,5\na cat,a dog,3\na cat,stocks fell,0\ntwo dogs,two dogs bark,4\n"


@pytest.fixture
def labelled(tmp_path):
    rows = [
        {"text": f"please tell me about {SUBJECTS[n % 3]} now {n}", "label": SUBJECTS[n % 3]}
        for n in range(30)
    ]
    path = tmp_path / "questions.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def pairs(tmp_path):
    path = tmp_path / "pairs.csv"
    path.write_text(PAIRS)
    return path


QUICK = ("--shots", "3", "--draws", "1")


def test_a_table_for_each_protocol(embedded, labelled, pairs):
    found = embedded("evaluate", "hashing", "--labelled", labelled, "--pairs", pairs, *QUICK)
    assert (found.code, found.err) == (0, "")
    lines = [line.rstrip() for line in found.out.splitlines()]
    assert lines[0] == "labels: questions.jsonl (30 inputs, 3 classes)"
    assert lines[1].split() == ["figure", "hashing@1", "TF-IDF"]
    rows = {line.split()[0]: line.split()[1:] for line in lines[2:] if line}
    assert rows["health.hubness"][1] == "-"
    assert rows["probe.accuracy@3"][1].startswith("±")
    assert "pairs: pairs.csv (4 pairs)" in lines
    assert "pairs.spearman" in rows


def test_json_tells_all_of_it(embedded, pairs):
    found = embedded(
        "evaluate",
        "hashing",
        "--pairs",
        pairs,
        "--seed",
        7,
        "--gate",
        "pairs.spearman>-1",
        "--json",
    )
    assert (found.code, found.err) == (0, "")
    (outcome,) = found.json["outcomes"]
    assert (outcome["protocol"], outcome["seed"]) == ("pairs", 7)
    assert outcome["data"]["counts"] == {"pairs": 4}
    assert [one["name"] for one in outcome["judged"]] == ["hashing@1", "TF-IDF"]
    assert [one["baseline"] for one in outcome["judged"]] == [False, True]
    assert outcome["judged"][0]["space"]["model"] == "hashing"
    assert outcome["evaluations"] == [1]
    value = outcome["judged"][0]["figures"]["pairs.spearman"]["value"]
    assert found.json["gates"] == [
        {
            "gate": "pairs.spearman>-1",
            "encoder": "hashing@1",
            "protocol": "pairs",
            "value": value,
            "passed": True,
        }
    ]
    assert found.json["skipped"] == []


def test_a_sample_is_called_one(embedded, labelled):
    asked = ("evaluate", "hashing", "--labelled", labelled, "--limit", 15, *QUICK)
    assert embedded(*asked).out.startswith(
        "labels: questions.jsonl (15 inputs, 3 classes, a sample of 30)"
    )


def test_a_gate_that_is_not_passed_leaves_with_three(embedded, pairs, tmp_path):
    gates = ("--gate", "pairs.spearman > 1", "--gate", "pairs.spearman>=-1")
    report = tmp_path / "report.html"
    found = embedded("evaluate", "hashing", "--pairs", pairs, *gates, "--report", report)
    assert found.code == 3
    (line,) = found.err.splitlines()
    assert line.startswith("gate not passed: pairs.spearman>1 by hashing@1 (pairs: it is ")
    assert "gate passed: pairs.spearman>=-1 by hashing@1" in found.out
    assert found.out.splitlines()[-1] == f"report: {report}"
    assert "pairs.csv" in report.read_text()


def test_what_is_asked_wrongly_is_told_before_a_store_is_made(embedded, pairs, tmp_path):
    asked = ("evaluate", "hashing", "--pairs", pairs)
    for arguments, part in (
        ((*asked, "--gate", "probe.accuracy@10>=0.7"), "there will be: pairs.spearman"),
        ((*asked, "--report", tmp_path / "no" / "r.html"), "there is no folder"),
        ((*asked, "--report", "/dev/null"), "which is no plain file"),
        ((*asked, "--shots", "few"), "--shots is 'few'"),
        ((*asked, "--labelled", tmp_path / "none.csv"), "no file or folder"),
        (("evaluate", "--pairs", pairs), "no encoder is named"),
        (("evaluate", "hashing"), "nothing to judge on"),
    ):
        found = embedded(*arguments)
        assert (found.code, part in found.err) == (2, True), found.err
        assert not embedded.data.exists()


def test_a_server_does_not_judge(call, pairs):
    found = call("evaluate", "hashing", "--pairs", pairs, "--server", "127.0.0.1:1")
    assert found.code == 2
    assert "evaluating is for the store's operator" in found.err


def test_a_collection_and_a_payload_key(embedded, labelled):
    embedded("collections", "create", "docs", "--encoder", "hashing")
    assert embedded("add", "docs", labelled, "--derive-ids").code == 0
    found = embedded("evaluate", "--collection", "docs", "--label-key", "label", *QUICK, "--json")
    (outcome,) = found.json["outcomes"]
    assert outcome["data"]["name"] == "docs: label"
    assert [one["name"] for one in outcome["judged"]] == ["hashing@1", "TF-IDF"]


def test_what_is_passed_over_is_told(embedded, labelled):
    with labelled.open("a") as file:
        file.write('{"text": " ", "label": "food"}\n')
    asked = ("evaluate", "hashing", "--labelled", labelled, *QUICK)
    refused = embedded(*asked)
    assert refused.code == 2
    assert f"line 31 of {labelled}" in refused.err
    found = embedded(*asked, "--on-error", "skip")
    assert found.code == 0
    assert found.err.startswith(f"1 input was passed over:\n  line 31 of {labelled}: ")
    assert "1 skipped" in found.out.splitlines()[0]
    named = embedded(*asked, "--on-error", "skip", "--json")
    assert [one["name"] for one in named.json["skipped"]] == [f"line 31 of {labelled}"]
