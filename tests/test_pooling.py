"""Summaries of the valid steps against plain NumPy, and their gradients against autograd's own."""

import pickle

import numpy as np
import pytest
import torch

from sksequence.modules import POOLINGS, Pooling
from sksequence.modules.pooled_norm import PooledNorm


@pytest.fixture
def batch(rng):
    states = torch.from_numpy(rng.normal(size=(5, 7, 4)))
    return states, torch.tensor([7, 1, 4, 7, 3])


def by_hand(kind, row, length, bidirectional):
    row = row[:length].numpy()
    if kind == "last":
        return np.r_[row[-1][:2], row[0][2:]] if bidirectional else row[-1]
    return {"mean": row.mean, "max": row.max}[kind](axis=0)


@pytest.mark.parametrize("equal", [False, True])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("kinds", [("last",), ("mean",), ("max", "last"), ("last", "mean", "max")])
def test_summaries_are_those_of_the_valid_steps(batch, kinds, bidirectional, equal):
    states, lengths = batch
    lengths = torch.full_like(lengths, 7) if equal else lengths
    pooled = Pooling(kinds, 4, bidirectional=bidirectional)(states, lengths)
    expected = [
        np.concatenate([by_hand(kind, row, n, bidirectional) for kind in kinds])
        for row, n in zip(states, lengths.tolist(), strict=True)
    ]
    np.testing.assert_allclose(pooled, expected)


@pytest.mark.parametrize("kinds", [*[(kind,) for kind in POOLINGS], POOLINGS])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_gradients_equal_differences(batch, kinds, bidirectional):
    states, lengths = batch
    pooling = Pooling(
        kinds, 4, bidirectional=bidirectional, generator=torch.Generator().manual_seed(0)
    ).double()
    assert torch.autograd.gradcheck(lambda s: pooling(s, lengths), (states.requires_grad_(),))


@pytest.mark.parametrize("by_time", [False, True])
@pytest.mark.parametrize("equal", [False, True])
def test_gradients_are_those_of_autograd_in_either_order_of_memory(rng, by_time, equal):
    memory = torch.from_numpy(rng.normal(size=(9, 5, 4) if by_time else (5, 9, 4))).float()
    states = (memory.transpose(0, 1) if by_time else memory).requires_grad_()
    lengths = torch.full((5,), 9) if equal else torch.tensor([9, 1, 4, 9, 3])
    weights = torch.from_numpy(rng.normal(size=(5, 12))).float()
    (found,) = torch.autograd.grad(Pooling(("max", "last", "mean"), 4)(states, lengths), states, weights)
    rows = [row[:n] for row, n in zip(states, lengths.tolist(), strict=True)]
    naive = torch.stack([torch.cat([row.max(0)[0], row[-1], row.mean(0)]) for row in rows])
    (expected,) = torch.autograd.grad(naive, states, weights)
    torch.testing.assert_close(found, expected)
    assert found.stride() == states.stride()


def test_of_several_highest_steps_the_first_gets_the_gradient():
    states = torch.zeros(1, 6, 2, requires_grad=True)
    (found,) = torch.autograd.grad(Pooling(("max",), 2)(states, torch.tensor([6])).sum(), states)
    assert found[0, 0].tolist() == [1, 1]
    assert found.sum() == 2


def test_attention_sums_to_one_over_valid_steps(batch):
    states, lengths = batch
    pooling = Pooling(("attention",), 4, generator=torch.Generator().manual_seed(0)).double()
    valid = torch.arange(7) < lengths[:, None]
    weights = pooling.attention_weights(states, valid[..., None])[..., 0]
    np.testing.assert_allclose(weights.sum(1).detach(), 1)
    assert (weights[~valid] == 0).all()


@pytest.mark.parametrize("lengths", [[4, 4, 4], [4, 1, 3]])
def test_gradient_under_autocast_is_that_of_the_states(lengths):
    states, lengths = torch.randn(3, 4, 6, generator=torch.Generator().manual_seed(0)), torch.tensor(lengths)
    pooling = Pooling(("last", "mean", "max"), 6)
    gradients = []
    for enabled in (False, True):
        leaf = states.clone().requires_grad_()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=enabled):
            pooled = pooling(leaf, lengths)
        pooled.float().sum().backward()
        gradients.append(leaf.grad)
    torch.testing.assert_close(gradients[1], gradients[0], atol=1e-2, rtol=1e-2)


# ---------------------------------------------------------------------- the norm of what was pooled
def test_moments_for_predictions_hold_what_differs_between_batches():
    norm = PooledNorm(2, momentum=0.1)
    g = torch.Generator().manual_seed(0)
    batches = [torch.randn(50, 2, generator=g) + 3.0 * (i % 2) for i in range(6)]
    for batch in batches:
        torch.testing.assert_close(
            norm(batch), torch.nn.functional.batch_norm(batch, None, None, training=True)
        )
    together = torch.cat(batches)
    norm.eval()
    torch.testing.assert_close(norm.running_mean, together.mean(0))
    torch.testing.assert_close(norm.running_var, together.var(0), rtol=0.02, atol=0)
    kept = norm.running_mean.clone()
    torch.testing.assert_close(norm.train()(batches[0][:1]), norm.eval()(batches[0])[:1])
    assert torch.equal(norm.running_mean, kept)


def test_moments_follow_later_batches_by_their_momentum():
    norm = PooledNorm(1, momentum=0.25)
    for value in [0.0] * 20 + [1.0]:
        norm(torch.full((4, 1), value))
    norm.eval()
    torch.testing.assert_close(norm.running_mean, torch.tensor([0.25]))
    torch.testing.assert_close(norm.running_var, torch.tensor([0.25 * 0.75]), atol=0.01, rtol=0)


def test_moments_are_those_of_a_batch_by_batch_rule_whenever_they_are_read():
    """Read after each batch, at the end, through a state and through pickle: the same moments."""
    g = torch.Generator().manual_seed(0)
    batches = [torch.randn(8, 3, generator=g) * (1 + i % 3) + i % 5 for i in range(300)]
    mean, var = torch.zeros(3, dtype=torch.float64), torch.ones(3, dtype=torch.float64)
    read_often, read_late = PooledNorm(3, momentum=0.02), PooledNorm(3, momentum=0.02)
    for i, batch in enumerate(batches):
        share, own = max(0.02, 1 / (i + 1)), batch.double()
        beyond = own.mean(0) - mean
        mean += share * beyond
        var = (1 - share) * (var + share * beyond**2) + share * own.var(0)
        read_late(batch)
        read_often(batch)
        state = read_often.state_dict()
        torch.testing.assert_close(state["running_mean"].double(), mean, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(state["running_var"].double(), var, rtol=1e-4, atol=1e-5)
    copied = pickle.loads(pickle.dumps(read_late))
    for norm in (copied, read_late.eval()):
        assert norm.num_batches_tracked == 300
        torch.testing.assert_close(norm.running_mean.double(), mean, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(norm.running_var.double(), var, rtol=1e-4, atol=1e-5)
