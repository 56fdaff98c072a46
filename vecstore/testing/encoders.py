"""The contract of an encoder, as a test class that a plugin's own tests inherit.

::

    @pytest.fixture(scope="module")
    def encoder():
        return my_plugin.load("some/model", {})

    @pytest.fixture
    def reload():
        return lambda: my_plugin.load("some/model", {})

    class TestMyEncoder(EncoderContract):
        pass
"""

# ruff: noqa: S101 - a test suite asserts

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from vecstore.encoders.canary import Agreement, canary_inputs, compare_canaries
from vecstore.evaluations import TaskCard
from vecstore.records import Input, Modality, Role
from vecstore.spaces import MAX_DIM, FloatArray, Identity
from vecstore.specs import Encoder

_UNIT_TOLERANCE = 1e-3
_THREADS = 4
_PATH = re.compile(r"/[^\s/]+/|~[^\s/]*/|[A-Za-z]:[\\/]|\\\\|[a-z][a-z0-9+.-]*://")

roles = pytest.mark.parametrize("role", list(Role))


class EncoderContract:
    """What every encoder must do. Inherit it, and define the fixture ``encoder``.

    Fixtures, in the test module or in the class:
        encoder: the encoder to test, loaded. Give it a wide scope where loading is slow.
        reload: a function that loads the same encoder once more; without it, the test of a second
            load is skipped.
        inputs: the inputs to encode, at least two; the encoder's canaries where it is not defined.
    """

    @pytest.fixture(name="contract_inputs")
    def _contract_inputs(self, request: pytest.FixtureRequest, encoder: Encoder) -> Sequence[Input]:
        found: Sequence[Input] | None = _fixture(request, "inputs")
        return canary_inputs(encoder) if found is None else found

    @pytest.fixture(name="contract_reload")
    def _contract_reload(self, request: pytest.FixtureRequest) -> Callable[[], Encoder] | None:
        found: Callable[[], Encoder] | None = _fixture(request, "reload")
        return found

    def test_says_what_it_is(self, encoder: Encoder) -> None:
        """Attributes have the types and ranges of :class:`vecstore.specs.Encoder`."""
        assert isinstance(encoder, Encoder), "an encoder derives from vecstore.specs.Encoder"
        assert type(encoder.dim) is int, f"dim is a {type(encoder.dim).__name__}, not an int"
        assert 1 <= encoder.dim <= MAX_DIM, f"dim is {encoder.dim}; 1 to {MAX_DIM} is allowed"
        assert isinstance(encoder.modalities, frozenset), "modalities is a frozenset"
        assert encoder.modalities, "modalities is empty"
        strange = [m for m in encoder.modalities if not isinstance(m, Modality)]
        assert not strange, f"modalities are of the enum Modality, not {strange}"
        assert type(encoder.normalized) is bool, "normalized is True or False"

    def test_canaries_are_of_its_modalities(self, encoder: Encoder) -> None:
        """There are canaries, and the encoder reads every one of them."""
        for item in canary_inputs(encoder):
            assert isinstance(item, Input), f"a canary is an Input, not {item!r}"
            assert item.modality in encoder.modalities, f"a canary is of modality {item.modality}"

    @roles
    def test_vectors_have_the_promised_form(
        self, encoder: Encoder, contract_inputs: Sequence[Input], role: Role
    ) -> None:
        """Shape (n, dim), float32, finite, in both roles."""
        _check_form(encoder, contract_inputs, encoder.encode(contract_inputs, role))

    @roles
    def test_one_input_is_enough(
        self, encoder: Encoder, contract_inputs: Sequence[Input], role: Role
    ) -> None:
        """A batch of one has shape (1, dim)."""
        _check_form(encoder, contract_inputs[:1], encoder.encode(contract_inputs[:1], role))

    @roles
    def test_the_same_inputs_give_the_same_vectors(
        self, encoder: Encoder, contract_inputs: Sequence[Input], role: Role
    ) -> None:
        """Two calls agree."""
        first, second = encoder.encode(contract_inputs, role), encoder.encode(contract_inputs, role)
        _check_same(first, second, contract_inputs, "a second call with the same inputs")

    @roles
    def test_a_row_does_not_depend_on_its_neighbours(
        self, encoder: Encoder, contract_inputs: Sequence[Input], role: Role
    ) -> None:
        """Alone or among others, first or last: the vector is the same, and in its place."""
        batch = encoder.encode(contract_inputs, role)
        alone = np.concatenate([encoder.encode([item], role) for item in contract_inputs])
        _check_same(batch, alone, contract_inputs, "encoding each input alone")
        turned = encoder.encode(list(reversed(contract_inputs)), role)[::-1]
        _check_same(batch, turned, contract_inputs, "encoding the inputs in reverse order")

    def test_different_inputs_are_told_apart(
        self, encoder: Encoder, contract_inputs: Sequence[Input]
    ) -> None:
        """Not every input has the same vector."""
        assert len(contract_inputs) > 1, "the fixture 'inputs' must hold at least two inputs"
        vectors = encoder.encode(contract_inputs, Role.DOCUMENT)
        assert not np.allclose(vectors, vectors[0]), "every input has the same vector"

    @roles
    def test_vectors_are_normalized_if_it_says_so(
        self, encoder: Encoder, contract_inputs: Sequence[Input], role: Role
    ) -> None:
        """``normalized = True`` means length 1 for every vector, the odd inputs' included."""
        if not encoder.normalized:
            pytest.skip("the encoder does not promise unit length")
        lengths = np.linalg.norm(encoder.encode(contract_inputs, role).astype(np.float64), axis=1)
        worst = int(np.argmax(np.abs(lengths - 1.0)))
        assert abs(lengths[worst] - 1.0) <= _UNIT_TOLERANCE, (
            f"normalized is True, but the vector of {_show(contract_inputs[worst])} has length "
            f"{lengths[worst]:.6f}"
        )

    @roles
    def test_empty_and_very_long_text_are_encoded(self, encoder: Encoder, role: Role) -> None:
        """Text that is empty, blank or longer than any limit has a vector like any other."""
        if Modality.TEXT not in encoder.modalities:
            pytest.skip("the encoder does not read text")
        texts = ["", " \n\t", "word " * 5_000, "w" * 20_000]
        odd = [Input(Modality.TEXT, text) for text in texts]
        _check_form(encoder, odd, encoder.encode(odd, role))

    def test_it_may_be_used_from_several_threads(
        self, encoder: Encoder, contract_inputs: Sequence[Input]
    ) -> None:
        """Calls at the same time get the vectors that they would get one after the other."""
        turns = [[*contract_inputs[n:], *contract_inputs[:n]] for n in range(_THREADS)]
        expected = [encoder.encode(turn, Role.QUERY) for turn in turns]
        with ThreadPoolExecutor(_THREADS) as pool:
            found = list(pool.map(lambda turn: encoder.encode(turn, Role.QUERY), turns))
        for turn, one, other in zip(turns, expected, found, strict=True):
            _check_same(one, other, turn, "encoding in several threads at once")

    def test_identity_is_json_and_stays(
        self, encoder: Encoder, contract_inputs: Sequence[Input]
    ) -> None:
        """The identity is made of JSON values, is not empty, and encoding does not change it."""
        before = encoder.identity()
        assert isinstance(before, Identity), f"identity() returned {before!r}, not an Identity"
        assert before.parts, "identity().parts is empty: nothing would tell this model from others"
        read_back = json.loads(json.dumps(before.parts))
        assert Identity(read_back).fingerprint == Identity(before.parts).fingerprint, (
            "identity().parts changes when it is written as JSON and read again; "
            "use text keys, and values of text, numbers, true, false, null, lists and objects"
        )
        encoder.encode(contract_inputs, Role.DOCUMENT)
        assert encoder.identity().fingerprint == before.fingerprint, "encoding changed the identity"

    def test_identity_holds_no_places(self, encoder: Encoder) -> None:
        """No paths and no URLs: where a model lies does not decide its numbers."""
        for where, text in _texts(encoder.identity().parts):
            assert not _PATH.match(text), (
                f"identity().parts holds a place, {where} = {text!r}; the same model elsewhere "
                "would be another space. Leave it out, or put it in runtime()"
            )

    def test_runtime_is_text(self, encoder: Encoder) -> None:
        """``runtime()`` maps text to text."""
        for key, value in encoder.runtime().items():
            assert isinstance(key, str), f"runtime() has the key {key!r}, which is not text"
            assert isinstance(value, str), f"runtime()[{key!r}] is {value!r}, which is not text"

    def test_the_card_is_a_card(self, encoder: Encoder) -> None:
        """``card()`` says in JSON values what the model was made for, or nothing."""
        card = encoder.card()
        if card is None:
            pytest.skip("the encoder does not say what it was made for")
        assert isinstance(card, TaskCard), f"card() returned {card!r}, not a TaskCard"
        assert card.trained_for.strip(), "card().trained_for is empty; None is for the unknown"
        json.dumps(card.data, allow_nan=False)

    def test_a_random_twin_is_the_same_but_for_what_was_learnt(
        self, encoder: Encoder, contract_inputs: Sequence[Input]
    ) -> None:
        """A twin has the same form and other vectors, by its seed, and leaves the encoder alone."""
        before = encoder.encode(contract_inputs, Role.DOCUMENT)
        twin = encoder.random_twin(1)
        if twin is None:
            pytest.skip("the encoder has no random twin")
        assert (twin.dim, twin.modalities) == (encoder.dim, encoder.modalities)
        assert twin.identity().fingerprint != encoder.identity().fingerprint, (
            "the twin has the encoder's own fingerprint, so that their vectors could meet"
        )
        drawn = twin.encode(contract_inputs, Role.DOCUMENT)
        _check_form(twin, contract_inputs, drawn)
        assert not np.allclose(drawn, before, atol=1e-3), "the twin gives the encoder's own vectors"
        twin.close()
        for seed in (1, 2):
            other = encoder.random_twin(seed)
            assert other is not None, f"random_twin({seed}) is None, and random_twin(1) is not"
            again = other.encode(contract_inputs, Role.DOCUMENT)
            other.close()
            if seed == 1:
                _check_same(drawn, again, contract_inputs, "a second twin of the same seed")
            else:
                assert not np.allclose(drawn, again, atol=1e-3), "every seed gives the same twin"
        after = encoder.encode(contract_inputs, Role.DOCUMENT)
        _check_same(before, after, contract_inputs, "making a random twin, and closing it,")

    def test_a_second_load_is_the_same_encoder(
        self,
        encoder: Encoder,
        contract_reload: Callable[[], Encoder] | None,
        contract_inputs: Sequence[Input],
    ) -> None:
        """Loading the same model again gives the same fingerprint and the same vectors."""
        if contract_reload is None:
            pytest.skip("define a fixture 'reload' to test a second load")
        again = contract_reload()
        assert again is not encoder, "'reload' returned the encoder itself; load it once more"
        assert dict(again.identity().parts) == dict(encoder.identity().parts), (
            "a second load has another identity; leave out what is not of the model itself"
        )
        assert again.identity().fingerprint == encoder.identity().fingerprint
        for role in Role:
            first, second = (
                encoder.encode(contract_inputs, role),
                again.encode(contract_inputs, role),
            )
            _check_same(first, second, contract_inputs, "loading the encoder again")
        again.close()


