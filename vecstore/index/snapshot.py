"""An index on disk: written whole or not at all, and read without any doubt or not at all.

A generation is two files, the backend's graph and a table of labels. The manifest is written last
and is the receipt for both. Names of files follow from the generation's number and are never taken
from the manifest.
"""

from __future__ import annotations

import io
import logging
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vecstore.errors import StorageError
from vecstore.files.durable import sync
from vecstore.index import files
from vecstore.index.columns import Labels, Rows
from vecstore.index.manifest import Doubt, Manifest, Owner, Progress
from vecstore.specs import NeighbourIndex

_log = logging.getLogger(__name__)

_MANIFEST = "manifest.json"
_MANIFEST_LIMIT = 1024 * 1024
_OURS = re.compile(r"\d{8,}\.(graph|table)(\.tmp)?|manifest\.json(\.tmp)?")

ROW = np.dtype(
    [
        ("label", "<i8"),
        ("node", "<i8"),  # key in the graph; NONE where the vector is kept beside it
        ("digest", "<u8"),  # of the node's bytes
        ("crc", "<u4"),  # of the vector's bytes as SQL has them
        ("side", "?"),  # the graph cannot reach the node, so it is scanned
    ]
)

Table = NDArray[np.void]


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """A snapshot that agrees with SQL.

    Args:
        index: what the backend read.
        keys: what it holds, removed ones included; ascending.
        table: of dtype :data:`ROW`, by ascending label; labels that died since are left out.
        progress: see there.
    """

    index: NeighbourIndex
    keys: Labels
    table: Table
    progress: Progress

    @property
    def outside(self) -> Labels:
        """Labels whose vectors are not in the file."""
        labels: Labels = self.table["label"][self.table["node"] < 0]
        return labels


