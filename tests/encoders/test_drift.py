import numpy as np
import pytest

from vecstore.encoders.canary import canary_vectors
from vecstore.encoders.drift import check_release, describe_change
from vecstore.errors import ModelDrift
from vecstore.records import Role


@pytest.fixture
def check(altered):
    """Check an encoder against what was recorded of an unchanged one."""
    before = altered()

    def check(now, name="mini@1", **keywords):
        identity = before.identity()
        recorded = canary_vectors(before)
        return check_release(now, identity.parts, identity.fingerprint, recorded, name, **keywords)

    return check


def noise(size):
    def change(rows, role):
        random = np.random.default_rng(1).normal(size=rows.shape)
        return (rows + size * random / np.linalg.norm(random, axis=1)[:, None]).astype(np.float32)

    return change


def test_the_same_model_passes_in_silence(check, altered):
    assert check(altered()) is None


def test_another_precision_is_a_warning(check, altered):
    warning = check(altered(change=noise(0.01)))
    assert warning.startswith("mini@1 runs in another precision")


def test_other_numbers_with_the_same_parts_are_drift(check, altered):
    with pytest.raises(ModelDrift, match="gives other vectors") as caught:
        check(altered(change=noise(0.2)))
    assert caught.value.details["changed"] == "canaries"


def test_a_prompt_forgotten_for_queries_alone_is_drift(check, altered):
    turn = altered(change=lambda rows, role: -rows if role is Role.QUERY else rows)
    with pytest.raises(ModelDrift, match="most for the query"):
        check(turn)


def test_a_changed_part_is_named_with_what_to_do(check, altered):
    changed = altered(parts={"weights": "a" * 64, "max_length": 128})
    with pytest.raises(ModelDrift, match="max_length: 256 -> 128") as caught:
        check(changed, loader="sentence-transformers", source="some/folder")
    assert caught.value.details["changed"] == "max_length"
    assert (
        "vecstore encoders register mini@2 --loader sentence-transformers --source some/folder, "
        "and move each collection there while it goes on answering: "
        "vecstore reembed start COLLECTION --to mini@2"
    ) in str(caught.value)


def test_what_to_do_is_told_however_much_has_changed(check, altered):
    changed = altered(parts={f"part {number}": "x" * 30 for number in range(50)})
    with pytest.raises(ModelDrift, match="; and 48 more") as caught:
        check(changed, options=("max_length", "dtype"))
    said = str(caught.value)
    assert "--source SOURCE --set max_length=VALUE --set dtype=VALUE, and move" in said
    assert len(said) < 1000  # as much as an answer of a server says
    assert caught.value.details["changed"].count(",") == 51


def test_parts_are_judged_before_numbers(check, altered):
    """A changed part is refused even where no canary shows it."""
    encoder = altered(parts={"weights": "b" * 64, "max_length": 256})
    with pytest.raises(ModelDrift, match="weights: aaaaaaaaaaaa -> bbbbbbbbbbbb"):
        check(encoder)
    assert encoder.seen == []


def test_a_part_that_cannot_be_read_any_more_is_drift(check, altered):
    with pytest.raises(ModelDrift, match="parts that cannot be read: now tokenizer"):
        check(altered(missing=("tokenizer",)))


@pytest.mark.parametrize(("version", "following"), [("1", "2"), ("9", "10"), ("v1.0", "v1.0-2")])
def test_the_version_to_use_next_is_given(check, altered, version, following):
    with pytest.raises(ModelDrift, match=f"register mini@{following} "):
        check(altered(change=noise(1.0)), name=f"mini@{version}")


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": [1, 2]}, {"a": (1, 2)}, []),
        ({"a": 1}, {"a": True}, ["a: 1 -> true"]),
        ({"a": 1}, {}, ["a: 1 -> none"]),
        ({}, {"b": None}, ["b: none -> null"]),
        ({"p": {"x": 1, "y": 2}}, {"p": {"x": 1, "y": 3}}, ["p.y: 2 -> 3"]),
        ({"a": "f" * 64}, {"a": "0" * 64}, ["a: ffffffffffff -> 000000000000"]),
        ({"b": 1, "a": 1}, {"b": 2, "a": 2}, ["a: 1 -> 2", "b: 1 -> 2"]),
    ],
)
def test_changes_are_listed_by_part(old, new, changes):
    assert [change.replace("'", "") for change in describe_change(old, new)] == changes


def test_long_values_are_cut():
    (change,) = describe_change({"a": "x" * 500}, {"a": "y" * 500})
    assert len(change) < 120
