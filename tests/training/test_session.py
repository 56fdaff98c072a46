"""One training from data to a registered release, and all that can stop it."""

import json
from pathlib import Path

import pytest

from vecstore.artifacts.folder import read_artifact
from vecstore.errors import (
    AlreadyExists,
    ArtifactDamaged,
    EncoderNotFound,
    FailedPrecondition,
    InvalidArgument,
    InvalidInput,
    PluginError,
    SpaceMismatch,
    StorageError,
    TrainingFailed,
)
from vecstore.records import Record


def test_a_trained_model_is_a_release_like_any_other(train, store):
    info = train()
    assert info.name == "ab@1"
    assert store.space("ab@1") == info.space
    docs = store.create_collection("docs", encoder="ab@1")
    docs.upsert([Record(id="a", text="a fox"), Record(id="b", text="zzz")])
    assert docs.search("fox", k=1)[0].id == "a"


def test_the_manifest_says_how_it_came_about(train, texts):
    manifest = train(seed=5, epochs=3).manifest
    assert (manifest.task, manifest.seed, manifest.name) == ("letters", 5, "ab@1")
    assert manifest.options == {"dim": 8, "epochs": 3, "fail_at": 0}
    assert manifest.data["documents"] == len(texts)
    assert manifest.metrics["loss"] > 0
    assert [point.step for point in manifest.curve] == [1, 2, 3]
    assert manifest.seconds >= 0


def test_runtime_versions_stand_apart_from_the_identity(train):
    info = train()
    assert "python" in info.runtime
    assert "python" not in info.manifest.parts


def test_nothing_but_the_artifact_is_left(train, store):
    train()
    left = {p.name for p in (store.folder / "models").rglob("*") if p.is_file()}
    assert left == {
        "ab@1.lock",
        "manifest.json",
        "model.safetensors",
        "canaries.npy",
        "runtime.json",
    }


def test_training_needs_no_hold_on_the_store(train, store, open_with):
    store.create_collection("docs", encoder="hashing@1")
    with open_with(store.folder) as beside:
        beside.train("letters", ["some letters here"] * 20, name="beside", version="1")
    assert store.create_collection("more", encoder="beside@1").space.model == "beside"


def test_a_store_may_move(train, store, open_with, tmp_path):
    before = train().space
    vector = store.encode("ab@1", ["fox"])[0]
    store.close()
    store.folder.rename(tmp_path / "moved")
    with open_with(tmp_path / "moved") as moved:
        again = moved.encode("ab@1", ["fox"])[0]
        assert again.space == before
        assert (again.values == vector.values).all()


def test_two_seeds_are_two_spaces_that_never_meet(train, store):
    train(seed=1)
    train(version="2", seed=2)
    vector = store.encode("ab@2", ["fox"])[0]
    docs = store.create_collection("docs", encoder="ab@1")
    with pytest.raises(SpaceMismatch):
        docs.search(vector)
    with pytest.raises(SpaceMismatch):
        store.compare(store.encode("ab@1", ["fox"])[0], vector)


def test_a_training_that_starts_from_an_artifact_is_a_new_space(train, store):
    first = train()
    second = train(version="2", start="ab@1")
    third = train(version="3", start="ab@2")
    assert [one["name"] for one in third.manifest.lineage] == ["ab@2", "ab@1"]
    assert third.manifest.lineage[1]["fingerprint"] == first.space.fingerprint
    with pytest.raises(SpaceMismatch):
        store.compare(store.encode("ab@1", ["fox"])[0], store.encode("ab@2", ["fox"])[0])
    assert second.manifest.curve[0].loss < first.manifest.curve[0].loss


def test_a_training_may_start_from_several_artifacts(train, store):
    first, second = train(), train(version="2", start=["ab@1"], seed=3)
    other = train(name="other", seed=9)
    both = train(version="3", start=["ab@2", "other"])
    assert [one["name"] for one in both.manifest.lineage] == ["ab@2", "other@1", "ab@1"]
    assert [one["fingerprint"] for one in both.manifest.lineage] == [
        info.space.fingerprint for info in (second, other, first)
    ]
    again = train(version="4", start=("other@1", "ab@3"))
    names = [one["name"] for one in again.manifest.lineage]
    assert names == ["other@1", "ab@3", "ab@2", "ab@1"]


class TestRefusals:
    def test_a_name_that_is_taken(self, train):
        train()
        with pytest.raises(AlreadyExists, match="ab@2"):
            train()

    def test_a_name_that_is_taken_by_a_ready_release(self, train):
        with pytest.raises(AlreadyExists):
            train(name="hashing")

    def test_an_unknown_task(self, train):
        with pytest.raises(InvalidArgument, match=r"'leters'.*letters"):
            train(task="leters")

    def test_an_unknown_option(self, train):
        with pytest.raises(InvalidArgument, match=r"'epoch'.*epochs"):
            train(epoch=3)

    @pytest.mark.parametrize("minutes", [0, -1, float("nan"), float("inf")])
    def test_no_budget(self, train, minutes):
        with pytest.raises(InvalidArgument, match="minutes"):
            train(minutes=minutes)

    @pytest.mark.parametrize("seed", [-1, 2**32])
    def test_no_seed(self, train, seed):
        with pytest.raises(InvalidArgument, match="seed"):
            train(seed=seed)

    def test_an_unknown_start(self, train):
        with pytest.raises(EncoderNotFound):
            train(start="nobody@1")

    def test_a_start_that_the_task_cannot_use(self, train):
        with pytest.raises(InvalidArgument, match=r"hashing@1.*letters"):
            train(start="hashing@1")

    def test_more_starts_than_the_task_can_use(self, train):
        for version in "123":
            train(version=version)
        with pytest.raises(InvalidArgument, match=r"at most 2 .* 3 are named: ab@1, ab@2, ab@3"):
            train(version="4", start=["ab@1", "ab@2", "ab@3"])

    def test_a_start_named_twice(self, train):
        train()
        with pytest.raises(InvalidArgument, match="ab@1 is named twice"):
            train(version="2", start=["ab", "ab@1"])

    def test_each_of_several_starts_is_one_that_the_task_can_use(self, train):
        train()
        with pytest.raises(InvalidArgument, match=r"hashing@1.*letters"):
            train(version="2", start=["ab@1", "hashing@1"])

    def test_an_empty_corpus(self, train, store):
        with pytest.raises(InvalidInput):
            train([])
        assert store.list_models() == []

    def test_a_task_whose_libraries_are_missing(self, letters, open_with, tmp_path, texts):
        from dataclasses import replace

        poor = replace(letters, requires=("no_such_module",), extra="vecstore-server[nothing]")
        with (
            open_with(tmp_path, poor) as store,
            pytest.raises(TrainingFailed, match=r"no_such_module.*pip install 'vecstore-server"),
        ):
            store.train("letters", texts, name="ab", version="1")


