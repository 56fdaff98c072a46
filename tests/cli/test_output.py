"""What a command prints cannot steer the terminal."""

import io
import os
import sys

import pytest

from vecstore.cli import output

ESCAPE = "red \x1b[31mhello\x1b]0;title\x07\x9b1m end"


@pytest.mark.parametrize(
    "show",
    [
        lambda text: output.print_table(["name"], [[text]]),
        lambda text: output.print_fields({text: text}),
        output.print_line,
        output.print_note,
        lambda text: output.write_error("X", text, as_json=False),
        lambda text: output.write_warning(text, as_json=False),
        lambda text: output.write_error("X", text, as_json=True),
        output.print_json,
    ],
)
def test_control_characters_are_shown_and_not_obeyed(show, capsys):
    show(ESCAPE)
    said = "".join(capsys.readouterr())
    assert "hello" in said
    assert not {"\x1b", "\x07", "\x9b"} & set(said)


def test_names_that_are_no_unicode_are_printed_as_json(monkeypatch):
    written = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(written, encoding="utf-8"))
    output.print_json({"file": os.fsdecode(b"lat\xe9.png"), "other": "ä"})
    sys.stdout.flush()
    assert written.getvalue().decode() == '{"file": "lat\\udce9.png", "other": "ä"}\n'


def test_what_can_be_shown_is_shown_as_it_is():
    for text in ("naïve 漢字 😀", "two\nlines\tand a tab", ""):
        assert output.printable(text) == text
