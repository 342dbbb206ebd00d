"""skorch's callbacks: what they see of an estimator's net, and what they may do."""

from functools import partial

import numpy as np
import pytest
import torch
from sklearn.metrics import log_loss
from skorch.callbacks import Checkpoint, EpochScoring, LRScheduler, TrainEndCheckpoint

from sksequence import GRUClassifier, LSTMClassifier, LSTMForecaster, LSTMRegressor, RNNTagger
from sksequence.exceptions import ParameterError

SMALL = {"hidden_size": 8, "random_state": 0}


@pytest.fixture(scope="module")
def X():
    rng = np.random.default_rng(0)
    return [rng.normal(size=(n, 2)) for n in rng.integers(3, 20, size=80)]


def scores(estimator, X, y, scoring, **options):
    """The column of a score in the history."""
    callback = EpochScoring(scoring, name="score", lower_is_better=False, **options)
    estimator.set_params(callbacks=[callback], early_stopping=True)
    return estimator.fit(X, y).history_["score"].to_numpy()


# ---------------------------------------------------------------------- scores
def test_scores_of_regressors_are_in_the_units_of_the_targets(X):
    y = np.array([[100 * x[:, 0].sum() + 500, 3 * x[:, 1].sum()] for x in X])
    model = LSTMRegressor(max_epochs=15, lr=0.02, **SMALL)
    assert scores(model, X, y, "r2")[-1] > 0.3
    error = -scores(model, X, y[:, 0], "neg_mean_squared_error")
    # The loss is the squared error of targets at unit variance.
    np.testing.assert_allclose(error, model.history_["valid_loss"] * y[:, 0].var(), rtol=1e-4)


@pytest.mark.parametrize("scoring", ["roc_auc", "neg_log_loss", "neg_brier_score", "f1", "accuracy"])
def test_scores_of_classifiers_read_probabilities_and_classes(X, scoring):
    y = np.array(["up" if x[:, 0].sum() > 0 else "down" for x in X])
    model = LSTMClassifier(max_epochs=5, dropout=0.0, **SMALL)
    found = scores(model, X, y, scoring)
    assert np.isfinite(found).all()
    if scoring == "neg_log_loss":
        np.testing.assert_allclose(-found, model.history_["valid_loss"], rtol=1e-5)
    else:
        assert (np.abs(found) <= 1).all()


def test_net_gives_the_probabilities_of_its_classifier(X):
    y = np.arange(80) % 3
    model = GRUClassifier(max_epochs=2, **SMALL)
    assert np.isfinite(scores(model, X, y, "roc_auc_ovr")).all()
    proba = model.predict_proba(X)
    np.testing.assert_allclose(model.net_.predict_proba(model._read(X, "test")), proba, atol=1e-6)
    assert -scores(model, X, y, "neg_log_loss", on_train=True)[0] < 2
    assert log_loss(y, proba) < 2


@pytest.mark.parametrize("n_labels", [2, 3])
def test_scores_of_labels_that_may_coincide(X, n_labels):
    y = np.array([[x[:, 0].sum() > 0, x[:, 1].sum() > 0, len(x) > 10] for x in X]).astype(int)
    model = LSTMClassifier(max_epochs=2, **SMALL)
    assert ((0 <= (found := scores(model, X, y[:, :n_labels], "roc_auc"))) & (found <= 1)).all()


def test_scores_of_taggers_read_probabilities_of_steps(X):
    y = [np.where(x[:, 0] > 0, "up", "down") for x in X]
    model = RNNTagger(max_epochs=3, dropout=0.0, **SMALL)
    found = -scores(model, X, y, "neg_log_loss")
    np.testing.assert_allclose(found, model.history_["valid_loss"], rtol=1e-5)
    with pytest.raises(AttributeError, match="predict_proba"):
        scores(RNNTagger(max_epochs=1, crf=True, **SMALL), X, y, "neg_log_loss")


@pytest.mark.parametrize("loss", ["absolute_error", "normal", "quantile"])
@pytest.mark.filterwarnings("ignore::sksequence.exceptions.NoSkillWarning")
def test_scores_of_forecasters_are_in_the_units_of_the_series(loss):
    series = 1000 + 300 * np.sin(np.arange(200) / 3)
    model = LSTMForecaster(window=24, horizon=4, normalization="series", max_epochs=3, loss=loss, **SMALL)
    found = -scores(model, series, None, "neg_mean_absolute_error")
    assert 1 < found[-1] < 300
    if loss == "absolute_error":
        np.testing.assert_allclose(found, model.history_["valid_loss"] * series.std(), rtol=0.05)
    series = np.stack([series, np.arange(200.0) % 7], axis=1)
    series[50] = np.nan
    model.set_params(missing="mask")
    assert 0 < -scores(model, series, None, "neg_mean_absolute_error")[-1] < 3


