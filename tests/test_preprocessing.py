"""The transformers of sequences."""

import pickle
import time
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.dummy import DummyRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import TimeSeriesSplit, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, OneHotEncoder, StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from sksequence.exceptions import InputError, ParameterError, SequenceTooShortError
from sksequence.preprocessing import (
    PerTimestep,
    SequencePadder,
    SequenceTokenizer,
    SummaryFeatures,
    WindowTransformer,
    WordFeatures,
    make_windows,
)
from sksequence.sequences import SequenceArray, as_sequences

nan = np.nan


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def ragged(rng):
    return [rng.normal(size=(length, 2)) for length in (3, 6, 1)]


def expected_failures(estimator):
    if not isinstance(estimator, WindowTransformer):
        return {}
    context = "a window holds the rows before it: other rows before it make another window"
    return {
        "check_methods_sample_order_invariance": context,
        "check_methods_subset_invariance": context,
        "check_fit1d": "a 1-D array is a series of one feature",
    }


@parametrize_with_checks(
    [
        SequencePadder(),
        SequencePadder(length=2, padding="pre", truncation="pre", value=0),
        SummaryFeatures(),
        WindowTransformer(3),
        PerTimestep(StandardScaler()),
        PerTimestep(PCA()),
    ],
    expected_failed_checks=expected_failures,
)
def test_scikit_learn_contract(estimator, check):
    check(estimator)


# SequencePadder ----------------------------------------------------------------------------------


@pytest.mark.parametrize("padding", ["post", "pre"])
@pytest.mark.parametrize("value", [nan, 0.0])
def test_padding_is_taken_away_again(ragged, padding, value):
    padder = SequencePadder(padding=padding, value=value).fit(ragged)
    padded = padder.transform(ragged)
    assert padded.shape == (3, 6, 2)
    for back, original in zip(padder.inverse_transform(padded), ragged, strict=True):
        np.testing.assert_array_equal(back, original)


def test_padded_sequences_are_read_as_the_same(ragged):
    padded = SequencePadder(length=9).fit_transform(ragged)
    for back, original in zip(as_sequences(padded), ragged, strict=True):
        np.testing.assert_array_equal(back, original)


@pytest.mark.parametrize(("truncation", "kept"), [("post", [1, 2]), ("pre", [3, 4])])
def test_truncation_keeps_the_other_end(truncation, kept):
    padder = SequencePadder(length=2, truncation=truncation).fit([[1.0]])
    assert padder.transform([[1.0, 2.0, 3.0, 4.0]])[0, :, 0].tolist() == kept


def test_truncation_can_be_refused():
    padder = SequencePadder(truncation="raise").fit([[1.0, 2.0]])
    message = r"SequencePadder\.transform: sequence 1 has 3 steps, but the length is 2\. Set length=3"
    with pytest.raises(InputError, match=message):
        padder.transform([[1.0], [1.0, 2.0, 3.0]])


@pytest.mark.parametrize("bad", [{"length": 0}, {"padding": "left"}, {"truncation": None}, {"value": "0"}])
def test_bad_parameters_are_refused_at_fit(bad):
    with pytest.raises(ParameterError, match=next(iter(bad))):
        SequencePadder(**bad).fit([[1.0]])


def test_padded_tokens_stay_whole_numbers():
    texts = ["a good film", "bad"]
    tokens = SequenceTokenizer().fit_transform(texts)
    padder = SequencePadder(value=0).fit(tokens)
    padded = padder.transform(tokens)
    assert padded.dtype == tokens.dtype
    assert padded[1, :, 0].tolist() == [tokens[1][0, 0], 0, 0]
    back = padder.inverse_transform(padded)
    assert back.vocabulary == tokens.vocabulary
    assert back.to_list()[1].tolist() == tokens[1].tolist()
    table = padder.set_output(transform="pandas").transform(tokens)
    assert table["x0"].astype(str).tolist() == ["a", "good", "film", "bad", "[PAD]", "[PAD]"]
    for value in (np.nan, -1, 0.5):
        with pytest.raises(
            InputError, match=rf"fit: tokens came, but padding is {value}, .* Set value=0, the"
        ):
            SequencePadder(value=value).fit(tokens)


