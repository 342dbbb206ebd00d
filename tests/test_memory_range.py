"""Memory range: what it measures equals brute force, and finds the lag that the data were made with."""

import copy

import numpy as np
import pytest
import torch
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sksequence import (
    GRUClassifier,
    GRUForecaster,
    LSTMClassifier,
    LSTMForecaster,
    LSTMRegressor,
    PerTimestep,
    RNNClassifier,
    RNNRegressor,
    as_sequences,
)
from sksequence.exceptions import InputError
from sksequence.inspection import MemoryRange, MemoryRangeDisplay, memory_range

SMALL = {"hidden_size": 6, "max_epochs": 1, "random_state": 0}


def global_numpy_state():
    return str(np.random.get_state())  # noqa: NPY002


def marked(lag, n_timesteps, n_samples=600, seed=0):
    """Noise, a mark on the step at the lag, and the noise of that step as the target."""
    rng = np.random.default_rng(seed)
    X = np.zeros((n_samples, n_timesteps, 2), dtype=np.float32)
    X[:, :, 0] = rng.normal(size=(n_samples, n_timesteps))
    X[:, -1 - lag, 1] = 1.0
    return X, X[:, -1 - lag, 0].astype(float)


def brute_force(model, sequences, weigh):
    """Root mean square over sequences of the Jacobian's norm at each lag, one sequence at a time."""
    module, n_lags = model.net_.module_.eval(), max(map(len, sequences))
    mean = np.concatenate(sequences).mean(axis=0)
    squares = [[] for _ in range(n_lags)]
    for sequence in sequences:
        values = torch.from_numpy(sequence[None].astype(np.float64))
        lengths = torch.tensor([len(sequence)])
        jacobian = torch.autograd.functional.jacobian(lambda v, n=lengths: module(v, n)[0], values)[:, 0]
        jacobian = jacobian - jacobian.mean(dim=0) if len(jacobian) > 1 else jacobian  # classes
        scale = module.encoder.inputs.scale
        weights = (values[0] - torch.from_numpy(mean)) / scale if weigh else 1.0
        norms = (jacobian * scale * weights).square().sum(dim=(0, 2))
        for lag, square in enumerate(norms.flip(0).tolist()):
            squares[lag].append(square)
    return np.sqrt([np.mean(s) for s in squares]), [len(s) for s in squares]


@pytest.mark.parametrize("method", ["gradient", "jacobian"])
@pytest.mark.parametrize(
    ("network", "options"),
    [
        (LSTMClassifier, {}),
        (GRUClassifier, {"pooling": ("attention", "last"), "bidirectional": True}),
        (RNNRegressor, {"patch_size": 3, "num_layers": 2, "layer_norm": True}),
    ],
)
def test_curve_is_the_norm_of_the_jacobian(network, options, method, ragged):
    y = np.arange(12) % 3
    model = network(**SMALL, **options).fit(ragged, y)
    measured = memory_range(model, ragged, method=method)
    curve, count = brute_force(model, ragged, weigh=method == "gradient")
    np.testing.assert_allclose(measured.curve, curve, rtol=1e-4)
    assert measured.n_sequences.tolist() == count


@pytest.mark.parametrize("network", [LSTMRegressor, RNNRegressor])
def test_occlusion_is_the_change_of_the_prediction(network, ragged):
    model = network(**SMALL).fit(ragged, np.arange(12.0))
    mean = np.concatenate(ragged).mean(axis=0)
    before, scale = model.predict(ragged), np.arange(12.0).std()
    for lag in (0, 4):
        longer = [i for i, sequence in enumerate(ragged) if len(sequence) > lag]
        occluded = [ragged[i].copy() for i in longer]
        for sequence in occluded:
            sequence[-1 - lag] = mean
        change = (model.predict(occluded) - before[longer]) / scale
        measured = memory_range(model, ragged, method="occlusion")
        assert measured.curve[lag] == pytest.approx(np.sqrt(np.mean(change**2)), rel=1e-3)


def test_occlusion_of_a_linear_dependence_is_the_gradient(rng):
    """Whatever is put in place of a step, a network that is nearly linear answers alike."""
    X = rng.normal(size=(600, 8, 1))
    model = LSTMRegressor(hidden_size=16, pooling="last", random_state=0).fit(X, X[:, -2, 0])
    ways = [{"method": "gradient"}, {"method": "occlusion"}, {"method": "occlusion", "fill": "other"}]
    peaks = [memory_range(model, X, **way).curve[1] for way in ways]
    assert peaks == pytest.approx([1.0, 1.0, 1.0], abs=0.1)