# ---------------------------------------------------------------------- checkpoints
@pytest.mark.parametrize("monitor", ["valid_loss_best", "train_loss_best", None])
def test_checkpoints_are_written_and_read(X, tmp_path, monitor):
    callback = Checkpoint(monitor=monitor, dirname=tmp_path)
    model = LSTMClassifier(max_epochs=6, callbacks=[callback], early_stopping=True, **SMALL)
    model.fit(X, np.arange(80) % 2)
    history = model.history_
    assert not [name for name in history if name.endswith("_best")]
    if monitor:
        loss = history[monitor.removesuffix("_best")]
        assert history["event_cp"].tolist() == [loss[n] == loss[:n].min() for n in history.index]
    else:
        assert history["event_cp"].all()
    expected = model.predict_proba(X)
    model.net_.module_.head.weight.data.zero_()
    model.net_.load_params(checkpoint=callback)
    if monitor == "valid_loss_best":  # what early stopping returns to
        np.testing.assert_array_equal(model.predict_proba(X), expected)
    assert model.net_.module_.head.weight.any()


def test_the_end_of_a_training_is_written(X, tmp_path):
    callback = TrainEndCheckpoint(dirname=tmp_path)
    model = LSTMRegressor(max_epochs=2, callbacks=[callback], **SMALL).fit(X, np.arange(80))
    expected = model.predict(X)
    model.net_.module_.head.weight.data.zero_()
    model.net_.load_params(f_params=tmp_path / "train_end_params.pt")
    np.testing.assert_array_equal(model.predict(X), expected)


def test_best_loss_is_that_of_all_trainings_that_go_on(X):
    y = np.arange(80) % 2
    model = LSTMClassifier(max_epochs=1, lr=1e-30, dropout=0.0, **SMALL).fit(X, y)
    model.net_.history[-1]["train_loss"] = 0.0
    model.partial_fit(X, y)
    assert model.net_.history[:, "train_loss_best"] == [True, False]


# ---------------------------------------------------------------------- learning rate
@pytest.mark.parametrize(
    ("options", "factors"),
    [
        ({"policy": "StepLR", "step_size": 1, "gamma": 0.5}, [1, 0.5, 0.25]),
        ({"policy": "LambdaLR", "lr_lambda": lambda n: n + 1}, [1, 2, 3]),
        (
            {"policy": "ExponentialLR", "gamma": 0.9, "step_every": "batch"},
            [0.9**8, 0.9**16, 0.9**24],
        ),
    ],
)
def test_a_scheduler_among_the_callbacks_sets_a_constant_rate(X, options, factors):
    model = LSTMClassifier(
        max_epochs=3,
        batch_size=10,
        lr=0.04,
        lr_schedule="constant",
        callbacks=[LRScheduler(**options)],
        **SMALL,
    )
    model.fit(X, np.arange(80) % 2)
    np.testing.assert_allclose(model.history_["lr"] / 0.04, factors)
    model.partial_fit(X, np.arange(80) % 2)
    assert model.n_iter_ == 4


@pytest.mark.parametrize("callback", [LRScheduler(), LRScheduler, ("rate", LRScheduler())])
def test_a_scheduler_beside_a_schedule_is_refused(X, callback):
    with pytest.raises(ParameterError, match="LRScheduler, but lr_schedule='cosine' sets the learning rate"):
        LSTMRegressor(callbacks=[callback]).fit(X, np.arange(80))


# ---------------------------------------------------------------------- further arguments
@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("max_epochs", "leave 'max_epochs' to the estimator: set max_epochs itself."),
        ("batch_size", "set batch_size itself."),
        ("verbose", "set verbose itself."),
        ("warm_start", "set warm_start itself."),
        ("device", "set device itself."),
        ("callbacks", "set callbacks itself."),
        ("callbacks__keep", "leave 'callbacks__keep' to the estimator: set callbacks itself."),
        ("gradient_clip", "set gradient_clip itself."),
        ("train_split", "set early_stopping and validation_fraction."),
        ("iterator_train__shuffle", "leave 'iterator_train__shuffle' to the estimator: set batch_size."),
        ("iterator_valid__batch_size", "leave it out, for its batches change no result."),
        ("criterion", "set what decides the loss, such as loss of forecasters"),
        ("module__hidden_size", "set hidden_size and the other parameters of the network."),
        ("compile", "leave it out; for speed there are precision and the extra `fast`."),
        ("optimizer", "hold a class as optimizer, such as torch.optim.SGD. Got 7 instead."),
        ("momentum", "settings such as optimizer__momentum. Got 'momentum' instead."),
        ("per_step", "Got 'per_step' instead."),
        (3, "Got 3 instead."),
    ],
)
def test_arguments_of_skorch_that_estimators_decide_about_are_refused(X, argument, words):
    with pytest.raises(ParameterError) as error:
        LSTMClassifier(net_params={argument: 7}).fit(X, np.arange(80) % 2)
    assert str(error.value).startswith("The 'net_params' parameter of LSTMClassifier must ")
    assert words in str(error.value)


def test_other_arguments_reach_skorch(X):
    given = {
        "optimizer": partial(torch.optim.SGD, nesterov=True),
        "optimizer__momentum": 0.5,
        "lr": 0.5,
        "callbacks__stop__patience": 2,
        "torch_load_kwargs": {"weights_only": True},
    }
    model = LSTMClassifier(
        max_epochs=1, lr_schedule="constant", early_stopping=True, net_params=given, **SMALL
    )
    net = model.fit(X, np.arange(80) % 2).net_
    assert {(g["lr"], g["momentum"], g["nesterov"]) for g in net.optimizer_.param_groups} == {
        (0.5, 0.5, True)
    }
    assert dict(net.callbacks_)["stop"].patience == 2
