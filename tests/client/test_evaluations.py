"""Both clients and the embedded store show the same evaluations."""

import pytest

from vecstore import paging
from vecstore.errors import EncoderNotFound, InvalidArgument, NotFound
from vecstore.evaluations import DataSummary, Evaluation, Figure, Protocol


@pytest.fixture(scope="module")
def judged(embedded):
    """Five evaluations on record: three of hashing@1, one of each external space."""
    embedded.declare_space("theirs@1", dim=4, provenance="elsewhere")
    embedded.declare_space("theirs@2", dim=4, provenance="elsewhere")
    data = DataSummary("a.csv", "d" * 64, {"inputs": 3})
    names = ("hashing@1", "theirs@1", "hashing@1", "theirs@2", "hashing@1")
    return [
        embedded.evaluations.add(
            Evaluation(
                embedded.space(name),
                Protocol.PAIRS,
                data,
                seed,
                {"metric": "cosine"},
                {"pairs.spearman": Figure(0.5, 0.25, 0.75)},
                {"TF-IDF": {"pairs.spearman": Figure(0.25)}},
            )
        )
        for seed, name in enumerate(names)
    ]


@pytest.fixture(params=["embedded", "remote"])
def either(request, embedded, store):
    return {"embedded": embedded, "remote": store}[request.param]


def pages(store, *arguments, size):
    token = ""
    while True:
        page = store.list_evaluations(*arguments, page_size=size, page_token=token)
        yield [one.id for one in page.evaluations]
        token = page.next_page_token
        if not token:
            return


def test_page_by_page_the_newest_first(either, judged):
    ids = [one.id for one in judged][::-1]
    assert list(pages(either, size=2)) == [ids[:2], ids[2:4], ids[4:]]
    assert list(pages(either, size=5)) == [ids]


def test_those_of_an_encoder_or_of_all_its_versions(either, judged):
    a, b, c, d, e = (one.id for one in judged)
    assert list(pages(either, "hashing@1", size=2)) == [[e, c], [a]]
    assert list(pages(either, "theirs", size=9)) == [[d, b]]
    assert list(pages(either, "theirs@2", size=9)) == [[d]]


def test_one_by_its_id(either, judged):
    found = either.evaluation(judged[0].id)
    assert found == judged[0]
    assert (found.figures, found.baselines) == (judged[0].figures, judged[0].baselines)
    assert (found.settings, found.data.counts) == ({"metric": "cosine"}, {"inputs": 3})


def test_the_encoder_has_those_of_its_own_oldest_first(either, judged):
    assert [one.id for one in either.encoder("hashing@1").evaluations] == [
        judged[place].id for place in (0, 2, 4)
    ]
    assert either.encoder("hashing@1").card.trained_for.startswith("nothing")
    assert all(info.evaluations == () for info in either.list_encoders())


@pytest.mark.parametrize("number", [4321, 2**63])
def test_an_unknown_id_is_named(either, judged, number):
    with pytest.raises(NotFound, match=f"no evaluation {number};"):
        either.evaluation(number)


@pytest.mark.parametrize("wrong", [0, -1, 1.5, True, "1"])
def test_what_is_no_id_is_refused(either, wrong):
    with pytest.raises(InvalidArgument, match=f"id is {wrong!r};"):
        either.evaluation(wrong)


@pytest.mark.parametrize("name", ["nobody", "nobody@1", "hashing@2"])
def test_an_unknown_encoder_is_named(either, judged, name):
    with pytest.raises(EncoderNotFound, match=f"no encoder {name!r}"):
        either.list_evaluations(name)


def test_a_ready_encoder_that_nobody_has_used_has_no_evaluations_and_stays_unused(tmp_path):
    import vecstore

    with vecstore.open(tmp_path) as store:
        assert store.list_evaluations("hashing@1").evaluations == ()
        assert [info.registered for info in store.list_encoders() if info.name == "hashing@1"] == [
            False
        ]


@pytest.mark.parametrize("size", [0, -1, 1001, True, "2"])
def test_bad_page_sizes(either, size):
    with pytest.raises(InvalidArgument, match="page_size"):
        either.list_evaluations(page_size=size)


def test_a_token_belongs_to_its_listing(either, judged):
    token = either.list_evaluations(page_size=2).next_page_token
    for wrong in ((("hashing@1",), token), ((), "nonsense")):
        with pytest.raises(InvalidArgument, match="page token"):
            either.list_evaluations(*wrong[0], page_token=wrong[1])


@pytest.mark.parametrize("last", ["abc", "1.5", "0", "-1", " 2", "\u0663", "9" * 19, "9" * 5000])
def test_a_token_that_nobody_was_given_is_refused(either, judged, last):
    forged = paging.token(last, paging.listing("evaluations", None, None))
    with pytest.raises(InvalidArgument, match="page token"):
        either.list_evaluations(page_token=forged)
