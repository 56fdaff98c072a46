"""The receipt of a snapshot: what was saved, of what, and what its files must be."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any, Self

from vecstore.index.files import Receipt
from vecstore.spaces import Metric, Space
from vecstore.specs import IndexSpec

_FORMAT = 1


class Doubt(Exception):  # noqa: N818 - a signal inside this room, never an error of a caller
    """Why a snapshot is not used."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose snapshot it is: nothing of this may differ between writing and reading.

    Args:
        store_id: the store's.
        field_key: the vector field's, within the store.
        space: where the vectors live.
        metric: how distance is measured.
        spec: the backend, by name and parameters.
    """

    store_id: str
    field_key: str
    space: Space
    metric: Metric
    spec: IndexSpec

    def facts(self) -> dict[str, Any]:
        """The same as JSON."""
        return {
            "store": self.store_id,
            "field": self.field_key,
            "space": asdict(self.space),
            "metric": self.metric.value,
            "backend": self.spec.name,
            "parameters": dict(self.spec.parameters),
        }


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an index had come.

    Args:
        count: keys in the graph, removed ones included.
        applied: the last label that was taken in.
        checked: the last key whose reachability was checked.
        checked_count: keys in the graph when a check of all of them last began.
    """

    count: int
    applied: int
    checked: int
    checked_count: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """One snapshot's receipt.

    Args:
        generation: its number; the names of its files follow from it.
        progress: see there.
        graph, table: what the two files must be.
    """

    generation: int
    progress: Progress
    graph: Receipt
    table: Receipt

    def dump(self, owner: Owner) -> bytes:
        """JSON, closed by a digest of all that it says."""
        said = {
            "format": _FORMAT,
            **owner.facts(),
            "generation": self.generation,
            "progress": asdict(self.progress),
            "files": {"graph": asdict(self.graph), "table": asdict(self.table)},
        }
        return json.dumps({**said, "seal": _seal(said)}, indent=1).encode()

    @classmethod
    def parse(cls, text: bytes, owner: Owner) -> Self:
        """Read :meth:`dump`'s text.

        Raises:
            Doubt: it is not whole, of another format, or somebody else's.
        """
        try:
            said = json.loads(text)
            seal = said.pop("seal")
            if seal != _seal(said):
                raise Doubt("the manifest is damaged")
            if said["format"] != _FORMAT:
                raise Doubt(f"the manifest has format {said['format']} instead of {_FORMAT}")
            for name, expected in json.loads(json.dumps(owner.facts())).items():
                if said[name] != expected:
                    raise Doubt(f"{name} is {said[name]!r} instead of {expected!r}")
            return cls(
                int(said["generation"]),
                Progress(**{key: int(value) for key, value in said["progress"].items()}),
                _receipt(said["files"]["graph"]),
                _receipt(said["files"]["table"]),
            )
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise Doubt(f"the manifest cannot be read: {error!r}") from error


def _seal(said: dict[str, Any]) -> str:
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _receipt(said: Any) -> Receipt:
    return Receipt(int(said["size"]), str(said["sha256"]))
