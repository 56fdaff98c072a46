"""Each rule of the contract catches an encoder that breaks it."""

import threading

import numpy as np
import pytest

from vecstore.encoders.hashing import HashingEncoder
from vecstore.evaluations import TaskCard
from vecstore.records import Input, Modality, Role
from vecstore.spaces import Identity
from vecstore.testing import EncoderContract

INPUTS = [Input(Modality.TEXT, text) for text in ("one", "two words", "")]


class Bent(HashingEncoder):
    """A hashing encoder, with something wrong."""

    def __init__(self, bend=lambda rows, inputs, role: rows, parts=None, **attributes):
        super().__init__(16)
        self.bend, self.parts = bend, parts
        self.__dict__.update(attributes)

    def identity(self):
        return super().identity() if self.parts is None else Identity(self.parts)

    def encode(self, inputs, role):
        return self.bend(super().encode(inputs, role), inputs, role)


def rules():
    return sorted(name for name in vars(EncoderContract) if name.startswith("test_"))


def broken(encoder, reload=None, inputs=INPUTS, only=None):
    """The rules that this encoder breaks."""
    given = {"encoder": encoder, "contract_reload": reload, "contract_inputs": inputs}
    found = set()
    for name in [only] if only else rules():
        method = getattr(EncoderContract(), name)
        wanted = method.__func__.__code__.co_varnames[1 : method.__func__.__code__.co_argcount]
        for role in Role if "role" in wanted else [None]:
            arguments = {**given, "role": role}
            try:
                method(**{key: arguments[key] for key in wanted})
            except pytest.skip.Exception:
                continue
            except Exception:
                found.add(name)
    return found


def test_a_sound_encoder_breaks_nothing():
    assert broken(Bent(), Bent) == set()


def moody():
    calls = iter(range(10_000))
    return Bent(lambda rows, inputs, role: np.roll(rows, next(calls), axis=1))


def sized(rows, inputs, role):
    return np.roll(rows, len(inputs), axis=1)


def shared_buffer():
    """An encoder that is right until two threads meet in it."""
    meeting = threading.Barrier(2)
    last = {}

    def bend(rows, inputs, role):
        last["rows"] = rows
        if threading.current_thread() is not threading.main_thread():
            meeting.wait(10)
            rows = last["rows"]
            meeting.wait(10)
        return rows

    return Bent(bend)


def twinned(**attributes):
    """An encoder with a twin of each seed: its own numbers, turned; these are the twin's."""

    def twin(seed):
        made = {"parts": {"twin": seed}, "bend": lambda rows, *_: np.roll(rows, seed, axis=1)}
        return Bent(**made | attributes)

    return Bent(random_twin=twin)


def drained():
    """An encoder whose twin takes its numbers along when it is closed."""
    own = Bent()
    parts = {"twin": 1}

    def twin(seed):
        def close():
            own.bend = lambda rows, *_: rows * 0

        return Bent(lambda rows, *_: np.roll(rows, seed, axis=1), parts, close=close)

    own.random_twin = twin
    return own


TWIN = "test_a_random_twin_is_the_same_but_for_what_was_learnt"
ROWS_APART = "test_a_row_does_not_depend_on_its_neighbours"
PROMISED = "test_vectors_have_the_promised_form"

