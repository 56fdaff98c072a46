"""How well a word-context model tells true contexts from random ones, on texts held out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vecstore.spaces import FloatArray

_EXAMPLES = 10_000
_BLOCK = 1_000
_NOISE_POWER = 0.75

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Rules:
    """How examples are drawn: as training draws them.

    Args:
        window, negative, sample: as the options of the task.
        single: one word of the context predicts (skip-gram), and not the mean of all (CBOW).
        seed: of every draw.
    """

    window: int
    negative: int
    sample: float
    single: bool
    seed: int


class Judge:
    """Examples drawn once: contexts, the word that belongs there, and words that do not.

    Args:
        sentences: texts in words.
        counts: the vocabulary with its counts, in the order of the model's rows.
        rules: how to draw.
    """

    def __init__(
        self, sentences: Sequence[Sequence[str]], counts: Mapping[str, int], rules: Rules
    ) -> None:
        self._rng = np.random.default_rng([rules.seed, len(sentences)])
        self._rules = rules
        self._kept = _kept(counts, rules.sample)
        places = {word: place for place, word in enumerate(counts)}
        drawn: list[tuple[int, list[int]]] = []
        for at in self._rng.permutation(len(sentences)).tolist():
            found = [places[word] for word in sentences[at] if word in places]
            drawn.extend(self._drawn(self._thinned(found)))
            if len(drawn) >= _EXAMPLES:
                break
        self._true = np.array([word for word, _ in drawn], dtype=np.int64)
        self._contexts = _padded([context for _, context in drawn])
        self._false = self._noise(counts, len(drawn))

    def __len__(self) -> int:
        return len(self._true)

    def figures(self, inputs: FloatArray, outputs: FloatArray) -> dict[str, float]:
        """Judge the two matrices of a model.

        Args:
            inputs, outputs: of shape (words, dim).

        Returns:
            ``loss``: of negative sampling, the mean over the examples. ``auc``: how often the true
            word scores higher than a random one; left out where no other word was drawn.
        """
        losses, wins = [], []
        for at in range(0, len(self), _BLOCK):
            part = slice(at, at + _BLOCK)
            contexts = self._contexts[part]
            there = (contexts >= 0)[:, :, None]
            mean = (inputs[contexts] * there).sum(axis=1) / there.sum(axis=1)
            true = np.einsum("nd,nd->n", mean, outputs[self._true[part]]).astype(np.float64)
            false = np.einsum("nd,nkd->nk", mean, outputs[self._false[part]]).astype(np.float64)
            other = self._false[part] != self._true[part, None]
            losses.append(np.logaddexp(0, -true) + (np.logaddexp(0, false) * other).sum(axis=1))
            above = (true[:, None] > false) + 0.5 * (true[:, None] == false)
            wins.append(above[other])
        figures = {"loss": float(np.concatenate(losses).mean())}
        pairs = np.concatenate(wins)
        return {**figures, "auc": float(pairs.mean())} if len(pairs) else figures

    def _thinned(self, found: list[int]) -> list[int]:
        chances = self._rng.random(len(found)) < self._kept[found]
        return [place for place, kept in zip(found, chances.tolist(), strict=True) if kept]

    def _drawn(self, found: list[int]) -> Iterator[tuple[int, list[int]]]:
        reaches = self._rng.integers(1, self._rules.window + 1, len(found)).tolist()
        chosen = self._rng.random(len(found)).tolist()
        for at, (word, reach) in enumerate(zip(found, reaches, strict=True)):
            context = found[max(0, at - reach) : at] + found[at + 1 : at + 1 + reach]
            if context and self._rules.single:
                yield word, [context[int(chosen[at] * len(context))]]
            elif context:
                yield word, context

    def _noise(self, counts: Mapping[str, int], examples: int) -> Ints:
        heaped = np.cumsum(np.array(list(counts.values()), dtype=np.float64) ** _NOISE_POWER)
        drawn = self._rng.random((examples, self._rules.negative)) * heaped[-1]
        places: Ints = np.minimum(np.searchsorted(heaped, drawn), len(heaped) - 1)
        return places


def _kept(counts: Mapping[str, int], sample: float) -> NDArray[np.float64]:
    """The chance of each word to be kept where frequent words are thinned, as gensim has it."""
    numbers = np.array(list(counts.values()), dtype=np.float64)
    if not sample:
        return np.ones(len(numbers))
    limit = sample * numbers.sum() / numbers
    chances: NDArray[np.float64] = np.minimum(1.0, np.sqrt(limit) + limit)
    return chances


def _padded(contexts: Sequence[Sequence[int]]) -> Ints:
    """One row each, filled up with -1."""
    rows = np.full((len(contexts), max(map(len, contexts), default=1)), -1, dtype=np.int64)
    for row, context in zip(rows, contexts, strict=True):
        row[: len(context)] = context
    return rows