def _fixture(request: pytest.FixtureRequest, name: str) -> Any:
    """A fixture's value, or None where nobody defined it."""
    try:
        return request.getfixturevalue(name)
    except pytest.FixtureLookupError as error:
        if error.argname != name:
            raise
        return None


def _check_form(encoder: Encoder, inputs: Sequence[Input], vectors: FloatArray) -> None:
    assert isinstance(vectors, np.ndarray), f"encode returned a {type(vectors).__name__}"
    expected = (len(inputs), encoder.dim)
    assert vectors.shape == expected, f"encode returned shape {vectors.shape}, not {expected}"
    assert vectors.dtype == np.float32, f"encode returned dtype {vectors.dtype}, not float32"
    bad = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    assert not len(bad), f"the vector of {_show(inputs[bad[0]])} holds NaN or infinity"


def _check_same(
    first: FloatArray, second: FloatArray, inputs: Sequence[Input], change: str
) -> None:
    verdict = compare_canaries(first, second)
    where = (
        "the shape" if verdict.worst is None else f"the vector of {_show(inputs[verdict.worst])}"
    )
    assert verdict.agreement is Agreement.SAME, (
        f"{change} changed {where}: 1 - cosine is {verdict.deviation:.1e}, 1e-5 is allowed"
    )


def _show(item: Input) -> str:
    data = item.data
    return f"an image of {len(data)} bytes" if isinstance(data, bytes) else repr(data[:40])


def _texts(value: Any, where: str = "parts") -> Iterator[tuple[str, str]]:
    """Every text in nested JSON values, with its place."""
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield f"key of {where}", str(key)
            yield from _texts(item, f"{where}[{key!r}]")
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield from _texts(item, f"{where}[{number}]")
