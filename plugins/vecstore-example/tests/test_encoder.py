import pytest
from vecstore_example import vecstore_register_encoders

from vecstore.encoders.options import resolve_options
from vecstore.errors import InvalidArgument
from vecstore.records import Input, Modality, Role
from vecstore.testing import EncoderContract

(SPEC,) = vecstore_register_encoders()


def load(source="builtin:colours", **options):
    return SPEC.load(str(source), resolve_options(SPEC, options))


class TestColours(EncoderContract):
    @pytest.fixture
    def encoder(self):
        return load()

    @pytest.fixture
    def reload(self):
        return load


def test_a_text_is_the_mean_of_its_words():
    inputs = [Input(Modality.TEXT, text) for text in ("Red and BLUE!", "red", "nothing known")]
    vectors = load().encode(inputs, Role.DOCUMENT)
    assert vectors.tolist() == [[0.5, 0.0, 0.5], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]


def test_an_option_that_changes_the_numbers_changes_the_fingerprint():
    assert load().identity().fingerprint != load(lowercase=False).identity().fingerprint


def test_the_file_counts_and_not_its_place_or_order(tmp_path):
    (tmp_path / "one.txt").write_text("sun 1 2\nmoon 3 4\n")
    (tmp_path / "two.txt").write_text("moon 3 4\nsun 1 2\n")
    (tmp_path / "other.txt").write_text("moon 3 4\nsun 1 3\n")
    one, two, other = (load(tmp_path / f"{name}.txt") for name in ("one", "two", "other"))
    assert one.identity() == two.identity()
    assert one.identity() != other.identity()


@pytest.mark.parametrize("bad", ["moon", "moon 1", "moon 1 two", "moon 1 nan", ""])
def test_a_bad_line_is_named(tmp_path, bad):
    (tmp_path / "bad.txt").write_text(f"sun 1 2\n{bad}\nstar 5 6\n")
    with pytest.raises(InvalidArgument, match="line 2 of"):
        load(tmp_path / "bad.txt")


@pytest.mark.parametrize(("content", "problem"), [("", "no word vectors"), (b"\xff", "be read")])
def test_what_is_no_file_of_word_vectors_is_refused(tmp_path, content, problem):
    file = tmp_path / "bad.txt"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InvalidArgument, match=problem):
        load(file)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InvalidArgument, match=r"none\.txt' cannot be read"):
        load(tmp_path / "none.txt")
