"""What the options that tasks on images share may be."""

import pytest

from vecstore.errors import InvalidArgument
from vecstore.inputs import Frame
from vecstore.pretext.image_options import check_image_options, frame_of
from vecstore.pretext.image_view_options import check_view_options

GOOD = {
    "image_size": 64,
    "framing": "pad",
    "backbone": "vit",
    "width": 96,
    "depth": 2,
    "patch": 8,
    "heads": 3,
    "precision": "auto",
    "patience": 0,
    "validation": 0.1,
    "batch_size": 2,
}


def test_options_of_a_meaning_are_let_through():
    check_image_options(GOOD)
    check_view_options({"crop": 1.0, "flip": 0.0, "rotation": 180.0})


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"image_size": 2000}, "image_size"),
        ({"framing": "zoom"}, "framing"),
        ({"backbone": "vgg"}, "backbone"),
        ({"width": 2}, "width"),
        ({"patch": 7}, "patch"),
        ({"heads": 5}, "heads"),
        ({"batch_size": 1}, "batch_size"),
        ({"precision": "int8"}, "precision"),
        ({"patience": 2, "validation": 0.0}, "patience"),
        ({"learning_rate": float("nan")}, "learning_rate"),
    ],
)
def test_options_of_no_meaning_are_refused_by_name(options, named):
    with pytest.raises(InvalidArgument) as refused:
        check_image_options({**GOOD, **options})
    assert refused.value.details["field"] == named


@pytest.mark.parametrize("name", ["crop", "flip", "colour", "grey", "blur", "rotation"])
def test_views_out_of_range_are_refused_by_name(name):
    with pytest.raises(InvalidArgument) as refused:
        check_view_options({name: -0.1})
    assert refused.value.details["field"] == name


def test_what_is_read_is_larger_than_what_is_seen():
    assert frame_of(GOOD) == Frame(72, "pad")


@pytest.mark.parametrize("options", [{"image_size": 0}, {"image_size": 100_000}, {"framing": "?"}])
def test_nothing_is_read_to_squares_of_no_meaning(options):
    with pytest.raises(InvalidArgument) as refused:
        frame_of({**GOOD, **options})
    assert refused.value.details["field"] in options
