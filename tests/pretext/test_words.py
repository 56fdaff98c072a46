from vecstore.pretext.words import words_of


def test_words_are_runs_of_letters_digits_and_underscores():
    assert words_of("A cat's 2 tails, snake_case; x-ray!") == (
        ["a", "cat", "s", "2", "tails", "snake_case", "x", "ray"]
    )


def test_case_and_form_do_not_matter():
    assert words_of("Straße ﬁne ÉTÉ ２") == ["strasse", "fine", "été", "2"]
    assert words_of("e\u0301te\u0301") == words_of("été")


def test_ascii_takes_a_quicker_way_to_the_same_words():
    text = "".join(map(chr, range(128)))
    assert words_of(text) == [word for word in words_of(text + " é") if word != "é"]


def test_nothing_has_no_words():
    assert words_of("") == words_of(" \n\t -- ") == []
