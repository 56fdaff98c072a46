"""Records that an encoder refused, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vecstore.paging import after, check_size, listing, token
from vecstore.reembeddings import ReembedFailure
from vecstore.storage.beside import failures_of
from vecstore.storage.catalog import CollectionRow
from vecstore.storage.faults import told
from vecstore.storage.reembeddings import ReembedRow

if TYPE_CHECKING:
    from vecstore.store import Store


def page_of_refused(
    store: Store, collection: CollectionRow, row: ReembedRow, page_size: int, page_token: str
) -> tuple[list[ReembedFailure], str]:
    """Records that the new space's encoder refused, by id; once it is switched, the old one's too.

    Args:
        store, collection, row: of the re-embedding.
        page_size: 1 to 1000.
        page_token: of the page before.

    Returns:
        The page, and the token of the next one; empty on the last.

    Raises:
        InvalidArgument: a page size out of range, or a token of another listing.
    """
    check_size(page_size)
    # Of two re-embeddings, pages never make one list.
    made_for = listing("failures", row.id)
    found = _refused(store, collection, row, after(page_token, made_for), page_size + 1)
    page = found[:page_size]
    return page, token(page[-1].id, made_for) if len(found) > len(page) else ""


def _refused(
    store: Store, collection: CollectionRow, row: ReembedRow, last: str, size: int
) -> list[ReembedFailure]:
    sides = {row.target_id, row.source_id} if row.switched else {row.target_id}
    found: dict[str, str] = {}
    with told("reading failures"), store.catalog.engine.connect() as connection:
        for field in collection.all_fields:
            if field.id in sides:
                found = {**dict(failures_of(connection, field, last, size)), **found}
    return [ReembedFailure(one, found[one]) for one in sorted(found)[:size]]