CASES = {
    "dim too small": (Bent(dim=0), "test_says_what_it_is"),
    "dim no int": (Bent(dim=16.0), "test_says_what_it_is"),
    "no modality": (Bent(modalities=frozenset()), "test_says_what_it_is"),
    "modality as text": (Bent(modalities=frozenset({"text"})), "test_says_what_it_is"),
    "normalized is a word": (Bent(normalized="yes"), "test_says_what_it_is"),
    "no encoder at all": (object(), "test_says_what_it_is"),
    "canary of another kind": (
        Bent(canaries=lambda: [Input(Modality.IMAGE, b"")]),
        "test_canaries_are_of_its_modalities",
    ),
    "canary is bare text": (Bent(canaries=lambda: ["a"]), "test_canaries_are_of_its_modalities"),
    "float64": (Bent(lambda rows, *_: rows.astype("f8")), PROMISED),
    "too short": (Bent(lambda rows, *_: rows[:, :-1]), PROMISED),
    "a list": (Bent(lambda rows, *_: rows.tolist()), PROMISED),
    "not finite": (Bent(lambda rows, *_: rows * np.float32("nan")), PROMISED),
    "query has another dim": (
        Bent(lambda rows, inputs, role: rows[:, :8] if role is Role.QUERY else rows),
        PROMISED,
    ),
    "one row squeezed": (
        Bent(lambda rows, *_: rows[0] if len(rows) == 1 else rows),
        "test_one_input_is_enough",
    ),
    "random": (moody(), "test_the_same_inputs_give_the_same_vectors"),
    "depends on the batch": (Bent(sized), ROWS_APART),
    "order lost": (Bent(lambda rows, *_: rows[np.argsort(rows[:, 0])]), ROWS_APART),
    "all the same": (
        Bent(lambda rows, *_: np.ones_like(rows) / 4),
        "test_different_inputs_are_told_apart",
    ),
    "not of length 1": (
        Bent(lambda rows, *_: rows * np.float32(1.01)),
        "test_vectors_are_normalized_if_it_says_so",
    ),
    "empty text has no direction": (
        Bent(
            lambda rows, inputs, role: np.stack(
                [row * (item.data.strip() != "") for row, item in zip(rows, inputs, strict=True)]
            )
        ),
        "test_vectors_are_normalized_if_it_says_so",
    ),
    "long text fails": (
        Bent(
            lambda rows, inputs, role: (
                rows[:0] if any(len(item.data) > 9999 for item in inputs) else rows
            )
        ),
        "test_empty_and_very_long_text_are_encoded",
    ),
    "threads meet": (shared_buffer(), "test_it_may_be_used_from_several_threads"),
    "no parts": (Bent(parts={}), "test_identity_is_json_and_stays"),
    "parts are no JSON": (Bent(parts={"a": {1}}), "test_identity_is_json_and_stays"),
    "keys that JSON changes": (
        Bent(parts={"a": {10: 1, 9: 2}}),
        "test_identity_is_json_and_stays",
    ),
    "a path": (Bent(parts={"weights": ["/home/me/model"]}), "test_identity_holds_no_places"),
    "a home path": (Bent(parts={"weights": "~/models/mini"}), "test_identity_holds_no_places"),
    "a Windows path": (Bent(parts={"w": r"C:\models\mini"}), "test_identity_holds_no_places"),
    "a URL": (Bent(parts={"https://example.org/m": 1}), "test_identity_holds_no_places"),
    "a card of text": (Bent(card=lambda: "for searching"), "test_the_card_is_a_card"),
    "a card that says nothing": (Bent(card=lambda: TaskCard(" ")), "test_the_card_is_a_card"),
    "a card of no JSON": (
        Bent(card=lambda: TaskCard("a", {"languages": {"en"}})),
        "test_the_card_is_a_card",
    ),
    "a twin with other dims": (twinned(dim=8), TWIN),
    "a twin of another modality": (twinned(modalities=frozenset({Modality.IMAGE})), TWIN),
    "a twin of the same space": (twinned(parts=None), TWIN),
    "a twin with the same numbers": (twinned(bend=lambda rows, *_: rows), TWIN),
    "one twin for every seed": (twinned(bend=lambda rows, *_: -rows), TWIN),
    "a twin that follows no seed": (
        twinned(bend=lambda rows, *_: np.random.default_rng().permuted(rows, axis=1)),
        TWIN,
    ),
    "no twin of another seed": (
        Bent(random_twin=lambda seed: twinned().random_twin(seed) if seed == 1 else None),
        TWIN,
    ),
    "a twin that is not finite": (twinned(bend=lambda rows, *_: rows * np.float32("nan")), TWIN),
    "a twin that closes the encoder": (drained(), TWIN),
    "runtime of numbers": (Bent(runtime=lambda: {"torch": 2}), "test_runtime_is_text"),
}


@pytest.mark.parametrize("case", CASES)
def test_each_rule_is_noticed(case):
    encoder, rule = CASES[case]
    assert broken(encoder, only=rule) == {rule}


def test_a_second_load_with_another_identity_is_noticed():
    second = "test_a_second_load_is_the_same_encoder"
    assert broken(Bent(), lambda: Bent(parts={"load": 2})) == {second}
    assert broken(Bent(), lambda: Bent(lambda rows, *_: -rows)) == {second}
    same = Bent()
    assert broken(same, lambda: same) == {second}


def test_a_sound_twin_breaks_nothing():
    assert broken(twinned()) == set()


def test_prompts_and_ratios_are_no_places():
    parts = {"prompt": "Represent this / that: ", "and": "and/or", "pair": "w/ n-grams", "s": "/"}
    assert broken(Bent(parts=parts)) == set()


def test_one_input_is_too_few():
    assert "test_different_inputs_are_told_apart" in broken(Bent(), inputs=INPUTS[:1])
