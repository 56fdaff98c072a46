"""What keeps a re-embedding from being switched or rolled back, one sentence each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from vecstore.records import DEFAULT_FIELD
from vecstore.reembedding.deriving import derives
from vecstore.reembedding.gates import gates_blocking
from vecstore.reembeddings import Decision, ReembedCounts, ReembedOptions, ReembedState
from vecstore.storage.catalog import CollectionRow, FieldRow
from vecstore.storage.reembeddings import ReembedRow

_LEFT_OUT = "What is left out keeps payload and stored input, and is not found by nearness."

_MOVES = (Decision.ENCODE, Decision.CARRY)


def where(collection: CollectionRow, row: ReembedRow) -> str:
    """How messages call a re-embedding."""
    return f"the re-embedding of {collection.name}/{row.field} to {row.target.name}"


def command(what: str, collection: CollectionRow, row: ReembedRow) -> str:
    """The command line that takes a step."""
    field = "" if row.field == DEFAULT_FIELD else f" --field {row.field}"
    return f"vecstore reembed {what} {collection.name}{field}"


def switch_blocked(
    collection: CollectionRow, row: ReembedRow, counts: ReembedCounts
) -> tuple[str, ...]:
    """What keeps the new space from becoming live; empty where nothing does.

    Args:
        collection: the re-embedding's.
        row: the re-embedding.
        counts: of records that are live, in the new space.
    """
    step = _state_blocks(collection, row)
    if step:
        return (step,)
    return (*undecided(collection, row, counts), *_gates_block(collection, row))


def undecided(collection: CollectionRow, row: ReembedRow, counts: ReembedCounts) -> tuple[str, ...]:
    """Records that are not in the new space, and may not be left out of it."""
    again = command("resume", collection, row)
    return tuple(_undecided(effective(row), counts, again, row))


def effective(row: ReembedRow) -> ReembedOptions:
    """What a re-embedding was told, as far as it matters.

    Where new vectors are computed from the old ones, no record keeps from it how it came.
    """
    if not derives(row.source, row.target):
        return row.options
    return replace(row.options, brought=Decision.CARRY, without_input=Decision.CARRY)


def unsettled(options: ReembedOptions, counts: ReembedCounts) -> int:
    """How many records are still to be moved, by what was decided; see :func:`effective`."""
    left = counts.pending
    if options.brought in _MOVES:
        left += counts.brought
    if options.without_input is Decision.CARRY:
        left += counts.without_input
    return left


def roll_back_blocked(counts: ReembedCounts, old: FieldRow) -> tuple[str, ...]:
    """What keeps the old space from becoming live again; empty where nothing does.

    Args:
        counts: of records that are live, in the old space.
        old: the field in the old space.
    """
    missing = counts.total - counts.moved
    if not missing:
        return ()
    why = [
        (counts.failed, f"{counts.failed} were refused by the encoder of {old.space.name}"),
        (counts.brought, f"{counts.brought} have a vector that a caller brought"),
        (counts.without_input, f"{counts.without_input} came without an input that is stored"),
        (counts.pending, f"{counts.pending} have not been encoded"),
    ]
    said = ", ".join(text for count, text in why if count)
    return (
        f"{_records(missing)} that the live space holds would have no vector in {old.space.name}: "
        f"{said}; roll back with leave_out (--leave-out) to leave them out of it.",
    )


def _state_blocks(collection: CollectionRow, row: ReembedRow) -> str:
    again = command("resume", collection, row)
    if row.state is ReembedState.FILLING:
        return f"it is still filling; wait for it: {command('watch', collection, row)}."
    if row.state is ReembedState.PAUSED:
        return f"it is paused; resume it first: {again}."
    if row.state is ReembedState.STOPPED:
        return f"it was stopped: {row.error}; put that right and resume it: {again}."
    if row.state is ReembedState.SWITCHED:
        return f"it was switched already, at {row.switched_at}; roll it back, or finish it."
    return ""


def _gates_block(collection: CollectionRow, row: ReembedRow) -> Iterable[str]:
    if not row.options.gates:
        return ()
    if row.report is None:
        return (
            f"its gates have not been judged; resume it: {command('resume', collection, row)}.",
        )
    return gates_blocking(row.report)


def _undecided(
    options: ReembedOptions, counts: ReembedCounts, again: str, row: ReembedRow
) -> Iterator[str]:
    if counts.pending:
        are = "has" if counts.pending == 1 else "have"
        yield f"{_records(counts.pending)} {are} not been looked at; resume it: {again}."
    if counts.failed and options.failures is Decision.ASK:
        were = "was" if counts.failed == 1 else "were"
        yield (
            f"{_records(counts.failed)} {were} refused by the encoder of {row.target.name}, each "
            "with its reason (failures); try them again (--retry-failures), or leave them out "
            f"(--failures leave_out): {again}. {_LEFT_OUT}"
        )
    brought = f"{_records(counts.brought)} with a vector that a caller brought"
    yield from _left(options.brought, counts.brought, brought, "brought", again)
    without = f"{_records(counts.without_input)} without a stored input"
    yield from _left(options.without_input, counts.without_input, without, "without_input", again)


def _left(decision: Decision, count: int, what: str, option: str, again: str) -> Iterator[str]:
    if not count or decision is Decision.LEAVE_OUT:
        return
    if decision is Decision.ASK:
        choices = "encode, carry or leave_out" if option == "brought" else "carry or leave_out"
        flag = f"--{option.replace('_', '-')}"
        yield (
            f"{what} cannot be moved as {_they(count)}; say what becomes of {_them(count)} "
            f"({choices}): {again} {flag} CHOICE. {_LEFT_OUT}"
        )
    else:
        are = "is" if count == 1 else "are"
        yield f"{what} {are} not in the new space yet; resume it: {again}."


def _they(count: int) -> str:
    return "it is" if count == 1 else "they are"


def _them(count: int) -> str:
    return "it" if count == 1 else "them"


def _records(count: int) -> str:
    return f"{count:,} record" + ("" if count == 1 else "s")
