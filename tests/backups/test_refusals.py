"""What a restore checks before it touches anything, and what it leaves where it fails."""

import contextlib
import resource
import shutil

import pytest
from sqlalchemy import inspect, text

import vecstore
from vecstore import Record
from vecstore.artifacts.places import Places
from vecstore.backups.columns import packed, unpacked
from vecstore.errors import (
    AlreadyExists,
    BackupDamaged,
    EncoderNotFound,
    InvalidArgument,
    ModelDrift,
    PluginError,
    SchemaMismatch,
    StorageError,
    StoreInUse,
    VersionConflict,
)
from vecstore.storage import schema
from vecstore.storage.copying import Kind
from vecstore.storage.ownership import FolderLock


def tree(folder):
    return sorted(str(one.relative_to(folder)) for one in folder.rglob("*"))


@contextlib.contextmanager
def no_file_larger_than(size):
    """A disk that is full soon."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


class TestEncoders:
    @pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
    def test_a_missing_plugin(self, backup, restored, poorer, database, kind, tmp_path):
        url, before = database(kind), tree(tmp_path)
        with pytest.raises(EncoderNotFound) as caught:
            restored(backup, registry=poorer, database=url)
        for said in ("shades@1", "learnt@1", "there is no loader", "--accept-missing", "pip"):
            assert said in caught.value.message
        assert tree(tmp_path) == before
        if url:
            assert schema.current(schema.connect(url)) is None

    def test_a_missing_plugin_that_is_accepted(self, backup, restored, poorer, opened, tmp_path):
        done = restored(backup, registry=poorer, accept_missing=True)
        assert done.missing == ("learnt@1", "shades@1")
        with vecstore.open(tmp_path / "new", registry=poorer) as store:
            assert store.collection("texts").search("old house")
            pictures = store.collection("pictures")
            vector = pictures.get(["red"], include_vectors=True)[0].vector
            assert pictures.search(vector)[0].id == "red"
        with opened(tmp_path / "new") as store:
            assert store.collection("learnt").search("red")[0].id == "red"

    def test_a_faulty_plugin(self, backup, restored, shades, monkeypatch, tmp_path):
        def broken(_self):
            raise RuntimeError("no driver")

        monkeypatch.setattr(shades, "identity", broken)
        with pytest.raises(PluginError, match=r"shades@1 cannot be used here: .*no driver"):
            restored(backup)
        assert not (tmp_path / "new").exists()

    @pytest.mark.parametrize("accept_missing", [False, True])
    def test_drift_is_never_accepted(
        self, backup, restored, shades, monkeypatch, accept_missing, tmp_path
    ):
        monkeypatch.setattr(shades, "tint", 2.0)
        with pytest.raises(ModelDrift, match=r"shades@1 cannot .* shades: 1.0 -> 2.0") as caught:
            restored(backup, accept_missing=accept_missing)
        assert caught.value.details["encoder"] == "shades@1"
        assert not (tmp_path / "new").exists()

    def test_drift_that_only_canaries_see(self, backup, restored, shades, monkeypatch, tmp_path):
        monkeypatch.setattr(shades, "identity", lambda _: vecstore.Identity({"shades": 1.0}))
        monkeypatch.setattr(shades, "tint", 2.0)
        with pytest.raises(ModelDrift, match="shades@1"):
            restored(backup)
        assert not (tmp_path / "new").exists()

    def test_an_encoder_that_no_collection_uses_need_not_be_there(
        self, opened, restored, poorer, tmp_path
    ):
        with opened(tmp_path / "old") as store:
            store.encode("shades@1", ["registered"])
            store.create_collection("docs", encoder="hashing@1").upsert([Record("a", text="a")])
            store.backup(tmp_path / "file")
        assert restored(tmp_path / "file", registry=poorer).missing == ()

    @pytest.mark.parametrize("damaged", [False, True])
    def test_a_trained_model_that_is_gone(
        self, backup, damaged, opened, restored, caplog, tmp_path
    ):
        model = Places(tmp_path / "source").artifact("learnt@1")
        if damaged:
            (model / "counts.safetensors").write_bytes(b"other")
        else:
            shutil.rmtree(model)
        with opened(tmp_path / "source") as store:
            info = store.backup(tmp_path / "without")
        assert info.without == ("learnt@1",)
        assert "the backup is without the model learnt@1" in caplog.text
        with pytest.raises(EncoderNotFound, match="learnt@1 cannot be used here"):
            restored(tmp_path / "without")
        assert restored(tmp_path / "without", accept_missing=True).missing == ("learnt@1",)


class TestPlaces:
    def test_a_folder_that_holds_something(self, backup, restored, tmp_path):
        (tmp_path / "new").mkdir()
        (tmp_path / "new" / "mine").write_text("precious")
        with pytest.raises(AlreadyExists, match=r"holds something already \(mine\)"):
            restored(backup)
        assert tree(tmp_path / "new") == ["mine"]

    def test_a_store(self, backup, restored, opened, tmp_path):
        before = tree(tmp_path / "source")
        with pytest.raises(AlreadyExists, match="source' holds something already"):
            restored(backup, "source")
        assert tree(tmp_path / "source") == before

    def test_names_that_no_disk_takes(self, backup, restored, opened, tmp_path):
        name = "n" * 300
        with pytest.raises(StorageError, match="too long"):
            restored(backup, name)
        with pytest.raises(InvalidArgument, match="there is no file"):
            restored(tmp_path / name)
        with opened(tmp_path / "source") as store, pytest.raises(StorageError, match="too long"):
            store.backup(tmp_path / name)

    def test_a_file(self, backup, restored, tmp_path):
        (tmp_path / "new").write_text("precious")
        with pytest.raises(InvalidArgument, match="is no folder"):
            restored(backup)

    def test_a_database_that_holds_something(self, backup, restored, bare_postgres_url, tmp_path):
        engine = schema.connect(bare_postgres_url)
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE theirs (id INTEGER)"))
        with pytest.raises(AlreadyExists, match=r"holds tables already \(theirs\)"):
            restored(backup, database=bare_postgres_url)
        assert inspect(engine).get_table_names() == ["theirs"]
        assert not (tmp_path / "new").exists()

    def test_a_database_url_of_sqlite(self, backup, restored):
        with pytest.raises(InvalidArgument, match="lives in the store's own folder"):
            restored(backup, database="sqlite:///x.db")

    def test_an_empty_folder_and_what_a_killed_restore_left(self, backup, restored, tmp_path):
        left = tmp_path / "new" / ".restoring" / "models"
        left.mkdir(parents=True)
        (tmp_path / "new" / "owner.lock").write_text("1")
        restored(backup)
        assert not left.parent.exists()

    def test_a_folder_that_is_being_restored_into(self, backup, restored, tmp_path):
        (tmp_path / "new").mkdir()
        lock = FolderLock(tmp_path / "new")
        with pytest.raises(StoreInUse):
            restored(backup)
        lock.release()
        restored(backup)


class TestFailures:
    @pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
    @pytest.mark.parametrize("there", [False, True])
    def test_an_interrupted_restore_leaves_nothing(
        self, backup, restored, database, kind, there, tmp_path
    ):
        def stop(done, total):
            if done > 0.9 * total:
                raise KeyboardInterrupt

        if there:
            (tmp_path / "new").mkdir()
        url, before = database(kind), tree(tmp_path)
        with pytest.raises(KeyboardInterrupt):
            restored(backup, database=url, on_progress=stop)
        assert tree(tmp_path) == before
        if url:
            assert inspect(schema.connect(url)).get_table_names() == []
        restored(backup, database=url)

    def test_a_full_disk_while_restoring(self, backup, restored, tmp_path):
        before = tree(tmp_path)
        with no_file_larger_than(120_000), pytest.raises(StorageError):
            restored(backup, "deep/er/new")
        assert tree(tmp_path) == before

    def test_a_full_disk_while_backing_up(self, backup, opened, tmp_path):
        with opened(tmp_path / "source") as store:
            before = tree(tmp_path)
            with no_file_larger_than(20_000), pytest.raises(StorageError, match="make room"):
                store.backup(tmp_path / "second")
            assert tree(tmp_path) == before

    def test_a_model_that_goes_while_backing_up(self, backup, opened, tmp_path):
        def remove(_done, _about):
            shutil.rmtree(tmp_path / "source" / "models", ignore_errors=True)

        told = pytest.raises(StorageError, match=r"cannot read .*learnt@1.*no backup was")
        with opened(tmp_path / "source") as store, told:
            store.backup(tmp_path / "second", on_progress=remove)
        assert not list(tmp_path.glob("*second*"))

    def test_an_interrupted_backup_leaves_nothing(self, backup, opened, tmp_path):
        def stop(done, _about):
            if done > 10_000:
                raise KeyboardInterrupt

        with opened(tmp_path / "source") as store:
            before = tree(tmp_path)
            with pytest.raises(KeyboardInterrupt):
                store.backup(tmp_path / "second", on_progress=stop)
            assert tree(tmp_path) == before

    def test_a_file_is_not_replaced_unless_told(self, backup, opened, tmp_path):
        (tmp_path / "kept").write_text("precious")
        with opened(tmp_path / "source") as store:
            with pytest.raises(AlreadyExists, match="overwrite=True, or --force"):
                store.backup(tmp_path / "kept")
            assert (tmp_path / "kept").read_text() == "precious"
            for path, match in ((tmp_path, "is a folder"), (tmp_path / "no" / "f", "no folder")):
                with pytest.raises(InvalidArgument, match=match):
                    store.backup(path)
            assert store.backup(tmp_path / "kept", overwrite=True).records > 0


def repacked(manifest, contents, name, left_out):
    """The rows of a table without some of its columns."""
    found = next(one for one in manifest["tables"] if one["shape"]["name"] == name)
    columns = found["shape"]["columns"]
    kept = [n for n, (column, _) in enumerate(columns) if column not in left_out]
    kinds = [Kind(kind) for _, kind in columns]
    for part in found["parts"]:
        rows = [[row[n] for n in kept] for row in unpacked(contents[part["name"]], kinds)]
        contents[part["name"]] = packed(rows, [kinds[n] for n in kept])
    found["shape"]["columns"] = [columns[n] for n in kept]


class TestSchemas:
    def test_a_newer_one(self, backup, restored, reworked, tmp_path):
        newer = reworked(backup, lambda manifest, _: manifest.update(schema="9999"))
        with pytest.raises(SchemaMismatch, match="has schema 9999, which this vecstore"):
            restored(newer)
        assert not (tmp_path / "new").exists()

    @pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
    def test_an_older_one_is_upgraded(self, backup, restored, reworked, opened, database, kind):
        later = {"aliases", "payload_indexes", "idempotency_keys"}
        later |= {"reembeddings", "reembed_failures", "carried", "bridges"}

        def before(manifest, contents):
            manifest["schema"] = "0003"
            tables = manifest["tables"]
            tables[:] = [one for one in tables if one["shape"]["name"] not in later]
            repacked(manifest, contents, "records", {"version"})
            repacked(manifest, contents, "store_state", {"last_version"})
            repacked(manifest, contents, "collections", {"generation"})
            repacked(manifest, contents, "fields", {"state"})

        url = database(kind)
        done = restored(reworked(backup, before), database=url)
        assert done.backup.schema == "0003"
        with opened(done.folder, url) as store:
            texts = store.collection("texts")
            assert texts.search("once only")[0].id == "once"
            assert texts.get(["t1"])[0].version == 1
            assert store.list_aliases() == {}
            texts.create_index("$text", "text")
            words = texts.search_hybrid(text="once only", fields=(), k=1)
            assert [hit.id for hit in words] == ["once"]
            texts.create_index("kind", "keyword")
            assert {hit.payload["kind"] for hit in texts.search("old", filter={"kind": "red"})} == {
                "red"
            }
            changed = [Record(id="t1", text="changed")]
            with pytest.raises(VersionConflict):
                texts.update(changed, if_versions={"t1": 2})
            assert texts.update(changed, if_versions={"t1": 1}) == 1
            assert texts.get(["t1"])[0].version > 1

    def test_columns_that_the_schema_does_not_have(self, backup, restored, reworked, tmp_path):
        def strange(manifest, _):
            manifest["tables"][0]["shape"]["columns"][0][0] = "id; DROP TABLE records"

        with pytest.raises(BackupDamaged, match=r"that schema .* does not have so"):
            restored(reworked(backup, strange))
        assert not (tmp_path / "new").exists()

    @pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
    def test_rows_that_contradict_each_other(
        self, backup, restored, reworked, database, kind, tmp_path
    ):
        def backwards(manifest, _):
            manifest["tables"].sort(key=lambda one: one["shape"]["name"] != "fields")

        url = database(kind)
        with pytest.raises(BackupDamaged, match="contradict each other"):
            restored(reworked(backup, backwards), database=url)
        assert not (tmp_path / "new").exists()

    def test_a_column_that_is_missing(self, backup, restored, reworked, tmp_path):
        def renamed(manifest, _):
            found = next(one for one in manifest["tables"] if one["shape"]["name"] == "releases")
            found["shape"]["columns"][1][0] = "strange"

        with pytest.raises(BackupDamaged, match="holds what vecstore never writes"):
            restored(reworked(backup, renamed))
        assert not (tmp_path / "new").exists()

    def test_values_without_a_meaning(self, backup, restored, reworked, tmp_path):
        def strange(manifest, contents):
            found = next(one for one in manifest["tables"] if one["shape"]["name"] == "collections")
            for part in found["parts"]:
                contents[part["name"]] = contents[part["name"]].replace(b"cosine", b"cosmic")

        with pytest.raises(BackupDamaged, match=r"never writes .*cosmic"):
            restored(reworked(backup, strange))
        assert not (tmp_path / "new").exists()

    def test_no_state(self, backup, restored, reworked, tmp_path):
        def stateless(manifest, _):
            for one in manifest["tables"]:
                if one["shape"]["name"] == "store_state":
                    one["parts"], one["rows"] = [], 0

        with pytest.raises(BackupDamaged, match="has 0 rows of the store's state"):
            restored(reworked(backup, stateless))
        assert not (tmp_path / "new").exists()
