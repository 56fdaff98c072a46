import pytest

from vecstore.encoders.options import resolve_options
from vecstore.errors import InvalidArgument
from vecstore.pretext.categories import SPEC
from vecstore.pretext.category_options import check, hidden_sizes


def test_the_defaults_are_allowed():
    check(resolve_options(SPEC, {}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kind", "ranking"),
        ("split", "first"),
        ("precision", "fp16"),
        ("dim", -1),
        ("dim", 2000),
        ("epochs", 0),
        ("batch_size", 0),
        ("learning_rate", 0.0),
        ("weight_decay", -0.1),
        ("value_dropout", 0.6),
        ("validation", 1.0),
        ("patience", -1),
        ("hidden", "128,x"),
        ("hidden", "0"),
        ("hidden", "-4"),
        ("hidden", "1e3"),
        ("hidden", "20000"),
        ("hidden", ",".join(["8"] * 9)),
    ],
)
def test_what_has_no_meaning_is_refused_by_name(name, value):
    with pytest.raises(InvalidArgument, match=f"option {name} is") as caught:
        check(resolve_options(SPEC, {name: value}))
    assert caught.value.details["field"] == name


def test_patience_needs_something_to_judge_by():
    with pytest.raises(InvalidArgument, match="nothing would be held out"):
        check(resolve_options(SPEC, {"patience": 3, "validation": 0.0}))


@pytest.mark.parametrize(
    ("given", "sizes"), [("128,64", (128, 64)), (" 8 , ", (8,)), ("", ()), ("1", (1,))]
)
def test_hidden_layers(given, sizes):
    assert hidden_sizes({"hidden": given}) == sizes
