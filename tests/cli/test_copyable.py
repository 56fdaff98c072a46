"""Commands in sentences name the store that the command line was told to work on."""

import pytest

from vecstore import ReembedReport, ReembedState, ReembedStatus, Space
from vecstore.cli import copyable, main

RESUME = "it is paused; resume it first: vecstore reembed resume docs."


@pytest.fixture
def named():
    """named(data, server, database): how the command that runs named its store."""

    def name(*options):
        copyable.begin(main._command())
        copyable.remember(*options)
        return copyable.completed

    yield name
    copyable.begin(main._command())


@pytest.mark.parametrize(
    ("said", "completed"),
    [
        (RESUME, "it is paused; resume it first: vecstore reembed resume docs --data 'a b'."),
        (
            "say: vecstore reembed resume docs --field x --brought CHOICE. Of what is left",
            "say: vecstore reembed resume docs --data 'a b' --field x --brought CHOICE. Of what "
            "is left",
        ),
        (
            "no operation 7; vecstore operations list shows those there are",
            "no operation 7; vecstore operations list --data 'a b' shows those there are",
        ),
        (
            "vecstore encoders register m@2 --loader l --source s, and move each: "
            "vecstore reembed start COLLECTION --to m@2",
            "vecstore encoders register m@2 --data 'a b' --loader l --source s, and move each: "
            "vecstore reembed start COLLECTION --data 'a b' --to m@2",
        ),
        ("one: vecstore evaluate.", "one: vecstore evaluate --data 'a b'."),
        (
            "of the collection v1.2: vecstore reembed cancel v1.2",
            "of the collection v1.2: vecstore reembed cancel v1.2 --data 'a b'",
        ),
    ],
)
def test_commands_are_completed(named, said, completed):
    assert named("a b", None, None)(said) == completed
    assert named(None, None, None)(said) == said


@pytest.mark.parametrize(
    "said",
    [
        "a file that `vecstore backup` wrote",
        "run vecstore db upgrade --data elsewhere",
        "see how it stands with: vecstore reembed status docs --database URL",
        "no file /srv/vecstore list of texts; 'vecstore list' is no name",
        "this is a vecstore of its own; vecstore never knew",
        "vecstore reembed nothing docs",
        "vecstore plugins list",
        "vecstore",
    ],
)
def test_what_is_no_command_or_complete_stays(named, said):
    assert named("a b", None, None)(said) == said


def test_a_server_and_a_database_are_named(named):
    remote = named(None, "host:1", None)
    assert "resume docs --server host:1." in remote(RESUME)
    assert remote("vecstore encoders accept m@1 --reason R").endswith("m@1 --data DIR --reason R")
    assert "resume docs --data d --database URL." in named("d", None, "postgresql://u:p@h/n")(
        RESUME
    )


def test_every_operators_command_is_known():
    """Those that refuse --server are those that are told with a folder."""

    def operators(command, path):
        for name, one in getattr(command, "commands", {}).items():
            yield from operators(one, (*path, name))
        body = getattr(command, "callback", None)
        if body is not None and "open_embedded" in body.__wrapped__.__code__.co_names:
            yield " ".join(path)

    assert set(operators(main._command(), ())) <= copyable.OPERATORS


def test_statuses_are_completed(named):
    named("d", None, None)
    space = Space("m", "1", 2, "0" * 64)
    status = ReembedStatus(
        *("1", "docs", "default", space, space, ReembedState.PAUSED),
        blocked=(RESUME,),
        error=RESUME,
        report=ReembedReport(notes=(RESUME,)),
    )
    told = copyable.told(status)
    assert {*told.blocked, told.error, *told.report.notes} == {
        "it is paused; resume it first: vecstore reembed resume docs --data d."
    }
