"""Which re-embedding a command is about, and the commands that go on with it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vecstore.cli.copyable import naming
from vecstore.cli.target import open_target

_DEFAULT = "default"

if TYPE_CHECKING:
    from vecstore.client.reembedding import RemoteReembedding
    from vecstore.reembedding.reembedding import Reembedding


@dataclass(frozen=True, slots=True)
class Place:
    """The vector field that a command is about, and its store.

    Args:
        collection: as it was named.
        field: None for the default one.
        data, server, database: the options that name the store.
    """

    collection: str
    field: str | None
    data: str | None
    server: str | None
    database: str | None

    @contextmanager
    def open(self) -> Iterator[Reembedding | RemoteReembedding]:
        """The field's re-embedding; the store is closed at the end."""
        with open_target(self.data, self.server, self.database) as store:
            yield store.collection(self.collection).reembedding(
                _DEFAULT if self.field is None else self.field
            )

    def command(self, what: str, *more: str) -> str:
        """The command line that takes a step of the same re-embedding."""
        words = ["vecstore", "reembed", what, self.collection, *more, *self._options()]
        return shlex.join(words)

    def on_a_server(self, what: str) -> str:
        """The same, asked of a server that has the store open."""
        server = replace(self, data=None, server="HOST:PORT", database=None)
        return server.command(what)

    def search(self, space: str) -> str:
        """The command line that searches the space beside the live one."""
        words = ["vecstore", "search", self.collection, "...", "--space", space, *self._options()]
        return shlex.join(words)

    def _options(self) -> list[str]:
        field = ["--field", self.field] if self.field not in (None, _DEFAULT) else []
        return [*field, *naming(self.data, self.server, self.database)]
