"""What a remote collection knows of itself without asking."""

from __future__ import annotations

from vecstore.records import CollectionInfo
from vecstore.spaces import Metric, Space
from vecstore.tables import lives


class Described:
    """Base of the remote collections.

    Args:
        info: what the server said when the collection was asked for; :meth:`info` asks anew, and
            has it remembered.
        called: the name or alias that it was asked for by; every call names it, so that an alias
            leads wherever it leads by then.
    """

    def __init__(self, info: CollectionInfo, called: str | None = None) -> None:
        self._info = info
        self._called = info.name if called is None else called

    @property
    def name(self) -> str:
        """The collection's name, as it was last told."""
        return self._info.name

    @property
    def encoder(self) -> str:
        """``model@version`` of the default field, as it was last told."""
        return self._info.encoder

    @property
    def space(self) -> Space:
        """The live space of the default field, as it was last told: a field that moves to another
        one meanwhile says so at the next :meth:`info`.
        """
        return self._info.space

    @property
    def metric(self) -> Metric:
        """How distance is measured."""
        return self._info.metric

    def __repr__(self) -> str:
        return lives(type(self).__name__, self)
