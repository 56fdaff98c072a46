"""The store: SQL as the truth, an index beside it, and encoders that say who they are.

The two ways through vecstore, from top to bottom (the steps are in ``collection.py``):

write   input -> encoder -> vectors in a space -> admit -> SQL commit -> index -> acknowledged
query   input or tagged vector -> admit -> index, tail, filter -> liveness check -> hits
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from sqlalchemy import Connection

from vecstore.aliasing import Aliased, Names, require_real_name
from vecstore.artifacts.places import Places
from vecstore.backups.store import BackedUp
from vecstore.bridging.applying import Bridges
from vecstore.collection import Collection, FollowingCollection
from vecstore.collection.about import about
from vecstore.comparison import as_metric, compare_values
from vecstore.config import Settings
from vecstore.creating import new_field
from vecstore.errors import InvalidArgument, StorageError, StoreClosed
from vecstore.familiarity.keeper import Familiarity
from vecstore.fulltext import FullText
from vecstore.index.live import LiveIndex
from vecstore.inputs import check_collection_name
from vecstore.inputs.fields import checked_fields
from vecstore.judging.judge import Judging
from vecstore.models import Models, Verification
from vecstore.owner import Owner
from vecstore.records import (
    DEFAULT_FIELD,
    CollectionInfo,
    Comparison,
    EncoderInfo,
    NewField,
)
from vecstore.reembedding.keeper import Reembeddings
from vecstore.reembedding.operations import Operating
from vecstore.registry import Registry
from vecstore.spaces import (
    Metric,
    Vector,
    admit,
    require_vector,
)
from vecstore.storage import schema
from vecstore.storage.aliases import Aliases
from vecstore.storage.catalog import Catalog, CollectionRow, FieldRow
from vecstore.storage.deletions import delete_collection
from vecstore.storage.evaluations import Evaluations
from vecstore.storage.fused_reads import FusedReader
from vecstore.storage.reads import Reader
from vecstore.storage.writes import Written
from vecstore.training.trained_models import TrainedModels
from vecstore.transforming import Transformed, Transforms

T = TypeVar("T")


def open_store(
    path: str | Path,
    *,
    database: str | None = None,
    settings: Settings | None = None,
    registry: Registry | None = None,
) -> Store:
    """Open a store, creating it where there is none. Also known as ``vecstore.open``.

    Args:
        path: the folder of the store: its indexes, and its SQLite database unless another is given.
        database: URL of a PostgreSQL database, such as ``postgresql+psycopg://user@host/name``.
        settings: limits and tuning; from the environment where left out.
        registry: encoders and index backends; from the installed plugins where left out.

    Raises:
        StorageError: the folder cannot be made, read or written.
        SchemaMismatch: the database is of an older or newer vecstore.
    """
    settings = settings or Settings.from_environment()
    return Store(Path(path), database, settings, registry or Registry.load(settings))


class Store(Aliased, BackedUp, TrainedModels, Judging, Operating, Transformed):
    """An open store. Use it in a ``with`` block, or call :meth:`close`.

    Registering models and reading the catalog need no ownership; the first write or search makes
    this process the owner of the store's indexes, until it is closed.
    """

    def __init__(
        self, folder: Path, database: str | None, settings: Settings, registry: Registry
    ) -> None:
        self.folder = folder
        self.settings = settings
        self.registry = registry
        if database and database.startswith("sqlite"):
            raise InvalidArgument(
                f"database is {database!r}; a SQLite database lives in the store's own folder: "
                "leave it out, or give a PostgreSQL URL",
                field="database",
            )
        _make(folder)
        self._engine = schema.connect(database or schema.sqlite_url(folder))
        upgrade = f"vecstore db upgrade --data {folder}" + (" --database URL" if database else "")
        try:
            schema.prepare(self._engine, upgrade)
        except BaseException:
            self._engine.dispose()
            raise
        self.catalog = Catalog(self._engine)
        self.reader = Reader(self._engine)
        self.evaluations = Evaluations(self._engine)
        self.models = Models(self.catalog, registry, settings, Places(folder))
        self.transforms = Transforms(self._engine, self.models)
        self.bridges = Bridges(self._engine, self.models, self.transforms)
        self.owner = Owner(folder, self._engine, settings, registry)
        self.full_text = FullText(self._engine)
        self.fused_reader = FusedReader(self._engine)
        self.familiarity = Familiarity(self._engine, self.owner, settings.unfamiliarity)
        self.aliases = Aliases(self._engine)
        self.names = Names(self.catalog, self.owner)
        self.reembeddings = Reembeddings(self)
        self._closing = self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    # -- collections

    def create_collection(
        self,
        name: str,
        *,
        encoder: str,
        metric: str | Metric = Metric.COSINE,
        store_inputs: bool = True,
        index: str = "hnsw",
        transform: str = "",
        fields: Mapping[str, str | NewField] | None = None,
    ) -> Collection:
        """Create a collection whose default field lives in the encoder's space.

        Args:
            name: letters, digits and ``._-``.
            encoder: ``model@version``, or ``model`` where it has one version.
            metric: cosine, ip or l2.
            store_inputs: keep inputs beside their vectors.
            index: an index backend.
            transform: what is done to vectors after the encoder, see :meth:`encode`; the field
                then lives in the transformed space, and full vectors are refused.
            fields: up to 15 vector fields beside "default", each in a space of its own: an encoder
                by name, or a :class:`NewField`. Names are like those of collections, up to 64 long.

        Raises:
            AlreadyExists: the name is taken.
            EncoderNotFound, NotFound: there is no such encoder, or transform.
            SpaceUnknown: the encoder's identity is incomplete and was not accepted.
            ModelDrift: the encoder is not the one registered.
        """
        check_collection_name(name)
        checked = as_metric(metric)
        wanted = {DEFAULT_FIELD: NewField(encoder, index, transform), **checked_fields(fields)}
        self.claim()
        made = [
            new_field(called, one, self.registry, self.models, self.transforms)
            for called, one in wanted.items()
        ]
        row = self.catalog.add_collection(name, checked, store_inputs, made)
        return FollowingCollection(self, name, row)

    def collection(self, name: str) -> Collection:
        """An existing collection, by its name or an alias.

        What is got by an alias follows it: every call asks which collection it stands for by then.

        Raises:
            CollectionNotFound: there is none of this name.
        """
        return FollowingCollection(self, name, self.row(name))

    def list_collections(self) -> list[CollectionInfo]:
        """Every collection, by name."""
        self._require_open()
        return [about(self, row) for row in self.catalog.collections()]

    def delete_collection(self, name: str) -> None:
        """Delete a collection and all that it holds.

        Raises:
            CollectionNotFound: there is none of this name.
            InvalidArgument: it is an alias.
        """
        self.claim()
        row = self.row(name)
        require_real_name(name, row)
        self.write(lambda connection: delete_collection(connection, row), self._forget)

    # -- vectors

    def compare(self, a: Vector, b: Vector, *, metric: str | Metric = Metric.COSINE) -> Comparison:
        """How near two vectors of one space are.

        Raises:
            SpaceMismatch: they live in two spaces.
            SpaceRequired, InvalidVector, SpaceUnknown: see :func:`vecstore.spaces.admit`.
        """
        self._require_open()
        measure = as_metric(metric)
        space = require_vector(a, "a").space
        accepted = self.models.accepted(space)
        second = admit(space, measure, b, accepted=accepted, field="b")
        first = admit(space, measure, a, accepted=accepted, field="a")
        return compare_values(first.values, second.values, measure)

    # -- encoders

    def list_encoders(self) -> list[EncoderInfo]:
        """Every registered release, and every ready one that a plugin brings."""
        self._require_open()
        return self.models.infos()

    def encoder(self, name: str) -> EncoderInfo:
        """What is known of one release; a ready one is registered now.

        Raises:
            EncoderNotFound: there is none of this name.
        """
        self._require_open()
        release = self.models.resolve(name)
        found = self.evaluations.of(release.space.model, release.space.version)
        return replace(release.info, evaluations=found)

    def register_encoder(
        self, name: str, *, loader: str, source: str, options: Mapping[str, Any] | None = None
    ) -> EncoderInfo:
        """Put a model on record as ``model@version``; see :meth:`Models.register`."""
        self._require_open()
        return self.models.register(name, loader, source, options).info

    def accept_encoder(self, name: str, *, reason: str) -> EncoderInfo:
        """Accept a release whose identity is incomplete, on record; see :meth:`Models.accept`."""
        self._require_open()
        return self.models.accept(name, reason).info

    def declare_space(self, name: str, *, dim: int, provenance: str) -> EncoderInfo:
        """Put an external space on record; see :meth:`Models.declare`."""
        self._require_open()
        return self.models.declare(name, dim, provenance).info

    def verify_encoder(self, name: str) -> Verification:
        """Check that a release still is what was registered; see :meth:`Models.verify`."""
        self._require_open()
        return self.models.verify(name)

    # -- for collections and servers

    def claim(self) -> None:
        """Become the owner of the store's indexes; nothing happens where this process is.

        Raises:
            StoreInUse: another process owns them.
            StorageError: the folder or the database is not writable.
        """
        self._require_open()
        self.owner.claim()

    def open_indexes(self) -> None:
        """Open the index of every collection now, not at its first use."""
        self.claim()
        for row in self.catalog.collections():
            for field in row.all_fields:
                self.index(row, field)

    def index(self, collection: CollectionRow, field: FieldRow) -> LiveIndex:
        """The open index of a field."""
        found = self.owner.indexes.get(field.id)
        if found is None:
            self.claim()
            self.require(collection)
            found = self.owner.open(collection, field)
        return found

    def write(self, run: Callable[[Connection], T], committed: Callable[[T], None]) -> T:
        """Change the database by the one writer, and wait until it is durable."""
        self.claim()
        return self.owner.write(run, committed)

    def follow(self, row: CollectionRow, result: Written) -> None:
        """Let what is in memory know what a commit changed. Called in commit order, by the writer.

        Args:
            row: the collection that was written.
            result: what changed.
        """
        self.full_text.follow(row, result.texts)
        for changes in result.changes:
            self.owner.follow(row, changes)
            self.familiarity.follow(changes)

    def named_collection(self, name: str) -> Collection:
        """The collection that a name stands for at this moment; an alias is not followed."""
        row = self.row(name)
        return FollowingCollection(self, row.name, row)

    def close(self) -> None:
        """Finish writes, write the indexes to disk, and let the store go. Twice is once."""
        if self._closing:
            return
        self._closing = True
        try:
            # They read and write as long as they last.
            self.reembeddings.close()
        finally:
            self._closed = True
            self._close_parts()

    def _close_parts(self) -> None:
        try:
            self.familiarity.close()
        finally:
            self._close_owner()

    def _close_owner(self) -> None:
        try:
            self.owner.close()
        finally:
            self.models.close()
            self._engine.dispose()

    def _forget(self, row: CollectionRow) -> None:
        self.names.forget(row)
        self.owner.forget(row)
        self.full_text.forget(row)
        self.familiarity.forget(row)

    def _require_open(self) -> None:
        if self._closed:
            raise _closed()


def _closed() -> StoreClosed:
    return StoreClosed("the store is closed; open it again")


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"cannot make the folder {folder}: {error.strerror}; choose another, or check the "
            "permissions of the one above",
            folder=folder,
        ) from error
