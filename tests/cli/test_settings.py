import pytest

from vecstore.cli.settings import parse_settings
from vecstore.errors import InvalidArgument


def test_settings_by_name():
    assert parse_settings(["a=1", "b=x=y", "c="], layer=3, revision=None) == {
        "a": "1",
        "b": "x=y",
        "c": "",
        "layer": "3",
    }


@pytest.mark.parametrize(
    ("settings", "short", "part"),
    [
        (["a"], {}, "'a' is no OPTION=VALUE"),
        (["=1"], {}, "'=1' is no OPTION=VALUE"),
        (["a=1", "a=2"], {}, "set twice, to '1' and to '2'; set it once"),
        (["layer=1"], {"layer": 2}, "--layer is short for --set layer="),
    ],
)
def test_what_is_no_setting(settings, short, part):
    with pytest.raises(InvalidArgument, match=part):
        parse_settings(settings, **short)
