"""``vecstore aliases``, over a folder and over a server."""

import pytest


@pytest.fixture
def two(docs):
    """The same store with a second, empty collection; no alias stays behind."""
    assert docs("collections", "create", "other", "--encoder", "hashing@1").code == 0
    return docs


def test_set_switch_list_delete(two):
    assert two("aliases", "set", "live", "docs").out == "live stands for docs now\n"
    assert two("search", "live", "copy a tree", "--json").json["hits"][0]["id"] == "copy"
    assert two("collections", "show", "live", "--json").json["aliases"] == ["live"]
    switched = two("aliases", "switch", "live=other", "old=docs")
    assert switched.out == "live stands for other now\nold stands for docs now\n"
    assert two("count", "live", "--json").json["count"] == 0
    assert two("aliases", "list", "--json").json == {"aliases": {"live": "other", "old": "docs"}}
    assert "live   other" in two("aliases", "list").out
    assert two("aliases", "delete", "old").out == "deleted the alias old\n"
    assert two("aliases", "delete", "live", "--json").json == {"aliases": {}}


@pytest.mark.parametrize(
    ("arguments", "reason", "said"),
    [
        (("switch", "live"), "INVALID_ARGUMENT", "give ALIAS=COLLECTION"),
        (("switch", "a=docs", "a=other"), "INVALID_ARGUMENT", "an alias is given twice"),
        (("switch", "a=docs", "b=nowhere"), "COLLECTION_NOT_FOUND", "'nowhere'"),
        (("set", "docs", "other"), "ALREADY_EXISTS", "there is a collection 'docs'"),
        (("set", "a b", "other"), "INVALID_ARGUMENT", "not a collection name"),
        (("delete", "nothing"), "NOT_FOUND", "there is no alias 'nothing'"),
    ],
)
def test_what_is_refused(two, arguments, reason, said):
    outcome = two("aliases", *arguments, "--json")
    assert (outcome.code, outcome.error["reason"]) == (2, reason)
    assert said in outcome.error["message"]
    assert two("aliases", "list", "--json").json == {"aliases": {}}


def test_a_collection_is_not_deleted_by_its_alias(two):
    two("aliases", "set", "live", "docs")
    outcome = two("collections", "delete", "live")
    assert outcome.code == 2
    assert "'live' is an alias of 'docs'; delete the collection" in outcome.err
    assert two("count", "docs", "--json").json["count"] == 3
    two("aliases", "delete", "live")
