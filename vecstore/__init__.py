"""vecstore: a vector-search backend in which an embedding always knows which model made it.

::

    with vecstore.open("data") as store:
        docs = store.create_collection("docs", encoder="hashing@1")
        docs.upsert([vecstore.Record(id="a", text="copy a directory tree")])
        hits = docs.search("copy a tree", k=5)

    client = vecstore.connect("127.0.0.1:50051")  # the same methods, over gRPC

Nothing heavy is imported before it is used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from vecstore import aio as aio
    from vecstore.answers import Facet as Facet
    from vecstore.answers import FusedHit as FusedHit
    from vecstore.answers import FusedHits as FusedHits
    from vecstore.answers import Group as Group
    from vecstore.answers import Source as Source
    from vecstore.backups.reading import verify_backup as verify_backup
    from vecstore.backups.restoring import restore as restore
    from vecstore.backups.values import BackupInfo as BackupInfo
    from vecstore.backups.values import RestoreInfo as RestoreInfo
    from vecstore.bridges import BridgeFigure as BridgeFigure
    from vecstore.bridges import BridgeInfo as BridgeInfo
    from vecstore.bridges import BridgeKind as BridgeKind
    from vecstore.calibrations import Calibration as Calibration
    from vecstore.calibrations import Unfamiliarity as Unfamiliarity
    from vecstore.client import connect as connect
    from vecstore.config import Settings as Settings
    from vecstore.errors import AlreadyExists as AlreadyExists
    from vecstore.errors import ArtifactDamaged as ArtifactDamaged
    from vecstore.errors import BackupDamaged as BackupDamaged
    from vecstore.errors import CollectionNotFound as CollectionNotFound
    from vecstore.errors import DeadlineExceeded as DeadlineExceeded
    from vecstore.errors import EncoderNotFound as EncoderNotFound
    from vecstore.errors import FailedPrecondition as FailedPrecondition
    from vecstore.errors import InternalError as InternalError
    from vecstore.errors import InvalidArgument as InvalidArgument
    from vecstore.errors import InvalidFilter as InvalidFilter
    from vecstore.errors import InvalidInput as InvalidInput
    from vecstore.errors import InvalidRecord as InvalidRecord
    from vecstore.errors import InvalidVector as InvalidVector
    from vecstore.errors import ModelDrift as ModelDrift
    from vecstore.errors import NotFound as NotFound
    from vecstore.errors import Overloaded as Overloaded
    from vecstore.errors import PluginError as PluginError
    from vecstore.errors import RecordNotFound as RecordNotFound
    from vecstore.errors import ReembedBlocked as ReembedBlocked
    from vecstore.errors import SchemaMismatch as SchemaMismatch
    from vecstore.errors import SpaceMismatch as SpaceMismatch
    from vecstore.errors import SpaceRequired as SpaceRequired
    from vecstore.errors import SpaceRetired as SpaceRetired
    from vecstore.errors import SpaceUnknown as SpaceUnknown
    from vecstore.errors import StorageError as StorageError
    from vecstore.errors import StoreClosed as StoreClosed
    from vecstore.errors import StoreInUse as StoreInUse
    from vecstore.errors import TrainingFailed as TrainingFailed
    from vecstore.errors import Unavailable as Unavailable
    from vecstore.errors import VecstoreError as VecstoreError
    from vecstore.errors import VersionConflict as VersionConflict
    from vecstore.evaluations import Evaluation as Evaluation
    from vecstore.evaluations import Figure as Figure
    from vecstore.evaluations import TaskCard as TaskCard
    from vecstore.exchange import Columns as Columns
    from vecstore.exchange import ImportSummary as ImportSummary
    from vecstore.exchange import export_records as export_records
    from vecstore.exchange import import_records as import_records
    from vecstore.hits import Hit as Hit
    from vecstore.hits import Hits as Hits
    from vecstore.hookspecs import hookimpl as hookimpl
    from vecstore.operations import Operation as Operation
    from vecstore.payload_indexes import IndexType as IndexType
    from vecstore.payload_indexes import PayloadIndex as PayloadIndex
    from vecstore.plans import Plan as Plan
    from vecstore.plans import Strategy as Strategy
    from vecstore.records import BesideInfo as BesideInfo
    from vecstore.records import Categories as Categories
    from vecstore.records import CollectionInfo as CollectionInfo
    from vecstore.records import Comparison as Comparison
    from vecstore.records import EncoderInfo as EncoderInfo
    from vecstore.records import FieldInfo as FieldInfo
    from vecstore.records import FieldValue as FieldValue
    from vecstore.records import Input as Input
    from vecstore.records import ItemResult as ItemResult
    from vecstore.records import Modality as Modality
    from vecstore.records import NewField as NewField
    from vecstore.records import Page as Page
    from vecstore.records import Record as Record
    from vecstore.records import RecordReference as RecordReference
    from vecstore.records import Role as Role
    from vecstore.records import WriteMode as WriteMode
    from vecstore.reembeddings import Decision as Decision
    from vecstore.reembeddings import Doing as Doing
    from vecstore.reembeddings import FieldState as FieldState
    from vecstore.reembeddings import ReembedCounts as ReembedCounts
    from vecstore.reembeddings import ReembedFailure as ReembedFailure
    from vecstore.reembeddings import ReembedOptions as ReembedOptions
    from vecstore.reembeddings import ReembedPlan as ReembedPlan
    from vecstore.reembeddings import ReembedQuery as ReembedQuery
    from vecstore.reembeddings import ReembedReport as ReembedReport
    from vecstore.reembeddings import ReembedState as ReembedState
    from vecstore.reembeddings import ReembedStatus as ReembedStatus
    from vecstore.reembeddings import SideBySide as SideBySide
    from vecstore.reembeddings import SwitchMode as SwitchMode
    from vecstore.spaces import Identity as Identity
    from vecstore.spaces import Metric as Metric
    from vecstore.spaces import Space as Space
    from vecstore.spaces import Vector as Vector
    from vecstore.specs import Encoder as Encoder
    from vecstore.specs import EncoderSpec as EncoderSpec
    from vecstore.specs import IndexSpec as IndexSpec
    from vecstore.specs import Option as Option
    from vecstore.specs import ReadyRelease as ReadyRelease
    from vecstore.store import Store as Store
    from vecstore.store import open_store
    from vecstore.tasks import PretextSpec as PretextSpec

    open = open_store

# The rooms that public names live in, in the order of their weight.
_ROOMS = {
    "vecstore.errors": (
        "AlreadyExists",
        "ArtifactDamaged",
        "BackupDamaged",
        "CollectionNotFound",
        "DeadlineExceeded",
        "EncoderNotFound",
        "FailedPrecondition",
        "InternalError",
        "InvalidArgument",
        "InvalidFilter",
        "InvalidInput",
        "InvalidRecord",
        "InvalidVector",
        "ModelDrift",
        "NotFound",
        "Overloaded",
        "PluginError",
        "RecordNotFound",
        "ReembedBlocked",
        "SchemaMismatch",
        "SpaceMismatch",
        "SpaceRequired",
        "SpaceRetired",
        "SpaceUnknown",
        "StorageError",
        "StoreClosed",
        "StoreInUse",
        "TrainingFailed",
        "Unavailable",
        "VecstoreError",
        "VersionConflict",
    ),
    "vecstore.config": ("Settings",),
    "vecstore.evaluations": ("Evaluation", "Figure", "TaskCard"),
    "vecstore.bridges": ("BridgeFigure", "BridgeInfo", "BridgeKind"),
    "vecstore.calibrations": ("Calibration", "Unfamiliarity"),
    "vecstore.operations": ("Operation",),
    "vecstore.payload_indexes": ("IndexType", "PayloadIndex"),
    "vecstore.plans": ("Plan", "Strategy"),
    "vecstore.spaces": ("Identity", "Metric", "Space", "Vector"),
    "vecstore.hits": ("Hit", "Hits"),
    "vecstore.reembeddings": (
        "Decision",
        "Doing",
        "FieldState",
        "ReembedCounts",
        "ReembedFailure",
        "ReembedOptions",
        "ReembedPlan",
        "ReembedQuery",
        "ReembedReport",
        "ReembedState",
        "ReembedStatus",
        "SideBySide",
        "SwitchMode",
    ),
    "vecstore.records": (
        "BesideInfo",
        "Categories",
        "CollectionInfo",
        "Comparison",
        "EncoderInfo",
        "FieldInfo",
        "FieldValue",
        "Input",
        "ItemResult",
        "Modality",
        "NewField",
        "Page",
        "Record",
        "RecordReference",
        "Role",
        "WriteMode",
    ),
    "vecstore.answers": ("Facet", "FusedHit", "FusedHits", "Group", "Source"),
    "vecstore.specs": ("Encoder", "EncoderSpec", "IndexSpec", "Option", "ReadyRelease"),
    "vecstore.hookspecs": ("hookimpl",),
    "vecstore.tasks": ("PretextSpec",),
    "vecstore.backups.values": ("BackupInfo", "RestoreInfo"),
    "vecstore.backups.reading": ("verify_backup",),
    "vecstore.backups.restoring": ("restore",),
    "vecstore.exchange": ("Columns", "ImportSummary", "export_records", "import_records"),
    "vecstore.store": ("Store",),
    "vecstore.client": ("connect",),
}
_HOMES = {name: (room, name) for room, names in _ROOMS.items() for name in names}
_HOMES["open"] = ("vecstore.store", "open_store")

__all__ = ["__version__", "aio", *sorted(_HOMES)]  # noqa: PLE0604 - all of them strings


def __getattr__(name: str) -> object:
    if name == "aio":
        return importlib.import_module("vecstore.aio")
    if name not in _HOMES:
        raise AttributeError(f"module 'vecstore' has no attribute {name!r}")
    room, attribute = _HOMES[name]
    value = getattr(importlib.import_module(room), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
