"""What forecasters are composed with: transformers of scikit-learn, and logarithms, on the targets."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    MinMaxScaler,
    PowerTransformer,
    QuantileTransformer,
    StandardScaler,
)

from sksequence import LSTMForecaster
from sksequence.exceptions import InputError, ParameterError
from sksequence.forecasting.baselines import LinearForecaster
from sksequence.forecasting.panel import stacked
from sksequence.forecasting.series import read_series
from sksequence.forecasting.transformation import Transformers
from sksequence.model_selection import RollingOriginSplit, forecast_scorer

pytestmark = pytest.mark.filterwarnings("ignore::sksequence.exceptions.NoSkillWarning")

HORIZON = 3
BOX_COX = PowerTransformer("box-cox", standardize=False)
ROOT = FunctionTransformer(np.sqrt, np.square)
LOG = FunctionTransformer(np.log, np.exp, check_inverse=False)


def wave(n=96, seed=0):
    """Positive, skewed, with a season of 12."""
    rng = np.random.default_rng(seed)
    return np.exp(1 + np.sin(np.arange(n) * np.pi / 6) + 0.2 * rng.normal(size=n))


def table(n=96):
    return pd.DataFrame(
        {"a": wave(n), "b": 50 * wave(n, 1) ** 2}, index=pd.date_range("2020-01-01", periods=n, freq="D")
    )


def quick(transformer=None, **options):
    settings = {"horizon": HORIZON, "hidden_size": 4, "max_epochs": 2, "window": 12, "random_state": 0}
    return LSTMForecaster(transformer=transformer, **(settings | options))


def panel_of(*series):
    known = {"step": None, "id": None, "time": None, "freq": None, "missing": "mask", "whole": True}
    return read_series(list(series), caller="test", **known)


# ---------------------------------------------------------------------- what it comes to
def linear(transformer=None, **options):
    return LinearForecaster(horizon=HORIZON, window=12, transformer=transformer, **options)


@pytest.mark.parametrize("make", [quick, linear])
def test_logarithms_are_the_transformer_that_takes_them(make):
    logged, composed = make(log=True).fit(wave()), make(LOG).fit(wave())
    np.testing.assert_array_equal(logged.predict(), composed.predict())
    np.testing.assert_array_equal(logged.predict_interval(), composed.predict_interval())
    assert logged.transformer_ is None


def test_a_forecast_is_that_of_transformed_values_led_back():
    outside = quick().fit(np.sqrt(wave()))
    inside = quick(ROOT).fit(wave())
    np.testing.assert_allclose(inside.predict(), outside.predict() ** 2, rtol=1e-6)
    np.testing.assert_allclose(inside.predict_interval(), outside.predict_interval() ** 2, rtol=1e-5)
    levels = [0.1, 0.5, 0.8]
    np.testing.assert_allclose(
        inside.predict_quantiles(quantiles=levels),
        outside.predict_quantiles(quantiles=levels) ** 2,
        rtol=1e-5,
    )
    np.testing.assert_allclose(inside.sample(n=9), outside.sample(n=9) ** 2, rtol=1e-5)
    later = wave(60, seed=5)
    np.testing.assert_allclose(inside.predict(later), outside.predict(np.sqrt(later)) ** 2, rtol=1e-6)
    made, other = inside.backtest(later, coverage=0.8), outside.backtest(np.sqrt(later), coverage=0.8)
    names = ["target", "forecast", "lower", "upper"]
    np.testing.assert_allclose(made[names], other[names] ** 2, rtol=1e-5)
    inside.update(later), outside.update(np.sqrt(later))
    np.testing.assert_allclose(inside.calibration_.scores, outside.calibration_.scores, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(inside.predict(), outside.predict() ** 2, rtol=1e-6)


@pytest.mark.parametrize("loss", ["quantile", "normal", "student_t", "squared_error"])
def test_every_loss_works_on_transformed_values(loss):
    outside, inside = quick(loss=loss).fit(np.sqrt(wave())), quick(ROOT, loss=loss).fit(wave())
    np.testing.assert_allclose(inside.predict_interval(), outside.predict_interval() ** 2, rtol=1e-5)


@pytest.mark.parametrize(
    "transformer",
    [
        BOX_COX,
        PowerTransformer(),
        StandardScaler(),
        MinMaxScaler(),
        QuantileTransformer(n_quantiles=40, output_distribution="normal"),
        FunctionTransformer(np.log1p, np.expm1),
        make_pipeline(ROOT, StandardScaler()),
    ],
    ids=lambda t: type(t).__name__,
)
@pytest.mark.parametrize("normalization", ["series", "window", None])
def test_bounds_hold_the_forecast(transformer, normalization):
    model = quick(transformer, normalization=normalization).fit(wave())
    bounds, middle = model.predict_interval(coverage=0.8), model.predict_quantiles(quantiles=0.5)
    assert np.isfinite(bounds).all()
    assert (bounds[:, 0] < middle[:, 0]).all()
    assert (middle[:, 0] < bounds[:, 1]).all()


def test_each_column_has_its_own_transformer():
    model = quick(BOX_COX).fit(table())
    alone = [clone(BOX_COX).fit(table()[[name]].to_numpy()).lambdas_[0] for name in ("a", "b")]
    np.testing.assert_allclose([t.lambdas_[0] for t in model.transformer_], alone)
    assert alone[0] != pytest.approx(alone[1], rel=0.05)
    assert not hasattr(BOX_COX, "lambdas_")  # a clone was fitted


def test_series_of_a_panel_share_their_transformers():
    series = [wave(seed=1), 3 * wave(80, seed=2)]
    model = quick(BOX_COX).fit(series)
    expected = clone(BOX_COX).fit(np.concatenate(series)[:, None]).lambdas_
    np.testing.assert_allclose(model.transformer_[0].lambdas_, expected)
    assert not model.scaling_.log  # "auto" takes no logarithms beside a transformer
    assert len(model.predict()) == 2


def test_only_targets_are_transformed():
    X = table().assign(plan=-1.0)
    model = quick(BOX_COX, target=["a"], known_future=["plan"]).fit(X)
    assert len(model.transformer_) == 1
    future = pd.DataFrame(
        {"plan": [-1.0] * HORIZON}, index=pd.date_range(X.index[-1], periods=4, freq="D")[1:]
    )
    assert (model.predict(future=future) > 0).all().all()


def test_missing_values_stay_missing():
    X = wave()
    X[[7, 40, 41, 60]] = np.nan
    model = quick(BOX_COX, missing="mask").fit(X)
    assert np.isfinite(model.predict_interval()).all()
    assert np.isfinite(model.predict(np.full(20, np.nan))).all()  # the mean of the training rows is known


# ---------------------------------------------------------------------- beyond the image
@pytest.mark.parametrize("power", [0.5, -0.5])
def test_what_has_no_way_back_becomes_the_nearest_that_has(power):
    panel = panel_of(wave())
    learned = Transformers.learn(BOX_COX, panel, caller="test")
    learned.each[0].lambdas_[0] = power
    edge = -1 / power  # (1 + power * z) ** (1 / power) is not defined beyond
    beyond, column = edge - np.sign(power) * np.array([1e-3, 1.0, 50.0]), np.zeros(3, dtype=int)
    made = learned.inverse(beyond, column)
    assert np.isfinite(made).all()
    assert (made < 1e-12).all() if power > 0 else (made > 1e12).all()
    inside = np.array([-1.0, 0.0, 1.0])
    np.testing.assert_allclose(learned.inverse(inside, column), (1 + power * inside) ** (1 / power))
    assert np.isnan(learned.inverse(np.array([np.nan]), column[:1])).all()


# ---------------------------------------------------------------------- what is learned from
def test_held_back_rows_teach_no_transformer():
    options = {"refit": False, "validation_fraction": 0.25}
    kept = int(0.75 * 96)
    later = wave()
    later[kept:] = later[kept:] ** 3
    one, other = quick(BOX_COX, **options).fit(wave()), quick(BOX_COX, **options).fit(later)
    first = quick(BOX_COX, validation_fraction=None).fit(wave()[:kept])
    for model in (one, other):
        assert model.transformer_[0].lambdas_ == first.transformer_[0].lambdas_
    assert quick(BOX_COX, **(options | {"refit": True})).fit(wave()).transformer_[0].lambdas_ == (
        clone(BOX_COX).fit(wave()[:, None]).lambdas_
    )


@pytest.mark.parametrize("transformer", [BOX_COX, StandardScaler(), PowerTransformer()])
def test_no_later_row_changes_a_forecast(transformer):
    model = quick(transformer).fit(table())
    later = table()
    later.iloc[60:] = 5 * later.iloc[60:] + 9
    before, after = model.backtest(table(), coverage=0.8), model.backtest(later, coverage=0.8)
    past = (before["origin"] < table().index[60]).to_numpy()
    for name in ("forecast", "lower", "upper"):
        np.testing.assert_array_equal(before[name][past], after[name][past])
        assert (before[name][~past].to_numpy() != after[name][~past].to_numpy()).any()


def test_linear_forecasts_are_calibrated_with_what_earlier_rows_taught():
    """The transformer, too: were it fitted on the tail, its scores would not be these."""
    X = np.r_[wave(72), wave(40, seed=3) ** 2]
    model = LinearForecaster(horizon=1, window=12, transformer=BOX_COX, validation_fraction=0.3).fit(X)
    kept = len(X) - len(model.calibration_.scores)
    early = LinearForecaster(horizon=1, window=12, transformer=BOX_COX, validation_fraction=None).fit(
        X[:kept]
    )
    power = early.transformer_[0]
    made = early.backtest(X)
    error = power.transform(made[["target"]].to_numpy()) - power.transform(made[["forecast"]].to_numpy())
    tail = error[-len(model.calibration_.scores) :, 0]
    np.testing.assert_array_equal(np.sign(tail), np.sign(model.calibration_.scores[:, 0]))


def test_going_on_with_training_keeps_the_transformer():
    model = quick(BOX_COX).fit(wave())
    known = model.transformer_
    model.partial_fit(wave(seed=4) ** 2)
    assert model.transformer_ is known
    model.set_params(warm_start=True).fit(wave(seed=5) ** 2)
    assert model.transformer_ is known


# ---------------------------------------------------------------------- scikit-learn's habits
def test_it_is_cloned_set_and_pickled():
    model = quick(PowerTransformer()).set_params(transformer__method="box-cox").fit(wave())
    assert model.transformer_[0].method == "box-cox"
    other = clone(model)
    assert other.transformer is not model.transformer
    assert other.transformer.method == "box-cox"
    loaded = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(loaded.predict(), model.predict())
    assert quick().set_params(transformer=ROOT).fit(wave()).transformer_[0].func is np.sqrt
    assert model.set_params(transformer=None).fit(wave()).transformer_ is None


def test_a_search_chooses_among_transformers():
    X = pd.Series(wave(120) ** 4, index=pd.date_range("2020-01-01", periods=120, freq="D"))
    search = GridSearchCV(
        LinearForecaster(horizon=HORIZON, window=12, validation_fraction=None),
        {"transformer": [None, BOX_COX, LOG]},
        cv=RollingOriginSplit(2, horizon=HORIZON, test_size=12),
        scoring=forecast_scorer("mae"),
    ).fit(X)
    scores = search.cv_results_["mean_test_score"]
    assert scores[1] > scores[0]
    assert scores[2] > scores[0]
    assert search.best_estimator_.transformer is not None


# ---------------------------------------------------------------------- refusals
class Grows(TransformerMixin, BaseEstimator):
    """Gives two columns of one."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return np.c_[X, X]

    def inverse_transform(self, X):
        return X[:, :1]