@pytest.mark.parametrize(
    "ids",
    [SequenceTokenizer().fit_transform(["a b", "c"]), WordFeatures().fit_transform([["a", "b"], ["c"]])],
)
def test_ids_are_not_scaled(ids):
    told = (
        "token ids came, but StandardScaler reads numbers, and ids only stand for tokens. Give them to a "
        "network as they are, or use OneHotEncoder()."
    )
    with pytest.raises(InputError) as error:
        PerTimestep(StandardScaler()).fit(ids)
    assert str(error.value) == f"PerTimestep.fit: {told}"
    fitted = PerTimestep(StandardScaler()).fit(np.zeros((2, 2, ids.n_features)))
    with pytest.raises(InputError, match=r"PerTimestep\.transform: token ids came"):
        fitted.transform(ids)


def test_ids_become_indicators():
    tokens = SequenceTokenizer().fit_transform(["a b", "b c a"])
    flags = PerTimestep(OneHotEncoder()).fit_transform(tokens)
    assert flags.n_features == 3
    assert np.array_equal(flags.values.argmax(axis=1), tokens.values[:, 0] - tokens.values.min())


def test_a_column_transformer_chooses_among_ids():
    words = WordFeatures().fit_transform([["a", "b"], ["b", "a"]])
    chosen = ColumnTransformer([("word", OneHotEncoder(), ["word"])])
    assert PerTimestep(chosen).fit_transform(words).n_features == 2


def test_integers_that_nobody_named_are_numbers():
    scaled = PerTimestep(StandardScaler()).fit_transform([np.array([1, 2, 3]), np.array([4, 5])])
    assert scaled.values.mean() == pytest.approx(0)


def test_padder_gives_a_long_frame_with_every_row(ragged):
    frame = SequencePadder().set_output(transform="pandas").fit_transform(ragged)
    assert frame.shape == (18, 2)
    assert frame.columns.tolist() == ["x0", "x1"]
    assert frame.loc[2, "x0"].isna().tolist() == [False] + 5 * [True]


# WindowTransformer -------------------------------------------------------------------------------


def test_each_window_ends_at_its_row(rng):
    X = rng.normal(size=(10, 2))
    windows = WindowTransformer(4).fit_transform(X)
    assert len(windows) == 10
    for t, window in enumerate(windows):
        np.testing.assert_array_equal(window, X[max(0, t - 3) : t + 1])
    assert np.shares_memory(windows.values, X)


@pytest.mark.parametrize("window", [1, 5, 9])
def test_windows_may_be_as_long_as_the_series_or_longer(window):
    windows = WindowTransformer(window).fit_transform(np.arange(5.0))
    assert windows.lengths.tolist() == [min(t, window) for t in range(1, 6)]


def test_windows_keep_names():
    frame = pd.DataFrame(np.zeros((3, 2)), columns=["load", "wind"])
    transformer = WindowTransformer(2).fit(frame)
    assert transformer.transform(frame).feature_names == ("load", "wind")
    assert transformer.get_feature_names_out().tolist() == ["load", "wind"]
    with pytest.raises(InputError, match="feature names should match"):
        transformer.transform(frame[["wind", "load"]])
    assert WindowTransformer(2).fit_transform(frame["load"]).feature_names == ("load",)


def test_a_million_windows_cost_their_positions_only():
    X = np.zeros((1_000_000, 1))
    transformer = WindowTransformer(168).fit(X)
    tracemalloc.start()
    windows = transformer.transform(X)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(windows) == 1_000_000
    assert peak < 20e6
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        transformer.transform(X)
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 0.2  # About 0.01 s; generous, for a busy machine.


def test_windows_stand_in_a_pipeline_with_a_label_per_row(rng):
    X = rng.normal(size=(60, 1))
    last = FunctionTransformer(lambda windows: np.array([w[-1] for w in windows]))
    model = make_pipeline(WindowTransformer(5), PerTimestep(StandardScaler()), last, LinearRegression())
    y = 3 * X[:, 0] + 1
    np.testing.assert_allclose(model.fit(X, y).predict(X[40:]), y[40:])
    for train, test in TimeSeriesSplit(3).split(X):
        np.testing.assert_allclose(model.fit(X[train], y[train]).predict(X[test]), y[test])


