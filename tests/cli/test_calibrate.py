import json

import pytest

WORDS = ("sofa", "ball", "sea", "tree", "moon", "road", "rain")


def texts(first, count):
    return [
        f"the {WORDS[n % 7]} and the {WORDS[n // 7 % 7]} number {n}"
        for n in range(first, first + count)
    ]


def lines(rows):
    return "".join(row + "\n" for row in rows).encode()


def json_lines(rows):
    return lines(json.dumps(row) for row in rows)


@pytest.fixture
def filled(cli):
    assert cli("collections", "create", "docs", "-e", "hashing").code == 0
    rows = [
        {"id": str(n), "text": text, "kind": "ab"[n % 2]} for n, text in enumerate(texts(0, 60))
    ]
    assert cli("add", "docs", "-", stdin=json_lines(rows)).code == 0
    return cli


@pytest.mark.parametrize("more", [(), ("--filter", '{"kind": "a"}'), ("--group-by", "kind")])
def test_a_first_search_counts_the_records(filled, more):
    found = filled("search", "docs", texts(5, 1)[0], *more)
    assert "percentile of 60 records (no flag)" in found.out


def test_queries_calibrate_and_searches_say_so(filled, tmp_path):
    before = filled("search", "docs", texts(5, 1)[0])
    assert "percentile of 60 records (no flag)" in before.out
    assert "never evaluated" in before.err
    queries = tmp_path / "queries.txt"
    queries.write_bytes(lines([*texts(100, 70), "", "  "]))
    made = filled("collections", "calibrate", "docs", queries, "--json")
    assert made.code == 0, made.err
    assert (made.json["basis"], made.json["points"], made.json["source"]) == (
        "queries",
        70,
        "supplied",
    )
    shown = filled("collections", "show", "docs").out
    assert "queries supplied" in shown
    assert "never evaluated" in shown
    strange = filled("search", "docs", "zyx qwv bnm")
    assert "unfamiliar: 100th percentile of 70 ordinary queries (flagged)" in strange.out
    assert "familiar: " in filled("search", "docs", texts(5, 1)[0]).out
    nothing = filled("search", "docs", "zyx qwv bnm", "--filter", '{"kind": "none"}')
    assert nothing.out == ""
    assert "unfamiliar: 100th percentile" in nothing.err
    found = filled("search", "docs", "zyx qwv bnm", "--json").json
    assert found["unfamiliarity"]["flagged"] is True
    assert found["unfamiliarity"]["percentile"] == 100.0
    assert found["unfamiliarity"]["basis"] == "queries"
    assert found["encoder_evaluated"] is False


@pytest.mark.parametrize(
    ("name", "raw", "options"),
    [
        ("-", lines(texts(100, 60)), ()),
        ("-", json_lines({"q": text} for text in texts(100, 60)), ("--text-column", "q")),
        ("q.jsonl", json_lines({"text": text, "n": 1} for text in texts(100, 60)), ()),
        (
            "q.csv",
            lines(["n,q", *(f"1,{text}" for text in texts(100, 60))]),
            ("--text-column", "q"),
        ),
    ],
)
def test_forms(filled, tmp_path, name, raw, options):
    if name != "-":
        (tmp_path / name).write_bytes(raw)
        name = tmp_path / name
    done = filled("collections", "calibrate", "docs", name, *options, "--json", stdin=raw)
    assert done.code == 0, done.err
    assert done.json["points"] == 60


def test_vectors(filled, tmp_path):
    encoded = filled("encode", "hashing", *texts(100, 60), "--role", "query", "--json")
    path = tmp_path / "v.jsonl"
    path.write_text(encoded.out)
    assert filled("collections", "calibrate", "docs", path, "--json").json["points"] == 60


def test_progress_is_for_terminals(filled, tmp_path, monkeypatch):
    queries = tmp_path / "queries.txt"
    queries.write_bytes(lines(texts(100, 60)))
    assert filled("collections", "calibrate", "docs", queries).err == ""
    monkeypatch.setattr("vecstore.cli.output.watched", lambda: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "calibrating" in filled("collections", "calibrate", "docs", queries).err


def test_classes_consent_and_clear(filled):
    done = filled("collections", "calibrate", "docs", "--label-key", "kind", "--gather")
    assert done.code == 0, done.err
    assert "prototypes by kind" in done.out
    assert "yes, as vectors" in done.out
    assert (
        filled("collections", "calibrate", "docs", "--no-gather", "--json").json["gathers"] is False
    )
    cleared = filled("collections", "calibrate", "docs", "--clear", "--json").json
    assert (cleared["measure"], cleared["basis"]) == ("nearest", "records")


def test_too_little_says_not_calibrated(cli):
    cli("collections", "create", "docs", "-e", "hashing")
    cli("add", "docs", "-", stdin=b'{"id": "a", "text": "only one"}\n')
    out = cli("search", "docs", "one").out
    assert "not calibrated: 1 record; at least 50 are needed" in out


@pytest.mark.parametrize(
    ("arguments", "raw", "reason", "named"),
    [
        (("docs", "-"), lines(texts(0, 20)), "INVALID_ARGUMENT", "20 different queries"),
        (("docs", "/nowhere/q.txt"), b"", "INVALID_ARGUMENT", "/nowhere/q.txt"),
        (("docs", "-", "--text-column", "q"), b'{"a": 1}\n', "INVALID_INPUT", "line 1"),
        (("docs", "-", "--text-column", "q"), b'{"q": 1}\n', "INVALID_INPUT", "has 1 in"),
        (("docs", "--text-column", "q"), b"", "INVALID_ARGUMENT", "--text-column"),
        (("docs", "--measure", "prototypes"), b"", "INVALID_ARGUMENT", "label_key"),
        (("docs", "--measure", "nearby"), b"", "USAGE", "nearby"),
        (("docs", "--label-key", "nobody"), b"", "INVALID_ARGUMENT", "nobody"),
        (("nobody", "--clear"), b"", "COLLECTION_NOT_FOUND", "nobody"),
    ],
)
def test_bad_calls(filled, arguments, raw, reason, named):
    outcome = filled("collections", "calibrate", *arguments, "--json", stdin=raw)
    assert outcome.code == 2
    assert outcome.error["reason"] == reason
    assert named in outcome.error["message"]