@pytest.mark.parametrize(
    ("transformer", "words"),
    [
        (FunctionTransformer(np.log), r"column 'b' it makes .* Choose a transformer with a way back"),
        (FunctionTransformer(np.negative, np.negative), "does not rise with the values"),
        (KBinsDiscretizer(4, encode="ordinal", strategy="uniform"), "with a way back"),
        (Grows(), r"gives an array of shape \(201, 2\) for 201 values"),
    ],
    ids=["no inverse", "falling", "steps", "two columns"],
)
def test_unfit_transformers_are_refused(transformer, words):
    X = table()[["b"]]
    with pytest.raises(InputError, match=rf"LSTMForecaster.fit: transformer=.*{words}"):
        quick(transformer).fit(X)


@pytest.mark.parametrize("bad", [3, "box-cox", PowerTransformer, LSTMForecaster()])
def test_only_transformers_are_taken(bad):
    with pytest.raises(
        ParameterError, match="'transformer' parameter of LSTMForecaster must be None or a tr"
    ):
        quick(bad).fit(wave())


def test_values_that_cannot_be_transformed_are_named():
    with pytest.raises(InputError, match=r"fit: .* for column 0 it refuses the values: .*strictly positive"):
        quick(BOX_COX).fit(wave() - 2)
    model = quick(BOX_COX).fit(wave())
    with pytest.raises(InputError, match=r"LSTMForecaster.predict: the values of column 0 came, but Power"):
        model.predict(wave() - 5)
    with pytest.raises(
        InputError, match=r"X holds -1 in column 0, which FunctionTransformer.* cannot transf"
    ):
        quick(LOG).fit(wave()).predict(np.r_[wave(), -1.0])
    with pytest.raises(InputError, match=r"it makes no number of -"):
        quick(LOG).fit(wave() - 2)


def test_a_column_without_values_teaches_nothing():
    blank = panel_of(wave())
    blank = type(blank)(**{**vars(blank), "channels": stacked(np.full(96, np.nan), blank.lengths)})
    with pytest.raises(InputError, match="column 0 has no value that is not missing"):
        Transformers.learn(BOX_COX, blank, caller="test")


def test_one_transformation_is_enough():
    with pytest.raises(InputError, match=r"fit: log=True and transformer=Power.* came"):
        quick(BOX_COX, log=True).fit(wave())
    counts = np.random.default_rng(0).poisson(5, 96)
    with pytest.raises(InputError, match=r"loss='negative_binomial' and transformer=Power.* came"):
        quick(PowerTransformer(), loss="negative_binomial").fit(counts)


def test_values_far_from_those_learned_do_not_warn():
    assert np.isfinite(quick(PowerTransformer()).fit(wave()).predict(1e6 * wave())).all()