@pytest.mark.parametrize("network", [LSTMRegressor, RNNRegressor])
@pytest.mark.parametrize("lag", [2, 9])
@pytest.mark.parametrize("pooling", ["last", ("last", "mean", "max")])
def test_true_lag_is_found(network, lag, pooling):
    X, y = marked(lag, 12)
    model = network(hidden_size=12, pooling=pooling, max_epochs=20, lr=0.01, random_state=0).fit(X, y)
    assert model.score(X, y) > 0.9
    for method in ("gradient", "occlusion"):
        measured = memory_range(model, X, method=method)
        assert measured.curve.argmax() == lag
        assert measured.half_life == lag


def test_lagged_sum_spreads_over_its_lags():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(800, 10, 1))
    model = LSTMRegressor(hidden_size=16, pooling="last", random_state=0).fit(X, X[:, -4:, 0].sum(axis=1))
    measured = memory_range(model, X)
    assert measured.curve[:4] == pytest.approx([0.5] * 4, abs=0.12)
    assert (measured.half_life, measured.lag_95) in [(1, 3), (2, 3)]


def test_patches_keep_the_lag(rng):
    X, y = marked(30, 40)
    model = LSTMRegressor(
        hidden_size=12, pooling="last", patch_size=4, max_epochs=20, lr=0.01, random_state=0
    ).fit(X, y)
    assert model.score(X, y) > 0.9
    assert abs(memory_range(model, X).half_life - 30) <= 4


def test_tokens_count_by_their_vectors():
    rng = np.random.default_rng(0)
    X = rng.integers(0, 5, size=(600, 7))
    model = LSTMClassifier(
        embedding_dim=4, hidden_size=16, pooling="last", dropout=0.0, lr=0.02, max_epochs=25, random_state=0
    )
    y, X = X[:, 3], X.tolist()
    model.fit(X, y)
    assert model.score(X, y) > 0.9
    assert memory_range(model, X).half_life == 3
    assert memory_range(model, X, method="occlusion").half_life == 3


def test_random_combinations_estimate_the_norm(ragged):
    y = np.arange(12)
    model = LSTMClassifier(**SMALL).fit(ragged, y)
    exact = memory_range(model, ragged, n_projections=12)
    rough = memory_range(model, ragged, n_projections=11)
    assert not np.array_equal(exact.curve, rough.curve)
    np.testing.assert_allclose(rough.curve, exact.curve, rtol=0.4)
    many = np.mean(
        [memory_range(model, ragged, n_projections=11, random_state=i).curve ** 2 for i in range(40)], axis=0
    )
    np.testing.assert_allclose(many, exact.curve**2, rtol=0.15)


@pytest.mark.parametrize("options", [{}, {"linear": 0.0}, {"loss": "normal"}, {"n_members": 2}])
def test_forecasts_move_as_the_jacobian_says(options, season):
    model = LSTMForecaster(
        horizon=3, window=15, segment=4, max_epochs=1, hidden_size=6, random_state=0, **options
    )
    with pytest.warns(UserWarning, match="skill"):
        model.fit(season)
    window = season[-15:]
    step = 1e-2 * window.std()
    for lag in (0, 3, 14):
        shifted = [window.copy(), window.copy()]
        shifted[0][-1 - lag] -= step
        shifted[1][-1 - lag] += step
        change = (model.predict(shifted[1]) - model.predict(shifted[0])) / (2 * step)
        measured = memory_range(model, window, method="jacobian")
        assert measured.curve[lag] == pytest.approx(np.linalg.norm(change), rel=2e-2, abs=5e-4)


def test_forecasters_look_at_all_windows_of_all_series(season):
    with pytest.warns(UserWarning, match="skill"):
        model = GRUForecaster(
            horizon=2, window=10, max_epochs=1, hidden_size=6, calendar=None, random_state=0
        ).fit([season, season[:60]])
    measured = memory_range(model, [season[:30], season[:25]], max_samples=None)
    assert measured.n_sequences.tolist() == [21 + 16] * 10
    assert memory_range(model, None).n_sequences[0] >= 2


def test_lags_are_weighed_by_the_sequences_that_have_them():
    measured = MemoryRange(np.array([1.0, 1.0, 1.0]), np.array([9, 1, 1]), "gradient")
    assert (measured.half_life, measured.lag(0.9), measured.lag_95) == (0.0, 1.0, 2.0)
    alike = MemoryRange(np.array([1.0, 1.0, 1.0, 1.0]), np.array([1, 1, 1, 1]), "gradient")
    assert (alike.half_life, alike.lag_95) == (1.0, 3.0)


