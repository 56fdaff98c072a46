"""The index backends that come with vecstore; the registry offers them by the hook anyone uses."""

from __future__ import annotations

from vecstore.config import Settings
from vecstore.index.exact import ExactIndex
from vecstore.index.hnsw import hnsw_spec
from vecstore.specs import IndexSpec


def index_backends(settings: Settings) -> tuple[IndexSpec, ...]:
    """Backends that are always there: the graph and the exact one."""
    exact = IndexSpec(
        name="exact",
        summary="Compares a query with every vector: exact, and slow beyond some 10,000.",
        create=ExactIndex,
        load=ExactIndex.load,
        exact=True,
        parameters={"format": 1},
    )
    return (hnsw_spec(settings), exact)
