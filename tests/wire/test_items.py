from google.rpc import code_pb2

from vecstore.errors import InvalidVector, Overloaded
from vecstore.records import ItemResult, refused
from vecstore.v1 import record_service_pb2 as pb
from vecstore.wire.items import item_from_message, item_to_message


def over_the_wire(item):
    return item_from_message(pb.ItemResult.FromString(item_to_message(item).SerializeToString()))


def test_a_durable_item_has_no_error():
    assert over_the_wire(ItemResult("a")) == ItemResult("a")


def test_a_refused_item_has_its_error():
    back = over_the_wire(ItemResult("a", InvalidVector("nan", field="vector")))
    assert type(back.error) is InvalidVector
    assert back.error.details == {"field": "vector"}


def test_only_the_record_to_blame_gets_the_error():
    error = InvalidVector("nan", position=1)
    items = refused(["a", "b", "c"], error)
    assert [item.id for item in items] == ["a", "b", "c"]
    assert items[1].error is error
    messages = [item_to_message(item) for item in items]
    assert [message.error.code for message in messages] == [
        code_pb2.ABORTED,
        code_pb2.INVALID_ARGUMENT,
        code_pb2.ABORTED,
    ]
    aside = item_from_message(messages[0]).error
    assert "number 1" in aside.message
    assert "aborted" in aside.details


def test_an_error_of_no_record_is_everyones():
    error = Overloaded("full")
    assert [item.error for item in refused(["a", "b"], error)] == [error, error]
