"""Plans of searches to messages and back."""

from __future__ import annotations

from vecstore.plans import Plan, Strategy
from vecstore.v1 import search_service_pb2 as pb

_NUMBERS = {
    Strategy.GRAPH: pb.STRATEGY_GRAPH,
    Strategy.GRAPH_CHECKED: pb.STRATEGY_GRAPH_CHECKED,
    Strategy.SCAN: pb.STRATEGY_SCAN,
    Strategy.NOTHING: pb.STRATEGY_NOTHING,
}
_STRATEGIES = {number: strategy for strategy, number in _NUMBERS.items()}


def plan_to_message(plan: Plan) -> pb.Plan:
    """How a search was answered."""
    return pb.Plan(
        strategy=_NUMBERS[plan.strategy],
        reason=plan.reason,
        records=plan.records,
        matching=plan.matching,
        indexes=plan.indexes,
        cached=plan.cached,
        examined=plan.examined,
    )


def plan_from_message(message: pb.Plan) -> Plan:
    """How a search was answered; a strategy of a newer server counts as the graph."""
    return Plan(
        strategy=_STRATEGIES.get(message.strategy, Strategy.GRAPH),
        reason=message.reason,
        records=message.records,
        matching=message.matching if message.HasField("matching") else None,
        indexes=tuple(message.indexes),
        cached=message.cached,
        examined=message.examined if message.HasField("examined") else None,
    )
