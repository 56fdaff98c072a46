"""A training that was interrupted, refused or killed, and what becomes of it."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from vecstore.errors import (
    AlreadyExists,
    EncoderNotFound,
    InvalidArgument,
    InvalidInput,
    TrainingFailed,
)


class TestInterrupted:
    def test_it_goes_on_and_ends_the_same(self, train, stop_at):
        whole = train(name="whole", epochs=6)
        with pytest.raises(KeyboardInterrupt):
            train(epochs=6, on_progress=stop_at(4))
        seen = []
        resumed = train(epochs=6, resume=True, on_progress=seen.append)
        assert [p.step for p in seen if p.stage == "training"] == [5, 6]
        assert resumed.space.fingerprint == whole.space.fingerprint
        assert [p.step for p in resumed.manifest.curve] == [1, 2, 3, 4, 5, 6]

    def test_nothing_is_registered_meanwhile(self, train, store, stop_at):
        with pytest.raises(KeyboardInterrupt):
            train(on_progress=stop_at(2))
        assert store.list_models() == []
        with pytest.raises(EncoderNotFound):
            store.space("ab@1")

    def test_to_begin_again_is_asked_for(self, train, stop_at):
        with pytest.raises(KeyboardInterrupt):
            train(on_progress=stop_at(2))
        with pytest.raises(TrainingFailed, match=r"--resume.*--restart"):
            train()
        seen = []
        train(restart=True, on_progress=seen.append)
        assert next(p.step for p in seen if p.stage == "training") == 1

    def test_resume_begins_where_there_is_nothing_to_resume(self, train):
        assert train(resume=True).name == "ab@1"

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"dim": 4}, r"options\.dim was 8 and is 4"),
            ({"seed": 3}, "seed was 0 and is 3"),
            ({"data": ["another text entirely"] * 9}, r"data\.digest was"),
            ({"minutes": 2.0}, r"minutes was null and is 2\.0"),
        ],
    )
    def test_a_resume_with_something_else_is_refused(self, train, stop_at, changed, said):
        with pytest.raises(KeyboardInterrupt):
            train(on_progress=stop_at(2))
        with pytest.raises(TrainingFailed, match=said):
            train(resume=True, **changed)
        assert train(resume=True).name == "ab@1"

    def test_a_budget_need_not_be_named_again(self, train, stop_at):
        with pytest.raises(KeyboardInterrupt):
            train(minutes=3, on_progress=stop_at(2))
        assert train(resume=True).manifest.minutes == 3

    def test_what_never_began_is_in_nobodys_way(self, train):
        with pytest.raises(InvalidInput, match="too few"):
            train(["one text"])
        assert train().name == "ab@1"

    def test_a_failed_training_keeps_its_checkpoint(self, train, store):
        with pytest.raises(TrainingFailed, match="epoch 4"):
            train(fail_at=4)
        assert (store.folder / "models/.training/ab@1/checkpoints/state.npz").exists()
        assert store.list_models() == []

    def test_a_plan_that_cannot_be_read_throws_nothing_away(self, train, store, stop_at):
        with pytest.raises(KeyboardInterrupt):
            train(on_progress=stop_at(3))
        plan = store.folder / "models/.training/ab@1/plan.json"
        plan.write_text(plan.read_text()[:-20])
        with pytest.raises(TrainingFailed, match="--restart"):
            train(resume=True)
        assert (plan.parent / "checkpoints/state.npz").exists()
        assert train(restart=True).name == "ab@1"

    def test_other_libraries_are_named(self, train, stop_at, monkeypatch):
        with pytest.raises(KeyboardInterrupt):
            train(on_progress=stop_at(3))
        monkeypatch.setattr(
            "vecstore.training.session.libraries", lambda spec: {"vecstore-server": "99"}
        )
        with pytest.raises(TrainingFailed, match=r"libraries\.vecstore-server was"):
            train(resume=True)

    def test_each_start_is_compared_by_itself(self, train, stop_at):
        for name in ("one", "two", "three"):
            train(name=name)
        with pytest.raises(KeyboardInterrupt):
            train(start=["one", "two"], on_progress=stop_at(3))
        with pytest.raises(TrainingFailed, match=r'starts\.2\.name was "two@1" and is "th'):
            train(start=["one", "three"], resume=True)
        with pytest.raises(TrainingFailed, match=r"starts\.2 was .* and is null"):
            train(start="one", resume=True)
        assert len(train(start=["one", "two"], resume=True).manifest.lineage) == 2

    def test_the_seconds_of_both_parts_count_and_are_no_reason_to_fail(self, train, store, stop_at):
        seconds = store.folder / "models/.training/ab@1/seconds.txt"
        with pytest.raises(KeyboardInterrupt):
            train(on_progress=stop_at(3))
        seconds.write_text("100.0")
        with pytest.raises(KeyboardInterrupt):
            train(resume=True, on_progress=stop_at(4))
        assert float(seconds.read_text()) > 100
        seconds.write_text("")
        assert train(resume=True).manifest.seconds < 100

    def test_what_a_refused_training_wrote_is_in_nobodys_way(self, letters, open_with, tmp_path):
        from dataclasses import replace

        def fit(data, run):
            (run.folder / "state").write_text("half")
            raise InvalidArgument("no such precision")

        with open_with(tmp_path / "a", replace(letters, fit=fit)) as store:
            for _ in range(2):
                with pytest.raises(InvalidArgument, match="precision"):
                    store.train("letters", ["a b"] * 9, name="ab", version="1")

    def test_the_name_is_looked_at_again_once_it_is_held(self, train, store, texts):
        """Another training of the name ends while this one reads its data."""

        def slow():
            train(texts)
            yield from texts

        with pytest.raises(AlreadyExists):
            train(slow())
        assert not (store.folder / "models/.training/ab@1").exists()

    def test_what_a_killed_training_left_goes_once_its_name_is_taken(self, train, store):
        train()
        work = store.models.places.work("ab@1")
        (work / "checkpoints").mkdir(parents=True)
        with pytest.raises(AlreadyExists):
            train()
        assert not work.exists()

    def test_two_at_once_do_not_mix(self, train, store):
        with (
            store.models.places.held("ab@1"),
            pytest.raises(TrainingFailed, match="another process"),
        ):
            train()

    def test_killed_between_the_artifact_and_the_record(self, train, store, monkeypatch):
        """What lies in place without being on record is replaced."""

        def killed(*_, **__):
            raise SystemExit(9)

        with monkeypatch.context() as patched:
            patched.setattr(store.models, "register", killed)
            patched.setattr("vecstore.training.finish.shutil.rmtree", lambda *_, **__: None)
            with pytest.raises(SystemExit):
                train()
        assert store.models.places.artifact("ab@1").exists()
        assert train(resume=True).problem == ""


_CHILD = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("toy", sys.argv[1])
toy = importlib.util.module_from_spec(spec)
spec.loader.exec_module(toy)
from vecstore.config import Settings
from vecstore.registry import Registry
from vecstore.store import open_store
registry = Registry.load(Settings(), plugins=[("letters", toy.Plugin(toy.SPEC))],
                         entry_points=False)
def watch(progress):
    if progress.stage == "training" and progress.step == 3:
        print("three", flush=True)
        sys.stdin.read()
with open_store(sys.argv[2], registry=registry, settings=Settings()) as store:
    store.train("letters", toy.TEXTS, name="ab", version="1", on_progress=watch)
"""


def test_killed_and_gone_on_with(train, open_with, tmp_path, texts):
    whole = train(name="whole")
    toy = Path(__file__).with_name("conftest.py")
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(toy), str(tmp_path / "killed")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert child.stdout.readline() == b"three\n"
    child.send_signal(signal.SIGKILL)
    child.wait(30)
    child.stdin.close()
    child.stdout.close()
    with open_with(tmp_path / "killed") as store:
        assert store.list_models() == []
        resumed = store.train("letters", texts, name="ab", version="1", resume=True)
    assert resumed.space.fingerprint == whole.space.fingerprint
