import pytest

from vecstore.encoders.options import resolve_options
from vecstore.errors import InvalidArgument
from vecstore.pretext.word_context import SPEC
from vecstore.pretext.word_options import check


def test_the_defaults_are_allowed():
    check(resolve_options(SPEC, {}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("vector_size", 1),
        ("window", 0),
        ("epochs", 0),
        ("negative", 0),
        ("min_count", 0),
        ("sample", 1.0),
        ("sample", -0.1),
        ("learning_rate", 0.0),
        ("learning_rate", 1.1),
        ("workers", 0),
        ("buckets", 0),
        ("smoothing", 0.0),
        ("validation", 0.6),
        ("patience", -1),
        ("architecture", "skipgram"),
        ("unknown", "zero"),
    ],
)
def test_what_is_out_of_range_is_refused_by_name(name, value):
    options = resolve_options(SPEC, {name: value})
    with pytest.raises(InvalidArgument, match=f"option {name} is ") as failed:
        check(options)
    assert failed.value.details["field"] == name


def test_patience_needs_something_held_out():
    with pytest.raises(InvalidArgument, match="nothing would be held out") as failed:
        check(resolve_options(SPEC, {"patience": 2, "validation": 0.0}))
    assert failed.value.details["field"] == "patience"


def test_every_option_has_a_rule():
    from vecstore.pretext import word_options

    ruled = {*word_options._RANGES, *word_options._CHOICES}
    assert ruled == {option.name for option in SPEC.options}
