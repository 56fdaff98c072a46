import json
import subprocess
import sys

import pytest

from vecstore.cli import main, options
from vecstore.errors import InternalError
from vecstore.records import Role
from vecstore.spaces import Metric

COMMANDS = [
    "serve", "add", "search", "get", "list", "count", "delete", "encode", "compare",
    "collections create", "collections list", "collections show", "collections delete",
    "encoders list", "encoders show", "encoders verify", "encoders register", "encoders accept",
    "encoders declare", "db current", "db upgrade", "plugins list", "train", "models list",
    "models show", "models export", "models import", "tasks list", "tasks show",
]  # fmt: skip


def test_alone_it_shows_help(spawn):
    outcome = spawn()
    assert outcome.code == 0
    assert "vecstore collections create docs" in outcome.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_json(call, command):
    outcome = call(*command.split(), "--help")
    assert outcome.code == 0
    assert "--json" in outcome.out


def test_the_names_that_help_shows_are_the_real_ones():
    assert [str(name) for name in options.MetricName] == [str(metric) for metric in Metric]
    assert [str(name) for name in options.RoleName] == [str(role) for role in Role]


def test_version(call):
    import vecstore

    assert call("--version").out == f"vecstore {vecstore.__version__}\n"


@pytest.mark.parametrize("arguments", [["nonsense"], ["search"], ["search", "docs", "x", "--bad"]])
def test_usage_errors(call, arguments):
    plain = call(*arguments)
    assert (plain.code, plain.out) == (2, "")
    assert "Error: " in plain.err
    as_json = call(*arguments, "--json")
    assert (as_json.code, as_json.error["reason"]) == (2, "USAGE")


