"""A recommendation follows what is in the data, keeps within budgets, and says why."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sksequence import LSTMForecaster, PerTimestep, SequenceTokenizer, recommend
from sksequence.datasets import load_nottingham
from sksequence.exceptions import InputError, ParameterError


def first_or_last(step, n=240, length=40):
    """Noise; the class is the sign of one step."""
    X = np.random.default_rng(0).normal(size=(n, length, 1)).astype(np.float32)
    return X, np.where(X[:, step, 0] > 0, "up", "down")


@pytest.fixture(scope="module")
def near():
    return recommend(*first_or_last(-1), random_state=0)


@pytest.fixture(scope="module")
def far():
    X, y = first_or_last(-1)
    X[:, :, 0] *= 0.1
    X[:, 0, 0] = np.where(y == "up", 3, -3)
    return recommend(X, y, random_state=0)


def test_a_near_cause_needs_a_short_memory_and_the_smallest_cell(near):
    assert type(near.estimator).__name__ == "RNNClassifier"
    assert 1 <= near.estimator.memory <= 10


def test_a_far_cause_needs_a_gated_cell_with_the_longest_memory(far):
    assert type(far.estimator).__name__ == "GRUClassifier"
    assert far.estimator.memory == "auto"
    assert far.table.loc["dependency range", "value"] == "40 of 40 steps"


def test_targets_of_pure_chance_show_no_range():
    X, y = first_or_last(0)
    found = recommend(X, np.random.default_rng(1).permutation(y), random_state=0)
    assert "too little to see a range" in found.table.loc["dependency range", "reason"]
    assert found.estimator.memory == "auto"
    short = recommend(X[:, :9], np.random.default_rng(1).permutation(y), random_state=0)
    sentence = "how far back counts is not known, but no sequence has more than 9 steps; "
    assert short.table.loc["cell", "reason"].startswith(sentence)


def test_it_is_unfitted_and_goes_into_a_pipeline(near):
    X, y = first_or_last(-1)
    assert not hasattr(near.estimator, "net_")
    model = make_pipeline(PerTimestep(StandardScaler()), clone(near.estimator).set_params(max_epochs=30))
    assert model.fit(X, y).score(X, y) > 0.9


def test_every_setting_has_a_reason_and_a_source(near):
    table = near.table
    assert list(table.columns) == ["value", "reason", "source"]
    assert {"cell", "hidden_size", "memory", "pooling", "bidirectional", "latency", "weights"} <= set(
        table.index
    )
    assert table["reason"].str.len().min() > 5
    for setting in ("hidden_size", "memory", "pooling", "bidirectional"):
        assert table.loc[setting, "value"] == near.estimator.get_params()[setting]


def test_what_is_shown_holds_every_reason(near):
    shown, page = repr(near), near._repr_html_()
    for reason in near.reasons:
        assert reason.setting in shown
        assert reason.reason in shown
        assert reason.setting in page
    assert repr(near.estimator) in shown


def test_weights_keep_within_the_memory_and_are_those_of_the_fitted_network():
    X, y = first_or_last(-1)
    found = recommend(X, y, memory=6_000, random_state=0)
    model = clone(found.estimator).set_params(max_epochs=1).fit(X, y)
    assert 4 * model.n_parameters_ <= 6_000
    assert found.table.loc["weights", "value"] == f"{4 * model.n_parameters_:,} bytes"
    wider = clone(model).set_params(hidden_size=2 * model.hidden_size).fit(X, y)
    assert 4 * wider.n_parameters_ > 6_000


def test_budgets_that_nothing_meets_are_refused_with_the_smallest_there_is():
    X, y = first_or_last(-1, n=40, length=6)
    sentence = (
        r"recommend: memory=64 bytes came, but .* the smallest \(RNN, 4 units\) [\d,]+ bytes\. Allow more\."
    )
    with pytest.raises(InputError, match=sentence):
        recommend(X, y, memory=64)
    with pytest.raises(InputError, match=r"recommend: latency=1e-09 s came, but the quickest network \("):
        recommend(X, y, latency=1e-9)


def test_fractions_are_regressed_and_several_targets_too():
    X = np.random.default_rng(0).normal(size=(120, 10, 2))
    found = recommend(X, X[:, -1], random_state=0)
    assert type(found.estimator).__name__ == "RNNRegressor"


def test_the_season_of_a_series_is_its_range():
    found = recommend(load_nottingham(), random_state=0)
    assert type(found.estimator) is LSTMForecaster
    assert found.estimator.horizon == 12
    assert found.table.loc["dependency range", "value"] == "12 steps"


def test_missing_values_are_read_as_such():
    X, y = first_or_last(-1, n=120, length=8)
    X[::5, 3] = np.nan
    found = recommend(X, y, random_state=0)
    assert found.table.loc["missing", "value"] == found.estimator.missing == "mask"
    clone(found.estimator).set_params(max_epochs=1).fit(X, y)
    series = load_nottingham().copy()
    series.iloc[[5, 40]] = np.nan
    assert recommend(series, random_state=0).estimator.missing == "mask"
    assert "missing" not in recommend(load_nottingham(), random_state=0).table.index


def test_networks_that_answer_alike_have_no_signs():
    X = np.zeros((40, 5, 1))
    X[::2] = 1
    found = recommend(X, np.arange(40) % 2, random_state=0)
    assert found.table.loc["pooling", "reason"] == "last state alone and all states: no difference in loss"


def test_texts_are_refused_by_the_name_of_the_function():
    with pytest.raises(
        InputError, match=r"^recommend: texts came, .* with SequenceTokenizer\(\), as the step"
    ):
        recommend(["good film", "bad film"] * 4, [0, 1] * 4)


def test_lists_and_long_tables_are_read_as_by_estimators(near):
    X, y = first_or_last(-1)
    ragged = recommend(list(X), pd.Series(y), random_state=0)
    assert repr(ragged.estimator) == repr(near.estimator)


def test_the_same_seed_gives_the_same_advice_and_the_global_state_is_left_alone(near):
    np.random.seed(0)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    again = recommend(*first_or_last(-1), random_state=0)
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002
    assert again.table.drop("latency").equals(near.table.drop("latency"))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"task": "sorting"}, "The 'task' parameter of recommend must be"),
        ({"latency": 0}, "The 'latency' parameter of recommend must be"),
        ({"memory": -1}, "The 'memory' parameter of recommend must be"),
    ],
)
def test_options_that_mean_nothing_are_refused(options, sentence):
    with pytest.raises(ParameterError, match=sentence):
        recommend(*first_or_last(-1, n=20, length=5), **options)


def test_targets_that_do_not_fit_are_refused():
    X, y = first_or_last(-1, n=20, length=5)
    with pytest.raises(InputError, match="20 sequences and y has 19 targets"):
        recommend(X, y[:-1])
    with pytest.raises(InputError, match="3 sequences came, but 4 are needed"):
        recommend(X[:3], y[:3])
    with pytest.raises(InputError, match=r"^recommend: .* taggers are not among .* Begin with LSTMTagger\.$"):
        recommend(X, [["a"] * 5] * 20)
    texts = ["good film", "bad film"] * 4
    for came in (texts, SequenceTokenizer().fit_transform(texts)):
        with pytest.raises(InputError, match=r"^recommend: texts or tokens came without y, but language"):
            recommend(came)
    with pytest.raises(InputError, match="y is None"):
        recommend(X, task="regression")