class Snapshots:
    """The snapshots of one index.

    Args:
        folder: for this index alone.
        owner: whose they are.
    """

    def __init__(self, folder: Path, owner: Owner) -> None:
        self._folder = folder
        self._owner = owner

    def write(self, index: NeighbourIndex, table: Table, progress: Progress) -> None:
        """Write a new generation, then let go of older ones.

        Raises:
            StorageError: it could not be written; the older one is still there.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            generation = self._next_generation()
            graph = files.put(self._path(generation, "graph"), index.save)
            labels = files.put(self._path(generation, "table"), lambda path: _save(path, table))
            sync(self._folder)
            manifest = Manifest(generation, progress, graph, labels).dump(self._owner)
            files.put(self._folder / _MANIFEST, lambda path: _write(path, manifest))
            sync(self._folder)
        except OSError as error:
            raise StorageError(
                f"cannot write an index snapshot to {self._folder}: {error}; make room on the "
                "disk, or check the permissions",
                folder=self._folder,
            ) from error
        self._remove(keep=generation)

    def verify(self) -> Manifest | None:
        """The manifest, if the files are those that it names; else None, and the log says why.

        Reads every byte of the snapshot, so call it beside other work.
        """
        try:
            manifest = self._manifest()
            for kind, expected in (("graph", manifest.graph), ("table", manifest.table)):
                path = self._path(manifest.generation, kind)
                if path.stat().st_size != expected.size or files.digest(path) != expected:
                    raise Doubt(f"{path.name} is not the file that was written")
        except FileNotFoundError as error:
            if self._folder.exists():
                self._refuse(f"{error.filename} is missing")
        except (Doubt, OSError, ValueError) as error:
            self._refuse(str(error))
        else:
            return manifest
        return None

    def load(self, manifest: Manifest, rows: Rows) -> Loaded | None:
        """Read a verified snapshot; None, and a line in the log, where SQL says otherwise."""
        try:
            table = _agreed(self._table(manifest), rows, manifest.progress)
            path = self._path(manifest.generation, "graph")
            space = self._owner.space
            index = self._owner.spec.load(path, space.dim, self._owner.metric)
            keys = np.sort(index.keys())
            nodes = table["node"][table["node"] >= 0]
            if len(index) != manifest.progress.count or not _within(nodes, keys):
                raise Doubt("the graph does not hold what the table says")
        except Exception as error:  # noqa: BLE001 - whatever it is, SQL can build the index anew
            self._refuse(str(error) or repr(error))
            return None
        return Loaded(index, keys, table, manifest.progress)

    def discard(self) -> None:
        """Remove every file; the index is to be forgotten."""
        self._remove(keep=None)
        try:
            self._folder.rmdir()
        except OSError as error:
            _log.info("the folder %s stays: %s", self._folder, error)

    def _manifest(self) -> Manifest:
        with (self._folder / _MANIFEST).open("rb") as file:
            return Manifest.parse(file.read(_MANIFEST_LIMIT), self._owner)

    def _table(self, manifest: Manifest) -> Table:
        raw = self._path(manifest.generation, "table").read_bytes()
        if files.digest_of(raw) != manifest.table:
            raise Doubt("the table changed while it was read")
        table: Table = np.load(io.BytesIO(raw), allow_pickle=False)
        if table.dtype != ROW or table.ndim != 1:
            raise Doubt(f"the table has dtype {table.dtype}")
        return table

    def _path(self, generation: int, kind: str) -> Path:
        return self._folder / f"{generation:08d}.{kind}"

    def _next_generation(self) -> int:
        numbers = (path.name.partition(".")[0] for path in self._folder.iterdir())
        return 1 + max((int(number) for number in numbers if number.isdecimal()), default=0)

    def _remove(self, keep: int | None) -> None:
        """Everything of ours but one generation. What cannot be removed is only in the way."""
        kept = set()
        if keep is not None:
            kept = {_MANIFEST} | {self._path(keep, kind).name for kind in ("graph", "table")}
        try:
            for path in list(self._folder.iterdir()):
                if _OURS.fullmatch(path.name) and path.name not in kept:
                    path.unlink(missing_ok=True)
        except OSError as error:
            _log.info("an old snapshot in %s stays: %s", self._folder, error)

    def _refuse(self, reason: str) -> None:
        _log.warning(
            "the index snapshot in %s is not used and the index is built from the database: %s",
            self._folder,
            reason,
        )


def _agreed(table: Table, rows: Rows, progress: Progress) -> Table:
    """The rows of a table whose labels are live.

    Raises:
        Doubt: the table lacks a label that it should have, knows labels that the database has not
            come to, or a vector is not the one that SQL has.
    """
    labels: Labels = table["label"]
    if (np.diff(labels) <= 0).any() or (len(labels) and labels[-1] > progress.applied):
        raise Doubt("the table's labels are out of order")
    if len(labels) and (not len(rows.labels) or labels[-1] > rows.labels[-1]):
        # Deleted since, or an older copy of the database, which would use these labels again.
        raise Doubt("the snapshot is ahead of the database")
    live = rows.labels[: np.searchsorted(rows.labels, progress.applied, side="right")]
    agreed = table
    if not np.array_equal(labels, live):
        at = np.searchsorted(labels, live)
        if len(live) and (at[-1] >= len(labels) or not np.array_equal(labels[at], live)):
            raise Doubt("the database has vectors that the snapshot should hold and does not")
        agreed = table[at]
    if not np.array_equal(agreed["crc"], rows.crcs[: len(live)]):
        raise Doubt("the database has other vectors under the snapshot's labels")
    return agreed


def _within(nodes: Labels, keys: Labels) -> bool:
    """Whether all nodes are among the keys, which ascend."""
    if np.array_equal(nodes, keys):
        return True
    at = np.searchsorted(keys, nodes)
    return not len(nodes) or bool(at.max() < len(keys) and np.array_equal(keys[at], nodes))


def _save(path: Path, table: Table) -> None:
    with path.open("wb") as file:
        np.save(file, table, allow_pickle=False)


def _write(path: Path, text: bytes) -> None:
    path.write_bytes(text)
