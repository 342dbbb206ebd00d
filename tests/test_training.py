"""Training: budgets, stopping, interruption, divergence, continuation, weights, history."""

import numpy as np
import pytest
import torch
from sklearn.exceptions import ConvergenceWarning
from skorch.callbacks import Callback, EpochScoring

from sksequence import GRUClassifier, LSTMClassifier, LSTMRegressor, RNNClassifier
from sksequence.engine.batches import Batches, Examples
from sksequence.engine.ledger import Ledger
from sksequence.engine.moments import step_moments
from sksequence.engine.optimizer import MatrixDecay
from sksequence.engine.precision import computes_bfloat16
from sksequence.engine.schedule import learning_rate_factor, plan
from sksequence.exceptions import InputError, NonFiniteLossError, ParameterError
from sksequence.modules import RandomAffine, seed_noise
from sksequence.modules.inputs import Patches
from sksequence.modules.masking import has_padding
from sksequence.sequences import SequenceArray, as_sequences

SMALL = {"hidden_size": 8, "random_state": 0}


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(n, 2)) for n in rng.integers(3, 20, size=80)]
    return X, np.array(["up" if x[:, 0].mean() > 0 else "down" for x in X])


def weights(model):
    return torch.cat([p.detach().flatten() for p in model.net_.module_.parameters()])


# ---------------------------------------------------------------------- batches
def test_every_example_comes_once_a_pass():
    lengths = np.random.default_rng(0).integers(1, 50, size=333)
    sequences = SequenceArray(np.zeros((lengths.sum(), 1)), np.cumsum(lengths) - lengths, lengths)
    batches = Batches(Examples(sequences), batch_size=8, generator=torch.Generator().manual_seed(0))
    seen = torch.cat(batches.order())
    assert sorted(seen.tolist()) == list(range(333))
    assert not torch.equal(seen, torch.cat(batches.order()))


def test_short_epochs_go_on_where_the_last_one_stopped():
    sequences = SequenceArray(np.zeros((100, 1)), np.arange(100), np.ones(100, int))
    batches = Batches(
        Examples(sequences), batch_size=10, generator=torch.Generator().manual_seed(0), per_epoch=4
    )
    seen = torch.cat([index for _ in range(5) for index in batches.order()]).tolist()
    assert len(batches) == 4
    assert sorted(seen[:100]) == list(range(100))
    assert sorted(seen[100:]) == sorted(set(seen[100:]))


def test_buckets_pad_little():
    lengths = np.random.default_rng(0).integers(1, 400, size=4000)
    sequences = SequenceArray(np.zeros((lengths.sum(), 1)), np.cumsum(lengths) - lengths, lengths)
    batches = Batches(Examples(sequences), batch_size=32, generator=torch.Generator().manual_seed(0))
    padded = sum(int(lengths[index].max()) * len(index) for index in batches.order())
    assert padded < 1.15 * lengths.sum()


def test_batches_hold_the_right_steps_and_repeat_the_last_one():
    values = np.arange(20.0)[:, None]
    sequences = SequenceArray(values, [4, 0, 15], [3, 5, 1])
    inputs, _ = Batches(Examples(sequences), batch_size=3).batch(torch.tensor([2, 0, 1]))
    assert inputs["lengths"].tolist() == [1, 3, 5]
    assert inputs["values"][..., 0].tolist() == [[15] * 5, [4, 5, 6, 6, 6], [0, 1, 2, 3, 4]]


