"""The training on small tables: what it learns, what it refuses, and the contract."""

from dataclasses import replace

import numpy as np
import pytest

from vecstore.errors import InvalidArgument, InvalidInput, TrainingFailed
from vecstore.pretext.categories import SPEC
from vecstore.records import Input, Modality, Role
from vecstore.tasks import TableData
from vecstore.testing.pretext import PretextContract

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")
QUICK = {"epochs": 1, "hidden": "16"}


@pytest.fixture(autouse=True, scope="module")
def _one_thread():
    """What is so small is quickest in one."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def fit(plain_run):
    def fit(data, seed=7, **options):
        return SPEC.fit(data, plain_run(SPEC, options={**QUICK, **options}, seed=seed))

    return fit


@pytest.fixture
def prepared(plain_run):
    from vecstore.pretext.category_training import prepare

    def prepared(data, seed=7, **options):
        return prepare(data, plain_run(SPEC, options=options).options, seed)

    return prepared


def table(columns, target):
    return TableData(columns, target, "cnt", "0" * 64)


class TestContract(PretextContract):
    @pytest.fixture(scope="class")
    @classmethod
    def task(cls):
        return SPEC

    @pytest.fixture(scope="class")
    @classmethod
    def data(cls, rides):
        names = [*rides.columns, rides.target_name]
        cells = zip(*rides.columns.values(), rides.target, strict=True)
        return [dict(zip(names, row, strict=True)) for row in cells]

    @pytest.fixture(scope="class")
    @classmethod
    def options(cls):
        return {"target": "cnt", "epochs": 5, "hidden": "8"}


def test_it_learns_a_number_and_which_hours_are_alike(fit, rides, as_artifact, tmp_path):
    trained = fit(rides, epochs=20)
    assert trained.metrics["r2"] > 0.9
    assert trained.metrics["rmse"] < 100
    encoder = SPEC.load(as_artifact(trained, tmp_path / "a", "categories"), {})
    assert encoder.dim == 4 + 2
    hours = [Input(Modality.CATEGORIES, f'{{"hr":"{hour}"}}') for hour in range(8)]
    found = encoder.encode(hours, Role.DOCUMENT)
    assert not found[:, 4:].any()
    # The target falls to the middle of the day and rises again.
    apart = np.linalg.norm(found - found[4], axis=1)
    assert apart[3] < apart[2] < apart[0]
    assert np.linalg.norm(found[3] - found[5]) < np.linalg.norm(found[3] - found[0])


def test_it_learns_classes(fit, rides):
    labels = ["many" if int(count) > 300 else "few" for count in rides.target]
    trained = fit(replace(rides, target=labels), epochs=15)
    assert trained.metrics["accuracy"] > 0.9
    assert "2 classes" in trained.notes[0]


def test_what_is_known_of_it(fit, rides):
    trained = fit(rides)
    kept = (8 + 2) * 4 + (3 + 2) * 2
    assert trained.sizes == {
        "trained_parameters": kept + (6 * 16 + 16) + (16 + 1),
        "columns": 2,
        "categories": 11,
        "rows_trained_on": 192,
        "rows_held_out": 48,
    }
    assert set(trained.runtime) == {"torch", "numpy"}
    assert trained.encoder == {"columns": ["hr", "day"]}
    assert "regression" in trained.notes[0]
    assert fit(rides, kind="regression").notes == []


def test_dim_can_be_chosen(fit, rides, as_artifact, tmp_path):
    encoder = SPEC.load(as_artifact(fit(rides, dim=5), tmp_path / "a"), {})
    assert encoder.dim == 10
    with pytest.raises(InvalidArgument, match="smaller dim"):
        fit(replace(rides, columns={str(n): rides.columns["hr"] for n in range(70)}), dim=1000)


def test_without_dropped_values_an_unknown_one_is_the_mean(fit, rides, as_artifact, tmp_path):
    encoder = SPEC.load(as_artifact(fit(rides, value_dropout=0.0), tmp_path / "a"), {})
    texts = ['{"day":"Mon"}', '{"day":"Sat"}', '{"day":"Sun"}', '{"day":"never"}']
    found = encoder.encode([Input(Modality.CATEGORIES, text) for text in texts], Role.QUERY)
    assert np.allclose(found[3], found[:3].mean(axis=0), atol=1e-6)


def test_nothing_held_out(fit, rides):
    trained = fit(rides, validation=0.0)
    assert trained.metrics == {}
    assert trained.sizes["rows_held_out"] == 0
    assert trained.curve[-1].loss is not None


def test_the_last_rows_can_be_held_out(prepared, rides):
    last = prepared(rides, split="last", validation=0.25)
    assert last.held.tolist() == list(range(180, 240))
    drawn, again, other = (prepared(rides, seed=seed) for seed in (7, 7, 8))
    assert drawn.held.tolist() == again.held.tolist() != other.held.tolist()
    for one in (last, drawn):
        assert sorted([*one.train, *one.held]) == list(range(240))


def test_held_out_rows_tell_nothing(prepared):
    columns = {"a": [*"xyxyxyxy", "z", "z"]}
    target = [str(float(n)) for n in range(8)] + ["1000", "2000"]
    ready = prepared(table(columns, target), kind="regression", split="last")
    assert ready.vocabulary.columns == {"a": ("x", "y")}
    assert ready.cells[8:].tolist() == [[1], [1]]
    assert ready.target[:8].mean() == pytest.approx(0, abs=1e-6)
    assert ready.target[:8].std() == pytest.approx(1)
    assert ready.scale == pytest.approx(np.arange(8).std())


def test_a_missing_cell_is_absent(prepared, rides):
    some = ["", *rides.columns["day"][1:]]
    ready = prepared(replace(rides, columns={**rides.columns, "day": some}))
    assert ready.cells[0, 1] == 0
    assert (ready.cells[1:] > 0).all()


def test_notes_on_columns_that_tell_little(fit, rides):
    columns = {
        **rides.columns,
        "same": ["x"] * 240,
        "none": [""] * 240,
        "row": [str(n) for n in range(240)],
    }
    notes = "\n".join(fit(replace(rides, columns=columns)).notes)
    assert "'same' has 1 values and tells nothing apart" in notes
    assert "'none' has 0 values" in notes
    assert "'row' has 192 values in 192 rows" in notes
    assert "'hr'" not in notes


@pytest.mark.parametrize(
    ("columns", "target", "options", "words"),
    [
        ({}, ["1", "2"] * 10, {}, "no column beside the target 'cnt'"),
        ({"a": ["x"] * 9}, ["1", "2", "3"] * 3, {}, "has 9 rows; at least 10"),
        ({"a": ["x"] * 12}, ["5"] * 12, {}, "'5' in every row"),
        ({"a": ["x"] * 12}, ["yes", "no"] * 6, {"kind": "regression"}, "'yes' in row 1"),
        (
            {"a": ["x"] * 12},
            ["no"] * 10 + ["yes"] * 2,
            {"split": "last"},
            "'no' in all of the 10 rows that are not held out",
        ),
    ],
)
def test_data_that_does_not_serve(fit, columns, target, options, words):
    with pytest.raises(InvalidInput) as caught:
        fit(table(columns, target), **options)
    assert words in caught.value.message


def test_options_are_looked_at_first(fit):
    with pytest.raises(InvalidArgument, match="option hidden"):
        fit(table({}, []), hidden="many")


def test_vectors_that_vanish_are_no_model(fit, rides, monkeypatch):
    from vecstore.pretext.category_model import CategoryModel

    learnt = CategoryModel.learnt
    monkeypatch.setattr(
        CategoryModel, "learnt", lambda self, known: [0 * one for one in learnt(self, known)]
    )
    with pytest.raises(TrainingFailed, match="weight_decay"):
        fit(rides)