def test_nothing_to_depend_on_has_no_half_life(ragged):
    model = RNNClassifier(**SMALL).fit(ragged, np.arange(12) % 2)
    with torch.no_grad():
        model.net_.module_.head.weight.zero_()
    measured = memory_range(model, ragged)
    assert np.isnan(measured.half_life)
    assert np.isnan(measured.lag_95)
    assert "depends on no input" in repr(measured)


@pytest.mark.parametrize("method", ["gradient", "occlusion"])
def test_measuring_changes_nothing(method, ragged):
    model = LSTMClassifier(**SMALL, dropout=0.5).fit(ragged, np.arange(12) % 3)
    module = model.net_.module_.train()
    module.zero_grad()
    before = copy.deepcopy(module.state_dict())
    states = torch.get_rng_state(), global_numpy_state(), torch.get_num_threads()
    first, second = (memory_range(model, ragged, method=method, n_projections=2).curve for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert module.training
    assert all(p.requires_grad and p.grad is None for p in module.parameters())
    assert all(torch.equal(tensor, before[name]) for name, tensor in module.state_dict().items())
    assert torch.equal(states[0], torch.get_rng_state())
    assert states[1] == global_numpy_state()
    assert states[2] == torch.get_num_threads()


def test_order_and_form_of_the_sequences_change_nothing(ragged):
    model = LSTMClassifier(**SMALL).fit(ragged, np.arange(12) % 3)
    measured = memory_range(model, ragged)
    turned = memory_range(model, as_sequences(ragged)[::-1])
    np.testing.assert_allclose(measured.curve, turned.curve, rtol=1e-4)


def test_few_sequences_are_chosen_over_all(ragged):
    model = LSTMClassifier(**SMALL).fit(ragged, np.arange(12) % 3)
    few = memory_range(model, ragged, max_samples=3)
    chosen = [ragged[0], ragged[5], ragged[11]]
    np.testing.assert_allclose(few.curve, memory_range(model, chosen).curve, rtol=1e-5)


def test_pipelines_are_looked_into(ragged):
    y = np.arange(12) % 3
    pipeline = make_pipeline(PerTimestep(StandardScaler()), LSTMClassifier(**SMALL)).fit(ragged, y)
    inner = memory_range(pipeline[-1], pipeline[:-1].transform(ragged))
    np.testing.assert_array_equal(memory_range(pipeline, ragged).curve, inner.curve)


def test_refusals(ragged):
    model = LSTMClassifier(**SMALL)
    with pytest.raises(ValueError, match="not fitted"):
        memory_range(model, ragged)
    model.fit(ragged, np.arange(12) % 3)
    message = (
        r"^memory_range: method='slope' came, but one of \['gradient', 'jacobian', 'occlusion'\] is needed"
    )
    with pytest.raises(InputError, match=message):
        memory_range(model, ragged, method="slope")
    with pytest.raises(InputError, match="fill='zero' came"):
        memory_range(model, ragged, fill="zero")
    with pytest.raises(
        InputError, match=r"^memory_range: a LinearRegression came, but a recurrent estimator"
    ):
        memory_range(LinearRegression().fit([[0.0]], [0.0]), ragged)
    with pytest.raises(InputError, match="X has 3 features, but LSTMClassifier is expecting 2"):
        memory_range(model, np.zeros((2, 5, 3)))


def test_display_draws_several_models_and_says_their_ranges(ragged):
    plt = pytest.importorskip("matplotlib.pyplot")
    plt.switch_backend("agg")
    y = np.arange(12) % 3
    models = [network(**SMALL).fit(ragged, y) for network in (LSTMClassifier, GRUClassifier, GRUClassifier)]
    display = MemoryRangeDisplay.from_estimators(models, ragged)
    assert list(display.ranges_) == ["LSTMClassifier", "GRUClassifier", "GRUClassifier 2"]
    lines = display.ax_.get_lines()
    for line, (name, measured) in zip(lines, display.ranges_.items(), strict=True):
        np.testing.assert_allclose(line.get_ydata(), measured.curve / measured.curve.max())
        assert line.get_label().startswith(f"{name}: half within {measured.half_life:.0f},")
    assert len({str(line.get_linestyle()) + line.get_marker() for line in lines}) == 3
    assert display.ax_.get_xlim()[0] > display.ax_.get_xlim()[1], "the last step stands at the right"
    _, ax = plt.subplots()
    single = memory_range(models[0], ragged).plot(ax=ax, linewidth=3)
    assert single.ax_ is ax
    assert single.figure_ is ax.figure
    assert ax.get_lines()[0].get_linewidth() == 3
    alone = MemoryRangeDisplay.from_estimator(models[0], ragged, method="occlusion")
    assert alone.ranges_["LSTMClassifier"].method == "occlusion"
    plt.close("all")
