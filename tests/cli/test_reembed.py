"""Re-embeddings and operations on the command line, over a folder and over a server."""

import json

import pytest

import vecstore
from vecstore import Doing, Record, ReembedCounts, ReembedState, ReembedStatus, Space
from vecstore.cli.reembed_bar import doing, figures
from vecstore.cli.reembed_place import Place
from vecstore.cli.reembed_steps import next_steps


@pytest.fixture
def ready(docs, tmp_path):
    """The command line over a store whose collection ``docs`` can move to small@1."""
    small = ["small@1", "--loader", "hashing", "--source", "builtin", "--set", "dim=64"]
    operator = type(docs)(["--data", str(docs.data)], docs.data)
    assert operator("encoders", "register", *small).code == 0
    rows = [{"query": "copy tree", "relevant": ["copy"]}, {"query": "date", "relevant": ["parse"]}]
    (tmp_path / "q.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return docs


def test_there_and_back_and_there(ready, tmp_path):
    planned = ready("reembed", "plan", "docs", "--to", "small@1")
    assert "3 to encode" in planned.out
    assert "vecstore reembed start docs --to small@1" in planned.out
    assert ready("reembed", "plan", "docs", "--to", "small@1", "--json").json["counts"] == {
        **dict.fromkeys(("moved", "carried", "failed", "brought", "without_input"), 0),
        **{"total": 3, "pending": 3},
    }
    gate = "retrieval.ndcg@10>=1.5"
    begun = ready(
        *("reembed", "start", "docs", "--to", "small@1", "--queries", tmp_path / "q.jsonl"),
        *("--gate", gate, "--failures", "leave-out", "--json"),
    )
    # A server works on it by itself.
    assert begun.code == (0 if ready.remote else 3)
    assert begun.json["options"]["failures"] == "leave_out"
    watched = ready("reembed", "watch", "docs", "--json")
    assert watched.code == 3
    last = watched.lines[-1]
    assert (last["state"], last["counts"]["moved"]) == ("below_gate", 3)
    again = ready("reembed", "start", "docs", "--to", "small@1")
    assert (again.code, again.out) == (2, "")
    assert again.err.endswith(f"vecstore reembed cancel docs {' '.join(ready.where)}\n")
    shown = ready("reembed", "status", "docs").out
    assert f"the gate {gate} does not hold" in shown
    assert f"reembed resume docs --gate 'FIGURE>=BOUND' {' '.join(ready.where)}" in shown
    _reported(ready, tmp_path)
    _listed(ready)
    blocked = ready("reembed", "switch", "docs", "--json")
    assert (blocked.code, blocked.error["reason"]) == (2, "REEMBED_BLOCKED")

    ready("reembed", "resume", "docs", "--no-gates")
    watched = ready("reembed", "watch", "docs")
    assert watched.code == 0
    assert "nothing blocks the switch" in watched.out
    for step, state in (
        ("switch", "switched"),
        ("rollback", "rolled_back"),
        ("switch", "switched"),
        ("finish", "finished"),
    ):
        taken = ready("reembed", step, "docs", "--json")
        assert (taken.code, taken.json["state"]) == (0, state)
    assert ready("collections", "show", "docs", "--json").json["encoder"] == "small@1"
    assert "the old space is gone" in ready("reembed", "status", "docs").out
    _given_up(ready)


def _reported(ready, tmp_path):
    """Both sides' figures, and answers side by side."""
    page = tmp_path / "report.html"
    told = ready("reembed", "report", "docs", "--html", page)
    assert "gate retrieval.ndcg@10>=1.5: does not hold" in told.out
    line = next(one for one in told.out.splitlines() if one.startswith("retrieval.recall@1 "))
    assert line.count("1.000 [") == 2
    assert "+0.000 [" in line
    assert "copy  0." in told.out
    assert "copy tree" in page.read_text()
    found = ready("reembed", "report", "docs", "--json").json
    assert found["figures"]["retrieval.recall@1"]["new"]["value"] == 1
    assert [one["new"][0]["id"] for one in found["examples"]] == ["copy", "parse"]


def _listed(ready):
    """Work under way as operations, which can be given up too."""
    (found,) = ready("operations", "list", "--json").json["operations"]
    assert (found["subject"], found["state"]) == ("docs/default", "below_gate")
    assert "below gate" in ready("operations", "list").out
    assert ready("operations", "watch", found["id"], "--json").lines[-1] == found
    assert "small@1" in ready("operations", "show", found["id"]).out
    assert ready("operations", "show", "none").code == 2


def _given_up(ready):
    begun = ready("reembed", "start", "docs", "--to", "hashing@1", "--json").json
    assert ready("operations", "cancel", begun["id"], "--json").json["state"] == "cancelled"
    listed = ready("operations", "list", "--all", "--json").json["operations"]
    assert begun["id"] in [one["id"] for one in listed if one["done"]]
    assert "nothing is under way" in ready("operations", "list").out


def _undecided(folder):
    """A store of two records that is to move to small@1, one of them without an input."""
    with vecstore.open(folder) as store:
        store.register_encoder("small@1", loader="hashing", source="builtin", options={"dim": 64})
        docs = store.create_collection("docs", encoder="hashing@1")
        docs.upsert([Record("a", text="a tree")])
        docs.upsert([Record("b", vector=store.encode("hashing@1", ["b"])[0])])


def test_what_is_undecided_is_told_and_decided(embedded, monkeypatch):
    line = embedded
    _undecided(line.data)
    assert "1 without a stored input" in line("reembed", "plan", "docs", "--to", "small@1").out
    with monkeypatch.context() as patched:
        patched.setattr("vecstore.cli.reembed_bar.watched_to_its_end", _interrupted)
        begun = line("reembed", "start", "docs", "--to", "small@1")
    assert (begun.code, begun.out) == (130, "")
    assert f"go on with: vecstore reembed resume docs --data {line.data}" in begun.err
    gone_on = line("reembed", "resume", "docs")
    assert gone_on.code == 2
    assert "1 record without a stored input cannot be moved as it is" in gone_on.out
    refused = line("reembed", "resume", "docs", "--without-input", "encode")
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    both = line("reembed", "resume", "docs", "--gate", "retrieval.mrr>=1", "--no-gates")
    assert (both.code, "exclude each other" in both.err) == (2, True)
    decided = line("reembed", "resume", "docs", "--without-input", "leave-out", "--json")
    assert (decided.code, decided.json["state"]) == (0, "ready")
    assert "nothing was refused" in line("reembed", "failures", "docs").out
    assert line("reembed", "failures", "docs", "--json").json == {"failures": []}
    assert line("reembed", "cancel", "docs", "--json").json["state"] == "cancelled"
    assert line("reembed", "status", "docs", "--field", "x").code == 2
    assert "no vector field ''" in line("reembed", "status", "docs", "--field", "").err


def _interrupted(_statuses):
    raise KeyboardInterrupt


SPACE = Space("m", "1", 2, "0" * 64)
MOVED = ReembedCounts(total=2000, moved=2000)


def _status(state, **more):
    return ReembedStatus("1", "docs", "photo", SPACE, SPACE, ReembedState(state), **more)


@pytest.mark.parametrize(
    ("status", "word", "shown"),
    [
        (_status("filling", running=True), "filling", ""),
        (
            _status(
                "filling",
                running=True,
                counts=ReembedCounts(2000, pending=1500),
                records_per_second=25.4,
                seconds_left=61,
            ),
            "filling",
            "500/2,000 records  25/s  1:01 left",
        ),
        (
            _status("filling", running=True, counts=MOVED, doing=Doing.JUDGING),
            "judging",
            "2,000/2,000 records",
        ),
        (_status("below_gate", counts=MOVED), "below gate", "2,000/2,000 records"),
    ],
)
def test_the_bar_says_what_goes_on(status, word, shown):
    assert (doing(status), figures(status)) == (word, shown)


@pytest.mark.parametrize(
    ("status", "steps"),
    [
        (_status("filling", running=True), ["watch", "pause", "cancel"]),
        (_status("filling"), ["resume", "cancel"]),
        (_status("stopped"), ["resume", "cancel"]),
        (_status("filled", blocked=("x",), counts=ReembedCounts(failed=1)), ["failures", "cancel"]),
        (_status("below_gate", blocked=("x",)), ["resume", "cancel"]),
        (_status("rolled_back"), ["switch", "cancel"]),
        (_status("switched"), ["rollback", "finish"]),
        (_status("finished"), []),
    ],
)
def test_what_may_be_done_next(status, steps):
    place = Place("docs", "photo", "a folder", None, "postgresql://me:secret@host/name")
    found = [command for _, command in next_steps(place, status)]
    assert [one.split()[2] for one in found if one.startswith("vecstore reembed")] == steps
    for command in found:
        assert command.endswith("--field photo --data 'a folder' --database URL")


def test_what_another_process_works_on_is_asked_of_it():
    place = Place("docs", None, "a folder", None, None)
    ((_, found),) = next_steps(place, _status("filling", elsewhere="process 7"))
    assert found == "vecstore reembed watch docs --server HOST:PORT"