def test_window_is_positional_and_required():
    assert WindowTransformer(7).get_params() == {"window": 7}
    with pytest.raises(TypeError, match="window"):
        WindowTransformer()
    with pytest.raises(ParameterError, match="'window' parameter of WindowTransformer must be an int >= 1"):
        WindowTransformer(0).fit(np.zeros((3, 1)))


# make_windows ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("window", "horizon", "stride"), [(3, 1, 1), (4, 3, 2), (1, 1, 5), (5, 7, 1)])
def test_windows_and_what_follows(rng, window, horizon, stride):
    X = rng.normal(size=(12, 2))
    X_windows, y_windows, origins = make_windows(X, window, horizon, stride)
    assert origins.tolist() == list(range(window - 1, 12 - horizon, stride))
    assert y_windows.shape == (len(origins), horizon, 2)
    for i, origin in enumerate(origins):
        np.testing.assert_array_equal(X_windows[i], X[origin - window + 1 : origin + 1])
        np.testing.assert_array_equal(y_windows[i], X[origin + 1 : origin + 1 + horizon])
    assert np.shares_memory(X_windows.values, X)
    assert np.shares_memory(y_windows, X)
    assert not y_windows.flags.writeable


@pytest.mark.parametrize(
    ("target", "columns"), [("b", [1]), (["c", "a"], [2, 0]), (-1, [2]), ([0, "b"], [0, 1])]
)
def test_targets_are_chosen_by_name_or_place(rng, target, columns):
    frame = pd.DataFrame(rng.normal(size=(8, 3)), columns=list("abc"))
    _, y_windows, origins = make_windows(frame, 3, 2, target=target)
    np.testing.assert_array_equal(y_windows[0], frame.to_numpy()[3:5, columns])
    assert y_windows.shape == (len(origins), 2, len(columns))


def test_a_series_just_long_enough_gives_one_window():
    assert len(make_windows(np.arange(5.0), 3, 2)[0]) == 1
    with pytest.raises(
        SequenceTooShortError, match=r"series of 4 steps came, but window \+ horizon = 3 \+ 2 = 5"
    ):
        make_windows(np.arange(4.0), 3, 2)


@pytest.mark.parametrize("name", ["window", "horizon", "stride"])
def test_make_windows_refuses_what_is_no_count(name):
    with pytest.raises(ParameterError, match=f"The '{name}' parameter of make_windows must be an int >= 1"):
        make_windows(np.arange(9.0), **({"window": 2} | {name: 0}))


# PerTimestep -------------------------------------------------------------------------------------


def test_steps_are_scaled_as_if_stacked(ragged):
    scaled = PerTimestep(StandardScaler()).fit_transform(ragged)
    expected = StandardScaler().fit_transform(np.concatenate(ragged))
    np.testing.assert_allclose(scaled.values, expected)
    assert scaled.lengths.tolist() == [3, 6, 1]


def test_padding_is_left_out(ragged):
    padded = SequencePadder(length=9).fit_transform(ragged)
    a, b = (PerTimestep(StandardScaler()).fit(X).transformer_.mean_ for X in (ragged, padded))
    np.testing.assert_allclose(a, b)


def test_steps_that_windows_share_are_passed_once(rng):
    X = rng.normal(size=(20, 1))
    passed = []
    watch = FunctionTransformer(lambda rows: passed.append(len(rows)) or rows)
    windows = WindowTransformer(5).fit_transform(X)
    out = PerTimestep(watch).fit_transform(windows[10:])
    assert passed == [14]
    np.testing.assert_array_equal(out[0], X[6:11])


def test_scaling_can_be_undone(ragged):
    scaler = PerTimestep(MinMaxScaler())
    back = scaler.inverse_transform(scaler.fit_transform(ragged))
    for a, b in zip(back, ragged, strict=True):
        np.testing.assert_allclose(a, b)
    assert not hasattr(PerTimestep(ColumnTransformer([])), "inverse_transform")


def test_nested_parameters_reach_the_transformer(ragged):
    scaler = PerTimestep(StandardScaler()).set_params(transformer__with_mean=False)
    out = clone(scaler).fit_transform(ragged)
    np.testing.assert_allclose(out.values * np.concatenate(ragged).std(axis=0), np.concatenate(ragged))
    assert not hasattr(scaler.fit(ragged).transformer, "scale_")