def test_batches_of_equal_lengths_say_so_without_a_look():
    """Their lengths are one number in memory, with patches too; others are looked at."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(9, 7, 2)).astype(np.float32)
    whole = as_sequences(X, caller="test")
    windows = SequenceArray(X.reshape(-1, 2), np.arange(9) * 3, np.full(9, 7))
    for sequences in (whole, whole[np.array([4, 1, 7])], whole[::-1], whole[2:], windows):
        for index in (torch.tensor([2, 0]), slice(1, 3), slice(2, 9)):
            values, lengths = Batches(Examples(sequences)).inputs(index)
            assert np.array_equal(values, sequences.to_padded()[index])
            assert lengths.tolist() == [7] * len(values)
            assert not has_padding(lengths, 7)
            counts = Patches(3)(values, lengths)[1]
            assert counts.tolist() == [3] * len(values)
            assert not has_padding(counts, 3)
    ragged = as_sequences([X[0], X[1, :4]], caller="test")
    values, lengths = Batches(Examples(ragged)).inputs(torch.tensor([0, 1]))
    assert has_padding(lengths, 7)
    assert Patches(3)(values, lengths)[1].tolist() == [3, 2]


def test_targets_that_are_sequences_are_gathered_with_their_batch():
    values = np.arange(20.0)[:, None]
    examples = Examples(SequenceArray(values, [0, 5], [4, 4]), SequenceArray(values, [4, 9], [2, 2]))
    _, targets = Batches(examples).batch(torch.tensor([1, 0]))
    assert targets[..., 0].tolist() == [[9, 10], [4, 5]]


def test_extras_that_are_sequences_are_gathered_and_padded_like_the_inputs():
    values = np.arange(20.0)[:, None]
    inputs = SequenceArray(values, [4, 0, 15], [3, 5, 1])
    beside = SequenceArray(np.hstack([100 + values, -values]), inputs.starts, inputs.lengths)
    examples = Examples(inputs, extras={"past": beside, "static": np.array([7.0, 8.0, 9.0])})
    batch, _ = Batches(examples).batch(torch.tensor([2, 0, 1]))
    assert set(batch) == {"values", "lengths", "past", "static"}
    assert torch.equal(batch["past"][..., :1], 100 + batch["values"])
    assert torch.equal(batch["past"][..., 1:], -batch["values"])
    assert batch["static"].tolist() == [9, 7, 8]
    # The choice of examples goes through to their extras, on the same values.
    few = examples.take(np.array([1, 2]))
    assert few.extras["past"].values is beside.values
    batch, _ = Batches(few).batch(torch.tensor([1]))
    assert batch["past"].tolist() == [[[115.0, -15.0]]]
    assert batch["static"].tolist() == [9]


# ---------------------------------------------------------------------- budget and schedule
def test_small_data_get_more_passes_than_large():
    options = {"batch_size": "auto", "max_epochs": "auto", "n_steps": 400, "min_passes": 4}
    small, large = plan(36, **options), plan(100_000, **options)
    assert small.batch_size == 8
    assert small.max_epochs == 80
    assert large.batch_size == 250
    assert large.max_epochs == 4
    assert plan(100, batch_size=10, max_epochs=3, n_steps=400, min_passes=4).n_steps == 30


def test_cosine_schedule_rises_then_falls_to_zero():
    factors = [learning_rate_factor("cosine", 0.1, step, 100) for step in range(100)]
    assert factors[0] == pytest.approx(0.1)
    assert max(factors) == 1.0
    assert np.argmax(factors) == 9
    assert factors[-1] == pytest.approx(0.0, abs=1e-3)
    assert all(np.diff(factors[10:]) < 0)
    assert learning_rate_factor("constant", 0.1, 5, 100) == 1.0


def test_outcome_of_auto_is_visible(data):
    X, y = data
    model = LSTMClassifier(**SMALL).fit(X, y)
    assert (model.batch_size_, model.n_iter_, model.patch_size_) == (10, 50, 1)
    assert model.memory_ == max(map(len, X))
    long = np.random.default_rng(0).normal(size=(20, 130, 1))
    assert LSTMClassifier(max_epochs=1, **SMALL).fit(long, np.arange(20) % 2).patch_size_ == 3


# ---------------------------------------------------------------------- history
def test_history_tells_each_epoch(data):
    X, y = data
    model = GRUClassifier(max_epochs=6, early_stopping=True, **SMALL).fit(X, y)
    history = model.history_
    assert list(history.index) == history["epoch"].tolist() == [1, 2, 3, 4, 5, 6]
    assert history.sort_values("epoch").reset_index(drop=True)["epoch"].is_monotonic_increasing
    assert {"train_loss", "valid_loss", "lr", "gradient_norm", "seconds"} <= set(history.columns)
    assert history["train_loss"].iloc[-1] < history["train_loss"].iloc[0]
    assert model.n_iter_ == 6
    assert model.n_parameters_ == sum(p.numel() for p in model.net_.module_.parameters())


def test_train_loss_is_the_mean_over_examples_in_both_loops(data):
    class Listens(Callback):
        def on_batch_end(self, net, batch=None, training=None, **kwargs):
            pass

    X, y = data
    lean = LSTMClassifier(max_epochs=3, dropout=0.5, **SMALL).fit(X, y)
    full = LSTMClassifier(max_epochs=3, dropout=0.5, callbacks=[Listens()], **SMALL).fit(X, y)
    assert torch.equal(weights(lean), weights(full))
    np.testing.assert_allclose(lean.history_["train_loss"], full.history_["train_loss"], rtol=1e-6)
    np.testing.assert_allclose(lean.history_["gradient_norm"], full.history_["gradient_norm"], rtol=1e-6)


def test_skorch_scoring_callback_sees_predictions(data):
    X, y = data
    scoring = EpochScoring("accuracy", lower_is_better=False, name="accuracy")
    model = LSTMClassifier(max_epochs=15, early_stopping=True, callbacks=[scoring], **SMALL).fit(X, y)
    accuracy = model.history_["accuracy"]
    assert accuracy.between(0, 1).all()
    assert accuracy.iloc[-1] > 0.6


def test_gradient_is_clipped(data):
    X, y = data
    model = LSTMClassifier(max_epochs=1, gradient_clip=1e-9, weight_decay=0.0, **SMALL)
    moved = weights(model.set_params(net_params={"optimizer": torch.optim.SGD}).fit(X, y))
    still = weights(LSTMClassifier(max_epochs=1, lr=1e-30, weight_decay=0.0, **SMALL).fit(X, y))
    np.testing.assert_allclose(moved, still, atol=1e-6)


# ---------------------------------------------------------------------- stopping
def test_early_stopping_returns_to_the_best_weights(data):
    X, y = data
    kept = {}

    class Record(Callback):
        def on_epoch_end(self, net, **kwargs):
            kept[net.history[-1, "epoch"]] = torch.cat(
                [p.detach().flatten() for p in net.module_.parameters()]
            )

    noise = np.random.default_rng(1).permutation(y)
    options = {
        "max_epochs": 200,
        "early_stopping": True,
        "n_iter_no_change": 4,
        "dropout": 0.0,
        "callbacks": [Record()],
    }
    model = LSTMClassifier(**options, **SMALL).fit(X, noise)
    best = int(model.history_["valid_loss"].idxmin())
    assert model.n_iter_ == best + 4
    assert torch.equal(weights(model), kept[best])


class Interrupt(Callback):
    def __init__(self, epoch):
        self.epoch = epoch

    def on_batch_begin(self, net, batch=None, training=None, **kwargs):
        if net.history[-1, "epoch"] == self.epoch:
            raise KeyboardInterrupt


@pytest.mark.parametrize("epoch", [1, 3])
def test_interrupted_fit_leaves_a_usable_estimator(data, epoch):
    X, y = data
    model = LSTMClassifier(max_epochs=9, callbacks=[Interrupt(epoch)], **SMALL)
    with pytest.warns(ConvergenceWarning, match=rf"after {epoch - 1} of 9 epochs; .* weights so far\.$"):
        model.fit(X, y)
    assert model.n_iter_ == epoch - 1
    assert model.predict(X).shape == y.shape
    assert len(model.history_) == epoch - 1


def test_diverging_loss_stops_with_the_epoch_and_keeps_good_weights(data):
    class Poison(Callback):
        def on_epoch_begin(self, net, **kwargs):
            if len(net.history) == 3:
                with torch.no_grad():
                    net.module_.head.weight.fill_(float("nan"))

    X, y = data
    model = LSTMClassifier(max_epochs=5, callbacks=[Poison()], **SMALL)
    with pytest.raises(NonFiniteLossError, match=r"LSTMClassifier.fit: the loss became nan in epoch 3"):
        model.fit(X, y)
    assert weights(model).isfinite().all()
    assert np.isfinite(model.predict_proba(X)).all()


@pytest.mark.parametrize(
    ("params", "causes"),
    [
        ({}, "(lr is 0.005)"),
        ({"embedding_lr": 10.0}, "(lr is 0.005, embedding_lr is 10)"),
        ({"embedding_lr": 10.0, "embeddings": np.ones((9, 3)), "freeze_embeddings": True}, "(lr is 0.005)"),
    ],
)
def test_divergence_names_the_learning_rates_that_act(params, causes):
    class Poison(Callback):
        def on_epoch_begin(self, net, **kwargs):
            with torch.no_grad():
                net.module_.head.weight.fill_(float("nan"))

    X = [np.arange(n) % 9 for n in range(2, 22)]
    params = {"embedding_dim": 3, "callbacks": [Poison()], **SMALL, **params}
    with pytest.raises(NonFiniteLossError) as error:
        LSTMClassifier(**params).fit(X, np.arange(20) % 2)
    assert f"a learning rate that is too high {causes}, no gradient clipping" in str(error.value)


# ---------------------------------------------------------------------- continuing
def test_partial_fit_goes_on(data):
    X, y = data
    model = LSTMClassifier(lr=0.02, **SMALL)
    losses = []
    for n in range(1, 9):
        model.partial_fit(X, y, classes=["down", "up"])
        losses.append(model.history_["train_loss"].iloc[-1])
        assert model.n_iter_ == n
    assert losses[-1] < 0.8 * losses[0]


def test_partial_fit_learns_classes_that_come_later(data):
    X, y = data
    up = y == "up"
    first = [x for x, u in zip(X, up, strict=True) if u]
    model = LSTMClassifier(**SMALL).partial_fit(first, y[up], classes=["down", "up"])
    model.partial_fit(X, y)
    assert list(model.classes_) == ["down", "up"]
    with pytest.raises(InputError, match="holds 'left' at position 0"):
        model.partial_fit(X[:1], ["left"])


def test_warm_start_begins_where_the_last_fit_ended(data):
    X, y = data
    cold = LSTMClassifier(max_epochs=4, **SMALL).fit(X, y)
    cold.fit(X, y)
    assert cold.n_iter_ == 4
    warm = LSTMClassifier(max_epochs=4, warm_start=True, **SMALL).fit(X, y)
    warm.fit(X, y)
    assert warm.n_iter_ == 8
    assert warm.history_["train_loss"].iloc[4] < warm.history_["train_loss"].iloc[0]


def test_continued_training_follows_parameters_set_since(data):
    X, y = data
    model = LSTMClassifier(max_epochs=2, warm_start=True, **SMALL).fit(X, y)
    moments = model.net_.optimizer_.state_dict()["state"][0]["exp_avg"].clone()
    model.set_params(lr=1e-30, lr_schedule="constant", weight_decay=0.0, max_epochs=1)
    before = weights(model)
    model.fit(X, y)
    assert model.history_["lr"].iloc[-1] == 1e-30
    assert torch.equal(weights(model), before)
    assert not torch.equal(model.net_.optimizer_.state_dict()["state"][0]["exp_avg"], moments)
    assert len(model.history_) == 3


def test_scikit_learn_callbacks_see_every_epoch(data):
    callback = pytest.importorskip("sklearn.callback", reason="scikit-learn before 1.9 has no callbacks")

    class Count:
        def __init__(self):
            self.tasks, self.scores = [], []

        def setup(self, estimator, context):
            pass

        def teardown(self, estimator, context):
            pass

        def on_fit_task_begin(self, estimator, context):
            self.tasks.append(context.task_name)

        def on_fit_task_end(self, estimator, context, *, X, y, fitted_estimator):
            self.scores.append(fitted_estimator.score(X, y))
            return len(self.scores) == 4

    count = Count()
    assert isinstance(count, callback.FitCallback)
    model = LSTMClassifier(max_epochs=9, **SMALL).set_callbacks(count).fit(*data)
    assert count.tasks == ["fit", "epoch", "epoch", "epoch", "epoch"]
    assert model.n_iter_ == 4
    assert all(0 <= score <= 1 for score in count.scores)
    assert "report" not in dict(model.net_.callbacks_)


# ---------------------------------------------------------------------- weights of samples and classes
def test_samples_of_weight_zero_teach_nothing(data):
    X, y = data
    wrong = np.where(y == "up", "down", "up")
    weight = np.r_[np.ones(len(X)), np.zeros(len(X))]
    model = LSTMClassifier(lr=0.02, **SMALL).fit(X + X, np.r_[y, wrong], sample_weight=weight)
    assert model.score(X, y) > 0.9


def test_class_weight_shifts_the_balance(data):
    X, y = data
    noise = np.random.default_rng(0).permutation(y)
    share = {}
    for heavy in ("up", "down"):
        model = LSTMClassifier(
            class_weight={heavy: 20, **{c: 1 for c in ("up", "down") if c != heavy}}, max_epochs=20, **SMALL
        )
        share[heavy] = (model.fit(X, noise).predict(X) == "up").mean()
    assert share["up"] > 0.9
    assert share["down"] < 0.1


def test_a_weight_of_no_class_is_refused(data):
    with pytest.raises(ParameterError, match=r"weighs 'sideways', but the classes are 'down', 'up'\."):
        LSTMClassifier(class_weight={"up": 2, "sideways": 1}, **SMALL).fit(*data)


def test_a_balanced_class_that_does_not_occur_is_no_error(data):
    X, y = data
    model = LSTMClassifier(class_weight="balanced", **SMALL)
    assert model.partial_fit(X, y, classes=["down", "sideways", "up"]).predict_proba(X).shape[1] == 3


def test_balanced_class_weight_equals_the_sample_weights_it_stands_for(data):
    from sklearn.utils.class_weight import compute_sample_weight

    X, y = data
    X, y = X[:50], np.r_[["up"] * 10, ["down"] * 40]
    balanced = LSTMClassifier(max_epochs=2, class_weight="balanced", **SMALL).fit(X, y)
    weighted = LSTMClassifier(max_epochs=2, **SMALL).fit(
        X, y, sample_weight=compute_sample_weight("balanced", y)
    )
    assert torch.equal(weights(balanced), weights(weighted))


def test_regression_weights_shift_the_mean():
    X = np.zeros((40, 5))
    y = np.r_[np.zeros(20), np.ones(20)]
    model = LSTMRegressor(**SMALL).fit(X, y, sample_weight=np.r_[np.ones(20), 3 * np.ones(20)])
    assert model.predict(X[:1]) == pytest.approx(0.75, abs=0.03)


# ---------------------------------------------------------------------- options that reach the network
def test_groups_of_weights_keep_learning_rates_of_their_own(data):
    X, y = data
    groups = [("encoder*", {"lr": 0.0}), ("head*", {"lr": 0.02})]
    model = RNNClassifier(
        max_epochs=2, lr=0.01, lr_schedule="constant", net_params={"optimizer__param_groups": groups}, **SMALL
    )
    begun = model._initialize(X, y, "test").net_.module_.state_dict()
    begun = {name: weight.clone() for name, weight in begun.items()}
    after = model.fit(X, y).net_.module_.state_dict()
    still = {name for name in begun if torch.equal(begun[name], after[name])}
    assert {name for name in begun if name.startswith("encoder")} <= still
    assert "head.weight" not in still
    assert {group["lr"] for group in model.net_.optimizer_.param_groups} == {0.0, 0.01, 0.02}
    model.partial_fit(X, y)
    assert torch.equal(
        model.net_.module_.state_dict()["encoder.layers.0.ahead.weight_hh_l0"],
        begun["encoder.layers.0.ahead.weight_hh_l0"],
    )


def test_net_params_reach_skorch(data):
    X, y = data
    model = RNNClassifier(max_epochs=1, net_params={"optimizer__weight_decay": 0.25}, **SMALL).fit(X, y)
    matrices = [g for g in model.net_.optimizer_.param_groups if g["weight_decay"]]
    assert [g["weight_decay"] for g in matrices] == [0.25]
    model.set_params(net_params={"optimizer": torch.optim.SGD, "optimizer__momentum": 0.5}).fit(X, y)
    assert isinstance(model.net_.optimizer_, torch.optim.SGD)


def test_biases_are_not_decayed(data):
    X, y = data
    model = LSTMClassifier(max_epochs=1, bidirectional=True, layer_norm=True, **SMALL).fit(X, y)
    decayed = {id(p) for g in model.net_.optimizer_.param_groups if g["weight_decay"] for p in g["params"]}
    for name, weight in model.net_.module_.named_parameters():
        assert (id(weight) in decayed) == (weight.ndim > 1), name


def test_biases_of_groups_are_not_decayed_unless_they_are_to_be():
    matrix, vector, other = (torch.nn.Parameter(torch.zeros(size)) for size in ((2, 2), (2,), (3,)))
    groups = [{"params": [other], "weight_decay": 0.5}, {"params": [vector, matrix], "lr": 0.1}]
    found = MatrixDecay(groups, lr=0.2, weight_decay=0.3).param_groups
    assert [(g["params"][0].shape, g["lr"], g["weight_decay"]) for g in found] == [
        ((3,), 0.2, 0.5),
        ((2, 2), 0.1, 0.3),
        ((2,), 0.1, 0.0),
    ]


@pytest.mark.parametrize(("n", "momentum"), [(24, 0.1), (640, 0.05), (6400, 0.02)])
def test_moments_of_pooled_states_are_those_of_about_a_pass(n, momentum):
    X, y = np.zeros((n, 2, 1)), np.arange(n) % 2
    norm = LSTMClassifier(**SMALL)._initialize(X, y, "test").net_.module_.norm
    assert norm.momentum == pytest.approx(momentum)


def test_memory_none_is_torch_initialisation(data):
    X, y = data
    model = LSTMClassifier(memory=None, max_epochs=1, lr=1e-30, hidden_size=64, random_state=0).fit(X, y)
    rnn = model.net_.module_.encoder.layers[0].ahead
    assert rnn.bias_ih_l0.abs().max() <= 1 / 8
    chrono = LSTMClassifier(max_epochs=1, lr=1e-30, hidden_size=64, random_state=0).fit(X, y)
    assert chrono.net_.module_.encoder.layers[0].ahead.bias_ih_l0.max() > 2


def test_augmentation_disturbs_training_and_never_prediction(data):
    X, y = data
    plain, noisy = (LSTMClassifier(max_epochs=3, augment=a, **SMALL).fit(X, y) for a in (0.0, 0.3))
    assert not torch.equal(weights(plain), weights(noisy))
    np.testing.assert_array_equal(noisy.predict_proba(X), noisy.predict_proba(X))


def test_augmentation_moves_whole_sequences_by_its_strength():
    noise = RandomAffine(0.2)
    seed_noise(noise, torch.Generator().manual_seed(0))
    zeros, ones = torch.zeros(5000, 3, 1), torch.ones(5000, 3, 1)
    shift = noise(zeros)
    assert (shift == shift[:, :1]).all()
    assert float(shift[:, 0].std()) == pytest.approx(0.2, rel=0.05)
    assert float(noise(ones)[:, 0].std()) == pytest.approx(0.2 * 2**0.5, rel=0.05)
    assert torch.equal(noise.eval()(ones), ones)


@pytest.mark.skipif(not computes_bfloat16("cpu"), reason="needs a CPU that computes in bfloat16")
def test_bfloat16_agrees_roughly(data):
    X, y = data
    exact, rough = (
        LSTMClassifier(max_epochs=3, precision=p, **SMALL).fit(X, y).predict_proba(X)
        for p in ("float32", "bfloat16")
    )
    assert not np.array_equal(exact, rough)
    np.testing.assert_allclose(exact, rough, atol=0.05)


@pytest.mark.parametrize("estimator", [LSTMClassifier, GRUClassifier])
def test_bfloat16_is_float32_where_the_processor_has_none(data, monkeypatch, estimator):
    monkeypatch.setattr("sksequence.engine.precision.computes_bfloat16", lambda device: False)
    monkeypatch.setattr("sksequence.engine.net.computes_bfloat16", lambda device: False)
    X, y = data
    with pytest.warns(UserWarning, match=r"^\w+Classifier.fit: precision='bfloat16' came, but .* float32 is"):
        rough = estimator(max_epochs=2, precision="bfloat16", **SMALL).fit(X, y)
    exact = estimator(max_epochs=2, **SMALL).fit(X, y)
    np.testing.assert_array_equal(rough.predict_proba(X), exact.predict_proba(X))


@pytest.mark.parametrize(
    ("parameter", "value", "words"),
    [
        ("hidden_size", 0, "must be an int >= 1. Got 0 instead."),
        ("hidden_size", 2.5, "must be an int >= 1. Got 2.5 instead."),
        ("dropout", 1.0, "must be a number >= 0 and < 1. Got 1.0 instead."),
        ("pooling", "sum", "must be 'last' or 'mean' or 'max' or 'attention' or a tuple of these"),
        ("pooling", (), "a tuple of these: last, mean, max, attention. Got () instead."),
        ("memory", 0, "must be 'auto' or a number >= 1 or None. Got 0 instead."),
        ("max_epochs", "many", "must be 'auto' or an int >= 1. Got 'many' instead."),
        ("bidirectional", "yes", "must be True or False. Got 'yes' instead."),
        ("random_state", -1, "must be None, an int >= 0 or a numpy RandomState. Got -1 instead."),
        ("lr", float("nan"), "must be a number > 0. Got nan instead."),
        (
            "callbacks",
            "TensorBoard",
            "must be None or a list of skorch callbacks. Got 'TensorBoard' instead.",
        ),
        ("missing", "drop", "must be 'raise' or 'mask'. Got 'drop' instead."),
    ],
)
def test_bad_parameter_is_named_at_fit(data, parameter, value, words):
    with pytest.raises(ParameterError) as error:
        LSTMClassifier(**{parameter: value}).fit(*data)
    assert f"The {parameter!r} parameter of LSTMClassifier" in str(error.value)
    assert words in str(error.value)


def test_misspelt_parameter_fails_at_construction():
    with pytest.raises(TypeError, match="hiden_size"):
        LSTMClassifier(hiden_size=8)


def test_moments_equal_numpy_over_blocks_and_without_missing_values(rng, monkeypatch):
    values = rng.normal(5.0, 3.0, size=(101, 4))
    values[rng.random(values.shape) < 0.2] = np.nan
    values[:, 2], values[:, 3] = 7.1, np.nan  # never varies; was never seen
    monkeypatch.setattr("sksequence.engine.moments._BLOCK_VALUES", 40)
    mean, deviation = step_moments(SequenceArray(values, starts=[0, 50], lengths=[60, 51]))
    np.testing.assert_allclose(mean[:3], np.nanmean(values[:, :3], axis=0), rtol=1e-12)
    np.testing.assert_allclose(deviation[:2], np.nanstd(values[:, :2], axis=0), rtol=1e-12)
    assert (mean[3], *deviation[2:]) == (0.0, 1.0, 1.0)


def test_a_ledger_keeps_all_numbers_in_few_tensors():
    ledger, numbers = Ledger(), torch.rand(2_500, generator=torch.Generator().manual_seed(0))
    for n, number in enumerate(numbers, start=1):
        ledger.append(number)
        assert len(ledger) == n
        assert ledger.last == number
    assert torch.equal(ledger.numbers(), numbers)
    assert len(ledger._pages) == 3
