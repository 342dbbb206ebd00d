"""A fit that fails leaves the estimator as it was."""

import numpy as np
import pandas as pd
import pytest
import torch
from skorch.callbacks import Callback

from sksequence import (
    GRULanguageModel,
    LinearForecaster,
    LSTMClassifier,
    LSTMForecaster,
    LSTMRegressor,
    LSTMTagger,
)
from sksequence.exceptions import InputError, NonFiniteLossError, ParameterError

SMALL = {"hidden_size": 4, "max_epochs": 2, "random_state": 0}
RNG = np.random.default_rng(0)
X = [RNG.normal(size=(n, 2)) for n in RNG.integers(4, 20, size=40)]
Y = np.array(["up" if x[:, 0].sum() > 0 else "down" for x in X])
TOTAL = np.array([100 * x[:, 0].sum() for x in X])
TAGS = [np.where(x[:, 0] > 0, "plus", "minus") for x in X]
SERIES = pd.Series(np.sin(np.arange(90) / 3), index=pd.date_range("2024", periods=90))
TEXTS = ["the cat sat on the mat. " * 6, "a dog ran after the cat. " * 6]


class Fail(Callback):
    """Raises an error, or spoils the weights, in an epoch."""

    def __init__(self, epoch, error=None):
        self.epoch, self.error = epoch, error

    def on_epoch_begin(self, net, **kwargs):
        if len(net.history) == self.epoch:
            if self.error is not None:
                raise self.error
            with torch.no_grad():
                for weight in net.module_.parameters():
                    weight.fill_(float("nan"))


def state(model):
    """Attributes, and the weights and moments that training changes in place."""
    net = vars(model).get("net_")
    if net is None:
        return dict(vars(model)), [], []
    moments = [m.clone() for s in net.optimizer_.state.values() for m in s.values()]
    return dict(vars(model)), [p.detach().clone() for p in net.module_.parameters()], moments


def assert_same(model, before):
    attributes, weights, moments = before
    now = state(model)
    assert now[0].keys() == attributes.keys()
    assert all(now[0][name] is value for name, value in attributes.items())
    for old, new in ((weights, now[1]), (moments, now[2])):
        assert len(old) == len(new)
        assert all(map(torch.equal, old, new))
    if "net_" in attributes:
        assert len(model.history_) == model.n_iter_


def arguments():
    others = np.where(Y == "up", "left", "right")
    one = [x[:, :1] for x in X]
    yield LSTMClassifier(**SMALL), (X, Y), (X, others, -np.ones(40)), InputError
    yield LSTMClassifier(**SMALL), (X, Y), (one, Y[:-1]), InputError
    yield LSTMClassifier(**SMALL), (X, Y), (X, ["up"] * 40), InputError
    yield LSTMRegressor(**SMALL), (X, TOTAL), (one, Y), InputError
    yield LSTMTagger(**SMALL), (X, TAGS), (one, TAGS[:-1]), InputError
    yield GRULanguageModel(**SMALL), (TEXTS,), ([""],), InputError
    yield LSTMForecaster(**SMALL), (SERIES,), (pd.DataFrame({"a": [1.0]}),), InputError
    yield LinearForecaster(), (SERIES,), (pd.DataFrame({"a": [1.0, np.inf]}),), InputError


@pytest.mark.parametrize(("model", "good", "bad", "error"), list(arguments()))
@pytest.mark.filterwarnings("ignore::sksequence.exceptions.NoSkillWarning")
def test_bad_data_change_nothing(model, good, bad, error):
    before = state(model)
    with pytest.raises(error):
        model.fit(*bad)
    assert_same(model, before)
    before = state(model.fit(*good))
    with pytest.raises(error):
        model.fit(*bad)
    assert_same(model, before)


def test_bad_parameters_change_nothing():
    model = LSTMClassifier(**SMALL).fit(X, Y).set_params(device="nowhere")
    before = state(model)
    with pytest.raises(ParameterError):
        model.fit([x[:, :1] for x in X], Y)
    assert_same(model, before)


def test_training_that_goes_on_keeps_its_loss():
    model = LSTMTagger(class_weight="balanced", early_stopping=True, warm_start=True, **SMALL).fit(X, TAGS)
    criterion = model.net_.criterion_
    with pytest.raises(InputError):
        model.fit(X[:1], TAGS[:1])
    assert model.net_.criterion_ is criterion


@pytest.mark.parametrize("error", [None, RuntimeError("stop"), SystemExit()])
@pytest.mark.parametrize("going_on", [False, True])
def test_a_training_without_a_good_epoch_changes_nothing(error, going_on):
    kind = NonFiniteLossError if error is None else type(error)
    model = LSTMClassifier(callbacks=[Fail(1, error)], warm_start=going_on, **SMALL)
    before = state(model)
    with pytest.raises(kind, match="the estimator stays unfitted" if error is None else None):
        model.fit(X, Y)
    assert_same(model, before)
    model.set_params(callbacks=None).fit(X, Y)
    model.set_params(callbacks=[Fail(3 if going_on else 1, error)])
    before, proba = state(model), model.predict_proba(X)
    with pytest.raises(kind, match="the estimator holds its earlier fit" if error is None else None):
        model.fit(X, Y)
    assert_same(model, before)
    assert np.array_equal(model.predict_proba(X), proba)


def test_divergence_at_once_leaves_a_regressor_unfitted():
    model = LSTMRegressor(lr=1e30, gradient_clip=None, **SMALL)
    with pytest.raises(NonFiniteLossError, match="No epoch before was good"):
        model.fit(X, TOTAL)
    assert not hasattr(model, "net_")
    assert not hasattr(model, "n_iter_")


@pytest.mark.parametrize("error", [None, RuntimeError("stop")])
def test_good_epochs_are_kept_and_training_goes_on_from_them(error):
    expected = LSTMClassifier(**SMALL | {"lr_schedule": "constant"}).fit(X, Y)
    model = LSTMClassifier(callbacks=[Fail(3, error)], lr_schedule="constant", **SMALL | {"max_epochs": 4})
    model.set_params(warmup=0.0)
    expected.set_params(warmup=0.0).fit(X, Y)
    with pytest.raises(NonFiniteLossError if error is None else RuntimeError) as raised:
        model.fit(X, Y)
    if error is None:
        assert str(raised.value).endswith("The weights of the last good epoch are kept.")
    assert np.array_equal(model.predict_proba(X), expected.predict_proba(X))
    assert model.n_iter_ == len(model.history_)
    model.set_params(callbacks=None).partial_fit(X, Y)
    assert np.isfinite(model.predict_proba(X)).all()


def test_a_forecaster_with_good_epochs_forecasts():
    model = LSTMForecaster(callbacks=[Fail(2)], window=8, horizon=2, **SMALL)
    with pytest.raises(NonFiniteLossError, match="The weights of the last good epoch are kept"):
        model.fit(SERIES)
    assert np.isfinite(model.predict()).all()


@pytest.mark.filterwarnings("ignore::sksequence.exceptions.NoSkillWarning")
def test_a_forecaster_without_them_holds_its_earlier_fit():
    model = LSTMForecaster(window=8, horizon=2, **SMALL).fit(SERIES)
    before, forecast = state(model), model.predict()
    model.set_params(callbacks=[Fail(1)])
    before[0]["callbacks"] = model.callbacks
    with pytest.raises(NonFiniteLossError, match="holds its earlier fit"):
        model.fit(SERIES + 5)
    assert_same(model, before)
    pd.testing.assert_series_equal(model.predict(), forecast)