class TestFaultsOfTheTask:
    @pytest.fixture
    def fit_with(self, letters, open_with, tmp_path, texts):
        from dataclasses import replace

        def fit_with(change):
            def fit(data, run):
                return change(data, run, letters.fit)

            with open_with(tmp_path / "faulty", replace(letters, fit=fit)) as store:
                try:
                    return store.train("letters", texts, name="ab", version="1")
                finally:
                    assert store.list_models() == []

        return fit_with

    def test_a_bug_is_told_as_the_plugins(self, fit_with):
        with pytest.raises(PluginError, match="division by zero"):
            fit_with(lambda data, run, fit: 1 / 0)

    def test_a_full_disk_is_told_as_such(self, fit_with):
        def full(data, run, fit):
            raise OSError(28, "No space left on device")

        with pytest.raises(StorageError, match="No space left on device"):
            fit_with(full)

    def test_what_cannot_be_loaded_again_is_not_registered(self, fit_with):
        from dataclasses import replace

        def forgets(data, run, fit):
            return replace(fit(data, run), write=lambda folder: None)

        with pytest.raises(ArtifactDamaged, match=r"model\.safetensors"):
            fit_with(forgets)

    @pytest.mark.parametrize("where", ["metrics", "curve"])
    def test_a_figure_that_is_no_number_is_not_registered(self, fit_with, where):
        from dataclasses import replace

        from vecstore.artifacts.manifest import CurvePoint

        bad = {"metrics": {"loss": float("nan")}, "curve": (CurvePoint(1, float("inf")),)}
        with pytest.raises(TrainingFailed, match="no number"):
            fit_with(lambda data, run, fit: replace(fit(data, run), **{where: bad[where]}))

    def test_a_file_that_is_missing_is_no_full_disk(self, fit_with):
        with pytest.raises(PluginError, match="FileNotFoundError"):
            fit_with(lambda data, run, fit: Path("/nowhere").read_text())


def test_interrupted_right_after_the_record_nothing_is_lost(train, store, monkeypatch):
    register = store.models.register

    def interrupted(*arguments, **keywords):
        register(*arguments, **keywords)
        raise KeyboardInterrupt

    monkeypatch.setattr(store.models, "register", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train()
    assert store.model("ab@1").problem == ""
    assert store.encode("ab@1", ["fox"])


def test_names_that_differ_in_case_have_folders_that_differ_beyond_it(store):
    places = store.models.places
    folders = {str(places.artifact(name)).lower() for name in ("g@1", "G@1", "g/h@1", "G/h@1")}
    assert len(folders) == 4


def test_very_long_names_fit_on_a_disk(train):
    assert train(name="n/" * 60 + "n", version="v" * 128).problem == ""


def test_others_may_read_what_was_trained(train, store):
    folder = store.models.places.artifact(train().name)
    modes = {path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert len(modes) == 1
    assert modes.pop() & 0o400


class TestDamage:
    def test_an_altered_byte_is_refused_at_load(self, train, store, open_with):
        train()
        file = store.models.places.artifact("ab@1") / "model.safetensors"
        raw = bytearray(file.read_bytes())
        raw[-1] ^= 1
        file.write_bytes(bytes(raw))
        with open_with(store.folder) as again:
            with pytest.raises(FailedPrecondition, match="encoders verify ab@1"):
                again.encode("ab@1", ["fox"])
            with pytest.raises(ArtifactDamaged, match=r"model\.safetensors.*altered"):
                again.verify_encoder("ab@1")
            (info,) = again.list_models()
            assert "altered" in info.problem

    def test_an_exchanged_artifact_is_refused_at_load(self, train, store, open_with):
        train()
        train(version="2", seed=3)
        places = store.models.places
        places.artifact("ab@1").rename(store.folder / "aside")
        places.artifact("ab@2").rename(places.artifact("ab@1"))
        with (
            open_with(store.folder) as again,
            pytest.raises(ArtifactDamaged, match="exchanged"),
        ):
            again.verify_encoder("ab@1")

    def test_an_altered_manifest_is_refused(self, train, store):
        train()
        folder = store.models.places.artifact("ab@1")
        said = json.loads((folder / "manifest.json").read_bytes())
        said["metrics"]["loss"] = 0.0
        (folder / "manifest.json").write_text(json.dumps(said))
        with pytest.raises(ArtifactDamaged, match="manifest was altered"):
            read_artifact(folder)
