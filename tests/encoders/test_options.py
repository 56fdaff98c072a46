import pytest

from vecstore.encoders.options import resolve_options
from vecstore.errors import InvalidArgument
from vecstore.records import Modality
from vecstore.specs import EncoderSpec, Option

SPEC = EncoderSpec(
    "tiny",
    "",
    (Modality.TEXT,),
    load=lambda source, options: None,
    options=(
        Option("dim", int, 8, "length of the vectors"),
        Option("scale", float, 1.0, "a factor"),
        Option("lower", bool, True, "fold case"),
        Option("prompt", str, "", "put before"),
        Option("limit", int, None, "tokens"),
    ),
)
DEFAULTS = {"dim": 8, "scale": 1.0, "lower": True, "prompt": "", "limit": None}


def test_every_default_is_resolved():
    assert resolve_options(SPEC, {}) == DEFAULTS


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("dim", "16", 16),
        ("dim", 16, 16),
        ("scale", "2.5", 2.5),
        ("scale", 3, 3.0),
        ("lower", "FALSE", False),
        ("lower", "on", True),
        ("lower", False, False),
        ("prompt", "query: ", "query: "),
        ("prompt", "12", "12"),
        ("limit", "0", 0),
        ("limit", None, None),
    ],
)
def test_values_and_text_become_the_type(name, given, value):
    resolved = resolve_options(SPEC, {name: given})
    assert resolved == {**DEFAULTS, name: value}
    assert type(resolved[name]) is type(value)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("dim", "many"),
        ("dim", 1.5),
        ("dim", "1.5"),
        ("dim", True),
        ("dim", None),
        ("scale", "nan"),
        ("scale", float("inf")),
        ("scale", False),
        ("lower", "perhaps"),
        ("lower", 1),
        ("prompt", 3),
        ("limit", "none"),
    ],
)
def test_what_does_not_fit_the_type_is_refused(name, given):
    with pytest.raises(InvalidArgument, match=name) as caught:
        resolve_options(SPEC, {name: given})
    assert repr(given) in str(caught.value)
    assert caught.value.details["field"] == name


def test_an_unknown_option_is_answered_with_those_that_exist():
    with pytest.raises(
        InvalidArgument, match=r"no option 'dims'.*dim, limit, lower, prompt, scale"
    ):
        resolve_options(SPEC, {"dims": 3})
