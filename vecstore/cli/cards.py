"""Task cards for people: what an encoder was made for, measured on, and never measured on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vecstore.evaluations import DataSummary, Evaluation, Figure, TaskCard
    from vecstore.records import EncoderInfo

# By protocol, as people say it.
WAYS = {"labels": "clustering and probe", "retrieval": "retrieval", "pairs": "pairs"}

_UNKNOWN = "unknown"
_NO_DATA = "none"
_UNNAMED = "data given by Python"
_DIGEST = 12
# The figures that one line has room for; of those with a number behind them, the largest.
_MAIN = (
    "clustering.v_measure",
    "probe.accuracy@",
    "retrieval.recall@10",
    "retrieval.ndcg@10",
    "pairs.spearman",
)


def card_fields(info: EncoderInfo) -> dict[str, str]:
    """What ``encoders show`` prints of an encoder's card and evaluations, by name."""
    card = info.card
    trained_for = _UNKNOWN if card is None else card.trained_for
    if card is not None and card.source:
        trained_for += f" (says {card.source})"
    fields = {"trained for": trained_for, "trained on": _training_data(card)}
    for number, evaluation in enumerate(info.evaluations, 1):
        fields[f"measured on {number}"] = _evaluation(evaluation)
    if not info.evaluations:
        fields["measured on"] = "nothing"
    if left_out := "; ".join(_left_out(info)):
        fields["never measured"] = left_out
    return fields


def never_measured(info: EncoderInfo) -> dict[str, list[str]]:
    """By each modality that an encoder reads: the protocols by which nobody has judged it.

    Judgements of transformed vectors do not count; they are of another space. An external space
    reads nothing, and is told of as "vectors".
    """
    names = [str(modality) for modality in info.modalities] or ["vectors"]
    own = [one for one in info.evaluations if not one.space.transform]
    found = {
        name: [way for way in WAYS if not any(_judges(one, way, name, names) for one in own)]
        for name in names
    }
    return {name: ways for name, ways in found.items() if ways}


def only_on_training_data(info: EncoderInfo) -> bool | None:
    """Whether nothing but its training data was ever used to judge an encoder.

    Returns:
        None where there is nothing to hold against each other: no evaluations, or training data
        without digest and name.
    """
    data = {} if info.card is None else info.card.data
    known = [one for one in (data.get("digest"), data.get("name")) if one and one != _UNNAMED]
    if not info.evaluations or not known:
        return None
    if all(_is_same(one.data, known) for one in info.evaluations):
        return True
    # Digests of training data and of what is judged on are made in different ways, so that
    # equal data may only show by its name.
    return False if data.get("name") not in (None, _UNNAMED) else None


def _is_same(data: DataSummary, known: list[Any]) -> bool:
    return data.digest in known or data.name in known


def _judges(evaluation: Evaluation, way: str, modality: str, all_of_them: list[str]) -> bool:
    judged = evaluation.settings.get("modalities")
    if not isinstance(judged, list):  # not said: sure only where the encoder reads one kind
        judged = all_of_them if len(all_of_them) == 1 else []
    return str(evaluation.protocol) == way and modality in judged


def _left_out(info: EncoderInfo) -> Iterator[str]:
    if not info.evaluations:
        yield f"by anything; measure it with: vecstore evaluate {info.name} --labelled DATA"
        return
    for modality, ways in never_measured(info).items():
        yield f"{modality} by {', '.join(WAYS[way] for way in ways)}"
    if only_on_training_data(info):
        yield "on other data than its training data"


def _training_data(card: TaskCard | None) -> str:
    if card is None or not card.data:
        return _UNKNOWN
    said = dict(card.data)
    name, kind, digest = (said.pop(key, None) for key in ("name", "kind", "digest"))
    if kind == _NO_DATA:
        return "nothing"
    details = [str(kind)] if kind else []
    details += _counts(said.pop("counts", {}))
    details += [f"digest {str(digest)[:_DIGEST]}"] if digest else []
    head = [str(name)] if name else []
    head += [f"({', '.join(details)})"] if details else []
    rest = [f"{key.replace('_', ' ')}: {_plain(value)}" for key, value in said.items()]
    return "; ".join([" ".join(head), *rest] if head else rest)


def _evaluation(evaluation: Evaluation) -> str:
    from vecstore.spaces import short_transform

    data, space = evaluation.data, evaluation.space
    much = f"{data.how_much}, " if data.counts else ""
    details = f"{much}digest {data.digest[:_DIGEST]}"
    after = f", after {short_transform(space.transform)}" if space.transform else ""
    return (
        f"{evaluation.created_at[:10]} {evaluation.protocol}{after}: {data.name} ({details}): "
        f"{', '.join(_main(evaluation.figures))}"
    )


def _main(figures: Mapping[str, Figure]) -> Iterable[str]:
    for wanted in _MAIN:
        found = [n for n in figures if n == wanted or (wanted[-1] == "@" and n.startswith(wanted))]
        if found:
            name = max(found, key=lambda one: (len(one), one))
            yield f"{name} {figures[name]}"


def _counts(counts: object) -> list[str]:
    if not isinstance(counts, Mapping):
        return []
    return [_count(str(name), count) for name, count in counts.items()]


def _count(name: str, count: object) -> str:
    if not isinstance(count, int):
        return f"{name} {count}"
    return f"{count:,} {name.replace('_', ' ')}"


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
