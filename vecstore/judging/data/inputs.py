"""Inputs to judge an encoder on, with labels or without."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from vecstore.config import Settings
from vecstore.errors import InvalidInput
from vecstore.evaluations import DataSummary
from vecstore.inputs import shorten
from vecstore.judging.data.columns import InputColumns
from vecstore.judging.data.digests import contents, digest_of, repeats
from vecstore.judging.data.item import Item
from vecstore.judging.data.items import ItemReader
from vecstore.judging.data.refusals import STOP, OnSkipped, Refusals
from vecstore.judging.data.sampling import even_sample, plain_sample
from vecstore.judging.data.values import Inputs
from vecstore.records import Input
from vecstore.training.data.cells import whole_numbers

_FEWEST_CLASSES = 2
_MOST_THREADS = 8


_NO_COLUMNS = InputColumns()


def read_inputs(
    data: object,
    settings: Settings,
    *,
    labelled: bool,
    columns: InputColumns = _NO_COLUMNS,
    on_error: str = STOP,
    on_skipped: OnSkipped | None = None,
    limit: int | None = None,
    seed: int = 0,
) -> Inputs:
    """Read inputs, all of one kind: texts, images or categories.

    Data is one of

    - the path of JSON lines, CSV or TSV, packed with gzip or not: a row is an input. Its column
      "text" (or another that is named) holds a text, "image" the path of one, and named columns,
      or an object in "categories", hold categories; "label" holds the label;
    - the path of a folder of images, or of .txt files of which each is one text; with labels, of
      a folder for each class;
    - the path of a plain file of text, without labels: every line that is not blank is an input;
    - an iterable of texts, bytes of images, Pillow images, paths (``os.PathLike``) of images,
      mappings of categories or :class:`Input`; with labels, of pairs of one of these and its
      label;
    - rows as mappings, a mapping of columns to sequences, a data frame, or a Hugging Face data
      set: as the rows of a file.

    Args:
        data: see above.
        settings: limits on each input.
        labelled: whether every input needs a label; otherwise labels are not looked at.
        columns: which column of rows is what.
        on_error: what becomes of an input that cannot be used, or has no label: "stop" refuses
            the data, "skip" passes over it, and counts it.
        on_skipped: (place, why) -> told of each that is passed over.
        limit: at most so many, a sample that is even over the classes; None for all.
        seed: of the sample.

    Raises:
        InvalidArgument: nothing is at the path, or the columns named do not go with the data.
        InvalidInput: the content does not serve; the message names the line, row or file.
    """
    refusals = Refusals(on_error, on_skipped)
    name, items = ItemReader(settings, columns, labelled).find(data)
    usable = _without_flaws(items, refusals)
    refusals.require(len(usable), name, "labelled inputs" if labelled else "inputs")
    labels = whole_numbers([item.label for item in usable]) if labelled else None
    if labels is not None:
        _require_classes(labels, name)
    wanted = len(usable) if limit is None else limit
    rows = (
        plain_sample(len(usable), wanted, seed)
        if labels is None
        else even_sample(labels, wanted, seed)
    )
    return _read(name, usable, labels, rows.tolist(), refusals)


def _without_flaws(items: Iterable[Item], refusals: Refusals) -> list[Item]:
    usable = []
    for item in items:
        if item.flaw is None:
            usable.append(item)
        else:
            refusals.add(item.place, item.flaw)
    return usable


def _read(
    name: str,
    items: Sequence[Item],
    labels: Sequence[str] | None,
    rows: Sequence[int],
    refusals: Refusals,
) -> Inputs:
    inputs: list[Input] = []
    kept: list[int] = []
    for row, outcome in zip(rows, read_all([items[row] for row in rows]), strict=True):
        if isinstance(outcome, InvalidInput):
            refusals.add(items[row].place, outcome)
        else:
            inputs.append(outcome)
            kept.append(row)
    refusals.require(len(inputs), name, "inputs")
    kinds = {one.modality for one in inputs}
    if len(kinds) > 1:
        raise InvalidInput(
            f"{name} holds {' and '.join(sorted(kinds))}; one kind of input can be judged at a "
            "time: give them apart",
            field="data",
        )
    chosen = None if labels is None else tuple(labels[row] for row in kept)
    counts = {"inputs": len(inputs)}
    if chosen is not None:
        _require_classes(chosen, name)
        counts |= {"classes": len(set(chosen)), **repeats(inputs)}
    if len(rows) < len(items):
        counts["of"] = len(items)
    if refusals.count:
        counts["skipped"] = refusals.count
    digest = digest_of("inputs", contents(inputs), chosen)
    summary = DataSummary(_known_as(name), digest, counts)
    return Inputs(tuple(inputs), chosen, summary, tuple(items[row].place for row in kept))


def _known_as(name: str) -> str:
    """The last part of a path; "." and ".." are not what a person knows a folder as."""
    return Path(os.path.abspath(name)).name or name  # noqa: PTH100 - links keep their own names


def read_all(items: Sequence[Item]) -> Iterable[Input | InvalidInput]:
    """Every input, in order, or why it is none; several at a time."""
    with ThreadPoolExecutor(min(_MOST_THREADS, os.cpu_count() or 1)) as pool:
        yield from pool.map(_outcome, items)


def _outcome(item: Item) -> Input | InvalidInput:
    try:
        return item.read()
    except InvalidInput as why:
        return why


def _require_classes(labels: Sequence[str], name: str) -> None:
    if len(set(labels)) < _FEWEST_CLASSES:
        raise InvalidInput(
            f"all {len(labels):,} inputs of {name} have the same label, {shorten(labels[0])}; give "
            "inputs of at least two classes",
            field="data",
        )