def test_gaps_are_filled_where_the_transformer_allows_them():
    X = [[1.0, nan, 3.0], [nan, 2.0]]
    filled = PerTimestep(SimpleImputer()).fit_transform(X)
    assert [s.ravel().tolist() for s in filled] == [[1.0, 2.0, 3.0], [2.0, 2.0]]
    with pytest.raises(InputError, match=r"PerTimestep\.fit: NaN came at step 1 of sequence 0"):
        PerTimestep(PCA()).fit(X)


def test_transformers_see_the_names_of_features(rng):
    frames = [pd.DataFrame(rng.normal(size=(n, 2)), columns=["load", "day"]) for n in (4, 6)]
    columns = ColumnTransformer([("scale", StandardScaler(), ["load"]), ("keep", "passthrough", ["day"])])
    per_step = PerTimestep(columns).fit(frames)
    out = per_step.transform(frames)
    assert out.feature_names == ("scale__load", "keep__day")
    assert per_step.get_feature_names_out().tolist() == ["scale__load", "keep__day"]
    np.testing.assert_array_equal(out[1][:, 1], frames[1]["day"])


def test_sparse_output_becomes_dense():
    out = PerTimestep(OneHotEncoder()).fit_transform([[0.0, 1.0], [2.0]])
    assert out.n_features == 3
    np.testing.assert_array_equal(out[0], [[1, 0, 0], [0, 1, 0]])


def test_a_transformer_that_drops_rows_is_refused(ragged):
    with pytest.raises(InputError, match="gave 9 rows for 10 steps"):
        PerTimestep(FunctionTransformer(lambda rows: rows[1:])).fit(ragged).transform(ragged)


def test_a_table_stays_one(rng):
    X = rng.normal(size=(5, 7))
    scaler = PerTimestep(StandardScaler()).fit(X)
    assert scaler.n_features_in_ == 7
    assert scaler.transform(X).table_columns == 7
    assert scaler.get_feature_names_out().tolist() == ["x0"]
    assert scaler.transform([X[0, :3]]).lengths.tolist() == [3]


def test_other_numbers_of_features_are_refused(ragged):
    with pytest.raises(InputError, match="X has 1 features, but PerTimestep is expecting 2 features"):
        PerTimestep(StandardScaler()).fit(ragged).transform([[1.0]])


# set_output --------------------------------------------------------------------------------------


def test_long_frames_run_through_a_pipeline(rng):
    index = pd.MultiIndex.from_product([["a", "b"], range(4)], names=["id", "t"])
    index = index.set_levels(pd.date_range("2020", periods=4), level="t")
    frame = pd.DataFrame(rng.normal(size=(8, 2)), columns=["u", "v"], index=index)
    pipe = make_pipeline(PerTimestep(StandardScaler()), PerTimestep(MinMaxScaler()))
    plain = pipe.fit_transform(frame)
    assert isinstance(plain, SequenceArray)
    out = pipe.set_output(transform="pandas").fit_transform(frame)
    pd.testing.assert_index_equal(out.index, index)
    assert out.columns.tolist() == ["u", "v"]
    np.testing.assert_allclose(out.to_numpy(), plain.values)


def test_the_global_setting_is_heard():
    with config_context(transform_output="pandas"):
        assert isinstance(WindowTransformer(2).fit_transform(np.arange(3.0)), pd.DataFrame)


def test_polars_output_is_refused():
    with pytest.raises(ParameterError, match="transform='polars' came"):
        WindowTransformer(2).set_output(transform="polars")


@pytest.mark.parametrize("transformer", [SequencePadder(), PerTimestep(StandardScaler())])
def test_fitted_transformers_pickle(ragged, transformer):
    fitted = transformer.fit(ragged)
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(np.asarray(again.transform(ragged)), np.asarray(fitted.transform(ragged)))


def test_cross_validation_over_windowed_rows(rng):
    X, y = rng.normal(size=(30, 2)), np.arange(30.0)
    model = make_pipeline(WindowTransformer(4), SequencePadder(length=4), DummyRegressor())
    assert cross_val_predict(model, X, y, cv=3).shape == (30,)