def test_help_loads_nothing_heavy():
    code = (
        "import sys; from vecstore.cli.main import run; run(['--help']); run(['add', '--help']);"
        "run(['train', '--help']);"
        "print(sorted({'torch', 'grpc', 'sqlalchemy', 'numpy', 'hnswlib', 'alembic', 'pluggy'}"
        " & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stderr == "[]\n"


@pytest.mark.parametrize("module", ["vecstore", "vecstore.cli.main"])
def test_importing_loads_neither_torch_nor_grpc_nor_sqlalchemy(module):
    code = f"import sys, {module}; print({{'torch', 'grpc', 'sqlalchemy'}} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "set()\n"


class TestWhichStore:
    def test_both_are_refused(self, call):
        outcome = call("count", "docs", "--data", "d", "--server", "h:1", "--json")
        assert (outcome.code, outcome.error["reason"]) == (2, "USAGE")
        assert "--data" in outcome.error["message"]
        assert "--server" in outcome.error["message"]

    def test_both_in_the_environment_are_refused(self, call, monkeypatch):
        monkeypatch.setenv("VECSTORE_DATA", "d")
        monkeypatch.setenv("VECSTORE_SERVER", "h:1")
        assert call("count", "docs").code == 2

    def test_the_environment_names_a_folder(self, docs, call, monkeypatch):
        variable = "VECSTORE_SERVER" if docs.remote else "VECSTORE_DATA"
        monkeypatch.setenv(variable, docs.where[1])
        assert call("count", "docs").out == "3\n"

    def test_the_command_line_beats_the_environment(self, docs, monkeypatch):
        monkeypatch.setenv("VECSTORE_DATA" if docs.remote else "VECSTORE_SERVER", "nowhere:1")
        assert docs("count", "docs").out == "3\n"

    def test_a_database_belongs_to_a_folder(self, call):
        outcome = call("count", "d", "--server", "h:1", "--database", "sqlite:///x", "--json")
        assert (outcome.code, outcome.error["reason"]) == (2, "INVALID_ARGUMENT")

    @pytest.mark.parametrize(
        "arguments",
        [
            ["count", "docs"],
            ["search", "docs", "x"],
            ["encoders", "show", "hashing"],
            ["db", "current"],
        ],
    )
    def test_reading_makes_no_store(self, call, tmp_path, arguments):
        data = tmp_path / "new"
        outcome = call(*arguments, "--data", data, "--json")
        assert (outcome.code, outcome.error["reason"]) == (2, "NOT_FOUND")
        assert str(data) in outcome.error["message"]
        assert not data.exists()

    def test_the_default_folder(self, call, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        assert "vecstore-data" in call("count", "docs", "--json").error["message"]
        assert call("collections", "create", "docs", "-e", "hashing").code == 0
        assert (tmp_path / "vecstore-data").is_dir()
        assert call("count", "docs").out == "0\n"

    def test_a_folder_that_cannot_be_made(self, call, tmp_path):
        (tmp_path / "file").write_text("")
        data = tmp_path / "file" / "data"
        outcome = call("collections", "create", "c", "-e", "hashing", "--data", data, "--json")
        assert (outcome.code, outcome.error["reason"]) == (2, "STORAGE_ERROR")
        assert str(data) in outcome.error["message"]

    def test_a_store_in_use(self, server, call):
        outcome = call(
            "collections", "create", "c", "-e", "hashing", "--data", server.data, "--json"
        )
        assert (outcome.code, outcome.error["reason"]) == (2, "STORE_IN_USE")
        assert "--server" in outcome.error["message"]

    def test_a_server_that_is_not_there(self, call):
        outcome = call("count", "docs", "--server", "127.0.0.1:1", "--json")
        assert (outcome.code, outcome.error["reason"]) == (2, "UNAVAILABLE")
        assert "127.0.0.1:1" in outcome.error["message"]

    @pytest.mark.parametrize("address", ["nonsense", "127.0.0.1:99999", ":", "127.0.0.1"])
    def test_what_is_no_address(self, call, address):
        outcome = call("count", "docs", "--server", address, "--json")
        assert outcome.code == 2
        assert address in outcome.error["message"]


class TestErrors:
    def test_one_sentence(self, embedded):
        embedded("collections", "create", "docs", "-e", "hashing")
        outcome = embedded("count", "nobody")
        assert (outcome.code, outcome.out) == (2, "")
        assert outcome.err.startswith("Error: ")
        assert outcome.err.count("\n") == 1

    def broken(self, monkeypatch, error):
        def fail(*_args, **_keywords):
            raise error

        monkeypatch.setattr("vecstore.cli.plugins._print", fail)

    def test_a_bug_shows_its_stack_only_when_asked(self, call, monkeypatch):
        self.broken(monkeypatch, ZeroDivisionError("oops"))
        outcome = call("plugins", "list")
        assert outcome.code == 1
        assert "ZeroDivisionError: oops" in outcome.err
        assert "Traceback" not in outcome.err
        monkeypatch.setenv("VECSTORE_DEBUG", "1")
        assert "Traceback" in call("plugins", "list").err

    def test_an_internal_error_of_the_server(self, call, monkeypatch):
        self.broken(monkeypatch, InternalError("the server failed", error_id="abc"))
        outcome = call("plugins", "list")
        assert outcome.code == 1
        assert outcome.err == "Error: the server failed\n"

    def test_ctrl_c(self, call, monkeypatch):
        self.broken(monkeypatch, KeyboardInterrupt())
        outcome = call("plugins", "list")
        assert outcome.code == 130
        assert outcome.err == "Interrupted.\n"

    def test_ctrl_c_before_any_command(self, monkeypatch, capsys):
        monkeypatch.setattr(main, "_command", lambda: (_ for _ in ()).throw(KeyboardInterrupt))
        assert main.run(["plugins", "list"]) == 130
        assert capsys.readouterr().err == "Interrupted.\n"

    def test_a_reader_that_goes_away(self, embedded):
        embedded("collections", "create", "docs", "-e", "hashing")
        rows = b"".join(b'{"id": "%d", "text": "%s"}\n' % (n, b"t" * 500) for n in range(2000))
        assert embedded("add", "docs", "-", stdin=rows).code == 0
        command = [sys.executable, "-m", "vecstore.cli.main", "list", "docs", "--json"]
        process = subprocess.Popen(
            [*command, *embedded.where], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["text"] == "t" * 500
        process.stdout.close()
        assert process.wait(60) == 0
        assert process.stderr is not None
        assert process.stderr.read() == b""
        process.stderr.close()

    def test_warnings(self, call, monkeypatch):
        import logging

        def warn(*_args):
            logging.getLogger("vecstore.somewhere").warning("careful with %s", "x")

        monkeypatch.setattr("vecstore.cli.plugins._print", warn)
        assert call("plugins", "list").err == "Warning: careful with x\n"
        monkeypatch.setattr("vecstore.cli.plugins._offer", lambda offer: warn() or offer.plugin)
        first = call("plugins", "list", "--json").err.splitlines()[0]
        assert json.loads(first) == {"warning": {"message": "careful with x"}}
