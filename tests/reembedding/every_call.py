"""Every public call, and every call of the protocol: which of them the matrix need not make."""

import importlib
import pkgutil

import vecstore.v1
from vecstore.client.channel import UPSERT_STREAM
from vecstore.client.collection import RemoteCollection
from vecstore.client.store import RemoteStore
from vecstore.collection import Collection
from vecstore.store import Store

# They take no vector of a collection and give none back: they are of models and encoders, of names
# and words and payloads, of whole stores, or of the move itself.
OF_STORES = """
accept_encoder encoder list_encoders register_encoder verify_encoder model list_models train
export_model import_model fit_transform list_transforms transform compare_spaces dimensions
evaluate evaluation list_evaluations declare_space create_collection delete_collection set_alias
delete_alias update_aliases list_aliases backup backup_pieces operation list_operations
page_of_operations cancel_operation stop_operation watch_operation look_at_operation
named_collection row index write follow require claim open_indexes close address with_timeout
"""
OF_COLLECTIONS = """
name metric facets describe create_index drop_index update_payload reembedding bridge_steps
fit_bridge list_bridges delete_bridge with_timeout
"""
OF_SERVICES = """
CancelOperation CancelReembed CountFacets CreateBackup CreateCollection CreateIndex DeleteBridge
DeleteCollection DeleteIndex DescribeRecords FinishReembed FitBridge GetEvaluation GetOperation
GetReembed ListAliases ListBridges ListEncoders ListEvaluations ListOperations ListReembedFailures
ListTransforms PauseReembed PlanReembed ResumeReembed RollBackReembed StartReembed SwitchReembed
UpdateAliases UpdatePayload WatchOperation
"""


class Noted:
    """A store or a collection, and what was asked of it."""

    def __init__(self, it):
        self._it, self.asked = it, set()

    def __getattr__(self, name):
        self.asked.add(name)
        return getattr(self._it, name)


def forgotten(embedded, remote, channel):
    """What is neither made nor aside, and what is said to be aside and was made.

    Args:
        embedded, remote: a store and a collection each, as :class:`Noted`.
        channel: of the remote one.
    """
    kinds = (OF_STORES, OF_COLLECTIONS)
    for classes, handles in (
        ((Store, Collection), embedded),
        ((RemoteStore, RemoteCollection), remote),
    ):
        for cls, handle, aside in zip(classes, handles, kinds, strict=True):
            public = {name for name in dir(cls) if not name.startswith("_")}
            known = set(aside.split())
            yield from public - handle.asked - known
            yield from (f"{name} is not aside" for name in handle.asked & known)
    made = {path.rpartition("/")[2] for path in (*channel._methods, UPSERT_STREAM)}
    aside = set(OF_SERVICES.split())
    yield from methods() - made - aside
    yield from (f"{name} is not aside" for name in made & aside)


def methods():
    """The names of all calls of the protocol."""
    modules = [
        importlib.import_module(f"vecstore.v1.{one.name}")
        for one in pkgutil.iter_modules(vecstore.v1.__path__)
        if one.name.endswith("_service_pb2")
    ]
    services = [one for each in modules for one in each.DESCRIPTOR.services_by_name.values()]
    return {method.name for one in services for method in one.methods}
