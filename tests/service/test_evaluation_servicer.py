"""EvaluationService: reading what was found out, and nothing else."""

import grpc
import pytest

from vecstore.evaluations import DataSummary, Evaluation, Figure, Protocol
from vecstore.v1 import encoder_service_pb2 as encoder_pb
from vecstore.v1 import encoder_service_pb2_grpc
from vecstore.v1 import evaluation_service_pb2 as pb
from vecstore.v1 import evaluation_service_pb2_grpc as services


@pytest.fixture(scope="module")
def judged(store):
    """The store with 120 evaluations of hashing@1; their ids, oldest first."""
    space = store.space("hashing@1")
    return [
        store.evaluations.add(
            Evaluation(
                space,
                Protocol.LABELS,
                DataSummary(f"part {number}", "d" * 64),
                number,
                {},
                {"probe.accuracy@10": Figure(0.5, 0.4, 0.6)},
            )
        ).id
        for number in range(120)
    ]


@pytest.fixture
def channel(serve, store, channel_to):
    return channel_to(serve(store))


@pytest.fixture
def stub(channel):
    return services.EvaluationServiceStub(channel)


def test_without_a_size_a_page_has_a_hundred_the_newest_first(stub, judged):
    first = stub.ListEvaluations(pb.ListEvaluationsRequest())
    assert [one.id for one in first.evaluations] == judged[:19:-1]
    rest = stub.ListEvaluations(pb.ListEvaluationsRequest(page_token=first.next_page_token))
    assert [one.id for one in rest.evaluations] == judged[19::-1]
    assert rest.next_page_token == ""


def test_one_by_its_id(stub, judged):
    found = stub.GetEvaluation(pb.GetEvaluationRequest(id=judged[7])).evaluation
    assert (found.data_name, found.seed, found.protocol) == ("part 7", 7, "labels")
    assert found.figures["probe.accuracy@10"].high == 0.6


@pytest.mark.parametrize("number", [10**6, 2**64 - 1])
def test_an_unknown_id_is_not_found(stub, number):
    with pytest.raises(grpc.RpcError) as caught:
        stub.GetEvaluation(pb.GetEvaluationRequest(id=number))
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    assert str(number) in caught.value.details()


def test_an_encoder_is_shown_with_its_card_and_evaluations_and_listed_without(channel, judged):
    stub = encoder_service_pb2_grpc.EncoderServiceStub(channel)
    shown = stub.GetEncoder(encoder_pb.GetEncoderRequest(encoder="hashing@1")).encoder
    assert [one.id for one in shown.evaluations] == judged
    assert shown.card.trained_for.startswith("nothing")
    listed = stub.ListEncoders(encoder_pb.ListEncodersRequest()).encoders
    assert [list(one.evaluations) for one in listed if one.name == "hashing@1"] == [[]]
