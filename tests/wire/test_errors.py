import logging

import pytest
from google.rpc import code_pb2, error_details_pb2, status_pb2

from vecstore import errors
from vecstore.wire.errors import as_known, error_from_status, error_to_status


def tree(kind=errors.VecstoreError):
    return [kind, *(one for child in kind.__subclasses__() for one in tree(child))]


VISIBLE = [kind for kind in tree() if kind not in (errors.VecstoreError, errors.InternalError)]

CODES = {
    errors.InvalidArgument: code_pb2.INVALID_ARGUMENT,
    errors.InvalidVector: code_pb2.INVALID_ARGUMENT,
    errors.SpaceRequired: code_pb2.INVALID_ARGUMENT,
    errors.InvalidInput: code_pb2.INVALID_ARGUMENT,
    errors.InvalidRecord: code_pb2.INVALID_ARGUMENT,
    errors.InvalidFilter: code_pb2.INVALID_ARGUMENT,
    errors.NotFound: code_pb2.NOT_FOUND,
    errors.EncoderNotFound: code_pb2.NOT_FOUND,
    errors.CollectionNotFound: code_pb2.NOT_FOUND,
    errors.RecordNotFound: code_pb2.NOT_FOUND,
    errors.AlreadyExists: code_pb2.ALREADY_EXISTS,
    errors.VersionConflict: code_pb2.ABORTED,
    errors.FailedPrecondition: code_pb2.FAILED_PRECONDITION,
    errors.BackupDamaged: code_pb2.FAILED_PRECONDITION,
    errors.SpaceMismatch: code_pb2.FAILED_PRECONDITION,
    errors.SpaceRetired: code_pb2.FAILED_PRECONDITION,
    errors.SpaceUnknown: code_pb2.FAILED_PRECONDITION,
    errors.ModelDrift: code_pb2.FAILED_PRECONDITION,
    errors.StoreInUse: code_pb2.FAILED_PRECONDITION,
    errors.SchemaMismatch: code_pb2.FAILED_PRECONDITION,
    errors.StoreClosed: code_pb2.FAILED_PRECONDITION,
    errors.ArtifactDamaged: code_pb2.FAILED_PRECONDITION,
    errors.TrainingFailed: code_pb2.FAILED_PRECONDITION,
    errors.ReembedBlocked: code_pb2.FAILED_PRECONDITION,
    errors.Overloaded: code_pb2.RESOURCE_EXHAUSTED,
    errors.Unavailable: code_pb2.UNAVAILABLE,
    errors.DeadlineExceeded: code_pb2.DEADLINE_EXCEEDED,
    errors.PluginError: code_pb2.FAILED_PRECONDITION,
    errors.StorageError: code_pb2.UNAVAILABLE,
}


def over_the_wire(error):
    raw = error_to_status(error).SerializeToString()
    return error_from_status(status_pb2.Status.FromString(raw))


def detail(status, kind):
    message = kind()
    found = [one for one in status.details if one.Is(kind.DESCRIPTOR)]
    assert len(found) == 1
    found[0].Unpack(message)
    return message


def test_every_class_has_its_code():
    assert set(CODES) == set(VISIBLE)


@pytest.mark.parametrize("kind", VISIBLE)
def test_every_class_comes_back_as_it_was(kind):
    error = kind("what was wrong: ä 漢", field="vector", expected_dim=384)
    status = error_to_status(error)
    assert status.code == CODES[kind]
    info = detail(status, error_details_pb2.ErrorInfo)
    assert (info.domain, info.reason) == ("vecstore", kind.reason)
    back = over_the_wire(error)
    assert type(back) is kind
    assert back.message == error.message
    assert back.details == error.details


def test_an_invalid_argument_names_its_field():
    status = error_to_status(errors.InvalidVector("too short", field="vector"))
    violations = detail(status, error_details_pb2.BadRequest).field_violations
    assert [(one.field, one.description) for one in violations] == [("vector", "too short")]


@pytest.mark.parametrize(
    "error", [errors.InvalidArgument("no field"), errors.NotFound("no argument", field="id")]
)
def test_other_errors_name_none(error):
    kinds = [one.TypeName() for one in error_to_status(error).details]
    assert kinds == ["google.rpc.ErrorInfo"]


