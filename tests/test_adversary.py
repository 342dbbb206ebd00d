"""Adversarial training: where the push points, how long it is, and what it leaves alone."""

import pickle

import numpy as np
import pytest
import torch
from skorch.callbacks import Callback

from sksequence import GRUTagger, LSTMClassifier, LSTMRegressor, RNNClassifier, SequenceTokenizer
from sksequence.exceptions import ParameterError
from sksequence.modules import Adversary

SMALL = {"hidden_size": 8, "max_epochs": 2, "batch_size": 16, "random_state": 0}


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(n, 2)).astype(np.float32) for n in rng.integers(3, 20, size=64)]
    return X, np.array([int(x[:, 0].mean() > 0) for x in X])


@pytest.fixture(scope="module")
def texts():
    words = {0: ["bad", "dull", "slow"], 1: ["good", "warm", "fine"]}
    rng = np.random.default_rng(1)
    y = rng.integers(2, size=64)
    return [" ".join(["film", *rng.choice(words[label], 3)]) for label in y], y


def weights(model):
    return torch.cat([p.detach().flatten() for p in model.net_.module_.parameters()])


# ---------------------------------------------------------------------- the push
def read_twice(adversary, x, lengths, loss):
    """What is read the second time, after a loss of the first."""
    loss(adversary(x, lengths)).backward()
    with adversary.pushing():
        return adversary(x, lengths).detach()


def test_the_push_follows_the_gradient_of_each_sequence():
    x = torch.randn(3, 5, 2, generator=torch.Generator().manual_seed(0))
    slope = torch.randn(3, 5, 2, generator=torch.Generator().manual_seed(1))
    slope[1, 3:] = 0.0  # padded
    slope[2] = 0.0  # knows nothing of the loss
    lengths = torch.tensor([5, 3, 5])
    push = read_twice(Adversary(0.5), x, lengths, lambda z: (z * slope).sum()) - x
    read = torch.cat([x[0], x[1, :3], x[2]])
    for i in (0, 1):
        expected = slope[i] / slope[i].norm() * 0.5 * read.square().mean().sqrt()
        torch.testing.assert_close(push[i], expected, atol=1e-6, rtol=1e-5)
    assert not push[1, 3:].any()
    assert not push[2].any()


def test_an_adversary_rests_in_predictions_and_at_no_strength():
    x, lengths = torch.ones(2, 3, 1), torch.tensor([3, 3])
    assert Adversary(0.0)(x, lengths) is x
    assert Adversary(0.5).eval()(x, lengths) is x
    adversary = Adversary(0.5)
    pushed = read_twice(adversary, x, lengths, torch.sum)
    assert not adversary.pushes
    torch.testing.assert_close(adversary(x, lengths), x)  # a third reading is a first one again
    assert (pushed > x).all()
    kept = pickle.loads(pickle.dumps(adversary))
    assert kept.strength == 0.5
    assert kept._came is None


# ---------------------------------------------------------------------- in training
def makers():
    yield "classifier", lambda **p: LSTMClassifier(**SMALL, **p), lambda X, y: y
    yield "Elman, patches", lambda **p: RNNClassifier(patch_size=2, **SMALL, **p), lambda X, y: y
    yield "both ways", lambda **p: LSTMClassifier(bidirectional=True, **SMALL, **p), lambda X, y: y
    yield "regressor", lambda **p: LSTMRegressor(**SMALL, **p), lambda X, y: [x.mean() for x in X]
    yield "field", lambda **p: GRUTagger(crf=True, **SMALL, **p), lambda X, y: [x[:, 0] > 0 for x in X]


@pytest.mark.parametrize(("make", "target"), [pytest.param(m, t, id=name) for name, m, t in makers()])
def test_strength_changes_training_alone(data, make, target):
    X, y = data
    y = target(X, y)
    plain, none, pushed = (make(**p).fit(X, y) for p in ({}, {"adversarial": 0.0}, {"adversarial": 1.0}))
    assert torch.equal(weights(plain), weights(none))
    assert not torch.equal(weights(plain), weights(pushed))
    assert np.isfinite(pushed.history_.train_loss).all()
    assert torch.equal(weights(pushed), weights(make(adversarial=1.0).fit(X, y)))
    again = pickle.loads(pickle.dumps(pushed)).predict(X)
    for first, second in zip(pushed.predict(X), again, strict=True):
        np.testing.assert_array_equal(first, second)


def worst_loss(model, X, y, length):
    """Mean loss where each sequence is pushed by so much along its gradient."""
    lesson, losses = model._lesson(X, y, "test"), []
    for _, inputs, targets in lesson.lessons():

        def loss(steps, inputs=inputs, targets=targets):
            return lesson.loss(lesson.module(**(inputs | {"values": steps})), targets, inputs["lengths"])

        steps = lesson.steps(inputs).requires_grad_()
        (slope,) = torch.autograd.grad(loss(steps).sum(), steps)
        slope = slope / torch.linalg.vector_norm(slope, dim=(1, 2), keepdim=True)
        losses.append(loss(steps.detach() + length * slope))
    return float(torch.cat(losses).mean())


def test_pushed_sequences_are_learned(data):
    X, y = data
    settings = SMALL | {"max_epochs": 20}
    plain, pushed = (LSTMClassifier(adversarial=s, **settings).fit(X, y) for s in (0.0, 1.0))
    assert worst_loss(pushed, X, y, 1.0) < 0.9 * worst_loss(plain, X, y, 1.0)


def test_moments_for_predictions_are_those_of_sequences_as_they_came(data):
    X, y = data
    model = LSTMClassifier(adversarial=50.0, lr=1e-12, dropout=0.0, **SMALL).fit(X, y)
    plain = LSTMClassifier(lr=1e-12, dropout=0.0, **SMALL).fit(X, y)
    assert int(model.net_.module_.norm.num_batches_tracked) == 2 * 4  # two passes of four batches
    torch.testing.assert_close(model.net_.module_.norm.running_mean, plain.net_.module_.norm.running_mean)


def test_words_are_pushed_frozen_or_not(texts):
    X, y = texts
    tokens = SequenceTokenizer().fit_transform(X)
    vectors = np.random.default_rng(0).normal(size=(len(tokens.vocabulary), 6)).astype(np.float32)
    for freeze in (False, True):
        options = {"embeddings": vectors, "freeze_embeddings": freeze, **SMALL}
        plain, pushed = (LSTMClassifier(adversarial=s, **options).fit(tokens, y) for s in (0.0, 2.0))
        assert not torch.equal(weights(plain), weights(pushed))
        table = pushed.net_.module_.encoder.inputs.table.weight
        assert torch.equal(table[:-1].detach(), torch.from_numpy(vectors)) == freeze


def test_both_loops_take_the_same_steps(data):
    batches = []

    class Listens(Callback):
        def on_batch_end(self, net, **kwargs):
            batches.append(kwargs["training"])

    X, y = data
    lean = LSTMClassifier(adversarial=1.0, **SMALL).fit(X, y)
    heard = LSTMClassifier(adversarial=1.0, callbacks=[Listens()], **SMALL).fit(X, y)
    assert len(batches) == 8
    torch.testing.assert_close(weights(lean), weights(heard), atol=1e-6, rtol=1e-5)


def test_strength_is_no_negative_number(data):
    with pytest.raises(ParameterError, match="The 'adversarial' parameter of LSTMClassifier must be a"):
        LSTMClassifier(adversarial=-1.0).fit(*data)
