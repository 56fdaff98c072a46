"""Collections by their names, and by other names that stand for them."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from vecstore.errors import CollectionNotFound, InvalidArgument
from vecstore.inputs import checked_aliases, shorten, text_flaw
from vecstore.storage.aliases import Aliases, update_aliases
from vecstore.storage.catalog import Catalog, CollectionRow

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from vecstore.owner import Owner

T = TypeVar("T")


class Names:
    """Rows of collections by name and alias; only the owner changes them, so it remembers them.

    Args:
        catalog: where they are on record.
        owner: the store's.
    """

    def __init__(self, catalog: Catalog, owner: Owner) -> None:
        self._catalog = catalog
        self._owner = owner
        self._rows: dict[str, CollectionRow] = {}
        self._changes = 0
        self._gate = threading.Lock()

    def known(self, name: str) -> CollectionRow | None:
        """The row of a name, where it is in memory."""
        return self._rows.get(name)

    def row(self, name: str) -> CollectionRow:
        """The row of a name or alias.

        Raises:
            CollectionNotFound: there is none of this name.
            InvalidArgument: it is no str.
        """
        if not isinstance(name, str):
            raise InvalidArgument(
                f"the collection is {shorten(name)}; give its name, or an alias", field="collection"
            )
        found = self._rows.get(name)
        if found is None:
            if flaw := text_flaw(name):
                raise CollectionNotFound(
                    f"there is no collection {shorten(name)}: it contains {flaw}"
                )
            changes = self._changes
            found = self._catalog.collection(name)
            with self._gate:
                # What was read before a change may be wrong after it.
                if self._owner.claimed and changes == self._changes:
                    self._rows[name] = found
        return found

    def forget(self, row: CollectionRow) -> None:
        """A collection was deleted, and its aliases with it. Called by the writer."""
        self._replace(lambda _, known: known.id != row.id)

    def forget_aliases(self) -> None:
        """Aliases have changed. Called by the writer."""
        self._replace(lambda name, known: known.name == name)

    def _replace(self, stays: Callable[[str, CollectionRow], bool]) -> None:
        with self._gate:
            self._changes += 1
            # All of them at one moment: no reader sees half of a change.
            self._rows = {name: row for name, row in self._rows.items() if stays(name, row)}


class Aliased(ABC):
    """The methods of a store that say which name stands for which collection."""

    aliases: Aliases
    names: Names

    @abstractmethod
    def _require_open(self) -> None: ...

    @abstractmethod
    def write(self, run: Callable[[Connection], T], committed: Callable[[T], None]) -> T:
        """See :meth:`vecstore.store.Store.write`."""

    def set_alias(self, alias: str, collection: str) -> None:
        """Let a name stand for a collection, whatever it stood for before; see
        :meth:`update_aliases`.
        """
        self.update_aliases({alias: collection})

    def delete_alias(self, alias: str) -> None:
        """Delete an alias; its collection stays.

        Raises:
            NotFound: there is no such alias.
        """
        self.update_aliases({}, [alias])

    def update_aliases(self, set: Mapping[str, str], delete: Sequence[str] = ()) -> dict[str, str]:
        """Set and delete aliases at one moment: all of them or, on any error, none.

        An alias goes wherever the name of a collection goes. What was got by it answers from the
        new collection from its next call on, and each call from one collection alone.

        Args:
            set: collections by the aliases that are to stand for them.
            delete: aliases that are to go.

        Returns:
            Every alias there is then, and the collection that it stands for.

        Raises:
            CollectionNotFound: there is no such collection.
            AlreadyExists: a collection has the name of an alias.
            NotFound: an alias to delete that is not there.
            InvalidArgument: no name for one, an alias of an alias, or one both set and deleted.
        """
        given, removed = checked_aliases(set, delete)
        return self.write(
            lambda connection: update_aliases(connection, given, removed),
            lambda _: self.names.forget_aliases(),
        )

    def list_aliases(self) -> dict[str, str]:
        """The collection that every alias stands for, by alias."""
        self._require_open()
        return self.aliases.all()

    def row(self, name: str) -> CollectionRow:
        """The row of a collection, by its name or an alias of it.

        Raises:
            CollectionNotFound: there is none of this name.
        """
        self._require_open()
        return self.names.row(name)

    def require(self, row: CollectionRow) -> None:
        """Raise CollectionNotFound where a collection has been deleted, whoever has its name now.

        Raises:
            StoreClosed: the store is closed.
        """
        if self.row(row.name).id != row.id:
            raise CollectionNotFound(
                f"the collection {row.name!r} was deleted and made anew; get it again with "
                "store.collection",
                collection=row.name,
            )


def require_real_name(name: str, row: CollectionRow) -> None:
    """Raise InvalidArgument where a row was found by an alias."""
    if row.name != name:
        raise InvalidArgument(
            f"{name!r} is an alias of {row.name!r}; delete the collection {row.name!r}, or the "
            f"alias {name!r}",
            field="collection",
        )