def test_an_overload_says_when_to_try_again():
    error = errors.Overloaded("full", retry_after=2.5)
    delay = detail(error_to_status(error), error_details_pb2.RetryInfo).retry_delay
    assert delay.ToMilliseconds() == 2500
    assert over_the_wire(error).retry_after == 2.5


@pytest.mark.parametrize(
    "bug",
    [
        RuntimeError("secret of the inside"),
        errors.InternalError("secret of the inside"),
        errors.VecstoreError("secret of the inside"),
        KeyError("secret of the inside"),
    ],
)
def test_a_bug_shows_its_id_and_nothing_else(bug, caplog):
    try:
        raise bug
    except Exception as raised:
        with caplog.at_level(logging.ERROR):
            status = error_to_status(raised)
    assert status.code == code_pb2.INTERNAL
    assert b"secret" not in status.SerializeToString()
    back = error_from_status(status)
    assert type(back) is errors.InternalError
    assert back.error_id
    assert back.error_id in back.message
    assert back.error_id in caplog.text
    assert "secret of the inside" in caplog.text
    assert "Traceback" in caplog.text


def test_a_bug_is_logged_once(caplog):
    known = as_known(RuntimeError("boom"))
    assert error_from_status(error_to_status(known)).error_id == known.error_id
    assert len(caplog.records) == 1


@pytest.mark.parametrize("text", ["x" * 100_000, "漢" * 100_000])
def test_a_status_fits_into_the_trailers_of_http2(text):
    from urllib.parse import quote

    details = {f"key{n}": text for n in range(50)}
    status = error_to_status(errors.InvalidArgument(text, field=text, **details))
    size = len(quote(status.message)) + len(status.SerializeToString()) * 4 / 3
    assert size < 7500
    assert status.message.endswith("...")


def test_a_lone_surrogate_does_not_stop_an_error():
    assert type(over_the_wire(errors.NotFound("\ud800", field="\ud800"))) is errors.NotFound


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (code_pb2.NOT_FOUND, errors.NotFound),
        (code_pb2.FAILED_PRECONDITION, errors.FailedPrecondition),
        (code_pb2.UNAVAILABLE, errors.Unavailable),
        (code_pb2.UNKNOWN, errors.InternalError),
    ],
)
@pytest.mark.parametrize("reason", [None, "REASON_OF_THE_FUTURE"])
def test_an_unknown_reason_becomes_the_class_of_its_code(code, kind, reason):
    status = status_pb2.Status(code=code, message="hm")
    if reason:
        info = error_details_pb2.ErrorInfo(domain="vecstore", reason=reason)
        status.details.add().Pack(info)
    back = error_from_status(status)
    assert type(back) is kind
    assert back.message == "hm"


def test_another_domain_is_not_listened_to():
    status = status_pb2.Status(code=code_pb2.NOT_FOUND, message="hm")
    status.details.add().Pack(
        error_details_pb2.ErrorInfo(domain="elsewhere", reason="SPACE_MISMATCH")
    )
    assert type(error_from_status(status)) is errors.NotFound


def test_details_cannot_stand_in_for_the_message():
    status = status_pb2.Status(code=code_pb2.NOT_FOUND, message="hm")
    info = error_details_pb2.ErrorInfo(
        domain="vecstore", reason="NOT_FOUND", metadata={"message": "x", "self": "y", "id": "z"}
    )
    status.details.add().Pack(info)
    back = error_from_status(status)
    assert (back.message, back.details) == ("hm", {"id": "z"})


def test_a_space_that_was_left_is_told_with_the_new_one():
    """Also where names are so long that not all details go with it."""
    long = {f"given_{n}": "x" * 300 for n in range(9)}
    error = errors.SpaceRetired("left", since="2026-01-02", live="minilm@2", **long)
    status = error_to_status(error)
    (violation,) = detail(status, error_details_pb2.PreconditionFailure).violations
    assert (violation.type, violation.subject) == ("SPACE_RETIRED", "minilm@2")
    back = over_the_wire(error)
    assert (back.details["since"], back.details["live"]) == ("2026-01-02", "minilm@2")
